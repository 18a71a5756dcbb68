"""What a timeline shows if the times at which this program did not run are allowed for.

On a busy machine, and while the process is stopped, bytes are read later than they arrived, and a
wait seems over of which nothing was seen. Three clocks enclose what may have happened: the wall
clock of the timeline itself, the one that stands still while this program does (`running`), and the
wall clock with what was read after an absence spread over it (`spread`).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from math import ceil
from typing import Any

from wizard.model.events import Absent, StreamItem
from wizard.model.timeline import Arrival, Timeline, connected_s

MIN_ABSENCE_S = 0.02
"""The shortest absence that is noted, in seconds: what is judged allows as much for any network
(`arrivals.MIN_ALLOWANCE_S`)."""


def absent_s(timeline: Timeline, since: float, until: float = float("inf")) -> float:
    """For how long this program did not run between two times of the timeline, in seconds."""
    return sum(
        max(0.0, min(until, absent.at) - max(since, absent.at - absent.length_s))
        for absent in timeline.absences
    )


def extra_wait_s(timeline: Timeline, since: float, wait: float) -> float:
    """How much longer to wait, in seconds, so that `wait` seconds are watched: at most as long."""
    return min(absent_s(timeline, since), wait)


@dataclass(frozen=True, slots=True)
class HiddenWait:
    """A wait that shows nothing: for `absent` of its seconds this program did not run."""

    absent: float
    waited: float


def hidden_wait(timeline: Timeline) -> HiddenWait | None:
    """The wait at the end of a request if this program ran for less than half of it, and for too
    little to have read what came; None if it did, or if the request did not end by our own wait."""
    if timeline.ended not in ("open", "timeout") or timeline.waited_s is None:
        return None
    last = timeline.last_byte_s
    wait = _wait_since(timeline, connected_s(timeline) if last is None else last)
    is_short = wait.waited - wait.absent < MIN_SILENCE_S
    return wait if is_short and wait.absent > max(wait.waited / 2, MIN_HIDDEN_S) else None


def hidden_watch(timeline: Timeline) -> HiddenWait | None:
    """The watch of a stream that is still live if this program ran for too little of it to see how
    it arrives; None if it ran for long enough."""
    if timeline.ended != "open" or timeline.waited_s is None or timeline.first_data_s is None:
        return None
    wait = _wait_since(timeline, timeline.first_data_s)
    is_short = wait.waited - wait.absent < MIN_SEEN_S
    return wait if is_short and wait.absent > max(wait.waited / 2, MIN_HIDDEN_S) else None


def _wait_since(timeline: Timeline, since: float) -> HiddenWait:
    until = timeline.waited_s or since
    return HiddenWait(absent_s(timeline, since, until), until - since)


MIN_HIDDEN_S = 0.1
"""The shortest time, in seconds, that can hide how a stream is delivered."""
MIN_SILENCE_S = 1.0
"""For how many seconds this program must have run in a wait, however long it was, to have sent the
request and read what came."""
MIN_SEEN_S = 0.3
"""For how many seconds a live stream must have been seen, however long it was watched."""


def lateness_s(timeline: Timeline, at: float | None) -> float:
    """How much earlier than at this time something may have come, in seconds."""
    ended = (a for a in timeline.absences if at is not None and _covers(a, at))
    return max((absent.length_s for absent in ended), default=0.0)


def _covers(absent: Absent, at: float) -> bool:
    """True if what was read at this time may have come during the absence."""
    return absent.at - absent.length_s < at <= absent.at + MIN_ABSENCE_S


def running(timeline: Timeline) -> Timeline:
    """The timeline on a clock that stands still while this program does: everything comes as soon
    as it may have come."""
    if not timeline.absences:
        return timeline
    clock = running_clock(timeline)
    times: dict[str, Any] = {
        name: clock(at) for name in _TIMES if (at := getattr(timeline, name)) is not None
    }
    arrivals = tuple(replace(arrival, at=clock(arrival.at)) for arrival in timeline.arrivals)
    tail = tuple(_moved(item, clock(item.at)) for item in timeline.tail)
    return replace(timeline, **times, arrivals=arrivals, tail=tail, absences=())


_TIMES = (
    "dns_s", "connect_s", "tls_s", "headers_s", "first_byte_s", "first_data_s", "first_event_s",
    "upgraded_s", "last_byte_s", "last_item_s", "waited_s",
)  # fmt: skip


def running_clock(timeline: Timeline) -> Callable[[float], float]:
    """From a time of the timeline to the time for which this program had run until then."""
    starts = [absent.at - absent.length_s for absent in timeline.absences]
    sums = [0.0, *accumulate(absent.length_s for absent in timeline.absences)]

    def time_running(at: float) -> float:
        number = bisect_right(starts, at)
        if not number:
            return at
        last = timeline.absences[number - 1]
        return at - sums[number] + max(0.0, last.at - at)

    return time_running


def _moved(item: StreamItem, at: float) -> StreamItem:
    return replace(item, at=at)  # type: ignore[type-var]


def spread(timeline: Timeline) -> Timeline:
    """The timeline with what was read after an absence spread over it: events that were read at one
    moment may have come one by one."""
    if not timeline.absences:
        return timeline
    arrivals = tuple(_spread_arrivals(timeline))
    return replace(timeline, arrivals=arrivals, tail=tuple(_spread_items(timeline)), absences=())


def _absence_before(timeline: Timeline, at: float) -> Absent | None:
    """The absence during which what was read at this time may have come."""
    return next((absent for absent in timeline.absences if _covers(absent, at)), None)


def _spread_arrivals(timeline: Timeline) -> Iterator[Arrival]:
    groups = groupby(timeline.arrivals, key=lambda arrival: _absence_before(timeline, arrival.at))
    for absent, group in groups:
        if absent is None:
            yield from group
            continue
        first, *rest = group
        whole = first
        for arrival in rest:
            whole = whole.plus(arrival)
        parts = whole.items or min(whole.size, ceil(absent.length_s / MIN_ABSENCE_S)) or 1
        for number, at in enumerate(_times_over(absent, parts), 1):
            size = whole.size * number // parts - whole.size * (number - 1) // parts
            pending = whole.pending if number == parts else 0
            yield Arrival(at, size, min(whole.items, 1), pending)


def _spread_items(timeline: Timeline) -> Iterator[StreamItem]:
    for absent, group in groupby(
        timeline.tail, key=lambda item: _absence_before(timeline, item.at)
    ):
        items = list(group)
        times: Sequence[float] = _times_over(absent, len(items)) if absent else ()
        yield from map(_moved, items, times) if absent else items


def _times_over(absent: Absent, count: int) -> list[float]:
    """So many times, evenly over the absence, the last one at its end."""
    step = absent.length_s / count
    return [absent.at - step * (count - number) for number in range(1, count + 1)]
