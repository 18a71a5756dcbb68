"""Whether Nginx delivers a stream at once or holds it: the model of docs/delivery.md as functions.

It was measured on Nginx 1.22.1 and 1.31.3; `tests/nginx_real/test_delivery.py` compares it with the
installed Nginx.
"""

from collections.abc import Mapping
from itertools import product

from wizard.model.config import Config, Directive
from wizard.model.resolution import (
    BUFFERING_PREFIXES,
    Client,
    Delivery,
    Encoding,
    Result,
    Setting,
    UpstreamFraming,
)
from wizard.nginx.servers import Listen, listens_of, server_blocks, switch_value
from wizard.nginx.settings import version_numbers

ENCODINGS: tuple[Encoding, ...] = ("identity", "gzip")
FLUSHES_H2_HEADERS = (1, 31, 3)
"""The first version known to send headers alone at once over HTTP/2 with TLS, with buffering off.
1.22.1 keeps them in its TLS buffer until the first event; where between it changed is unknown."""
H2_BESIDE_H1 = (1, 25, 1)
"""The version since which a port with HTTP/2 but without TLS also accepts HTTP/1.1 (CHANGES)."""
CACHE_CONTROL = "no-cache"
"""The Cache-Control that backends usually send with an event stream."""
_PROXIED = frozenset({"no-cache", "no-store", "private"})
"""The values of Cache-Control that `gzip_proxied` can name."""


def predict_delivery(
    *,
    buffering: bool,
    client: Client,
    gzip_applied: bool,
    upstream: UpstreamFraming,
    silent: bool = False,
    version: str | None = None,
) -> Result:
    """How an event stream reaches the client.

    Args:
        buffering: Whether Nginx buffers this response (`is_buffered`).
        gzip_applied: Whether Nginx compresses this response (`gzip_applies`).
        silent: Whether the backend has sent headers and no event yet.
        version: The Nginx version; None counts as an old one.
    """
    if not buffering:
        holds_headers = silent and client == "h2" and version_numbers(version) < FLUSHES_H2_HEADERS
        return "headers-held" if holds_headers else "live"
    if gzip_applied or upstream == "close" or client == "h1-tls":
        return "held"
    if silent and client != "h2c":
        return "headers-held"
    return "live"


def is_buffered(
    settings: Mapping[str, Setting], prefix: str, x_accel_buffering: str | None
) -> bool:
    """True if Nginx buffers this response.

    The setting decides, unless the backend answers `X-Accel-Buffering: yes|no` and that header is
    not ignored (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering). The
    `prefix` names the directives that apply: `proxy`, `fastcgi`, `uwsgi` or `scgi`.
    """
    ignored = settings.get(f"{prefix}_ignore_headers")
    header = (x_accel_buffering or "").strip().lower()
    if header in ("yes", "no") and not _has_word(ignored, "x-accel-buffering"):
        return header == "yes"
    setting = settings.get(f"{prefix}_buffering")
    return setting is None or setting.value != "off"


def _has_word(setting: Setting | None, word: str) -> bool:
    return setting is not None and word in setting.value.lower().split()


def gzip_applies(
    settings: Mapping[str, Setting],
    encoding: str,
    via: bool = False,
    cache_control: str = CACHE_CONTROL,
) -> bool:
    """True if Nginx compresses an event stream for a client that sends this Accept-Encoding.

    Args:
        via: Whether the request has a Via header. Then `gzip_proxied` (off by default) decides, by
            the backend's Cache-Control unless it is `any`
            (https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_proxied).
    """
    gzip = settings.get("gzip")
    if encoding != "gzip" or gzip is None or gzip.value != "on":
        return False
    types = settings.get("gzip_types")
    if not (_has_word(types, "*") or _has_word(types, "text/event-stream")):
        return False
    proxied = settings["gzip_proxied"].value if "gzip_proxied" in settings else "off"
    values = {value.strip() for value in cache_control.lower().split(",")} & _PROXIED
    return not via or not values.union({"any"}).isdisjoint(proxied.split())


def delivery_table(
    settings: Mapping[str, Setting], prefix: str, clients: tuple[Client, ...]
) -> tuple[Delivery, ...]:
    """Every row of the model that the config allows; none if the upstream's kind cannot buffer.

    The backend is taken to send no X-Accel-Buffering, and its first event at once. It frames its
    response by `close` if Nginx sends HTTP/1.0, and in either way with HTTP/1.1.
    """
    if prefix not in BUFFERING_PREFIXES:
        return ()
    http_version = settings.get("proxy_http_version")
    is_http_1_0 = http_version is None or http_version.value == "1.0"
    framings: tuple[UpstreamFraming, ...] = ("close",) if is_http_1_0 else ("chunked", "close")
    buffering = is_buffered(settings, prefix, None)
    rows: list[Delivery] = []
    for client, encoding, framing in product(clients, ENCODINGS, framings):
        zipped = gzip_applies(settings, encoding)
        result = predict_delivery(
            buffering=buffering, client=client, gzip_applied=zipped, upstream=framing
        )
        rows.append(Delivery(client, encoding, framing, result))
    return tuple(rows)


def client_kinds(config: Config, server: Directive, version: str | None) -> tuple[Client, ...]:
    """The kinds of clients that the server's `listen` directives allow.

    `ssl` and `http2` belong to the socket: a flag that another server sets for the same address
    and port applies to this one too.
    """
    kinds: set[Client] = set()
    http = next((http for http, block in server_blocks(config) if block is server), None)
    has_http2 = switch_value((server, http), "http2") == "on"
    for listen in listens_of(server):
        if "quic" not in listen.flags:
            kinds.update(_kinds(server, _socket_flags(config, listen), version, has_http2))
    order: tuple[Client, ...] = ("h1", "h1-tls", "h2", "h2c")
    return tuple(kind for kind in order if kind in kinds)


def _socket_flags(config: Config, listen: Listen) -> frozenset[str]:
    every = (other for _, server in server_blocks(config) for other in listens_of(server))
    return frozenset().union(*(other.flags for other in every if other.socket == listen.socket))


def _kinds(
    server: Directive, flags: frozenset[str], version: str | None, has_http2: bool
) -> tuple[Client, ...]:
    """The kinds of clients of one socket; `has_http2` if the directive `http2 on` applies."""
    if "ssl" in flags or switch_value((server,), "ssl") == "on":
        return ("h1-tls", "h2") if has_http2 or "http2" in flags else ("h1-tls",)
    if has_http2:
        return ("h1", "h2c")
    if "http2" in flags:
        return ("h1", "h2c") if version_numbers(version) >= H2_BESIDE_H1 else ("h2c",)
    return ("h1",)
