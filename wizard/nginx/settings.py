"""Every setting that matters for a stream: its effective value, and where it comes from.

Inheritance: a directive set at a level replaces what the outer levels set, lists as a whole
(https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.model.config import Directive
from wizard.model.resolution import Level, RequestResolution, Setting
from wizard.nginx.servers import http_blocks

HTTP_1_1_SINCE = (1, 29, 7)
"""From here on `proxy_http_version` is 1.1 by default, with keepalive (CHANGES of 1.29.7)."""

_FAMILY = {
    "buffering": "on", "request_buffering": "on", "read_timeout": "60s", "send_timeout": "60s",
    "connect_timeout": "60s", "buffer_size": "4k|8k", "buffers": "8 4k|8k",
    "busy_buffers_size": "8k|16k", "max_temp_file_size": "1024m", "cache": "off",
    "ignore_headers": "", "hide_header": "", "pass_header": "", "next_upstream": "error timeout",
    "intercept_errors": "off",
}  # fmt: skip
_PROXY_ONLY = {
    "proxy_http_version": "", "proxy_set_header": "Host $proxy_host; Connection close",
    "proxy_ssl_server_name": "off", "proxy_pass_request_headers": "on",
}  # fmt: skip
_GRPC_HAS = {"read_timeout", "send_timeout", "connect_timeout", "buffer_size", "ignore_headers",
    "hide_header", "pass_header", "next_upstream", "intercept_errors"}  # fmt: skip
_COMMON = {
    "add_header": "", "gzip": "off", "gzip_types": "text/html", "gzip_proxied": "off",
    "gzip_min_length": "20", "gzip_http_version": "1.1", "postpone_output": "1460",
    "keepalive_timeout": "75s", "send_timeout": "60s", "client_max_body_size": "1m",
    "limit_conn": "", "limit_req": "", "auth_basic": "off", "auth_request": "off",
    "ssl_buffer_size": "16k", "chunked_transfer_encoding": "on", "tcp_nodelay": "on",
    "error_page": "",
}  # fmt: skip
_LISTS = frozenset({
    "proxy_set_header", "add_header", "hide_header", "pass_header", "limit_conn", "limit_req",
    "error_page",
})  # fmt: skip

Chain = Sequence[tuple[Level, Directive]]


def effective_settings(chain: Chain, kind: str, version: str | None) -> dict[str, Setting]:
    """Each setting in force at the end of the chain.

    Args:
        chain: The blocks around the request with their level, outermost first.
        kind: What the location passes with: `proxy`, `fastcgi`, `uwsgi`, `scgi`, `grpc`, `static`.
        version: The Nginx version, for its defaults; None takes the older ones.
    """
    return {name: _setting(chain, name, default) for name, default in _defaults(kind, version)}


def _defaults(kind: str, version: str | None) -> list[tuple[str, str]]:
    family = "proxy" if kind in ("static", "memcached") else kind
    has = _GRPC_HAS if family == "grpc" else set(_FAMILY)
    found = {f"{family}_{name}": value for name, value in _FAMILY.items() if name in has}
    if family == "proxy":
        found |= _PROXY_ONLY
        found["proxy_http_version"] = default_http_version(version)
    return list({**found, **_COMMON}.items())


def default_http_version(version: str | None) -> str:
    """The default of `proxy_http_version` in this Nginx."""
    return "1.1" if version_numbers(version) >= HTTP_1_1_SINCE else "1.0"


def version_numbers(version: str | None) -> tuple[int, ...]:
    """A version to compare; empty, and so older than any, where it is not known."""
    return tuple(int(part) for part in re.findall(r"\d+", version or "")[:3])


def _setting(chain: Chain, name: str, default: str) -> Setting:
    for level, block in reversed(chain):
        lines = tuple(block.children(name))
        if lines:
            return _of_lines(name, level, lines)
    return Setting(name, default)


def _of_lines(name: str, level: Level, lines: tuple[Directive, ...]) -> Setting:
    entries = tuple(line.args for line in lines)
    listed = name in _LISTS or name.partition("_")[2] in _LISTS
    value = "; ".join(map(" ".join, entries)) if listed else " ".join(lines[0].args)
    return Setting(name, value, level, lines[0].where, entries)


_OF_THE_HOP = frozenset({"connection", "upgrade", "accept-encoding", "te", "keep-alive"})
"""What an event stream does not miss."""


@dataclass(frozen=True, slots=True)
class DroppedHeaders:
    """Headers that are lost.

    Attributes:
        lines: The outer `proxy_set_header` lines that no longer hold.
        by: The first line of the set that replaces them.
    """

    lines: tuple[Directive, ...]
    by: Directive

    @property
    def names(self) -> tuple[str, ...]:
        """The headers' names in lower case."""
        return tuple(line.args[0].lower() for line in self.lines)


def dropped_headers(resolution: RequestResolution) -> DroppedHeaders | None:
    """What the set in force leaves out of the next outer one; None where nothing is missed."""
    sets = [
        lines
        for block in _chain(resolution)
        if (lines := tuple(block.children("proxy_set_header")))
    ]
    if len(sets) < 2:
        return None
    *_, outer, inner = sets
    kept = {line.args[0].lower() for line in inner if line.args}
    lines = tuple(line for line in outer if _is_missed(line, kept))
    return DroppedHeaders(lines, inner[0]) if lines else None


def _chain(resolution: RequestResolution) -> list[Directive]:
    """The blocks around the request, outermost first."""
    if resolution.server is None:
        return []
    server = resolution.server.directive
    http = [
        block
        for block in http_blocks(resolution.config)
        if any(one is server for one in block.block or ())
    ]
    inner = (
        (*resolution.location.parents, resolution.location.directive) if resolution.location else ()
    )
    return [*http, server, *inner]


def _is_missed(line: Directive, kept: set[str]) -> bool:
    if len(line.args) < 2:
        return False
    name = line.args[0].lower()
    # A client's own header is passed on without being named.
    own = f"$http_{name.replace('-', '_')}"
    return name not in kept and name not in _OF_THE_HOP and line.args[1] != own


_SECONDS = {
    "ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000,
    "y": 31_536_000,
}  # fmt: skip
_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_PART = re.compile(r"([0-9]{1,18}(?![0-9]))(ms|[smhdwMy]?)\s*")


def duration_s(text: str) -> float | None:
    """A time such as `300`, `60s`, `1h 30m` in seconds; None if it is none (a variable)."""
    parts = _PART.findall(text)
    if not parts or "".join(a + b for a, b in parts) != re.sub(r"\s+", "", text):
        return None
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def size_bytes(text: str) -> int | None:
    """A size such as `4k` or `1m` in bytes; None if it is none."""
    found = re.fullmatch(r"([0-9]{1,18})([kKmMgG]?)", text.strip())
    return int(found[1]) * _BYTES[found[2].lower()] if found else None
