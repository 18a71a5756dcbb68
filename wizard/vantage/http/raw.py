"""What opens a connection over there and no more: the bytes of the request are written here."""

import json
import math
import re
from functools import cache
from importlib import resources

import h11
import httpx

from wizard.model.events import Ending
from wizard.text.display import safe
from wizard.vantage.http.request import LAST_RESORT, Notify, RemoteRequest, Stop
from wizard.vantage.scripts import HELD

PYTHON = 'python3 -c "import sys;exec(eval(sys.stdin.buffer.readline()))"'
"""Its first line is the program, as one literal."""
BASH = "bash"
"""Its standard input is the program, then what that reads."""
NC = 'nc "$@"'
HELD_NC = HELD % NC

_BASH_PROGRAM = (
    b'read -r h p;exec 5<>"/dev/tcp/$h/$p"||exit 7;echo connected >&2;'
    b"dd bs=65536 >&5;exec dd bs=65536 <&5\n"
)
"""Not `cat`: that of BusyBox copies from a socket with sendfile, which locks the pipe until more
comes, so each event would be one late, and whoever reads the pipe cannot even be killed."""


def head_and_body(request: RemoteRequest) -> bytes:
    """The request as it goes over the wire. Raises `h11.LocalProtocolError`."""
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


def _where(request: RemoteRequest) -> tuple[str, int]:
    url = httpx.URL(request.url)
    host, port = request.connect_to or (
        url.raw_host.decode("ascii"),
        url.port or (443 if request.secure else 80),
    )
    return host.strip("[]"), port


@cache
def _program() -> bytes:
    text = resources.files("wizard.vantage.http").joinpath("python_client.py").read_text("utf-8")
    return repr(text.replace('"__main__"', "__name__")).encode("ascii")


def for_python(request: RemoteRequest) -> bytes:
    """The program, where to, the request."""
    host, port = _where(request)
    spec = {
        "host": host,
        "port": port,
        "name": httpx.URL(request.url).raw_host.decode("ascii"),
        "secure": request.secure,
        "insecure": request.insecure,
        "timeout": request.connect_timeout,
        "limit": LAST_RESORT,
    }
    return b"\n".join((_program(), json.dumps(spec).encode("ascii"), head_and_body(request)))


def for_bash(request: RemoteRequest) -> bytes:
    """The program, where to, the request."""
    host, port = _where(request)
    return _BASH_PROGRAM + f"{host} {port}\n".encode("ascii") + head_and_body(request)


def nc_words(request: RemoteRequest) -> tuple[str, ...]:
    """Where to; it holds no secret."""
    host, port = _where(request)
    return ("-v", host, str(port))


def ncat_words(request: RemoteRequest) -> tuple[str, ...]:
    """The same; ncat would half close the connection at the end of its input."""
    return ("--no-shutdown", *nc_words(request))


def busybox_words(request: RemoteRequest) -> tuple[str, ...]:
    """The same for an nc that knows hardly an option: it does not say when it is connected."""
    return ("-w", str(math.ceil(request.connect_timeout)), *nc_words(request)[1:])


def no_tls(request: RemoteRequest) -> str:
    """Why bash and nc cannot ask so."""
    if why := no_http2(request):
        return why
    if request.secure:
        return "https cannot be asked there: it has no curl, wget or python3, and no more than TCP"
    return ""


def no_http2(request: RemoteRequest) -> str:
    """Why nothing but curl can ask so."""
    return "HTTP/2 cannot be asked there: that takes a curl with HTTP/2" if _is_h2(request) else ""


def _is_h2(request: RemoteRequest) -> bool:
    return request.version == "2"


_CONNECTED = re.compile(
    r"^connected$|^Connection to \S+ .*succeeded|^Ncat: Connected to|\[?[\d.:a-f]+\]? .*\bopen$"
)


def hear(line: str, notify: Notify) -> None:
    """What one line on standard error tells of the connection."""
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
_WHY: dict[Ending, re.Pattern[str]] = {
    "dns": _NO_ADDRESS,
    "timeout": re.compile(r"(?i)timed out|timeout"),
    "refused": re.compile(r"(?i)refused|no route|unreachable|permi|can.t connect"),
}
_WORDS: dict[Ending, str] = {
    "dns": "no address over there",
    "timeout": "no connection in time",
    "refused": "no connection",
    "tls": "TLS failed",
}


def stop(code: int, said: str, request: RemoteRequest, connected: bool) -> Stop | None:
    """Why it ended; None where the response itself tells."""
    if found := _FAILED.search(said):
        return _stop(_reason(found[1]), found[2])
    if connected:
        return Stop("reset", "Connection reset by peer") if "reset by peer" in said else None
    if code == 0:
        return None
    lines = [line for line in said.splitlines() if line.strip()] or [f"status {code}"]
    for reason, pattern in _WHY.items() if code not in (126, 127) else ():
        if line := next(filter(pattern.search, lines), None):
            return _stop(reason, line)
    return Stop("unreached", f"what asks there has failed: {safe(lines[-1], 200)}")


def _reason(word: str) -> Ending:
    reasons: dict[str, Ending] = {one: one for one in _WORDS}
    return reasons.get(word, "reset")


def _stop(reason: Ending, why: str) -> Stop:
    said = re.sub(r"^(?:bash|nc)\S*:(?: line \d+:)?\s*", "", why)
    words = _WORDS.get(reason)
    return Stop(reason, f"{words}: {safe(said, 200)}" if words else safe(said, 200))
