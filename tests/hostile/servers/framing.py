"""Bodies that lie about where they end: by a length or by chunks (RFC 9112, sections 6 and 7)."""

from typing import Any

from tests.hostile.servers.inputs import (
    ANY,
    CHUNKED,
    EVENT,
    HEAD,
    LIVE,
    Input,
    chunk,
)
from tests.hostile.servers.script import REQUEST, Act, Pause, Repeat

MORE = Repeat(EVENT, every_s=0.1)
"""Events without end."""


def _with_length(name: str, fields: bytes, *body: Act, **more: Any) -> Input:
    script = (REQUEST, HEAD + fields + b"\r\n", *(body or (MORE,)))
    return Input(name, script, **{"direct": LIVE, **more})


NO_LENGTH: dict[str, Any] = {"words": ("not HTTP|not valid HTTP",)}
NO_CHUNKS: dict[str, Any] = {"words": ("the framing of the body is invalid",)}


def _chunks(name: str, *body: Act, **more: Any) -> Input:
    return Input(name, (REQUEST, CHUNKED, *body), **{"direct": LIVE, **more})


LENGTHS = (
    _with_length("length too short", b"Content-Length: 3\r\n", EVENT * 3),
    _with_length("length too long", b"Content-Length: 1000\r\n", EVENT, Pause(0.1)),
    _with_length("length that holds the stream", b"Content-Length: 1000000\r\n", verdicts=ANY),
    _with_length("length negative", b"Content-Length: -1\r\n", **NO_LENGTH),
    _with_length("length of 2^63", b"Content-Length: 9223372036854775808\r\n", verdicts=ANY),
    _with_length("length of 5000 digits", b"Content-Length: " + b"9" * 5000 + b"\r\n", **NO_LENGTH),
    _with_length("length with a plus", b"Content-Length: +5\r\n", **NO_LENGTH),
    _with_length("length in hex", b"Content-Length: 0x10\r\n", **NO_LENGTH),
    _with_length("length with an underscore", b"Content-Length: 1_0\r\n", **NO_LENGTH),
    _with_length("length in other digits", "Content-Length: \u0661\u0660\r\n".encode()),
    _with_length("length empty", b"Content-Length:\r\n"),
    _with_length("length of zero", b"Content-Length: 0\r\n"),
    _with_length("two lengths that differ", b"Content-Length: 5\r\nContent-Length: 9\r\n",
                 **NO_LENGTH),
    _with_length("a list of lengths", b"Content-Length: 9, 9\r\n"),
    _with_length(
        "length and chunks", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        Repeat(chunk(EVENT), every_s=0.1), verdicts=ANY,
    ),
    _with_length("bytes after the end", b"Content-Length: 9\r\n", EVENT, b"HTTP/1.1 500 \r\n\r\n"),
    _with_length("a stream of no chunks", b"Transfer-Encoding: gzip\r\n", **NO_LENGTH),
    _with_length("a transfer by identity", b"Transfer-Encoding: identity\r\n"),
    _with_length("an unknown transfer", b"Transfer-Encoding: zorp, chunked\r\n", chunk(EVENT)),
    _with_length("chunked twice", b"Transfer-Encoding: chunked, chunked\r\n", chunk(EVENT)),
    _with_length("chunked with a tab", b"Transfer-Encoding:\tchunked\r\n",
                 Repeat(chunk(EVENT), every_s=0.1), verdicts=ANY),
)  # fmt: skip
"""Lengths and transfer codings."""
CHUNKS = (
    _chunks("chunk size is a word", b"zorp\r\n", EVENT, "hold", **NO_CHUNKS),
    _chunks("chunk size negative", b"-5\r\n", EVENT, "hold", **NO_CHUNKS),
    _chunks("chunk size with 0x", b"0x9\r\n", EVENT, b"\r\n", "hold", **NO_CHUNKS),
    _chunks("chunk size of 100 digits", b"f" * 100 + b"\r\n", EVENT, "hold", **NO_CHUNKS),
    _chunks("chunk size of 2^64", b"10000000000000000\r\n", MORE, verdicts=ANY),
    _chunks("chunk size never ends", Repeat(b"0" * 1024), **NO_CHUNKS),
    _chunks("chunk size empty", b"\r\n", EVENT, b"\r\n", "hold"),
    _chunks("chunk without its line end", b"9\r\n", EVENT, b"9\r\n", EVENT, "hold", **NO_CHUNKS),
    _chunks("chunk longer than its size", b"4\r\n", EVENT, b"\r\n", "hold"),
    _chunks("chunk extension never ends", b"9;x=", Repeat(b"a" * 1024), **NO_CHUNKS),
    _chunks(
        "chunk extensions with escapes",
        Repeat(b"9;\x1b[31m=\x07\r\n" + EVENT + b"\r\n", every_s=0.1),
        verdicts=ANY,
    ),
    _chunks("trailer never ends", chunk(EVENT), b"0\r\n", Repeat(b"x: " + b"a" * 1024 + b"\r\n")),
    _chunks("trailer with escapes", chunk(EVENT), b"0\r\n\x1b[31m: \x07\r\n\r\n"),
    _chunks("last chunk missing", chunk(EVENT), Pause(0.1)),
    _chunks("cut inside a chunk", b"100\r\n", EVENT, Pause(0.1)),
    _chunks("reset inside a chunk", b"100\r\n", EVENT, Pause(0.1), "reset"),
    _chunks("ended at once", b"0\r\n\r\n"),
    _chunks("ended at once, more follows", b"0\r\n\r\n", chunk(EVENT), "hold"),
    _chunks(
        "line feeds alone",
        Repeat(b"9\n" + EVENT + b"\n", every_s=0.1),
        verdicts=ANY,
        never=frozenset(),
    ),
    _chunks(
        "one byte a chunk",
        Repeat(b"".join(chunk(EVENT[i : i + 1]) for i in range(9)), every_s=0.1),
        verdicts=ANY,
    ),
    _chunks("a chunk drips", b"9\r\n", *(a for c in EVENT for a in (bytes([c]), Pause(0.4)))),
)
"""Chunked bodies."""
