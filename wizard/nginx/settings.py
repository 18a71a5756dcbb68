"""Which settings are in force for a request, where each comes from, and Nginx's units.

A directive replaces what the outer levels set, lists as a whole
(https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.model.config import Directive
from wizard.model.resolution import Level, RequestResolution, Setting
from wizard.nginx.servers import server_blocks

HTTP_1_1_SINCE = (1, 29, 7)
"""The version since which `proxy_http_version` is 1.1 by default, with keepalive (CHANGES)."""

_PREFIXED_DEFAULTS = {
    "buffering": "on", "request_buffering": "on", "read_timeout": "60s", "send_timeout": "60s",
    "connect_timeout": "60s", "buffer_size": "4k|8k", "buffers": "8 4k|8k",
    "busy_buffers_size": "8k|16k", "max_temp_file_size": "1024m", "cache": "off",
    "ignore_headers": "", "hide_header": "", "pass_header": "", "next_upstream": "error timeout",
    "intercept_errors": "off",
}  # fmt: skip
"""The defaults of the settings that exist with each prefix (`proxy_`, `fastcgi_`, …)."""
_PROXY_DEFAULTS = {
    "proxy_http_version": "", "proxy_set_header": "Host $proxy_host",
    "proxy_ssl_server_name": "off", "proxy_pass_request_headers": "on",
}  # fmt: skip
_GRPC_SETTINGS = {
    "read_timeout", "send_timeout", "connect_timeout", "buffer_size", "ignore_headers",
    "hide_header", "pass_header", "next_upstream", "intercept_errors",
}  # fmt: skip
"""Those of `_PREFIXED_DEFAULTS` that exist with `grpc_`."""
AUTHENTICATION = ("auth_basic", "auth_request", "auth_jwt")
"""Directives that ask for credentials; `off` asks for none."""
_COMMON_DEFAULTS = {
    "add_header": "", "gzip": "off", "gzip_types": "text/html", "gzip_proxied": "off",
    "gzip_min_length": "20", "gzip_http_version": "1.1", "postpone_output": "1460",
    "keepalive_timeout": "75s", "send_timeout": "60s", "client_max_body_size": "1m",
    "limit_conn": "", "limit_req": "", **dict.fromkeys(AUTHENTICATION, "off"),
    "ssl_buffer_size": "16k", "chunked_transfer_encoding": "on", "tcp_nodelay": "on",
    "error_page": "",
}  # fmt: skip
_LISTS = frozenset({
    "proxy_set_header", "add_header", "hide_header", "pass_header", "limit_conn", "limit_req",
    "error_page",
})  # fmt: skip
"""Settings that may have several entries at one level; prefixed ones without their prefix."""

Chain = Sequence[tuple[Level, Directive]]


def effective_settings(chain: Chain, kind: str, version: str | None) -> dict[str, Setting]:
    """Each setting that is in force in the last block of the chain, by directive name.

    Args:
        chain: The blocks around the request with their levels, outermost first.
        kind: The upstream's kind; the settings of `proxy` stand for one that has none of its own.
        version: The Nginx version whose defaults apply; None means an old one.
    """
    return {name: _setting(chain, name, default) for name, default in _defaults(kind, version)}


def _defaults(kind: str, version: str | None) -> list[tuple[str, str]]:
    prefix = "proxy" if kind in ("static", "undecided", "memcached") else kind
    names = _GRPC_SETTINGS if prefix == "grpc" else set(_PREFIXED_DEFAULTS)
    defaults = {
        f"{prefix}_{name}": value for name, value in _PREFIXED_DEFAULTS.items() if name in names
    }
    if prefix == "proxy":
        defaults |= {**_PROXY_DEFAULTS, "proxy_http_version": default_http_version(version)}
        if version_numbers(version) < HTTP_1_1_SINCE:
            defaults["proxy_set_header"] += "; Connection close"
    if prefix == "fastcgi":
        defaults["fastcgi_keep_conn"] = "off"
    return list({**defaults, **_COMMON_DEFAULTS}.items())


def default_http_version(version: str | None) -> str:
    """The default of `proxy_http_version` in this Nginx version."""
    return "1.1" if version_numbers(version) >= HTTP_1_1_SINCE else "1.0"


def is_new_default(resolution: RequestResolution) -> bool:
    """True if Nginx asks backends in HTTP/1.1 because that is its default, which is new."""
    setting = resolution.settings.get("proxy_http_version")
    is_new = version_numbers(resolution.version) >= HTTP_1_1_SINCE
    return is_new and setting is not None and setting.where is None


def version_numbers(version: str | None) -> tuple[int, ...]:
    """The numbers of a version, for comparison; empty (older than any) for None."""
    return tuple(int(part) for part in re.findall(r"\d+", version or "")[:3])


def _setting(chain: Chain, name: str, default: str) -> Setting:
    for level, block in reversed(chain):
        if directives := tuple(block.children(name)):
            return _setting_of(name, level, directives)
    return Setting(name, default)


def _setting_of(name: str, level: Level, directives: tuple[Directive, ...]) -> Setting:
    """The setting of directives of one level: all of them for a list, else the first."""
    entries = tuple(directive.args for directive in directives)
    is_list = name in _LISTS or name.partition("_")[2] in _LISTS
    value = "; ".join(map(" ".join, entries)) if is_list else " ".join(entries[0])
    return Setting(name, value, level, directives[0].where, entries)


_CONNECTION_HEADERS = frozenset({"connection", "upgrade", "accept-encoding", "te", "keep-alive"})
"""Headers of a connection, not of the request; an event stream works without them."""


@dataclass(frozen=True, slots=True)
class DroppedHeaders:
    """Outer `proxy_set_header` lines that are not in force: inner ones replace the whole list, of
    which `by` is the first."""

    lines: tuple[Directive, ...]
    by: Directive

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the dropped headers, in lower case."""
        return tuple(directive.args[0].lower() for directive in self.lines)


def dropped_headers(resolution: RequestResolution) -> DroppedHeaders | None:
    """The headers of the next outer level that the `proxy_set_header` lines in force drop; None if
    they drop none."""
    sets = [
        directives
        for block in enclosing_blocks(resolution)
        if (directives := tuple(block.children("proxy_set_header")))
    ]
    if len(sets) < 2:
        return None
    *_, outer, inner = sets
    kept = {directive.args[0].lower() for directive in inner if directive.args}
    dropped = tuple(directive for directive in outer if _is_dropped(directive, kept))
    return DroppedHeaders(dropped, inner[0]) if dropped else None


def enclosing_blocks(resolution: RequestResolution) -> list[Directive]:
    """The blocks around the request, outermost first."""
    if resolution.server is None:
        return []
    server, location = resolution.server.directive, resolution.location
    blocks = server_blocks(resolution.config)
    outer = [http for http, block in blocks if http and block is server]
    inner = (*location.parents, location.directive, location.inner) if location else ()
    return [*outer, server, *(block for block in inner if block)]


def _is_dropped(directive: Directive, kept: set[str]) -> bool:
    """True if no inner level sets the header, and Nginx does not pass it on anyway."""
    if len(directive.args) < 2:
        return False
    name, value = directive.args[0].lower(), directive.args[1]
    # A header with the client's own value is passed on without being set, all but the Host.
    is_passed_on = name != "host" and value == f"$http_{name.replace('-', '_')}"
    return name not in kept and name not in _CONNECTION_HEADERS and not is_passed_on


_SECONDS = {
    "ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000,
    "y": 31_536_000,
}  # fmt: skip
_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_TIME_PART = re.compile(r"([0-9]{1,18}(?![0-9]))(ms|[smhdwMy]?)\s*")


def duration_s(text: str) -> float | None:
    """Seconds of a time such as `300`, `60s` or `1h 30m`; None if it is not a time (a variable).

    https://nginx.org/en/docs/syntax.html
    """
    parts = _TIME_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != re.sub(r"\s+", "", text):
        return None
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def size_bytes(text: str) -> int | None:
    """Bytes of a size such as `4k` or `1m`; None if it is not a size."""
    match = re.fullmatch(r"([0-9]{1,18})([kKmMgG]?)", text.strip())
    return int(match[1]) * _BYTES[match[2].lower()] if match else None
