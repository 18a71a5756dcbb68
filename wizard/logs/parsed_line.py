"""One log line, interpreted: the common result of all formats."""

from dataclasses import dataclass

from wizard.model.log_report import LogSign


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One log line, interpreted.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        tag: As in `model.log_report.LogLine`.
        meaning: What the line shows, in one sentence; empty if it only gives context.
        path: The request's path without its query, if the line names one.
        agent: The User-Agent, if the line records it.
        status: The logged status, if the line is of an access log.
        client: The client's address, or else its User-Agent or MCP name; empty if unknown.
        method: The request's method, if the line names one.
        host: The host that was asked for, in lower case without its port; empty if unknown.
        waited_s: How long a failed request took, in seconds: the longest time of an upstream, else
            that of the request; None if the line does not tell.
        port: The port of the listener, where the line names no request.
        sign: As in `model.log_report.LogLine`.
    """

    kind: str
    tag: str = ""
    meaning: str = ""
    path: str = ""
    agent: str = ""
    status: int | None = None
    client: str = ""
    method: str = ""
    host: str = ""
    waited_s: float | None = None
    port: int | None = None
    sign: LogSign = ""


def split_request(request: str) -> tuple[str, str, str]:
    """The method, the path without its query, and the HTTP version (`2.0`) of a request line."""
    words = request.split(" ")
    if len(words) < 2:
        return "", "", ""
    version = words[-1].removeprefix("HTTP/") if words[-1].startswith("HTTP/") else ""
    return words[0], words[1].partition("?")[0], version


def host_name(host: str) -> str:
    """A host in lower case without its port; empty for none (`-`, `_`)."""
    name = host.lower().strip()
    if not name.startswith("["):
        name = name.partition(":")[0]
    elif "]" in name:
        name = name[: name.index("]") + 1]
    return "" if name in ("-", "_") else name
