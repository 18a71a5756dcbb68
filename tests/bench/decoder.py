"""The speed and the memory of the decoder, beside one that reads line by line."""

import codecs
import tracemalloc
from collections.abc import Callable

from tests.bench.timing import shortest_times
from wizard.probe.sse import SseDecoder

EVENT = b'event: message\nid: 42\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":'
EVENT += b'{"level":"info","n":12345,"data":"' + b"x" * 29 + b'"}}\n\n'
EVENT_COUNT = 200_000
CHUNK_BYTES = 64 << 10
ENDLESS_LINE_BYTES = 50 << 20


class Event:
    """An event of the line decoder."""

    def __init__(self, kind: str, data: str, id: str) -> None:
        self.type = kind or "message"
        self.data = data
        self.id = id


class LineDecoder:
    """Decodes as the package httpx-sse does: text, then lines, then fields.

    It is somewhat faster than that package, and has no limits, no comments and no times of arrival.
    """

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest: list[str] = []
        self._type = self._id = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that these bytes complete."""
        text = self._utf8.decode(data)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        first, *lines = text.split("\n")
        self._rest.append(first)
        if not lines:
            return []
        lines.insert(0, "".join(self._rest))
        self._rest = [lines.pop()]
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> Event | None:
        if not line:
            event = Event(self._type, "\n".join(self._data), self._id) if self._data else None
            self._type, self._data = "", []
            return event
        if line.startswith(":"):
            return None
        name, _, value = line.partition(":")
        if value.startswith(" "):
            value = value[1:]
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        return None


def measure_decoder() -> list[tuple[str, str]]:
    stream = EVENT * EVENT_COUNT
    ours_s, other_s = shortest_times(
        lambda: _drain(SseDecoder().feed, stream), lambda: _drain(LineDecoder().feed, stream)
    )
    ours_peak = _peak(lambda: _endless(SseDecoder().feed))
    other_peak = _peak(lambda: _endless(LineDecoder().feed))
    return [
        ("ours", f"{EVENT_COUNT / ours_s / 1000:,.0f} k events/s"),
        (
            "as httpx-sse, line by line, in the same run",
            f"{EVENT_COUNT / other_s / 1000:,.0f} k events/s",
        ),
        ("rate, ours to that (at least 1.5)", f"{other_s / ours_s:.2f}"),
        (f"peak memory, a line of {ENDLESS_LINE_BYTES >> 20} MiB: ours", f"{ours_peak:.1f} MiB"),
        ("the same: line by line", f"{other_peak:.1f} MiB"),
    ]


def _drain(feed: Callable[[bytes], object], stream: bytes) -> None:
    for at in range(0, len(stream), CHUNK_BYTES):
        feed(stream[at : at + CHUNK_BYTES])


def _endless(feed: Callable[[bytes], object]) -> None:
    feed(b"data: ")
    for _ in range(ENDLESS_LINE_BYTES // CHUNK_BYTES):
        feed(b"x" * CHUNK_BYTES)
    feed(b"\n\n")


def _peak(function: Callable[[], object]) -> float:
    """Return the most memory in use while it runs, in MiB."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        tracemalloc.stop()
