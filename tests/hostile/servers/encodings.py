"""Content-Encodings that lie, or expand without end, and types that lie (RFC 9110, section 8)."""

import gzip
import zlib
from typing import Any

import brotli
import zstandard

from tests.hostile.servers.inputs import ANY, EVENT, HEAD, LIVE, Input, chunk
from tests.hostile.servers.script import REQUEST, Act, Pause, Repeat

STREAM = b"data: " + b"x" * 100 + b"\n\n"
PACKED = gzip.compress(STREAM * 10)
ZEROS_32_MB = gzip.compress(bytes(32 << 20))
NESTED_BOMB = gzip.compress(gzip.compress(bytes(64 << 20)))


def _encoded(name: str, coding: bytes, *body: bytes | Act, **more: Any) -> Input:
    head = HEAD + b"Content-Encoding: " + coding + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    acts = [chunk(act) if isinstance(act, bytes) else act for act in body]
    script = (REQUEST, head, *acts)
    more = {"direct": LIVE, "words": ("cannot be decoded",), **more}
    return Input(f"encoding: {name}", script, **more)


def _typed(name: str, fields: bytes, *body: Act, **more: Any) -> Input:
    head = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n"
    script = (REQUEST, head, *(body or (Repeat(EVENT, every_s=0.1),)))
    return Input(f"type: {name}", script, **{"direct": LIVE, **more})


def _brotli_bomb() -> bytes:
    return bytes(brotli.compress(bytes(64 << 20)))


def _zstd_bomb() -> bytes:
    return zstandard.ZstdCompressor().compress(bytes(64 << 20))


def _flushed(compress: "zlib._Compress", data: bytes) -> bytes:
    return compress.compress(data) + compress.flush(zlib.Z_SYNC_FLUSH)


def _live_gzip() -> tuple[Act, ...]:
    """Ten events, each flushed."""
    packer = zlib.compressobj(wbits=31)
    parts = [_flushed(packer, EVENT) for _ in range(20)]
    return tuple(act for part in parts for act in (part, Pause(0.1)))


ENCODINGS = (
    _encoded("plain text called gzip", b"gzip", Repeat(chunk(EVENT), every_s=0.1)),
    _encoded("plain text called br", b"br", Repeat(chunk(EVENT), every_s=0.1)),
    _encoded("plain text called zstd", b"zstd", Repeat(chunk(EVENT), every_s=0.1)),
    _encoded("plain text called deflate", b"deflate", Repeat(chunk(EVENT), every_s=0.1)),
    _encoded("raw deflate", b"deflate", zlib.compress(STREAM * 9, wbits=-15), "hold"),
    _encoded("gzip that is cut", b"gzip", PACKED[:-20], "hold", never=frozenset(), words=()),
    _encoded("gzip that ends in the middle", b"gzip", PACKED[:-20], Repeat(b"0\r\n\r\n", times=1),
        words=()),
    _encoded("gzip with a wrong checksum", b"gzip", PACKED[:-8] + b"\0" * 8, "hold"),
    _encoded("gzip with garbage after it", b"gzip", PACKED + b"garbage" * 99, "hold",
             words=("more bytes follow",)),
    _encoded("gzip of several members", b"gzip", Repeat(chunk(gzip.compress(EVENT)), every_s=0.1),
             words=("more bytes follow",)),
    _encoded("gzip in one-byte chunks", b"gzip", *(PACKED[i : i + 1] for i in range(len(PACKED))),
             "hold", never=frozenset(), words=()),
    _encoded("a live gzip", b"gzip", *_live_gzip(), "hold", verdicts=ANY, words=()),
    _encoded("gzip header that never ends", b"gzip", b"\x1f\x8b\x08\x08\0\0\0\0\0\3",
             Repeat(chunk(b"name" * 256))),
    _encoded("gzip bomb", b"gzip", ZEROS_32_MB, "hold"),
    _encoded("gzip bomb of events", b"gzip", gzip.compress(EVENT * 3_000_000), "hold"),
    _encoded("gzip bomb without end", b"gzip", Repeat(chunk(ZEROS_32_MB))),
    _encoded("gzip bomb in a gzip bomb", b"gzip, gzip", NESTED_BOMB, "hold"),
    _encoded("br bomb", b"br", _brotli_bomb(), "hold"),
    _encoded("zstd bomb", b"zstd", _zstd_bomb(), "hold"),
    _encoded("gzip a thousand times", b", ".join([b"gzip"] * 1000), PACKED, "hold"),
    _encoded("an unknown coding", b"zorp", Repeat(chunk(EVENT), every_s=0.1)),
    _encoded("a coding with escapes", b"\x1b[31m", Repeat(chunk(EVENT), every_s=0.1)),
    _encoded("aes128gcm", b"aes128gcm", Repeat(chunk(b"\x93\x01" * 30), every_s=0.1)),
    _encoded("identity", b"identity", Repeat(chunk(EVENT), every_s=0.1), verdicts=ANY, words=()),
    _encoded("a broken page", b"gzip\r\nContent-Type: text/html", b"<html>" * 99, "hold"),
)  # fmt: skip
"""Content-Encodings."""
TYPES = (
    _typed("none", b""),
    _typed("a page", b"Content-Type: text/html\r\n"),
    _typed("an image", b"Content-Type: image/png\r\n",
           words=("200, but image/png, where the direct probe has text/event-stream",)),
    _typed("an octet stream", b"Content-Type: application/octet-stream\r\n"),
    _typed("escapes", b"Content-Type: \x1b[31mtext\r\n"),
    _typed("100 KB", b"Content-Type: text/" + b"x" * 90_000 + b"\r\n"),
    _typed("two", b"Content-Type: text/event-stream\r\nContent-Type: text/html\r\n", verdicts=ANY),
    _typed("a list", b"Content-Type: text/event-stream, text/html\r\n", verdicts=ANY),
    _typed("upper case", b"Content-Type: TEXT/EVENT-STREAM\r\n", verdicts=ANY),
    _typed("JSON called a stream", b"Content-Type: text/event-stream\r\nContent-Length: 12\r\n",
           b'{"error":12}'),
    _typed("a page called a stream", b"Content-Type: text/event-stream\r\n",
           Repeat(b"<p>x</p>\n", every_s=0.1)),
    _typed("UTF-16", b"Content-Type: text/event-stream; charset=utf-16\r\n",
           Repeat("data: 1\n\n".encode("utf-16"), every_s=0.1)),
    _typed("invalid UTF-8", b"Content-Type: text/event-stream\r\n",
           Repeat(b"data: \xff\xfe\xc0\xaf\n\n", every_s=0.1), verdicts=ANY),
    _typed("a stream of NULs", b"Content-Type: text/event-stream\r\n",
           Repeat(b"\0" * 100, every_s=0.1)),
    _typed("JSON lines that are none", b"Content-Type: application/x-ndjson\r\n",
           Repeat(b"{{{\n", every_s=0.1), verdicts=ANY),
    _typed("JSON nested 100,000 deep", b"Content-Type: application/json\r\nContent-Length: 100000"
           b"\r\n", b"[" * 100_000),
    _typed("multipart without a part", b"Content-Type: multipart/x-mixed-replace\r\n",
           Repeat(b"x", every_s=0.1), verdicts=ANY),
)  # fmt: skip
"""Media types and characters."""
