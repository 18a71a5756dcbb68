"""Every setting that matters for a stream: its effective value, and where it comes from.

Inheritance: a directive set at a level replaces what the outer levels set, lists as a whole
(https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header).
"""

import re
from collections.abc import Sequence

from wizard.nginx.site import Level, Setting
from wizard.nginx.tree import Directive

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


def effective(chain: Chain, kind: str, version: str | None) -> dict[str, Setting]:
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
        found["proxy_http_version"] = http_version(version)
    return list({**found, **_COMMON}.items())


def http_version(version: str | None) -> str:
    """The default of `proxy_http_version` in this Nginx."""
    return "1.1" if numbers(version) >= HTTP_1_1_SINCE else "1.0"


def numbers(version: str | None) -> tuple[int, ...]:
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
