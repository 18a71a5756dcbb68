"""wget over there: its headers can only be given as arguments, so no secret goes this way.

Both show the headers on standard error as they come, and the body without its framing.
"""

import math
import re

from wizard.model.events import Ending
from wizard.text.display import safe
from wizard.text.redaction import is_public_header, redact
from wizard.vantage.http.request import LAST_RESORT, Notify, RemoteRequest, Stop

TOOL = 'wget "$@"'
_GNU = (
    "--no-config -S --progress=dot:mega --tries=1 --max-redirect=0 --no-hsts --no-proxy "
    f"--no-cookies --content-on-error --read-timeout={LAST_RESORT} -O - -i -"
).split()


def url_line(request: RemoteRequest) -> bytes:
    """What GNU wget is told: the URL."""
    return f"{request.url}\n".encode()


def nothing(request: RemoteRequest) -> bytes:
    """What BusyBox's wget is told."""
    return b""


def gnu_words(request: RemoteRequest) -> tuple[str, ...]:
    """The arguments of GNU wget."""
    wait = math.ceil(request.connect_timeout)
    words = [*_GNU, f"--connect-timeout={wait}", f"--dns-timeout={wait}", *_headers(request)]
    if request.insecure:
        words.append("--no-check-certificate")
    if request.method != "GET":
        words.append(f"--method={request.method}")
    if request.content:
        words.append(f"--body-data={request.content.decode()}")
    return tuple(words)


def busybox_words(request: RemoteRequest) -> tuple[str, ...]:
    """The arguments of BusyBox's wget."""
    words = ["-S", "-Y", "off", "-O", "-", *_headers(request)]
    if request.insecure:
        words.append("--no-check-certificate")
    if request.method == "POST":
        words.append(f"--post-data={request.content.decode()}")
    return (*words, request.url)


def _headers(request: RemoteRequest) -> list[str]:
    return [f"--header={name}: {value}" for name, value in request.headers]


def gnu_unable(request: RemoteRequest) -> str:
    """Why GNU wget cannot ask so."""
    if request.version == "2":
        return "HTTP/2 cannot be asked there: that takes a curl with HTTP/2"
    if request.connect_to:
        return "wget there cannot connect to another address than the URL's own"
    hidden = [name for name, _ in request.headers if not is_public_header(name)]
    if hidden or redact(body := request.content.decode("utf-8", "replace")) != body:
        what = f"the header {safe(hidden[0], 60)}" if hidden else "the body"
        return f"wget there would show {what} to everybody in `ps`, so it was not asked"
    return ""


def busybox_unable(request: RemoteRequest) -> str:
    """Why BusyBox's wget cannot ask so."""
    if request.method not in ("GET", "POST"):
        return f"BusyBox's wget there cannot send a {safe(request.method, 20)}"
    if redact(request.url) != request.url:
        return "wget there would show the URL's secret to everybody in `ps`, so it was not asked"
    return gnu_unable(request)


_CONNECTED = re.compile(r"^Connecting to .* connected\.$|^HTTP request sent")
_ADDRESS = re.compile(
    r"^Connecting to (?:\S+ \(\[?([\d.:a-f]+?)\]?(?::\d+)?\)"
    r"|(?:.*\|)?\[?([\d.:a-f]+?)[]|]*:\d+\.\.\.)"
)
"""In BusyBox's words, then in GNU's."""


def hear(line: str, notify: Notify) -> None:
    """What one line on standard error tells of the connection."""
    if found := _ADDRESS.match(line):
        notify("resolved", found[1] or found[2])
    if _CONNECTED.match(line):
        notify("connected", "")


_REASONS: tuple[tuple[Ending, re.Pattern[str]], ...] = (
    ("dns", re.compile(r"unable to resolve host|bad address|failed: .*not known")),
    ("refused", re.compile(r"(?:failed|remote host .*): (.*refused|.*[Nn]o route.*|.*unreach.*)")),
    ("timeout", re.compile(r"failed: Connection timed out|can't connect.*timed out")),
    ("tls", re.compile(r"certificate|Unable to establish SSL|ssl_client: |TLS error|SSL_")),
    ("reset", re.compile(r"Read error.*|No data received|error getting response|[Rr]eset by peer")),
)
_SAID: dict[Ending, str] = {
    "dns": "no address over there: ",
    "refused": "no connection: ",
    "timeout": "no connection in time: ",
    "tls": "TLS failed: ",
}
_SERVER_ERROR = 8


def stop(code: int, said: str, request: RemoteRequest, connected: bool) -> Stop | None:
    """Why it ended; None where the response itself tells."""
    if code in (0, _SERVER_ERROR) or "server returned error" in said:
        return None
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for reason, pattern in _REASONS:
        for line in lines:
            if found := pattern.search(line):
                why = found[1] if found.re.groups and found[1] else line.removeprefix("wget: ")
                return Stop(reason, safe(_SAID.get(reason, "") + why.rstrip("."), 300))
    last = safe(lines[-1], 200) if lines else f"status {code}"
    return Stop("reset", last) if connected else Stop("unreached", f"wget has failed: {last}")


def busybox_stop(code: int, said: str, request: RemoteRequest, connected: bool) -> Stop | None:
    """The same for BusyBox, whose own TLS knows few ciphers: that it fails shows nothing."""
    found = stop(code, said, request, connected)
    if found is None or found.reason != "tls":
        return found
    return Stop(
        "unreached", f"BusyBox's wget there has failed, and other tools may not: {_tls(said)}"
    )


def _tls(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if "TLS error" in line or "ssl_" in line]
    return safe(lines[-1].removeprefix("wget: "), 200) if lines else "no TLS"
