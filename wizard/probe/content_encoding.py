"""Decoding of compressed response bodies, as they arrive and within limits.

gzip and deflate are decoded always, br (RFC 7932) and zstd (RFC 8878) if their libraries are
installed (the extra `encodings`).
"""

import zlib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from wizard.text.display import safe
from wizard.text.messages import tr

CHUNK_LIMIT_BYTES = 4 << 20
"""The most that one chunk may expand to, in bytes."""
EXPANSION_LIMIT_BYTES = 1 << 20
"""The most that a body may expand to, in bytes, if that is more than a hundredfold."""
MAX_CODINGS = 4
"""How many codings of one body are decoded."""
NOTHING_LIMIT_BYTES = 256 << 10
"""So much of compressed data, in bytes, decodes to something in each of these codings."""
ZSTD_SLICE_BYTES = 64
"""zstd has no limit on its output: so much of its input, in bytes, expands to a few MB at most."""
ZSTD_WINDOW_BYTES = 8 << 20
"""The largest window that a zstd body on the web may need (RFC 9659)."""

_AFTER_THE_END = tr("the compressed data has ended, and more bytes follow, which many clients drop")
"""What follows the first member of a gzip body (RFC 1952, section 2.2) is read by few clients."""

Decode = Callable[[bytes], bytes]
"""Decodes what arrived, to at most `CHUNK_LIMIT_BYTES` and what one call gives beyond that."""


class ContentDecoder:
    """Decodes a compressed body as it arrives.

    Attributes:
        broken: Why decoding has stopped (the bytes are invalid, or expand beyond the limits), in
            one sentence; empty before.
    """

    def __init__(
        self,
        decode: Decode,
        *errors: type[Exception],
        excess: Callable[[], bytes] = lambda: b"",
    ) -> None:
        """`decode` may raise `errors`; `excess` returns what followed the end of the body."""
        self.broken = ""
        self._decode, self._errors, self._excess = decode, errors, excess
        self._bytes_in = self._bytes_out = 0

    def feed(self, data: bytes) -> bytes:
        """Return the decoded bytes; none once `broken`."""
        if self.broken:
            return b""
        try:
            decoded = self._decode(data)[:CHUNK_LIMIT_BYTES]
        except self._errors as error:
            self.broken = tr("the compressed data is broken ({reason})", reason=_reason(error))
            return b""
        if not self._bytes_out and not decoded and self._bytes_in > NOTHING_LIMIT_BYTES:
            self.broken = tr("{bytes_in} bytes of it decode to nothing", bytes_in=self._bytes_in)
        if len(decoded) >= CHUNK_LIMIT_BYTES:
            self.broken = _expands_too_much(len(data), CHUNK_LIMIT_BYTES)
        self._bytes_in += len(data)
        self._bytes_out += len(decoded)
        if self._bytes_out > max(EXPANSION_LIMIT_BYTES, 100 * self._bytes_in):
            self.broken = _expands_too_much(self._bytes_in, EXPANSION_LIMIT_BYTES)
        if not self.broken and self._excess():
            self.broken = _AFTER_THE_END
        return decoded


def _reason(error: Exception) -> str:
    """zlib's reason without its number: `Error -3 while decompressing data: …`."""
    return safe(str(error).rpartition(" data: ")[2], 200)


def _expands_too_much(size: int, limit: int) -> str:
    return tr("{size} compressed bytes expand to more than {limit} bytes", size=size, limit=limit)


class PlainDecoder:
    """Passes a body through as it is."""

    broken = ""

    def feed(self, data: bytes) -> bytes:
        """Return the bytes unchanged."""
        return data


class ChainDecoder:
    """Decodes a body to which several codings were applied, the last one first."""

    def __init__(self, decoders: Sequence[ContentDecoder]) -> None:
        self._decoders = decoders

    @property
    def broken(self) -> str:
        """Why decoding has stopped; empty before."""
        return next((each.broken for each in self._decoders if each.broken), "")

    def feed(self, data: bytes) -> bytes:
        """Return the decoded bytes."""
        for decoder in self._decoders:
            data = decoder.feed(data) if data else b""
        return data


def decoder_for(coding: str | None) -> ContentDecoder | ChainDecoder | PlainDecoder | None:
    """Return a decoder for a Content-Encoding (RFC 9110, section 8.4); None if there is none."""
    names = [name.strip() for name in (coding or "").lower().split(",")]
    named = [name for name in names if name not in ("identity", "")]
    if len(named) > MAX_CODINGS:
        return _broken(tr("{count} encodings, one on top of the other", count=len(named)))
    makers = [make for name in named if (make := _DECODERS.get(name))]
    decoders = [decoder for make in reversed(makers) if (decoder := make())]
    if len(decoders) < len(named):
        return None
    if not decoders:
        return PlainDecoder()
    return decoders[0] if len(decoders) == 1 else ChainDecoder(decoders)


def _broken(why: str) -> ContentDecoder:
    decoder = ContentDecoder(lambda data: b"")
    decoder.broken = why
    return decoder


def _deflate() -> ContentDecoder:
    """gzip (RFC 1952) or deflate (RFC 1950)."""
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    return ContentDecoder(
        lambda data: decoder.decompress(data, CHUNK_LIMIT_BYTES),
        zlib.error,
        excess=lambda: decoder.unused_data,
    )


def _brotli() -> ContentDecoder | None:
    module = _library("brotli")
    if module is None:
        return None
    decoder = module.Decompressor()

    def decode(data: bytes) -> bytes:
        return bytes(decoder.process(data, output_buffer_limit=CHUNK_LIMIT_BYTES))

    # A version before 1.2 has no limit, and raises TypeError for the argument.
    return ContentDecoder(decode, module.error, TypeError)


def _zstd() -> ContentDecoder | None:
    module = _library("zstandard")
    if module is None:
        return None
    decoder = module.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES).decompressobj()

    def decode(data: bytes) -> bytes:
        parts, size = list[bytes](), 0
        for start in range(0, len(data), ZSTD_SLICE_BYTES):
            parts.append(decoder.decompress(data[start : start + ZSTD_SLICE_BYTES]))
            size += len(parts[-1])
            if size >= CHUNK_LIMIT_BYTES:
                break
        return b"".join(parts)

    return ContentDecoder(decode, module.ZstdError)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


_DECODERS: dict[str, Callable[[], ContentDecoder | None]] = {
    "gzip": _deflate,
    "x-gzip": _deflate,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
