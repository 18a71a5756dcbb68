"""A decoder of event streams, without input or output: bytes in, events out.

It follows the WHATWG HTML standard, section 9.2.6, "Interpreting an event stream". Beyond it,
comments are reported, since a ping is evidence, and so are bytes that exceed a limit. Lines end
with CR, LF or CRLF and nothing else: U+2028 is data.
"""

import re

from wizard.model.events import Comment, Excess, SseEvent, StreamItem

ITEM_LIMIT_BYTES = 1 << 20
"""The longest line, and the most data of one event, that is held, in bytes."""

_BOM = b"\xef\xbb\xbf"
_ID = r"(?:id: ?+([^\n\0]++)\n)?+"
_USUAL = rf"{_ID}(?:event: ?+([^\n]*+)\n)?+{_ID}data: ?+([^\n]*+)\n\n"
_USUAL_EVENTS = re.compile(f"(?:{_USUAL})++".encode())
"""Whole events as most servers write them: an id, a type, one line of data, a blank line.

Each part is possessive, so that no text is read twice."""
_USUAL_EVENT = re.compile(_USUAL)


class SseDecoder:
    """Decodes one stream; its memory is bounded by `ITEM_LIMIT_BYTES`, whatever is sent.

    Attributes:
        retry_ms: The last reconnection time that the stream set, in milliseconds.
        last_id: The last event id that a blank line put in force; it stays until another one does.
    """

    def __init__(self, limit: int = ITEM_LIMIT_BYTES) -> None:
        self.retry_ms: int | None = None
        self.last_id = ""
        self._limit = limit
        self._line = bytearray()
        self._dropped = 0
        self._ends_with_cr = False
        self._at_start = True
        self._id = ""
        self._type = ""
        self._data: list[str] = []
        self._data_size = 0

    @property
    def pending(self) -> int:
        """The number of bytes held of a line or an event that has begun and not ended."""
        return len(self._line) + self._data_size + len(self._type)

    def feed(self, data: bytes, at: float = 0.0) -> list[StreamItem]:
        """Return the items that these bytes complete; `at` is when they arrived, in seconds."""
        if not data:
            return []
        if self._ends_with_cr and data.startswith(b"\n"):
            data = data[1:]
        self._ends_with_cr = data.endswith(b"\r") if data else False
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        items: list[StreamItem] = []
        start = self._read_usual(data, 0, at, items)
        while (end := data.find(b"\n\n", start)) >= 0:
            for part in data[start : end + 1].split(b"\n"):
                self._end_line(part, at, items)
            start = self._read_usual(data, end + 2, at, items)
        *complete, rest = data[start:].split(b"\n")
        for part in complete:
            self._end_line(part, at, items)
        self._append(rest)
        return items

    def _read_usual(self, data: bytes, start: int, at: float, items: list[StreamItem]) -> int:
        """Read the events that are written as usual, in one pass; return where they end."""
        is_between_events = not (self._line or self._at_start or self._data or self._type)
        if not is_between_events:
            return start
        run = _USUAL_EVENTS.match(data, start, start + self._limit)
        if run is None:
            return start
        last_id = self._id
        text = run[0].decode("utf-8", "replace")
        for first_id, kind, second_id, data_line in _USUAL_EVENT.findall(text):
            last_id = second_id or first_id or last_id
            items.append(SseEvent(at, kind or "message", data_line, last_id))
        self._id = self.last_id = last_id
        return run.end()

    def _end_line(self, part: bytes, at: float, items: list[StreamItem]) -> None:
        line, dropped = part, 0
        if self._line or self._at_start or len(part) > self._limit:
            self._append(part)
            line, dropped = bytes(self._line), self._dropped
            self._line.clear()
            self._dropped = 0
        if self._at_start:
            line, self._at_start = line.removeprefix(_BOM), False
        self._read_line(line, at, items)
        if dropped:
            items.append(Excess(at, dropped))

    def _append(self, part: bytes) -> None:
        """Add to the unfinished line what fits into the limit."""
        free = self._limit - len(self._line)
        self._line += part[:free]
        self._dropped += max(0, len(part) - free)

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
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value[:12])

    def _add_data(self, value: str, at: float, items: list[StreamItem]) -> None:
        # An event of endlessly many short lines must not fill the memory either.
        if self._data_size + len(value) > self._limit:
            items.append(Excess(at, len(value)))
            return
        self._data.append(value)
        self._data_size += len(value) + 1

    def _dispatch(self, at: float, items: list[StreamItem]) -> None:
        """End the event: its id is in force from now on; it is reported if it has data."""
        self.last_id = self._id
        if self._data:
            data = "\n".join(self._data)
            items.append(SseEvent(at, self._type or "message", data, self.last_id))
        self._type, self._data, self._data_size = "", [], 0
