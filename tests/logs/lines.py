"""Log lines as Nginx and backends write them."""

from pathlib import Path

AGENT = "ssewizard/0.1.0 (run=beef; sse-proxy-h1-identity)"
"""The User-Agent of our own probe in the run `beef`."""
CANCELED = "ModelContextProtocol.Server.McpServer|Server (WebAPI 1.0.0.0)"
"""How the .NET SDK's line about a canceled request begins."""


def combined(status: int, size: object, agent: str = AGENT, request: str = "GET /sse?a=b") -> str:
    """A line of an access log in the combined format."""
    when = "[23/Nov/2026:15:23:37 +0000]"
    return f'127.0.0.1 - - {when} "{request} HTTP/1.1" {status} {size} "-" "{agent}"'


def error(rest: str, request: str = "GET /sse?a=b HTTP/1.1") -> str:
    """A line of the error log about a request."""
    context = f'client: 127.0.0.1, server: _, request: "{request}", upstream: "http://b/sse"'
    return f"2026/11/23 15:23:37 [error] 7#7: *1 {rest}, {context}"


OURS = combined(499, 0)
"""A held stream of our own probe."""
THEIRS = combined(499, 0, agent="mcp/1")
"""A held stream of another client."""


def append(path: Path, *lines: str) -> None:
    """Append these lines to a log."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
