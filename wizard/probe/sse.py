"""A decoder of event streams: bytes in, events and comments out, no sockets.

Follows the WHATWG text (HTML, section 9.2.6, "Interpreting an event stream"). Comments are kept,
since a ping is evidence; so is what was too long to hold. Lines end at CR, LF or CRLF and at
nothing else: U+2028 is data.
"""

import re
import zlib

from wizard.model.events import Comment, Excess, SseEvent, StreamItem

LINE_LIMIT = 1 << 20
"""The longest line, and the most data of one event, that is held, in bytes (1 MiB)."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


class SseDecoder:
    """Decodes one stream; memory is bounded by `LINE_LIMIT` whatever the server sends.

    Attributes:
        retry_ms: The newest reconnection time that the stream asked for, in milliseconds.
        last_id: The last event id (it stays in force until the stream sets another).
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self.retry_ms: int | None = None
        self.last_id = ""
        self._limit = limit
        self._line = bytearray()
        self._dropped = 0
        self._after_cr = False
        self._at_start = True
        self._type = ""
        self._data: list[str] = []
        self._held = 0

    def feed(self, data: bytes, at: float = 0.0) -> list[StreamItem]:
        """The items that these bytes complete; `at` (seconds) is when the bytes came."""
        if not data:
            return []
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r") if data else False
        # Nearly all streams have no CR: splitting at one byte is several times as fast.
        *ended, rest = _LINE_END.split(data) if b"\r" in data else data.split(b"\n")
        items: list[StreamItem] = []
        for part in ended:
            self._end_line(part, at, items)
        self._keep(rest)
        return items

    def _end_line(self, part: bytes, at: float, items: list[StreamItem]) -> None:
        line, dropped = part, 0
        if self._line or self._at_start or len(part) > self._limit:
            self._keep(part)
            line, dropped = bytes(self._line), self._dropped
            self._line.clear()
            self._dropped = 0
        if self._at_start:
            line, self._at_start = line.removeprefix(_BOM), False
        self._read_line(line, at, items)
        if dropped:
            items.append(Excess(at, dropped))

    def _keep(self, part: bytes) -> None:
        room = self._limit - len(self._line)
        self._line += part[:room]
        self._dropped += max(0, len(part) - room)

    def _read_line(self, line: bytes, at: float, items: list[StreamItem]) -> None:
        if not line:
            self._dispatch(at, items)
        elif line.startswith(b":"):
            text = line[1:].removeprefix(b" ").decode("utf-8", "replace")
            items.append(Comment(at, text))
        else:
            name, _, value = line.decode("utf-8", "replace").partition(":")
            self._read_field(name, value.removeprefix(" "), at, items)

    def _read_field(self, name: str, value: str, at: float, items: list[StreamItem]) -> None:
        if name == "data":
            self._add_data(value, at, items)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value[:12])

    def _add_data(self, value: str, at: float, items: list[StreamItem]) -> None:
        # An event of endless short lines must not fill the memory either.
        if self._held + len(value) > self._limit:
            items.append(Excess(at, len(value)))
            return
        self._data.append(value)
        self._held += len(value) + 1

    def _dispatch(self, at: float, items: list[StreamItem]) -> None:
        if self._data:
            data = "\n".join(self._data)
            items.append(SseEvent(at, self._type or "message", data, self.last_id))
        self._type, self._data, self._held = "", [], 0


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
