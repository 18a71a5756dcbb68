"""The forms of log lines, told apart by their shape, and what each says of a stream."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """What one line says.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        tag: As in `model.LogLine`.
        meaning: What it shows, in one sentence; empty where it only gives context.
        path: The request's path, where the line names one.
        agent: The User-Agent, where the line records it.
        status: The status that was logged, where the line is of an access log.
        client: Who asked: the address, or what the client calls itself; empty if not known.
    """

    kind: str
    tag: str = ""
    meaning: str = ""
    path: str = ""
    agent: str = ""
    status: int | None = None
    client: str = ""


def path_of(request: str) -> str:
    """The path of a request line, its query left out."""
    words = request.split(" ")
    return words[1].partition("?")[0] if len(words) > 1 else ""


_ERROR = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?P<level>\w+)\] (?P<rest>.*)$", re.DOTALL)
_REQUEST = re.compile(r'request: "([^"]{0,2000})"')
_TELLING = (
    (
        "while connecting to upstream",
        "connect-failed",
        "Nginx could not connect to the backend",
    ),
    (
        "while reading response header from upstream",
        "header-timeout",
        "the backend did not begin to answer within proxy_read_timeout",
    ),
    (
        "while reading upstream",
        "read-timeout",
        "the stream was silent for longer than proxy_read_timeout, so Nginx ended it",
    ),
)


_WHATEVER = (
    (
        "while SSL handshaking to upstream",
        "upstream-tls",
        "the TLS handshake with the backend failed",
    ),
    (
        "upstream prematurely closed",
        "premature-close",
        "the backend closed the connection before its answer was complete",
    ),
    (
        "reset by peer) while reading response header from upstream",
        "premature-close",
        "the backend reset the connection instead of answering",
    ),
    (
        "upstream sent no valid HTTP/1.",
        "invalid-answer",
        "what the backend sent is no HTTP answer",
    ),
    (
        "gracefully shutting down",
        "reload",
        "Nginx was reloaded: an old worker ends once its connections have",
    ),
    (
        "limiting connections by zone",
        "limited",
        "Nginx refused it: more connections at once than limit_conn allows",
    ),
    (
        "limiting requests, excess",
        "limited",
        "Nginx refused it: more requests in a row than limit_req allows",
    ),
    (
        "delaying request, excess",
        "delayed",
        "Nginx let it wait: more requests in a row than limit_req allows",
    ),
    (
        "auth request unexpected status",
        "auth-request",
        "the subrequest of auth_request answered neither 2xx nor 401 nor 403, so Nginx answers 500",
    ),
)
"""Phrases that tell by themselves, with their tags."""


def error_line(text: str) -> ParsedLine | None:
    """What a line of Nginx's error log says; None if it is none."""
    found = _ERROR.match(text)
    if found is None:
        return None
    rest, request = found["rest"], _REQUEST.search(found["rest"])
    path = path_of(request[1]) if request else ""
    for phrase, tag, meaning in _WHATEVER:
        if phrase in rest:
            return ParsedLine("error", tag, meaning, path)
    if (
        "connect() failed" in rest
        # 110 on Linux, 60 on macOS and the BSDs.
        or "upstream timed out (" in rest
        or "no live upstreams" in rest
    ):
        for phrase, tag, meaning in _TELLING:
            if phrase in rest:
                return ParsedLine("error", tag, meaning, path)
    return ParsedLine("error", path=path)


def parse_line(text: str) -> ParsedLine:
    """What a line says; a line of no known form is `text`. Never raises."""
    text = _CARRIED.sub("", text, count=1)
    for form in _FORMS:
        if (said := form(text)) is not None:
            return said
    return ParsedLine("text")


_CARRIED = re.compile(
    r"^(?:\[pod/\S{1,300}\] )?"  # kubectl logs --prefix
    r"(?:[\w.-]{1,100} +\| )?"  # docker compose logs
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d) "  # --timestamps
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,100} [^\s:]{1,100}: )?"  # journalctl, syslog
)
"""What a tool that carries lines puts before them."""


_COMBINED = re.compile(
    r'^(?P<client>\S+) \S+ .{0,200}? \[[^\]]{1,60}\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
"""Nginx's combined format (https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format)."""


def _combined(text: str) -> ParsedLine | None:
    found = _COMBINED.match(text)
    if found is None:
        return None
    size = int(found["bytes"]) if found["bytes"].isdigit() else 0
    tried = _TRIED.search(text, found.end())
    upstream = tried[0] if tried else ""
    agent = found["agent"] or ""
    said = _access(int(found["status"]), size, path_of(found["request"]), agent, upstream)
    return replace(said, client=_who(found["client"], agent))


def _who(address: str, agent: str) -> str:
    """Whoever asked, by an address, else by what it calls itself."""
    try:
        return str(ip_address(address.rpartition(",")[2].strip()))
    except ValueError:
        return agent


_TRIED = re.compile(r"\b50[234](?: ?[,:] ?\d{3})+\b")
"""`$upstream_status` where several peers were tried, wherever a log's own form puts it
(https://nginx.org/en/docs/http/ngx_http_upstream_module.html#var_upstream_status)."""


def _access(status: int, size: int | None, path: str, agent: str, upstream: str = "") -> ParsedLine:
    tag, meaning = "", ""
    if status == 499 and size == 0:
        tag = "held-499"
        meaning = "the client gave up before a single byte was passed on"
        if upstream.startswith("200"):
            meaning += ", though the backend had answered 200"
    elif status == 499 and size is not None:
        meaning = f"the client left after {size} bytes"
    elif status == 200 and size == 0:
        # A client of HTTP/2 that leaves a held stream is logged so, and one of a silent stream too.
        meaning = "not a single byte was passed on (over HTTP/2 a held stream is logged as this)"
    elif status == 200 and _TRIED.search(upstream):
        tag = "tried-again"
        meaning = f"answered at last: the peers that Nginx tried answered {upstream}"
    elif status == 200:
        tag = "live-200"
        meaning = "answered 200" if size is None else f"{size} bytes were passed on"
    elif status in (502, 504):
        tag, meaning = "gateway", f"Nginx answered {status}: no valid response from the backend"
    return ParsedLine("access", tag, meaning, path, agent, status)


_HEX = re.compile(r"(?<!\\)\\x([0-9A-Fa-f]{2})")


def _json(text: str) -> ParsedLine | None:
    """The common JSON forms: Nginx's variables as keys, as most people name them."""
    if not text.startswith("{"):
        return None
    try:
        # Nginx writes a quote as \x22 unless the format says escape=json.
        data = json.loads(_HEX.sub(r"\\u00\1", text))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    status = _number(data, "status", "response_status", "http_status")
    if status is None:
        return _wrapped(data)
    size = _number(data, "body_bytes_sent", "bytes_sent", "bytes", "size")
    path = _word(data, "request_uri", "uri", "path", "url").partition("?")[0]
    path = path or path_of(_word(data, "request"))
    agent = _word(data, "http_user_agent", "user_agent", "agent", "useragent")
    said = _access(status, size, path, agent, _word(data, "upstream_status"))
    address = _word(data, "remote_addr", "client_ip", "remote_ip", "client", "clientip", "ip")
    return replace(said, client=_who(address, agent))


def _wrapped(data: Mapping[str, Any]) -> ParsedLine | None:
    """A line of another form inside, as Docker's log files and shippers keep it."""
    inner = _word(data, "log", "message", "msg").strip()
    said = parse_line(inner) if inner and not inner.startswith("{") else None
    return said if said and said.kind != "text" else None


def _number(data: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = str(data.get(name, ""))
        if value.isascii() and value.isdigit() and len(value) < 18:
            return int(value)
    return None


def _word(data: Mapping[str, Any], *names: str) -> str:
    return next((str(data[name]) for name in names if name in data), "")


_CANCELED = "message processing canceled"


def _dotnet(text: str) -> ParsedLine | None:
    """The .NET SDK's line: a consequence, never a cause."""
    if _CANCELED not in text:
        return None
    meaning = "the backend saw its request aborted: a consequence of the hang, never its cause"
    if ", Client (" not in text:
        meaning += "; no client name in it, so initialize never arrived"
    client = _CLIENT.search(text)
    return ParsedLine("dotnet", "canceled", meaning, client=client[1] if client else "")


_CLIENT = re.compile(r", Client \(([^()]{1,100})\)")


def _gunicorn(text: str) -> ParsedLine | None:
    """Gunicorn ends a worker that was busy with one request for too long."""
    if "WORKER TIMEOUT" not in text:
        return None
    return ParsedLine(
        "text", "worker-timeout", "a backend worker was busy too long, and was killed"
    )


_FORMS: tuple[Callable[[str], ParsedLine | None], ...] = (
    _combined,
    _json,
    error_line,
    _dotnet,
    _gunicorn,
)
