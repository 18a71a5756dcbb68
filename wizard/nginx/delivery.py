"""delivery-model.md as a function: what Nginx passes on at once, and what it holds.

Measured on Nginx 1.22.1 and 1.31.3; `tests/nginx_real/test_delivery.py` measures it again.
"""

from collections.abc import Mapping, Sequence

from wizard.model.config import Config, Directive
from wizard.model.resolution import Client, Delivery, Encoding, Result, Setting, UpstreamFraming
from wizard.nginx.servers import Listen, listens, server_blocks
from wizard.nginx.settings import version_numbers

ENCODINGS: tuple[Encoding, ...] = ("identity", "gzip")
FLUSHES_H2_HEADERS = (1, 31, 3)
"""From here on headers alone are surely sent at once over HTTP/2 with TLS where buffering is off;
1.22.1 keeps them in its TLS buffer until the first event. When that changed is not known."""
CACHE_CONTROL = "no-cache"
"""What a backend usually says of an event stream, where its own word is not known."""


def predict_delivery(
    *,
    buffering: bool,
    client: Client,
    gzip_applied: bool,
    upstream: UpstreamFraming,
    silent: bool = False,
    version: str | None = None,
) -> Result:
    """What a client sees of an event stream.

    Args:
        buffering: Whether buffering is on, after the backend's header had its say.
        gzip_applied: Whether Nginx compresses this response.
        upstream: How the backend frames its response to Nginx.
        silent: Whether the backend has sent headers and no event yet.
        version: The Nginx version; None counts as an old one.
    """
    if not buffering:
        kept = silent and client == "h2" and version_numbers(version) < FLUSHES_H2_HEADERS
        return "headers-held" if kept else "live"
    if gzip_applied or upstream == "close":
        return "held"
    if client == "h1-tls":
        return "held"
    if silent and client != "h2c":
        return "headers-held"
    return "live"


def buffering_on(
    effective: Mapping[str, Setting], prefix: str, x_accel_buffering: str | None
) -> bool:
    """True if Nginx buffers this response.

    The effective setting decides, unless the backend answers `X-Accel-Buffering: yes|no` and that
    header is not ignored
    (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering).

    Args:
        prefix: `proxy`, `fastcgi`, `uwsgi` or `scgi`: whose directives apply.
    """
    ignored = effective.get(f"{prefix}_ignore_headers")
    said = (x_accel_buffering or "").strip().lower()
    if said in ("yes", "no") and not _names(ignored, "x-accel-buffering"):
        return said == "yes"
    setting = effective.get(f"{prefix}_buffering")
    return setting is None or setting.value != "off"


def _names(setting: Setting | None, word: str) -> bool:
    return setting is not None and word in setting.value.lower().split()


def gzip_applies(
    effective: Mapping[str, Setting],
    encoding: str,
    via: bool = False,
    cache_control: str = CACHE_CONTROL,
) -> bool:
    """Whether Nginx compresses an event stream for a client that sends this Accept-Encoding.

    Args:
        via: Whether the request carries a Via header: then `gzip_proxied` (default off) decides,
            by the backend's Cache-Control if it is not `any`
            (https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_proxied).
    """
    gzip = effective.get("gzip")
    if encoding != "gzip" or gzip is None or gzip.value != "on":
        return False
    types = (effective["gzip_types"].value if "gzip_types" in effective else "").lower().split()
    if "*" not in types and "text/event-stream" not in types:
        return False
    proxied = effective["gzip_proxied"].value if "gzip_proxied" in effective else "off"
    said = {word.strip() for word in cache_control.lower().split(",")} & _PROXIED
    return not via or not said.union({"any"}).isdisjoint(proxied.split())


_PROXIED = frozenset({"no-cache", "no-store", "private"})


def delivery_table(
    effective: Mapping[str, Setting], prefix: str, clients: tuple[Client, ...]
) -> tuple[Delivery, ...]:
    """Every row that the config allows, for a backend without X-Accel-Buffering that sends its
    first event at once. The upstream's framing is `close` where Nginx speaks HTTP/1.0 to it; over
    HTTP/1.1 the backend decides, so both are listed."""
    version = effective.get("proxy_http_version")
    close_only = version is None or version.value == "1.0"
    framings: tuple[UpstreamFraming, ...] = ("close",) if close_only else ("chunked", "close")
    buffering = buffering_on(effective, prefix, None)
    return tuple(
        Delivery(
            client,
            encoding,
            framing,
            predict_delivery(
                buffering=buffering,
                client=client,
                gzip_applied=gzip_applies(effective, encoding),
                upstream=framing,
            ),
        )
        for client in clients
        for encoding in ENCODINGS
        for framing in framings
    )


H2_BESIDE_H1 = (1, 25, 1)
"""From here on a plain port with HTTP/2 also speaks HTTP/1.1 (CHANGES of 1.25.1)."""


def client_kinds(config: Config, server: Directive, version: str | None) -> tuple[Client, ...]:
    """The kinds of clients that the server's `listen` lines allow.

    `ssl` and `http2` belong to the socket: a flag that another server sets for the same address
    and port holds for this one too.
    """
    kinds: dict[Client, None] = {}
    http = next((http for http, one in server_blocks(config) if one is server), None)
    both = _switched((server, http), "http2")
    for listen in listens(server):
        if "quic" in listen.flags:
            continue
        shared = _shared_flags(config, listen)
        for kind in _kinds(server, shared, version, both):
            kinds[kind] = None
    order: tuple[Client, ...] = ("h1", "h1-tls", "h2", "h2c")
    return tuple(kind for kind in order if kind in kinds)


def _shared_flags(config: Config, listen: Listen) -> frozenset[str]:
    every = (other for _, server in server_blocks(config) for other in listens(server))
    return frozenset().union(*(other.flags for other in every if other.socket == listen.socket))


def _switched(blocks: Sequence[Directive | None], name: str) -> bool:
    """Whether the innermost of these blocks that says so switches it on."""
    lines = [line for block in blocks if block for line in block.children(name)]
    return bool(lines) and [arg.lower() for arg in lines[0].args] == ["on"]


def _kinds(
    server: Directive, flags: frozenset[str], version: str | None, switched: bool
) -> tuple[Client, ...]:
    secure = "ssl" in flags or _switched((server,), "ssl")
    if secure:
        return ("h1-tls", "h2") if switched or "http2" in flags else ("h1-tls",)
    if switched:
        return ("h1", "h2c")
    if "http2" in flags:
        return ("h1", "h2c") if version_numbers(version) >= H2_BESIDE_H1 else ("h2c",)
    return ("h1",)
