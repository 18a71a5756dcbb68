"""wget at a vantage, GNU's and BusyBox's: without secrets, as headers must be arguments.

Both print the response's headers on standard error, and the body without its framing.
"""

import math
import re

from wizard.model.events import Ending
from wizard.text.display import labelled, safe
from wizard.text.messages import tr
from wizard.text.redaction import is_public_header, redact
from wizard.vantage.http.request import (
    NO_HTTP2,
    NO_SOCKET,
    TOOL_TIMEOUT_S,
    Notify,
    RemoteRequest,
    ToolFailure,
)

MAX_ARGUMENT_BYTES = 100_000
"""The longest body that is given as an argument; Linux allows 128 KiB for one."""
SCRIPT = 'wget "$@"'
_GNU_OPTIONS = (
    "--no-config -S --progress=dot:mega --tries=1 --max-redirect=0 --no-hsts --no-proxy "
    f"--no-cookies --content-on-error --read-timeout={TOOL_TIMEOUT_S} -O - -i -"
).split()


def gnu_stdin(request: RemoteRequest) -> bytes:
    """Return the URL, which GNU wget reads from standard input."""
    return f"{request.url}\n".encode()


def busybox_stdin(request: RemoteRequest) -> bytes:
    """Return nothing: BusyBox's wget takes the URL as an argument."""
    return b""


def gnu_arguments(request: RemoteRequest) -> tuple[str, ...]:
    wait = math.ceil(request.connect_timeout)
    timeouts = (f"--connect-timeout={wait}", f"--dns-timeout={wait}")
    words = [*_GNU_OPTIONS, *timeouts, *_headers(request)]
    if request.insecure:
        words.append("--no-check-certificate")
    if request.method != "GET" or request.content:
        words.append(f"--method={request.method}")
    if request.content:
        words.append(f"--body-data={request.content.decode()}")
    return tuple(words)


def busybox_arguments(request: RemoteRequest) -> tuple[str, ...]:
    words = ["-S", "-Y", "off", "-O", "-", *_headers(request)]
    if request.insecure:
        words.append("--no-check-certificate")
    if request.method == "POST":
        words.append(f"--post-data={request.content.decode()}")
    return (*words, request.url)


def _headers(request: RemoteRequest) -> list[str]:
    return [f"--header={name}: {value}" for name, value in request.headers]


def why_gnu_unable(request: RemoteRequest) -> str:
    """Return why GNU wget cannot make the request; empty if it can."""
    if request.version == "2":
        return NO_HTTP2
    if request.socket_path:
        return NO_SOCKET
    if any(name.lower() == "upgrade" for name, _ in request.headers):
        return tr("wget there cannot open a WebSocket: it needs curl, python3, bash or nc")
    if request.connect_to:
        return tr("wget there can only connect to the URL's own address")
    private = [name for name, _ in request.headers if not is_public_header(name)]
    if private or redact(body := request.content.decode("utf-8", "replace")) != body:
        part = (
            tr("the header {private}", private=safe(private[0], 60)) if private else tr("the body")
        )
        return tr(
            "wget there would show {part} to everybody in `ps`, so nothing was sent", part=part
        )
    if len(body) > MAX_ARGUMENT_BYTES or "\ufffd" in body or "\0" in body:
        return tr("wget there can only send a short text as body")
    return ""


def why_busybox_unable(request: RemoteRequest) -> str:
    """Return why BusyBox's wget cannot make the request; empty if it can."""
    if request.method not in ("GET", "POST"):
        return tr("BusyBox's wget there cannot send a {method}", method=safe(request.method, 20))
    if redact(request.url) != request.url:
        return tr(
            "wget there would show the URL's secret to everybody in `ps`, so nothing was sent"
        )
    return why_gnu_unable(request)


_CONNECTED = re.compile(r"^Connecting to .* connected\.$|^HTTP request sent")
_ADDRESS = re.compile(
    r"^Connecting to (?:\S+ \(\[?([\d.:a-f]+?)\]?(?::\d+)?\)"
    r"|(?:.*\|)?\[?([\d.:a-f]+?)[]|]*:\d+\.\.\.)"
)
"""The form of BusyBox, then the form of GNU."""


def read_progress(line: str, notify: Notify) -> None:
    """Notify of the progress that a line of standard error reports."""
    if match := _ADDRESS.match(line):
        notify("resolved", match[1] or match[2])
    if _CONNECTED.match(line):
        notify("connected", "")


_REASONS: tuple[tuple[Ending, re.Pattern[str]], ...] = (
    ("dns", re.compile(r"unable to resolve host|bad address|failed: .*not known")),
    ("refused", re.compile(r"(?:failed|remote host .*): (.*refused|.*[Nn]o route.*|.*unreach.*)")),
    ("timeout", re.compile(r"failed: Connection timed out|can't connect.*timed out")),
    ("tls", re.compile(r"certificate|Unable to establish SSL|ssl_client: |TLS error|SSL_")),
    ("reset", re.compile(r"Read error.*|No data received|error getting response|[Rr]eset by peer")),
)
_SENTENCES: dict[Ending, str] = {
    "dns": tr("no address there"),
    "refused": tr("no connection"),
    "timeout": tr("the connection timed out"),
    "tls": tr("TLS failed"),
}
_SERVER_ERROR_CODE = 8


def explain_gnu_exit(
    code: int, stderr: str, request: RemoteRequest, is_connected: bool
) -> ToolFailure | None:
    """Return why the request failed, or None if the response itself shows it."""
    if code in (0, _SERVER_ERROR_CODE) or "server returned error" in stderr:
        return None
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    for reason, pattern in _REASONS:
        for line in lines:
            if match := pattern.search(line):
                why = match[1] if match.re.groups and match[1] else line.removeprefix("wget: ")
                why, sentence = why.rstrip("."), _SENTENCES.get(reason)
                return ToolFailure(reason, safe(labelled(sentence, why) if sentence else why, 300))
    last = safe(lines[-1], 200) if lines else tr("status {code}", code=code)
    if is_connected:
        return ToolFailure("reset", last)
    return ToolFailure("unreached", tr("wget there failed: {last}", last=last))


def explain_busybox_exit(
    code: int, stderr: str, request: RemoteRequest, is_connected: bool
) -> ToolFailure | None:
    """Return the same for BusyBox, but no TLS failure: its own TLS supports few ciphers."""
    failure = explain_gnu_exit(code, stderr, request, is_connected)
    if failure is None or failure.reason != "tls":
        return failure
    lines = [line.strip() for line in stderr.splitlines() if "TLS error" in line or "ssl_" in line]
    message = safe(lines[-1].removeprefix("wget: "), 200) if lines else tr("no TLS")
    detail = tr(
        "BusyBox's wget there failed, and another tool may work: {message}", message=message
    )
    return ToolFailure("unreached", detail)
