"""The newest events of two streams in one list, in one time, with counters of what was dropped."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, NamedTuple

from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.text.messages import tr

Side = Literal["proxy", "direct"]
SIDES: tuple[Side, Side] = ("proxy", "direct")
SIDE_NAMES: Mapping[Side | Literal[""], str] = {
    "": "",
    "proxy": tr("proxy"),
    "direct": tr("direct"),
}
MAX_ENTRIES = 5000
MAX_BYTES = 4 << 20
"""The size of all texts that are kept, in characters, with `ENTRY_BYTES` for each entry."""
ENTRY_BYTES = 120
"""What an entry costs without its text."""
MAX_TEXT_CHARS = 256 << 10
"""What is kept of one event."""
MAX_GAPS = 200
"""How many of the newest gaps of a stream are kept."""
Kind = Literal["section", "answer", "left", "ended", "cut"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of a stream that is no event.

    Attributes:
        kind: `section` (the streams were asked for), `answer` (status and headers came), `left`
            (this tool closed it), `ended` (by the server), `cut` (the connection broke or failed).
    """

    kind: Kind
    text: str


class Entry(NamedTuple):
    """An event or a mark of one side.

    Attributes:
        number: Counted up from 0, also for what was dropped since.
        side: Empty for a mark that is about both.
        at: Seconds since the streams were asked for.
        gap: Seconds since the event of the same side before it; 0 without one.
    """

    number: int
    side: Side | Literal[""]
    at: float
    gap: float
    item: StreamItem | Mark

    @property
    def type(self) -> str:
        """The type of the event: its own, `ping` for a comment, empty for a mark."""
        match self.item:
            case SseEvent(type=type):
                return type
            case Comment():
                return "ping"
            case Excess():
                return tr("too long")
        return ""

    @property
    def data(self) -> str:
        """The text of the event."""
        match self.item:
            case SseEvent(data=text) | Comment(text=text) | Mark(text=text):
                return text
            case Excess(dropped=dropped):
                return tr("a line too long: {dropped} bytes dropped", dropped=dropped)
        return ""


Matches = Callable[[Entry], bool]


@dataclass(slots=True)
class Stream:
    """The counters of one side since it was asked for last.

    Attributes:
        headers_s: When the headers came.
        last_s: When the last byte came.
        bytes: How many bytes of the body came.
        end: Why nothing more comes, and when; None while it is open.
        gaps: The newest times between two events, in seconds.
    """

    headers_s: float | None = None
    last_s: float | None = None
    last_item_s: float | None = None
    bytes: int = 0
    events: int = 0
    pings: int = 0
    end: tuple[float, Mark] | None = None
    gaps: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_GAPS))
    max_gap_s: float = 0.0

    @property
    def median_gap_s(self) -> float | None:
        """The median of the newest gaps; None without one."""
        return median(self.gaps) if self.gaps else None

    def step(self, item: StreamItem, at: float) -> float:
        """Count an item, and return the gap before it in seconds."""
        gap = max(0.0, at - self.last_item_s) if self.last_item_s is not None else 0.0
        if self.last_item_s is not None:
            self.gaps.append(gap)
            self.max_gap_s = max(self.max_gap_s, gap)
        self.last_item_s = at
        if self.last_s is None or at > self.last_s:
            self.last_s = at
        if isinstance(item, SseEvent):
            self.events += 1
        elif isinstance(item, Comment):
            self.pings += 1
        return gap


class EventBuffer:
    """A ring buffer of entries. Adding costs a few microseconds an event; nothing is drawn here.

    Attributes:
        streams: The counters of each side that was asked for.
        dropped: How many entries are no longer kept.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.streams: dict[Side, Stream] = {}
        self.dropped = 0
        self._entries: list[Entry] = []
        self._sizes: list[int] = []
        self._next = self._size = 0

    @property
    def first(self) -> int:
        """The number of the oldest entry that is kept."""
        return self._next - len(self._entries)

    @property
    def last(self) -> int:
        """The number of the newest entry; -1 without one."""
        return self._next - 1

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def begin(self, sides: Iterable[Side], text: str = "") -> None:
        """Begin a section: these streams are asked for, and their times count from now on."""
        self.streams = {side: Stream() for side in sides}
        if text:
            self._append("", 0.0, 0.0, Mark("section", text))

    def add(self, side: Side, items: Iterable[tuple[float, StreamItem]]) -> None:
        """Add events with their times."""
        step = self.streams[side].step
        for at, item in items:
            self._append(side, at, step(item, at), item)
        self._trim()

    def count_bytes(self, side: Side, at: float, size: int) -> None:
        """Count bytes of a body."""
        stream = self.streams[side]
        stream.bytes, stream.last_s = stream.bytes + size, at

    def mark(self, side: Side, at: float, mark: Mark) -> None:
        """Add a mark; one that says that nothing more comes is kept as the stream's end."""
        stream = self.streams[side]
        if mark.kind == "answer":
            stream.headers_s = stream.last_s = at
        elif stream.end is None:
            stream.end = (at, mark)
        self._append(side, at, 0.0, mark)
        self._trim()

    def skip(self, side: Side, events: int) -> None:
        """Count events that were not seen."""
        self.dropped += events
        self.streams[side].events += events

    def get(self, number: int) -> Entry | None:
        """The entry of that number, if it is kept."""
        index = number - self.first
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def up_to(self, number: int, count: int, matches: Matches) -> list[Entry]:
        """The newest `count` entries that match, up to that number; the oldest first."""
        found = list[Entry]()
        for index in range(min(number - self.first, len(self._entries) - 1), -1, -1):
            if len(found) >= count:
                break
            if matches(self._entries[index]):
                found.append(self._entries[index])
        return found[::-1]

    def after(self, number: int, count: int, matches: Matches) -> list[Entry]:
        """The first `count` entries that match, after that number."""
        found = list[Entry]()
        for index in range(max(0, number + 1 - self.first), len(self._entries)):
            if len(found) >= count:
                break
            if matches(self._entries[index]):
                found.append(self._entries[index])
        return found

    def types(self) -> list[str]:
        """The types of the kept events, in the order in which they came first."""
        return [name for name in dict.fromkeys(entry.type for entry in self._entries) if name]

    def _append(
        self, side: Side | Literal[""], at: float, gap: float, item: StreamItem | Mark
    ) -> None:
        size = _size(item)
        if size > MAX_TEXT_CHARS:
            item = _cut(item)
            size = _size(item)
        self._entries.append(Entry(self._next, side, at, gap, item))
        self._sizes.append(size)
        self._next += 1
        self._size += size

    def _trim(self) -> None:
        sizes, count = self._sizes, max(0, len(self._entries) - MAX_ENTRIES)
        freed = sum(sizes[:count])
        while self._size - freed > MAX_BYTES and count < len(sizes) - 1:
            freed += sizes[count]
            count += 1
        if count:
            del self._entries[:count], sizes[:count]
            self._size -= freed
            self.dropped += count


def _size(item: StreamItem | Mark) -> int:
    """What an entry with this item costs, counted as characters."""
    match item:
        case SseEvent():
            return ENTRY_BYTES + len(item.data) + len(item.type) + len(item.id)
        case Comment() | Mark():
            return ENTRY_BYTES + len(item.text)
    return ENTRY_BYTES


def _cut(item: StreamItem | Mark) -> StreamItem | Mark:
    """The item with at most `MAX_TEXT_CHARS` of its text."""
    match item:
        case SseEvent(at, type, data, id) if len(data) > MAX_TEXT_CHARS:
            return SseEvent(at, type, f"{data[:MAX_TEXT_CHARS]}…", id)
        case Comment(at, text) if len(text) > MAX_TEXT_CHARS:
            return Comment(at, f"{text[:MAX_TEXT_CHARS]}…")
    return item
