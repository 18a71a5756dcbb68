"""Decompression that can be fed anything: bounded output, whatever a few bytes expand to."""

import zlib

BURST = 4 << 20
"""The most that one arrival of bytes may expand to, in bytes, before reading of it stops."""


TOTAL = 1 << 20
"""… and the most that one body may expand to beyond a hundredfold, in bytes."""


class Inflate:
    """A gzip or deflate body (RFC 1952, RFC 1950), decoded as it arrives.

    Attributes:
        broken: One sentence once the bytes made no sense or expanded beyond all measure; from
            then on nothing more is decoded.
    """

    def __init__(self) -> None:
        self.broken = ""
        self._zlib = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        self._fed = self._given = 0

    def feed(self, data: bytes) -> bytes:
        """What these bytes decode to; empty once `broken`."""
        if self.broken:
            return b""
        try:
            decoded = self._zlib.decompress(data, BURST)
        except zlib.error as error:
            self.broken = f"the compressed body is broken: {error}"
            return b""
        if self._zlib.unconsumed_tail:
            self.broken = f"{len(data)} compressed bytes expand to more than {BURST} bytes"
        self._fed += len(data)
        self._given += len(decoded)
        if self._given > max(TOTAL, 100 * self._fed):
            self.broken = f"{self._fed} compressed bytes expand to more than {TOTAL} bytes"
        return decoded


class Plain:
    """No compression."""

    broken = ""

    def feed(self, data: bytes) -> bytes:
        """The bytes themselves."""
        return data


class Opaque:
    """A compression that is not decoded here; bytes are counted, and `broken` says which."""

    def __init__(self, coding: str) -> None:
        self.broken = f"Content-Encoding {coding} is not decoded here"

    def feed(self, data: bytes) -> bytes:
        """Nothing."""
        return b""


def decoder_for(coding: str | None) -> Inflate | Plain | Opaque:
    """The decoder for a Content-Encoding (RFC 9110, section 8.4)."""
    name = (coding or "identity").strip().lower()
    if name in ("identity", ""):
        return Plain()
    return Inflate() if name in ("gzip", "x-gzip", "deflate") else Opaque(name)
