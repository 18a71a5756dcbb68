"""A decoder of JSON lines (NDJSON): bytes in, one item for each line out.

Each line is a JSON value that ends with LF (https://github.com/ndjson/ndjson-spec, RFC 7464 for
`application/json-seq`). A line is reported as text, whatever it holds.
"""

from wizard.model.events import Excess, SseEvent, StreamItem
from wizard.probe.sse import ITEM_LIMIT_BYTES

_AROUND = b" \t\r\x1e"


class JsonLinesDecoder:
    """Decodes one stream; its memory is bounded by `ITEM_LIMIT_BYTES`, whatever is sent."""

    def __init__(self, limit: int = ITEM_LIMIT_BYTES) -> None:
        self._limit, self._line, self._dropped = limit, bytearray(), 0

    @property
    def pending(self) -> int:
        """The number of bytes held of a line that has begun and not ended."""
        return len(self._line)

    def feed(self, data: bytes, at: float = 0.0) -> list[StreamItem]:
        """Return the items that these bytes complete; `at` is when they arrived, in seconds."""
        *complete, rest = data.split(b"\n")
        items: list[StreamItem] = []
        for part in complete:
            self._append(part)
            line = bytes(self._line).strip(_AROUND)
            if line:
                items.append(SseEvent(at, "message", line.decode("utf-8", "replace"), ""))
            if self._dropped:
                items.append(Excess(at, self._dropped))
            self._line.clear()
            self._dropped = 0
        self._append(rest)
        return items

    def _append(self, part: bytes) -> None:
        """Add to the unfinished line what fits into the limit."""
        free = self._limit - len(self._line)
        self._line += part[:free]
        self._dropped += max(0, len(part) - free)


class BytesDecoder:
    """Passes over a stream of any other type: only when its bytes arrive is known."""

    pending = 0

    def feed(self, data: bytes, at: float = 0.0) -> list[StreamItem]:
        """Return no items."""
        return []
