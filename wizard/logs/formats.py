"""Formats of log lines: recognise a line's format, and interpret it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One log line, interpreted.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        tag: As in `model.log_report.LogLine`.
        meaning: What the line shows, in one sentence; empty if it only gives context.
        path: The request's path, if the line names one.
        agent: The User-Agent, if the line records it.
        status: The logged status, if the line is of an access log.
        client: The client's address, or else its User-Agent or MCP name; empty if unknown.
    """

    kind: str
    tag: str = ""
    meaning: str = ""
    path: str = ""
    agent: str = ""
    status: int | None = None
    client: str = ""


_TOOL_PREFIX = re.compile(
    r"^(?:\[pod/\S{1,300}\] )?"  # kubectl logs --prefix
    r"(?:[\w.-]{1,100} +\| )?"  # docker compose logs
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d) "  # --timestamps
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,100} [^\s:]{1,100}: )?"  # journalctl, syslog
)
"""The prefixes with which tools print the log lines of other programs."""


def parse_line(text: str) -> ParsedLine:
    """Parse one line; a line of no known format has the kind `text`. Never raises."""
    text = _TOOL_PREFIX.sub("", text, count=1)
    for parse in _PARSERS:
        if (parsed := parse(text)) is not None:
            return parsed
    return ParsedLine("text")


# Access logs

_COMBINED = re.compile(
    r'^(?P<client>\S+) \S+ .{0,200}? \[[^\]]{1,60}\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
"""Nginx's combined format (https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format)."""
_RETRIED = re.compile(r"\b50[234](?: ?[,:] ?\d{3})+\b")
"""`$upstream_status` after several peers were tried, at any place of a custom log format
(https://nginx.org/en/docs/http/ngx_http_upstream_module.html#var_upstream_status)."""
_HEX_ESCAPE = re.compile(r"(?<!\\)\\x([0-9A-Fa-f]{2})")


def _parse_combined(text: str) -> ParsedLine | None:
    if (match := _COMBINED.match(text)) is None:
        return None
    size = int(match["bytes"]) if match["bytes"].isdigit() else 0
    retried = _RETRIED.search(text, match.end())
    upstream_status = retried[0] if retried else ""
    agent = match["agent"] or ""
    path = _path_of(match["request"])
    parsed = _access_line(int(match["status"]), size, path, agent, upstream_status)
    return replace(parsed, client=_client_name(match["client"], agent))


def _path_of(request: str) -> str:
    """The path of a request line, without its query."""
    words = request.split(" ")
    return words[1].partition("?")[0] if len(words) > 1 else ""


def _client_name(address: str, agent: str) -> str:
    """The last address of an `X-Forwarded-For` list, or else the User-Agent."""
    try:
        return str(ip_address(address.rpartition(",")[2].strip()))
    except ValueError:
        return agent


def _access_line(
    status: int, size: int | None, path: str, agent: str, upstream_status: str = ""
) -> ParsedLine:
    """Interpret an entry of an access log; `size` is the body sent, in bytes, None if unknown."""
    tag, meaning = "", ""
    if status == 499 and size == 0:
        tag = "held-499"
        meaning = "the client gave up before a single byte was passed on"
        if upstream_status.startswith("200"):
            meaning += ", though the backend had answered 200"
    elif status == 499 and size is not None:
        meaning = f"the client left after {size} bytes"
    elif status == 200 and size == 0:
        # Over HTTP/2, Nginx logs this for a held stream that the client leaves, and for a stream
        # that is merely silent too.
        meaning = "not a single byte was passed on (over HTTP/2 a held stream is logged as this)"
    elif status == 200 and _RETRIED.search(upstream_status):
        tag = "tried-again"
        meaning = f"answered after a retry: the peers that Nginx tried answered {upstream_status}"
    elif status == 200:
        tag = "live-200"
        meaning = "answered 200" if size is None else f"{size} bytes were passed on"
    elif status in (502, 504):
        tag, meaning = "gateway", f"Nginx answered {status}: no valid response from the backend"
    return ParsedLine("access", tag, meaning, path, agent, status)


def _parse_json(text: str) -> ParsedLine | None:
    """Parse a JSON access log whose keys are Nginx's variables or other common names."""
    if not text.startswith("{"):
        return None
    try:
        # Nginx writes a quote as \x22 unless the format says escape=json.
        data = json.loads(_HEX_ESCAPE.sub(r"\\u00\1", text))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    status = _first_number(data, "status", "response_status", "http_status")
    if status is None:
        return _parse_wrapped(data)
    size = _first_number(data, "body_bytes_sent", "bytes_sent", "bytes", "size")
    path = _first_text(data, "request_uri", "uri", "path", "url").partition("?")[0]
    path = path or _path_of(_first_text(data, "request"))
    agent = _first_text(data, "http_user_agent", "user_agent", "agent", "useragent")
    parsed = _access_line(status, size, path, agent, _first_text(data, "upstream_status"))
    address = _first_text(data, "remote_addr", "client_ip", "remote_ip", "client", "clientip", "ip")
    return replace(parsed, client=_client_name(address, agent))


def _parse_wrapped(data: Mapping[str, Any]) -> ParsedLine | None:
    """Parse a line of another format inside JSON, as Docker and log shippers store it."""
    inner = _first_text(data, "log", "message", "msg").strip()
    parsed = parse_line(inner) if inner and not inner.startswith("{") else None
    return parsed if parsed and parsed.kind != "text" else None


def _first_number(data: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = str(data.get(name, ""))
        if value.isascii() and value.isdigit() and len(value) < 18:
            return int(value)
    return None


def _first_text(data: Mapping[str, Any], *names: str) -> str:
    return next((str(data[name]) for name in names if name in data), "")


# Nginx's error log

_ERROR = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?P<level>\w+)\] (?P<rest>.*)$", re.DOTALL)
_REQUEST = re.compile(r'request: "([^"]{0,2000})"')
_FAILURES = (
    ("while connecting to upstream", "connect-failed", "Nginx could not connect to the backend"),
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
"""Phrase, tag and meaning: what Nginx was doing when the connection failed or timed out."""
_MESSAGES = (
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
        "what the backend sent is not an HTTP response",
    ),
    (
        "gracefully shutting down",
        "reload",
        "Nginx was reloaded: an old worker ends with its last connection",
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
        "Nginx delayed it: more requests in a row than limit_req allows",
    ),
    (
        "auth request unexpected status",
        "auth-request",
        "the subrequest of auth_request answered neither 2xx nor 401 nor 403, so Nginx answers 500",
    ),
)
"""Phrase, tag and meaning: messages that mean the same in every line."""


def _parse_error(text: str) -> ParsedLine | None:
    if (match := _ERROR.match(text)) is None:
        return None
    rest, request = match["rest"], _REQUEST.search(match["rest"])
    path = _path_of(request[1]) if request else ""
    failures = _FAILURES if _has_failed(rest) else ()
    for phrase, tag, meaning in (*_MESSAGES, *failures):
        if phrase in rest:
            return ParsedLine("error", tag, meaning, path)
    return ParsedLine("error", path=path)


def _has_failed(rest: str) -> bool:
    """True if a connection to the backend failed or timed out."""
    # errno follows in parentheses: 110 on Linux, 60 on macOS and the BSDs.
    timed_out = "upstream timed out (" in rest
    return timed_out or "connect() failed" in rest or "no live upstreams" in rest


# Backend logs

_DOTNET_CANCELED = "message processing canceled"
_DOTNET_CLIENT = re.compile(r", Client \(([^()]{1,100})\)")


def _parse_dotnet(text: str) -> ParsedLine | None:
    """Parse the MCP .NET SDK's line about a canceled request."""
    if _DOTNET_CANCELED not in text:
        return None
    meaning = "the backend saw its request aborted: a consequence of the hang, never its cause"
    if ", Client (" not in text:
        meaning += "; no client name in it, so initialize never arrived"
    client = _DOTNET_CLIENT.search(text)
    return ParsedLine("dotnet", "canceled", meaning, client=client[1] if client else "")


def _parse_gunicorn(text: str) -> ParsedLine | None:
    """Parse Gunicorn's line about a worker that was busy with one request for too long."""
    if "WORKER TIMEOUT" not in text:
        return None
    meaning = "a backend worker was busy too long, and was killed"
    return ParsedLine("text", "worker-timeout", meaning)


_PARSERS: tuple[Callable[[str], ParsedLine | None], ...] = (
    _parse_combined,
    _parse_json,
    _parse_error,
    _parse_dotnet,
    _parse_gunicorn,
)
