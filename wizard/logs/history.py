"""What a log says of the time before the probes: since when, how often, who was cut off."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wizard.logs.formats import parse_line
from wizard.logs.timestamps import HostClock, describe_clock, find_timestamp
from wizard.model.log_report import History
from wizard.text.display import clip, safe

BUCKETS = 30
"""How many buckets a chart has at most."""
_WIDTHS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400)
"""How long a bucket can be, in seconds; from the last one on, whole days."""
CLIENTS = 3
"""How many clients are named."""
LONGEST = 4000
"""How much of one line is read, in characters."""
NEAR = 50
"""How many lines back the time of a line that names none is looked for."""
_PROBE = "ssewizard/"
"""What our own requests call themselves, in this run and in those before."""


@dataclass(frozen=True, slots=True)
class _Gone:
    """A request that was cut off: when, how it was told, whose it was."""

    at: float | None
    canceled: bool
    client: str


@dataclass
class HistoryBuilder:
    """The lines before the probes, added as they are read.

    Attributes:
        clock: By which their times were written.
        now: When the probes began, in seconds since the epoch.
    """

    clock: HostClock
    now: float
    lines: int = 0
    counted: bool = False
    first: float | None = None
    last: float | None = None
    zoneless: bool = False
    floating: bool = False
    gone: list[_Gone] = field(default_factory=list)
    _unseen: list[str] = field(default_factory=list)

    def add(self, texts: Iterable[str]) -> None:
        """Read these, in their order; of our own probes none."""
        for text in texts:
            if text.strip() and not (_PROBE in text and "(run=" in text):
                self._add(clip(text, LONGEST))

    def _add(self, text: str) -> None:
        self.lines += 1
        self._unseen.append(text)
        if self.first is None:
            self._see()
        if self.counted and "499" not in text and "cancel" not in text:
            return  # read in full it could tell nothing more, and there are many
        said = parse_line(text)
        self.counted |= said.kind in ("access", "dotnet")
        if said.status == 499 or said.tag == "canceled":
            self._see()
            client = safe(said.client, 60)
            self.gone.append(_Gone(self.last, said.tag == "canceled", client))

    def _see(self) -> None:
        """Keep the newest line's time; one without is of the time of the line before it."""
        newest = reversed(self._unseen[-NEAR:])
        known = next((found for text in newest if (found := find_timestamp(text, self.now))), None)
        self._unseen.clear()
        if known is None:
            return
        self.zoneless |= known.offset_s is None
        self.floating |= self.clock.floats(known)
        self.last = self.clock.read(known)
        self.first = self.last if self.first is None else self.first

    def history(self, *, older: bool = False) -> History | None:
        """What came of it; None where there was nothing to read.

        Args:
            older: Whether the log reaches back further than was read.
        """
        if not self.lines:
            return None
        self._see()
        since, until = self.first, self.last if self.floating else self.now
        if since is None or until is None:
            since = until = None
        width = bucket_s(until - since) if since is not None and until is not None else 60
        return History(
            self.lines,
            self.counted,
            since,
            until,
            self.floating,
            older,
            width,
            self._buckets(since, until, width, canceled=False),
            self._buckets(since, until, width, canceled=True),
            _most(self.gone),
            describe_clock(self.clock, zoneless=self.zoneless) if since is not None else "",
        )

    def _buckets(
        self, since: float | None, until: float | None, width: int, *, canceled: bool
    ) -> tuple[int, ...]:
        """The last bucket ends with the window; whatever has no time in it is not told apart."""
        gone = [one.at for one in self.gone if one.canceled == canceled]
        if since is None or until is None:
            return (len(gone),)
        size = _number(until - since, width)
        counts = [0] * size
        for at in gone:
            place = size - 1 - int(max(0.0, until - (since if at is None else at)) // width)
            counts[max(0, place)] += 1
        return tuple(counts)


def _number(window_s: float, width: int) -> int:
    """How many buckets of that width cover the window."""
    return max(1, min(BUCKETS, int(-(-max(window_s, 1.0) // width))))


def bucket_s(window_s: float) -> int:
    """The shortest bucket of which at most `BUCKETS` cover the window; seconds."""
    found = next((width for width in _WIDTHS if window_s <= width * BUCKETS), None)
    days = int(window_s // (86_400 * BUCKETS)) + 1
    return found or days * 86_400


def _most(gone: Sequence[_Gone]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(one.client for one in gone if one.client).most_common(CLIENTS))
