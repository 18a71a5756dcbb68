"""Whether Nginx delivers a stream at once or holds it: the model of docs/delivery.md as functions.

It was measured on Nginx 1.22.1 and 1.31.3; `tests/nginx_real/test_delivery.py` compares it with the
installed Nginx.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from wizard.model.config import Config, Directive
from wizard.model.resolution import (
    BUFFERING_PREFIXES,
    BodyFilter,
    Client,
    Delivery,
    Encoding,
    Result,
    Setting,
    UpstreamFraming,
)
from wizard.nginx.servers import Listen, listens_of, server_blocks, switch_value
from wizard.nginx.settings import size_bytes, version_numbers

ENCODINGS: tuple[Encoding, ...] = ("identity", "gzip")
FLUSHES_H2_HEADERS = (1, 31, 3)
"""The first version known to send headers alone at once over HTTP/2 with TLS, with buffering off.
1.22.1 keeps them in its TLS buffer until the first event; where between it changed is unknown."""
H2_BESIDE_H1 = (1, 25, 1)
"""The version since which a port with HTTP/2 but without TLS also accepts HTTP/1.1 (CHANGES)."""
EVENT_STREAM = "text/event-stream"
CACHE_CONTROL = "no-cache"
"""The Cache-Control that backends usually send with an event stream."""
_PROXIED = frozenset({"no-cache", "no-store", "private"})
"""The values of Cache-Control that `gzip_proxied` can name."""
_CHUNK_BYTES = len("\r\n\r\n")
"""What a chunk has around its data, beside the size in hexadecimal digits."""


def predict_delivery(
    *,
    buffering: bool,
    client: Client,
    compressed: bool,
    upstream: UpstreamFraming,
    silent: bool = False,
    version: str | None = None,
    filters: Sequence[BodyFilter] = (),
) -> Result:
    """How an event stream reaches the client.

    Args:
        buffering: Whether Nginx buffers this response (`is_buffered`).
        compressed: Whether Nginx compresses this response (`is_compressed`).
        silent: Whether the backend has sent headers and no event yet.
        version: The Nginx version; None counts as an old one.
        filters: The body filters in force. An unknown one may hold the stream, and may as well
            flush one that buffering alone would hold.
    """
    effects = {each.effect for each in filters}
    if "unknown" in effects:
        return "undecided"
    if not buffering:
        if "lines" in effects and client == "h1-tls":
            return "held"
        holds_headers = silent and client == "h2" and version_numbers(version) < FLUSHES_H2_HEADERS
        return "headers-held" if holds_headers else "live"
    if compressed or "script" in effects or upstream == "close" or client == "h1-tls":
        return "held"
    if silent and client != "h2c":
        return "headers-held"
    return "live" if upstream == "frames" else "tail-held"


def smallest_cut_event(buffer_size: int) -> int:
    """The size of the smallest event that loses its end, for this `proxy_buffer_size`; in bytes.

    An event is one chunk, and Nginx passes on a buffer that is not full only if the chunk in it is
    complete. This counts for an event that Nginx reads at one time, into an empty buffer: the first
    one shares its buffer with the response's header, and an event that arrives in several parts can
    lose its end at any size.
    """
    fitting = buffer_size - _CHUNK_BYTES
    while fitting + len(f"{fitting:x}") > buffer_size - _CHUNK_BYTES:
        fitting -= 1
    return max(1, fitting + 1)


def make_delivery(
    settings: Mapping[str, Setting],
    prefix: str,
    encoding: Encoding,
    *,
    buffering: bool,
    client: Client,
    upstream: UpstreamFraming,
    silent: bool = False,
    version: str | None = None,
    filters: Sequence[BodyFilter] = (),
    unknown: Sequence[Directive] = (),
    media_type: str = EVENT_STREAM,
) -> Delivery:
    """The row of the model for one kind of request; see `predict_delivery` for the arguments.

    Nothing is live beside `unknown` directives: their modules may answer the request or route it.
    """
    known = [each for each in filters if each.effect != "unknown"]
    result, otherwise = (
        predict_delivery(
            buffering=buffering,
            client=client,
            compressed=is_compressed(settings, encoding, filters, media_type),
            upstream=upstream,
            silent=silent,
            version=version,
            filters=applied,
        )
        for applied in (filters, known)
    )
    if unknown and result == "live":
        result = "undecided"
    if result == "undecided":
        return Delivery(client, encoding, upstream, result, otherwise=otherwise)
    size = size_bytes(settings[f"{prefix}_buffer_size"].value.partition("|")[0])
    tail_from = smallest_cut_event(size) if result == "tail-held" and size else None
    return Delivery(client, encoding, upstream, result, tail_from)


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
    media_type: str = EVENT_STREAM,
) -> bool:
    """True if Nginx compresses such a stream for a client that sends this Accept-Encoding.

    Args:
        via: Whether the request has a Via header. Then `gzip_proxied` (off by default) decides, by
            the backend's Cache-Control unless it is `any`
            (https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_proxied).
    """
    gzip = settings.get("gzip")
    if encoding != "gzip" or gzip is None or gzip.value != "on":
        return False
    types = settings.get("gzip_types")
    if not (_has_word(types, "*") or _has_word(types, media_type)):
        return False
    proxied = settings["gzip_proxied"].value if "gzip_proxied" in settings else "off"
    values = {value.strip() for value in cache_control.lower().split(",")} & _PROXIED
    return not via or not values.union({"any"}).isdisjoint(proxied.split())


def is_compressed(
    settings: Mapping[str, Setting],
    encoding: Encoding,
    filters: Sequence[BodyFilter] = (),
    media_type: str = EVENT_STREAM,
) -> bool:
    """True if Nginx compresses such a stream for a client that accepts this encoding."""
    if encoding == "br" and has_brotli(filters):
        return True
    accepted = "gzip" if encoding == "br" else encoding  # who accepts br accepts gzip too
    return gzip_applies(settings, accepted, media_type=media_type)


def has_brotli(filters: Sequence[BodyFilter]) -> bool:
    """True if Nginx compresses event streams with brotli."""
    return any(each.effect == "brotli" for each in filters)


def delivery_table(
    settings: Mapping[str, Setting],
    prefix: str,
    clients: tuple[Client, ...],
    filters: Sequence[BodyFilter] = (),
    unknown: Sequence[Directive] = (),
) -> tuple[Delivery, ...]:
    """Every row of the model that the config allows; none if the upstream's kind cannot buffer.

    The backend is taken to send no X-Accel-Buffering, and its first event at once. There are rows
    for `br` only where Nginx compresses event streams with brotli.
    """
    if prefix not in BUFFERING_PREFIXES:
        return ()
    buffering = is_buffered(settings, prefix, None)
    encodings: tuple[Encoding, ...] = (*ENCODINGS, "br") if has_brotli(filters) else ENCODINGS
    return tuple(
        make_delivery(
            settings,
            prefix,
            encoding,
            buffering=buffering,
            client=client,
            upstream=framing,
            filters=filters,
            unknown=unknown,
        )
        for client, encoding, framing in product(clients, encodings, possible_framings(settings))
    )


def possible_framings(settings: Mapping[str, Setting]) -> tuple[UpstreamFraming, ...]:
    """How the upstream may frame its response: by `close` if Nginx sends HTTP/1.0 or speaks no
    HTTP, by chunks or by `close` with HTTP/1.1."""
    values = (settings.get(name) for name in ("proxy_http_version", "fastcgi_keep_conn"))
    version = next((setting.value for setting in values if setting), "")
    if version in ("2", "on"):
        return ("frames",)
    return ("chunked", "close") if version == "1.1" else ("close",)


def client_kinds(config: Config, server: Directive, version: str | None) -> tuple[Client, ...]:
    """The kinds of clients that the server's `listen` directives allow.

    `ssl` and `http2` belong to the socket: a flag that another server sets for the same address
    and port applies to this one too.
    """
    kinds: set[Client] = set()
    http = next((http for http, block in server_blocks(config) if block is server), None)
    has_http2 = switch_value((server, http), "http2") == "on"
    listens = [listen for listen in listens_of(server) if "quic" not in listen.flags]
    for flags in _socket_flags(config, listens):
        kinds.update(_kinds(server, flags, version, has_http2))
    order: tuple[Client, ...] = ("h1", "h1-tls", "h2", "h2c")
    return tuple(kind for kind in order if kind in kinds)


def _socket_flags(config: Config, listens: Sequence[Listen]) -> Iterable[frozenset[str]]:
    """The flags of each of these sockets, by the servers that listen there."""
    flags: dict[tuple[str, int | None], frozenset[str]]
    flags = {listen.socket: frozenset() for listen in listens}
    for _, server in server_blocks(config):
        for other in listens_of(server):
            if other.flags and other.socket in flags:
                flags[other.socket] |= other.flags
    return flags.values()


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
