"""curl at a vantage, the most informative tool. It reads its options from standard input."""

import math
import re

from wizard.text.display import labelled, safe
from wizard.text.messages import tr
from wizard.vantage.http.request import TOOL_TIMEOUT_S, Notify, RemoteRequest, ToolFailure
from wizard.vantage.http.response import NO_RESPONSE

SCRIPT = "curl -q -K -"
"""`-q`: ignore the .curlrc at the vantage; `-K -`: read the options from standard input, where `ps`
does not show them."""
_FLAGS = (
    "silent",
    "show-error",
    "verbose",
    "no-buffer",
    # Not `include`, with which curl holds the headers back until a body comes.
    'dump-header = "-"',
    "raw",
    "globoff",
    "path-as-is",
    f"max-time = {TOOL_TIMEOUT_S}",
    'noproxy = "*"',
)
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def make_config(request: RemoteRequest) -> bytes:
    """Return the options for a request, as a config file (curl(1), `--config`)."""
    lines = [*_FLAGS, _version(request), f"url = {_quoted(request.url)}"]
    lines.append(f"connect-timeout = {math.ceil(request.connect_timeout)}")
    lines += [f"header = {_quoted(_header(*pair))}" for pair in request.headers]
    if request.insecure:
        lines.append("insecure")
    if request.connect_to:
        host, port = request.connect_to
        lines.append(f"connect-to = {_quoted(f'::{_bracketed(host)}:{port}')}")
    if request.socket_path:
        lines.append(f"unix-socket = {_quoted(request.socket_path)}")
    if request.method != "GET" or request.content:
        lines.append(f"request = {_quoted(request.method)}")
    if request.content:
        lines += _body(request)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _body(request: RemoteRequest) -> list[str]:
    names = {name.lower() for name, _ in request.headers}
    # curl adds both by itself; a local probe sends neither.
    unwanted = [name for name in ("Content-Type", "Expect") if name.lower() not in names]
    body = request.content.decode("utf-8", "surrogateescape")
    return [*(f'header = "{name}:"' for name in unwanted), f"data-raw = {_quoted(body)}"]


def _version(request: RemoteRequest) -> str:
    if request.version != "2":
        return "http1.1"
    return "http2" if request.secure else "http2-prior-knowledge"


def _header(name: str, value: str) -> str:
    return f"{name}: {value}" if value else f"{name};"


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPED.get(char, char) for char in text) + '"'


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


_TRYING = re.compile(r"^\*\s+Trying \[?([0-9A-Fa-f:.]+?)\]?(?::\d+)?\.\.\.")
_CONNECTED = re.compile(
    r"^\* (?:Connected to .*?\(([^() ]+)\)|Established connection to .*?\(([^() ]+)[ )])"
)
_SECURED = re.compile(r"^\* +(?:SSL connection using|ALPN[:,] server|.*[Hh]andshake complete)")


def read_progress(line: str, notify: Notify) -> None:
    """Notify of the progress that a line of `curl -v` reports."""
    if match := _TRYING.match(line):
        notify("resolved", match[1])
    elif match := _CONNECTED.match(line):
        address = match[1] or match[2]
        if not address.startswith("/"):  # else the file name of a unix socket
            notify("resolved", address)
        notify("connected", "")
    elif _SECURED.match(line):
        notify("secured", "")


_TLS_CODES = frozenset({35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98})
_ENDLESS_HEAD_CODES = frozenset({27, 100})
"""The exit codes for a header block without end: 27 (out of memory) up to curl 8.5, then 100."""
_UNABLE_CODES = frozenset({1, 2, 4, 26, 48, 126, 127})
"""This curl cannot send the request: unknown protocol or option, feature not built in."""
_INVALID_CODES = frozenset({1, 8, 16})
"""The answer is not valid HTTP: HTTP/0.9 or another protocol, a bad header, a broken frame."""
_MESSAGE = re.compile(r"(?m)^curl: \(\d+\) (.*)$")
_ERRNO = re.compile(
    r"(?m)^\* .*(?:failed: |[Cc]onnect(?:ion)? (?:to .* )?failed: |connect fail for /[^:]*: )(.+)$"
)


def explain_exit(
    code: int, stderr: str, request: RemoteRequest, is_connected: bool
) -> ToolFailure | None:
    """Return why the request failed, or None if the response itself shows it."""
    message = _message(code, stderr)
    if code == 0:
        return None
    if code in _UNABLE_CODES and "HTTP/0.9" not in message:
        return ToolFailure(
            "unreached", tr("curl there cannot send this request: {message}", message=message)
        )
    if code in (5, 6):
        return ToolFailure("dns", tr("no address there: {message}", message=message))
    if code == 7:
        return ToolFailure("refused", tr("no connection: {message}", message=message))
    if code == 28:
        return _timeout(message, is_connected)
    if code in _TLS_CODES:
        return ToolFailure("tls", tr("TLS failed: {message}", message=message))
    return ToolFailure("reset", message, is_invalid=code in _INVALID_CODES)


def _message(code: int, stderr: str) -> str:
    """Return curl's message, or a local probe's message for the same failure."""
    match = _MESSAGE.search(stderr)
    message = safe(match[1], 300) if match else tr("curl ended with status {code}", code=code)
    if code == 7 and (errno := _ERRNO.search(stderr)):
        return safe(errno[1], 200)
    if code == 18:
        return f"peer closed connection without sending complete message body ({message})"
    if code in _ENDLESS_HEAD_CODES:
        return tr("the header block does not end")
    return NO_RESPONSE if code == 52 else message.removeprefix("Recv failure: ")


def _timeout(message: str, is_connected: bool) -> ToolFailure:
    if "Operation timed out" in message and is_connected:
        return ToolFailure(
            "open",
            tr(
                "closed by curl there after {tool_timeout_s} s, its time limit",
                tool_timeout_s=TOOL_TIMEOUT_S,
            ),
        )
    sentence = (
        tr("the TLS handshake timed out") if is_connected else tr("the TCP connection timed out")
    )
    return ToolFailure("timeout", labelled(sentence, message))
