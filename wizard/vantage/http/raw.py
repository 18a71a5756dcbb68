"""python3, bash and nc at a vantage: they only open a connection and copy bytes."""

import json
import math
import re
from functools import cache
from importlib import resources

import h11
import httpx

from wizard.model.events import Ending
from wizard.text.display import labelled, safe
from wizard.text.messages import tr
from wizard.vantage.http.request import (
    NO_HTTP2,
    NO_SOCKET,
    TOOL_TIMEOUT_S,
    Notify,
    RemoteRequest,
    ToolFailure,
)
from wizard.vantage.scripts import WITH_HELD_STDIN

PYTHON_SCRIPT = 'python3 -c "import sys;exec(eval(sys.stdin.buffer.readline()))"'
"""The first line of its standard input is the program, as a string literal."""
BASH_SCRIPT = "bash"
"""Its standard input is the program, followed by the program's input."""
NC_SCRIPT = 'nc "$@"'
HELD_NC_SCRIPT = WITH_HELD_STDIN % NC_SCRIPT

_BASH_PROGRAM = (
    b'read -r h p;exec 5<>"/dev/tcp/$h/$p"||exit 7;echo connected >&2;'
    b"dd bs=65536 >&5;exec dd bs=65536 <&5\n"
)
"""Not `cat`: BusyBox's copies from a socket with sendfile, which locks the pipe until more data
comes. Each event would wait for the next, and a reader of the pipe could not even be killed."""


def wire_bytes(request: RemoteRequest) -> bytes:
    """Return the bytes of the request. Raises `h11.LocalProtocolError`."""
    if request.wire:
        return request.wire
    headers = list(request.headers)
    if request.content or request.method != "GET":
        headers.append(("Content-Length", str(len(request.content))))
    connection = h11.Connection(h11.CLIENT)
    head = connection.send(
        h11.Request(
            method=request.method,
            target=httpx.URL(request.url).raw_path,
            headers=[(name.encode("ascii"), value.encode()) for name, value in headers],
        )
    )
    return (head or b"") + request.content


def _host_and_port(request: RemoteRequest) -> tuple[str, int]:
    url = httpx.URL(request.url)
    url_port = url.port or (443 if request.secure else 80)
    host, port = request.connect_to or (url.raw_host.decode("ascii"), url_port)
    return host.strip("[]"), port


@cache
def _python_program() -> bytes:
    text = resources.files("wizard.vantage.http").joinpath("python_client.py").read_text("utf-8")
    return repr(text.replace('"__main__"', "__name__")).encode("ascii")


def python_stdin(request: RemoteRequest) -> bytes:
    """Return the program, then its parameters as JSON, then the request."""
    host, port = _host_and_port(request)
    spec = {
        "host": host,
        "port": port,
        "name": httpx.URL(request.url).raw_host.decode("ascii"),
        "secure": request.secure,
        "insecure": request.insecure,
        "timeout": request.connect_timeout,
        "limit": TOOL_TIMEOUT_S,
        "socket": request.socket_path,
    }
    return b"\n".join((_python_program(), json.dumps(spec).encode("ascii"), wire_bytes(request)))


def bash_stdin(request: RemoteRequest) -> bytes:
    """Return the program, then host and port, then the request."""
    host, port = _host_and_port(request)
    return _BASH_PROGRAM + f"{host} {port}\n".encode("ascii") + wire_bytes(request)


def nc_arguments(request: RemoteRequest) -> tuple[str, ...]:
    """Return host and port, which are no secrets."""
    host, port = _host_and_port(request)
    return ("-v", host, str(port))


def ncat_arguments(request: RemoteRequest) -> tuple[str, ...]:
    """Return the same for ncat, and the option not to half-close the connection."""
    return ("--no-shutdown", *nc_arguments(request))


def busybox_arguments(request: RemoteRequest) -> tuple[str, ...]:
    """Return the same for BusyBox's nc, which has no `-v` and does not report the connection."""
    return ("-w", str(math.ceil(request.connect_timeout)), *nc_arguments(request)[1:])


def why_no_tls(request: RemoteRequest) -> str:
    """Return why bash and nc cannot make the request; empty if they can."""
    if unable := why_no_http2(request):
        return unable
    if request.socket_path:
        return NO_SOCKET
    return (
        tr("https is not possible there: it has no curl, wget or python3") if request.secure else ""
    )


def why_no_http2(request: RemoteRequest) -> str:
    """Return why a tool other than curl cannot make the request; empty if it can."""
    return NO_HTTP2 if request.version == "2" else ""


_CONNECTED = re.compile(
    r"^connected$|^Connection to \S+ .*succeeded|^Ncat: Connected to|\[?[\d.:a-f]+\]? .*\bopen$"
)


def read_progress(line: str, notify: Notify) -> None:
    """Notify of the progress that a line of standard error reports."""
    if line.startswith("resolved "):
        notify("resolved", safe(line.removeprefix("resolved "), 60))
    elif line == "begins":
        notify("began", "")
    elif line == "secured":
        notify("secured", "")
    elif _CONNECTED.search(line):
        notify("connected", "")


_FAILED = re.compile(r"(?m)^failed (dns|timeout|refused|tls|reset) (.*)$")
_NO_ADDRESS = re.compile(
    r"(?i)name or service not known|bad address|host lookup failed|could not resolve|"
    r"temporary failure in name resolution|name does not resolve|no address associated|"
    r"nodename nor servname|getaddrinfo"
)
_MESSAGES: dict[Ending, re.Pattern[str]] = {
    "dns": _NO_ADDRESS,
    "timeout": re.compile(r"(?i)timed out|timeout"),
    "refused": re.compile(r"(?i)refused|no route|unreachable|permi|can.t connect"),
}
_SENTENCES: dict[Ending, str] = {
    "dns": tr("no address there"),
    "timeout": tr("the connection timed out"),
    "refused": tr("no connection"),
    "tls": tr("TLS failed"),
}


def explain_exit(
    code: int, stderr: str, request: RemoteRequest, is_connected: bool
) -> ToolFailure | None:
    """Return why the request failed, or None if the response itself shows it."""
    if match := _FAILED.search(stderr):
        return _failure(_ending(match[1]), match[2])
    if is_connected:
        is_reset = "reset by peer" in stderr
        return ToolFailure("reset", "Connection reset by peer") if is_reset else None
    if code == 0:
        return None
    lines = [line for line in stderr.splitlines() if line.strip()] or [
        tr("status {code}", code=code)
    ]
    for reason, pattern in _MESSAGES.items() if code not in (126, 127) else ():
        if line := next(filter(pattern.search, lines), None):
            return _failure(reason, line)
    return ToolFailure(
        "unreached", tr("the tool there failed: {lines}", lines=safe(lines[-1], 200))
    )


def _ending(word: str) -> Ending:
    endings: dict[str, Ending] = {ending: ending for ending in _SENTENCES}
    return endings.get(word, "reset")


def _failure(reason: Ending, line: str) -> ToolFailure:
    message = safe(re.sub(r"^(?:bash|nc)\S*:(?: line \d+:)?\s*", "", line), 200)
    sentence = _SENTENCES.get(reason)
    return ToolFailure(reason, labelled(sentence, message) if sentence else message)
