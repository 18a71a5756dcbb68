"""Access logs: Nginx's combined format and what is often appended to it, JSON, and Nginx Proxy
Manager's format."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from wizard.logs.parsed_line import ParsedLine, host_name, split_request
from wizard.model.log_report import LogSign
from wizard.text.messages import tr

SHORT_S = 0.5
"""A response that is complete within this many seconds was not held."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one entry says; empty or None where it does not say it.

    Attributes:
        size: The bytes of the body that was sent.
        http: The version of HTTP: `2.0`.
        upstream_status: `$upstream_status`: the answer of each peer that was tried.
        upstream_size: The bytes that the upstream had sent.
        took_s: How long the request took, in seconds.
        waited_s: The longest time that an upstream took, in seconds.
    """

    status: int
    size: int | None = None
    method: str = ""
    path: str = ""
    http: str = ""
    host: str = ""
    agent: str = ""
    address: str = ""
    upstream_status: str = ""
    upstream_size: int | None = None
    took_s: float | None = None
    waited_s: float | None = None


_COMBINED = re.compile(
    r'^(?P<client>\S+) \S+ .{0,200}? \[[^\]]{1,60}\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
"""Nginx's combined format (https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format)."""
_NUMBERS = r"(?:[\d.]{1,17}|-)(?: ?[,:] (?:[\d.]{1,17}|-)){0,9}"
"""A variable with one value for each upstream that was tried."""
_INGRESS_TAIL = re.compile(
    r" \d{1,12} (?P<took>\d{1,12}\.\d{3}) \[[^\]]{0,200}\] \[[^\]]{0,200}\] "
    r"[^\s,]{1,100}(?: ?[,:] [^\s,]{1,100}){0,9} "
    rf"(?P<size>{_NUMBERS}) (?P<waited>{_NUMBERS}) (?P<status>{_NUMBERS})(?: |$)"
)
"""What ingress-nginx appends to the combined format
(https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/)."""
_NAMED = re.compile(
    rf"\b(?P<name>[a-z_]{{2,40}})[=:] ?[\"']?(?P<value>{_NUMBERS})(?=[\"'\s,;\]]|$)"
)
"""A value with its name, as in `rt=0.5 urt="0.500"`."""
_TOOK = ("rt", "request_time", "req_time")
_WAITED = ("urt", "upstream_response_time", "uht", "upstream_header_time")
_STATUSES = ("us", "ustatus", "upstream_status")
_SIZES = ("url", "upstream_response_length", "upstream_bytes_received")
"""Usual names of Nginx's variables in formats of one's own."""
_RETRIED = re.compile(r"\b50[234](?: ?[,:] ?\d{3})+\b")
"""`$upstream_status` after several peers were tried, at any place of a custom log format
(https://nginx.org/en/docs/http/ngx_http_upstream_module.html#var_upstream_status)."""
_PROXY_MANAGER = re.compile(
    r"^\[[^\]]{1,60}\] (?:\S+ (?P<upstream>[\d, :-]{1,60}?) )?(?P<status>\d{3}) - (?P<method>\S+) "
    r'\S+ (?P<host>\S*) "(?P<uri>(?:[^"\\]|\\.)*)" \[Client (?P<client>[^\]]{1,80})\] '
    r"\[Length (?P<bytes>\d+|-)\](?: \[[^\]]{0,200}\]){0,4} "
    r'"(?P<agent>(?:[^"\\]|\\.)*)" "(?:[^"\\]|\\.)*"'
)
"""Nginx Proxy Manager's formats `proxy` and `standard`, which have no request line
(https://github.com/NginxProxyManager/nginx-proxy-manager, log-proxy.conf)."""
_HEX_ESCAPE = re.compile(r"(?<!\\)\\x([0-9A-Fa-f]{2})")


def parse_combined(text: str) -> ParsedLine | None:
    """Parse a line of the combined format; what follows it may have any format."""
    if (match := _COMBINED.match(text)) is None:
        return None
    method, path, http = split_request(match["request"])
    tail = dict(_tail_values(text, match.end()))
    entry = _Entry(
        int(match["status"]),
        int(match["bytes"]) if match["bytes"].isdigit() else 0,
        method,
        path,
        http,
        agent=match["agent"] or "",
        address=match["client"],
        upstream_status=tail.get("status") or _retried(text, match.end()),
        upstream_size=_sum(tail.get("size", "")),
        took_s=_longest(tail.get("took", "")),
        waited_s=_longest(tail.get("waited", "")),
    )
    return _proxy_header(match["request"]) or _interpret(entry)


def _tail_values(text: str, start: int) -> Iterator[tuple[str, str]]:
    """The values of `_Entry` that are appended to the combined format, by their names there."""
    if len(text) - start < 4:
        return
    if ingress := _INGRESS_TAIL.match(text, start):
        yield from ingress.groupdict().items()
        return
    groups = (("took", _TOOK), ("waited", _WAITED), ("status", _STATUSES), ("size", _SIZES))
    named = {match["name"]: match["value"] for match in _NAMED.finditer(text, start)}
    for key, names in groups:
        if value := next((named[name] for name in names if name in named), ""):
            yield key, value


def _retried(text: str, start: int) -> str:
    retried = _RETRIED.search(text, start)
    return retried[0] if retried else ""


def _values(text: str) -> list[float]:
    """The numbers of a variable with one value for each upstream."""
    parts = (part.strip() for part in re.split(r"[,:]", text))
    return [float(part) for part in parts if re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", part)]


def _longest(text: str) -> float | None:
    return max(_values(text), default=None)


def _sum(text: str) -> int | None:
    values = _values(text)
    return int(sum(values)) if values else None


def _proxy_header(request: str) -> ParsedLine | None:
    """A PROXY protocol header that Nginx took for a request line."""
    if not request.startswith(("PROXY TCP", "PROXY UNKNOWN")):
        return None
    meaning = tr(
        "Nginx read a PROXY protocol header as a request: this listener does not expect one"
    )
    return ParsedLine("access", "proxy-protocol", meaning, status=400)


def parse_proxy_manager(text: str) -> ParsedLine | None:
    """Parse a line of Nginx Proxy Manager."""
    if (match := _PROXY_MANAGER.match(text)) is None:
        return None
    size = int(match["bytes"]) if match["bytes"].isdigit() else 0
    return _interpret(
        _Entry(
            int(match["status"]),
            size,
            match["method"].removeprefix("-"),
            match["uri"].partition("?")[0].removeprefix("-"),
            host=match["host"],
            agent=match["agent"],
            address=match["client"],
            upstream_status=(match["upstream"] or "").strip(),
        )
    )


def parse_json(data: Mapping[str, Any]) -> ParsedLine | None:
    """Interpret an entry whose keys are Nginx's variables or other common names."""
    status = _number(data, "status", "response_status", "http_status")
    if status is None:
        return None
    method, path, http = split_request(first_text(data, "request"))
    written = first_text(data, "request_uri", "uri", "path", "url").partition("?")[0]
    upstream_times = first_text(data, "upstream_response_time", "upstream_header_time")
    entry = _Entry(
        int(status),
        _whole(_number(data, "body_bytes_sent", "bytes_sent", "bytes", "size")),
        method or first_text(data, "request_method", "method", "http_method", "verb"),
        written or path,
        http
        or first_text(data, "server_protocol", "protocol", "http_version").removeprefix("HTTP/"),
        first_text(data, "host", "http_host", "server_name", "vhost"),
        first_text(data, "http_user_agent", "user_agent", "agent", "useragent"),
        first_text(data, "remote_addr", "client_ip", "remote_ip", "client", "clientip", "ip"),
        first_text(data, "upstream_status"),
        _sum(first_text(data, "upstream_response_length", "upstream_bytes_received")),
        _number(data, "request_time", "duration"),
        _longest(upstream_times),
    )
    return _interpret(entry)


def load_object(text: str) -> dict[str, Any] | None:
    """The JSON object that a line is; None for any other line."""
    if not text.startswith("{"):
        return None
    try:
        # Nginx writes a quote as \x22 unless the format says escape=json.
        data = json.loads(_HEX_ESCAPE.sub(r"\\u00\1", text))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _number(data: Mapping[str, Any], *names: str) -> float | None:
    """The first of these values that is a number, also one written as text."""
    for name in names:
        if re.fullmatch(r"\d{1,17}(?:\.\d{1,9})?", value := str(data.get(name, ""))):
            return float(value)
    return None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def first_text(data: Mapping[str, Any], *names: str) -> str:
    """The first of these values that there is, as text; empty without one."""
    return next((str(data[name]) for name in names if name in data), "")


def _interpret(entry: _Entry) -> ParsedLine:
    tag, sign, meaning = _meaning(entry)
    waited = entry.waited_s if entry.waited_s is not None else entry.took_s
    return ParsedLine(
        "access",
        tag,
        meaning,
        entry.path,
        entry.agent,
        entry.status,
        _client_name(entry.address, entry.agent),
        entry.method,
        host_name(entry.host),
        waited,
        sign=sign,
    )


def _client_name(address: str, agent: str) -> str:
    """The last address of an `X-Forwarded-For` list, or else the User-Agent."""
    try:
        return str(ip_address(address.rpartition(",")[2].strip()))
    except ValueError:
        return agent


_Meaning = tuple[str, LogSign, str]
"""The tag, the sign and the meaning of an entry."""


def _meaning(entry: _Entry) -> _Meaning:
    status, size = entry.status, entry.size
    if status == 499:
        return _of_left(entry)
    if status == 200 and size == 0:
        return _of_empty(entry)
    if status == 200 and _RETRIED.search(entry.upstream_status):
        tried = entry.upstream_status
        text = tr(
            "answered after a retry: the backends that Nginx tried answered {tried}", tried=tried
        )
        return "tried-again", "", text
    if status == 200:
        text = tr("answered 200") if size is None else tr("{size} bytes were passed on", size=size)
        return "live-200", "", text
    if status == 101:
        return "live-101", "", _of_websocket(size)
    if status in (502, 504) and entry.upstream_size:
        return "backend-error", "", tr("the backend itself answered {status}", status=status)
    if status in (502, 504):
        text = tr("answered {status}: no valid response from the backend", status=status)
        return "gateway", "", text
    return _of_refused(entry) if status == 413 else ("", "", "")


def _of_websocket(size: int | None) -> str:
    if size is None:
        return tr("a WebSocket was open")
    return tr("a WebSocket was open: {size} bytes were passed on", size=size)


def _of_refused(entry: _Entry) -> _Meaning:
    if entry.upstream_status == "-":
        text = tr("Nginx answered 413 without asking the backend: the request's body is too large")
        return "body-too-large", "own-answer", text
    text = tr("Nginx or the backend answered 413: the request's body is too large")
    return "body-too-large", "", text


def _of_left(entry: _Entry) -> _Meaning:
    if entry.size is None:
        return "", "", ""
    if entry.size:
        return "", "left", tr("the client left after {size} bytes", size=entry.size)
    if entry.upstream_status.startswith("200"):
        text = tr("the client left before it got a byte, though the backend had answered 200")
        return "held-499", "answered", text
    return "held-499", "", tr("the client left before it got a byte")


def _of_empty(entry: _Entry) -> _Meaning:
    """A 200 without a body.

    Over HTTP/2 a held client that leaves is logged so, and one of a silent stream as well.
    """
    took_s = entry.took_s if entry.took_s is not None else entry.waited_s
    is_empty = entry.upstream_size == 0 or (took_s is not None and took_s < SHORT_S)
    is_http_2 = entry.http.startswith("2") and not is_empty
    if is_http_2 and entry.upstream_status == "200":
        return "held-200", "answered", _of_held(entry.upstream_size)
    if is_http_2:
        text = tr(
            "answered 200, and the client got no byte; over HTTP/2 this can be a held stream or a "
            "silent one"
        )
        return "", "", text
    return "", "", tr("answered 200, and the client got no byte")


def _of_held(sent: int | None) -> str:
    if not sent:
        return tr("over HTTP/2, the client got no byte, though the backend had answered 200")
    return tr(
        "over HTTP/2, the client got no byte, though the backend had answered 200 and sent "
        "{sent} bytes",
        sent=sent,
    )
