"""Decoding of compressed response bodies, as they arrive and within limits."""

import zlib

CHUNK_LIMIT_BYTES = 4 << 20
"""The most that one chunk may expand to, in bytes."""
EXPANSION_LIMIT_BYTES = 1 << 20
"""The most that a body may expand to, in bytes, if that is more than a hundredfold."""


class DeflateDecoder:
    """Decodes a gzip (RFC 1952) or deflate (RFC 1950) body as it arrives.

    Attributes:
        broken: Why decoding has stopped (the bytes are invalid, or expand beyond the limits), in
            one sentence; empty before.
    """

    def __init__(self) -> None:
        self.broken = ""
        self._zlib = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        self._bytes_in = self._bytes_out = 0

    def feed(self, data: bytes) -> bytes:
        """Return the decoded bytes; none once `broken`."""
        if self.broken:
            return b""
        try:
            decoded = self._zlib.decompress(data, CHUNK_LIMIT_BYTES)
        except zlib.error as error:
            self.broken = f"the compressed body is broken: {error}"
            return b""
        if self._zlib.unconsumed_tail:
            self.broken = _expands_too_much(len(data), CHUNK_LIMIT_BYTES)
        self._bytes_in += len(data)
        self._bytes_out += len(decoded)
        if self._bytes_out > max(EXPANSION_LIMIT_BYTES, 100 * self._bytes_in):
            self.broken = _expands_too_much(self._bytes_in, EXPANSION_LIMIT_BYTES)
        return decoded


def _expands_too_much(size: int, limit: int) -> str:
    return f"{size} compressed bytes expand to more than {limit} bytes"


class PlainDecoder:
    """Passes a body through; drops it if `broken` says that its coding is not decoded here."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken

    def feed(self, data: bytes) -> bytes:
        """Return the bytes unchanged; none if `broken`."""
        return b"" if self.broken else data


def decoder_for(coding: str | None) -> DeflateDecoder | PlainDecoder:
    """Return a decoder for a Content-Encoding (RFC 9110, section 8.4)."""
    name = (coding or "identity").strip().lower()
    if name in ("gzip", "x-gzip", "deflate"):
        return DeflateDecoder()
    is_plain = name in ("identity", "")
    return PlainDecoder("" if is_plain else f"Content-Encoding {name} is not decoded here")
