"""curl over there: it shows most, and takes all that it is told from its standard input."""

import math
import re

from wizard.text.display import safe
from wizard.vantage.http.request import LAST_RESORT, Notify, RemoteRequest, Stop
from wizard.vantage.http.response import NO_ANSWER

TOOL = "curl -q -K -"
"""`-q`: nothing from a .curlrc over there; `-K -`: the rest from standard input, where no `ps`
shows it."""
_FLAGS = (
    "silent",
    "show-error",
    "verbose",
    "no-buffer",
    # Not `include`: curl keeps those headers back until a body comes.
    'dump-header = "-"',
    "raw",
    "globoff",
    "path-as-is",
    f"max-time = {LAST_RESORT}",
    'noproxy = "*"',
)
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def config(request: RemoteRequest) -> bytes:
    """What curl is told (curl(1), `--config`)."""
    lines = [*_FLAGS, _version(request), f"url = {_quoted(request.url)}"]
    lines.append(f"connect-timeout = {math.ceil(request.connect_timeout)}")
    lines += [f"header = {_quoted(_header(*pair))}" for pair in request.headers]
    if request.insecure:
        lines.append("insecure")
    if request.connect_to:
        host, port = request.connect_to
        lines.append(f"connect-to = {_quoted(f'::{_bracketed(host)}:{port}')}")
    if request.method != "GET":
        lines.append(f"request = {_quoted(request.method)}")
    if request.content:
        lines += _body(request)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _body(request: RemoteRequest) -> list[str]:
    named = {name.lower() for name, _ in request.headers}
    # curl would add both by itself; a probe from here sends neither.
    unwanted = [name for name in ("Content-Type", "Expect") if name.lower() not in named]
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


def hear(line: str, notify: Notify) -> None:
    """What one line of `curl -v` tells of the connection."""
    if trying := _TRYING.match(line):
        notify("resolved", trying[1])
    elif connected := _CONNECTED.match(line):
        notify("resolved", connected[1] or connected[2])
        notify("connected", "")
    elif _SECURED.match(line):
        notify("secured", "")


_TLS = frozenset({35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98})
_GREW = frozenset({27, 100})
"""How curl gives up on a header without end: "out of memory" up to 8.5, then a code of its own."""
_UNABLE = frozenset({1, 2, 4, 26, 48, 126, 127})
"""What means that this curl cannot ask so at all: no such protocol or option, not built in."""
_SAID = re.compile(r"(?m)^curl: \(\d+\) (.*)$")
_ERRNO = re.compile(r"(?m)^\* .*(?:failed: |[Cc]onnect(?:ion)? (?:to .* )?failed: )(.+)$")


def stop(code: int, said: str, request: RemoteRequest, connected: bool) -> Stop | None:
    """Why curl ended; None where the response itself tells. `said` is its standard error."""
    message = _message(code, said)
    if code == 0:
        return None
    if code in _UNABLE and "HTTP/0.9" not in message:
        return Stop("unreached", f"curl there cannot ask so: {message}")
    if code in (5, 6):
        return Stop("dns", f"no address over there: {message}")
    if code == 7:
        return Stop("refused", f"no connection: {message}")
    if code == 28:
        return _timeout(message, connected)
    if code in _TLS:
        return Stop("tls", f"TLS failed: {message}")
    return Stop("reset", message)


def _message(code: int, said: str) -> str:
    """What curl says, in the words of a probe from here where it says the same."""
    found = _SAID.search(said)
    message = safe(found[1], 300) if found else f"curl ended with status {code}"
    if code == 7 and (why := _ERRNO.search(said)):
        return safe(why[1], 200)
    if code == 18:
        return f"peer closed connection without sending complete message body ({message})"
    if code in _GREW:
        return "the header block does not end"
    return NO_ANSWER if code == 52 else message.removeprefix("Recv failure: ")


def _timeout(message: str, connected: bool) -> Stop:
    what = "TLS handshake" if connected else "TCP connection"
    if "Operation timed out" in message and connected:
        return Stop("open", f"left after {LAST_RESORT} s: curl's own limit over there")
    return Stop("timeout", f"no {what} in time: {message}")
