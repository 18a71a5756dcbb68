"""How the bytes of a stream arrive: by one probe alone, and beside those of a direct probe.

A stream that Nginx holds can look alive: the end of a large event is missing, or many events come
at once that the backend had sent one by one. So arrivals are judged, not the first byte.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from statistics import median

from wizard.model.events import SseEvent
from wizard.model.timeline import Arrival, Timeline, connected_s, is_live

SAME_MOMENT_S = 0.005
"""Events that follow within this time, in seconds, arrived at the same moment."""
ROUND_TRIPS = 4
"""How many round trips a network may add to a gap: Nagle's algorithm and lost packets."""
MIN_ALLOWANCE_S = 0.02
"""The least delay, in seconds, that is not taken for the network's."""
STUCK_S = 0.3
"""How long an unfinished event may wait for its next byte, in seconds beyond the allowance."""
MIN_LONG_WAITS = 3
"""How many long waits for the end of an event cannot be chance."""
MIN_CLUMPS = 4
"""How many moments of arrival the direct probe needs before the proxied one is compared."""
BUFFER_BYTES = 4096
"""Nginx's buffers are multiples of this; arrivals of exactly that size are full buffers."""
CLOCK_SPREAD_S = 0.25
"""Events of one moment whose own times differ by more, in seconds, had been sent one by one."""

FLOOD_BYTES_PER_S = 256 << 10
"""At this rate Nginx's usual 32 KiB of buffers are full eight times a second, and what is measured
between two arrivals may be how long we took to read the first."""
FLOOD_ITEMS_PER_S = 1000
"""The same for events, which take longer to read the smaller they are."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The arrivals of a probe beside those of the direct probe.

    Attributes:
        missing_bytes: Bytes that the direct probe had and this one lacked, one round trip later.
        behind_s: The delay of the median event, in seconds; None without a common event.
        gaps: The number of gaps between events (between arrivals, if there are no events).
        gaps_under_5ms: How many of these are shorter than 5 ms.
    """

    missing_bytes: int
    behind_s: float | None
    gaps: int
    gaps_under_5ms: int


def compare(proxied: Timeline, direct: Timeline) -> Comparison:
    """Compare the arrivals of two probes that were opened at once.

    Times count from when each request was sent: connecting is not compared.
    """
    gaps = event_gaps(proxied)
    short = sum(gap < SAME_MOMENT_S for gap in gaps)
    missing, delay = _missing_bytes(proxied, direct), _median_delay(proxied, direct)
    return Comparison(missing, delay, len(gaps), short)


def allowance_s(timeline: Timeline) -> float:
    """How much later than at the backend bytes may arrive because of the network, in seconds."""
    return MIN_ALLOWANCE_S + ROUND_TRIPS * timeline.round_trip_s


def watched_s(timeline: Timeline) -> float:
    """How long the stream was watched, in seconds since the request was sent."""
    last = timeline.arrivals[-1].at if timeline.arrivals else 0.0
    end = timeline.waited_s if timeline.waited_s is not None else last
    return max(0.0, end - connected_s(timeline))


def event_times(timeline: Timeline) -> list[float]:
    """When each event or comment arrived, or each arrival if there are none; since the request."""
    counts = [(arrival, arrival.items if timeline.items else 1) for arrival in timeline.arrivals]
    start = connected_s(timeline)
    return [arrival.at - start for arrival, items in counts for _ in range(items)]


def event_gaps(timeline: Timeline) -> list[float]:
    """The gaps between successive events, in seconds."""
    return [later - earlier for earlier, later in pairwise(event_times(timeline))]


def _missing_bytes(proxied: Timeline, direct: Timeline) -> int:
    moment = min(watched_s(proxied) - allowance_s(proxied), watched_s(direct))
    if proxied.ended in ("eof", "reset") and direct.ended not in ("eof", "reset"):
        moment = watched_s(direct)
    later = sum(a.size for a in direct.arrivals if a.at - connected_s(direct) > moment)
    return max(0, direct.decoded - later - proxied.decoded)


def _median_delay(proxied: Timeline, direct: Timeline) -> float | None:
    delays = _delays_of_same_events(proxied, direct) or _delays_by_number(proxied, direct)
    return median(delays) if delays else None


def _delays_of_same_events(proxied: Timeline, direct: Timeline) -> list[float]:
    """The delays of events with the same content, if the streams share most of them.

    A broadcast that one probe joined an event later must not look one event late.
    """
    here, there = _unique_events(proxied), _unique_events(direct)
    delays = [at - there[event] for event, at in here.items() if event in there]
    return delays if len(delays) >= 2 and 2 * len(delays) >= len(here) else []


def _unique_events(timeline: Timeline) -> dict[tuple[str, str], float]:
    """When each event arrived whose content came once."""
    count = Counter(contents(timeline))
    once = (event for event in timeline.tail_events if count[event.type, event.data] == 1)
    return {(event.type, event.data): event.at for event in once}


def _delays_by_number(proxied: Timeline, direct: Timeline) -> list[float]:
    """The delays of the first events, second events and so on, as far as both have them."""
    if _dropped(proxied) or _dropped(direct):
        return []
    pairs = zip(event_times(proxied), event_times(direct), strict=False)
    return [late - early for late, early in pairs]


def _dropped(timeline: Timeline) -> bool:
    """True if the timeline no longer holds its first arrivals."""
    return timeline.decoded > sum(arrival.size for arrival in timeline.arrivals)


def moments(timeline: Timeline) -> list[Arrival]:
    """The moments at which bytes arrived, oldest first, with times since the request.

    All bytes that arrive within `SAME_MOMENT_S` of the first ones belong to the same moment.
    """
    start, merged = connected_s(timeline), list[Arrival]()
    for arrival in timeline.arrivals:
        at = arrival.at - start
        if merged and at - merged[-1].at <= SAME_MOMENT_S:
            merged[-1] = merged[-1].plus(arrival)
        else:
            merged.append(replace(arrival, at=at))
    return merged


def is_flood(timeline: Timeline, now: float | None = None) -> bool:
    """True if so many bytes come, to the end, that nothing can be said of what is held.

    `now` is seconds since the request, by default the stream's end.
    """
    if not timeline.arrivals:
        return False
    start = connected_s(timeline)
    end = start + (watched_s(timeline) if now is None else now)
    since = max(timeline.arrivals[0].at, (start + end) / 2)
    newest = [arrival for arrival in timeline.arrivals if arrival.at >= since]
    size, items = sum(a.size for a in newest), sum(a.items for a in newest)
    floods = size / FLOOD_BYTES_PER_S, items / FLOOD_ITEMS_PER_S
    return max(floods) >= max(end - since, STUCK_S)


def stuck_gaps(timeline: Timeline, now: float | None = None) -> list[float]:
    """How long unfinished events waited for their next byte, in seconds, beyond the allowance.

    A wait counts if it lasted until more than the event's own rest came, as a buffer keeps it: the
    next event, or the end of the response. Where parts of an event come by themselves, the last
    wait must be much longer. `now` is seconds since the request, by default the stream's end.
    """
    if is_flood(timeline, now):
        return []
    came, ended = moments(timeline), timeline.ended not in (None, "open")
    until_more, until_rest = list[float](), [allowance_s(timeline) / 2]
    for moment, later in pairwise(came):
        more = _brings_more(later, is_end=ended and later is came[-1])
        if moment.pending:
            (until_more if more else until_rest).append(later.at - moment.at)
    end = now if now is not None else timeline.waited_s
    if came and came[-1].pending and end is not None and not ended:
        last = end - connected_s(timeline) - came[-1].at
        until_more += [last] if last > 2 * max(until_rest) else []
    return [gap for gap in until_more if gap > allowance_s(timeline)]


def _brings_more(moment: Arrival, *, is_end: bool) -> bool:
    """True if these bytes end an event and hold some of the next one, or are the last."""
    return moment.items > 0 and (moment.items > 1 or moment.pending > 0 or is_end)


def lacks_tails(proxied: Timeline, direct: Timeline | None, now: float | None = None) -> bool:
    """True if events arrive without their end, which the direct probe gets at once.

    One long wait is enough, or as many short ones as cannot be chance.
    """
    waits = stuck_gaps(proxied, now)
    long, is_stuck = _long_waits(waits, proxied), _has_stuck(waits, proxied)
    if direct is None:
        unfinished = sum(moment.pending > 0 for moment in moments(proxied))
        return is_stuck or (len(long) >= MIN_LONG_WAITS and 2 * len(long) >= unfinished)
    others = stuck_gaps(direct, now)
    if is_stuck:
        return not _has_stuck(others, direct)
    is_often = len(waits) >= MIN_CLUMPS * (1 + len(others))
    return is_often or len(long) >= MIN_LONG_WAITS * (1 + len(others))


def _has_stuck(waits: Sequence[float], timeline: Timeline) -> bool:
    """True if one of these waits is longer than any network explains."""
    return any(wait >= STUCK_S + allowance_s(timeline) for wait in waits)


def long_waits(timeline: Timeline, now: float | None = None) -> list[float]:
    """Those of `stuck_gaps` that a lost packet hardly explains."""
    return _long_waits(stuck_gaps(timeline, now), timeline)


def _long_waits(waits: Sequence[float], timeline: Timeline) -> list[float]:
    return [wait for wait in waits if wait > 3 * allowance_s(timeline)]


def comes_in_bursts(proxied: Timeline, direct: Timeline, now: float | None = None) -> bool:
    """True if events that the direct probe gets one by one come several at a time.

    The number of moments is at most half of the direct probe's over the same time, at least twice
    as many events come at one, and the wait between moments is longer than the network explains.
    """
    if is_flood(proxied, now) and not is_flood(direct, now):
        return False
    until = min(_end(proxied, now), _end(direct, now))
    there = [moment for moment in moments(direct) if moment.at <= until]
    # Of a fast stream the timeline holds the newest arrivals only.
    since = there[0].at if there and _dropped(direct) else float("-inf")
    here = [moment for moment in moments(proxied) if since <= moment.at <= until]
    if not here or len(there) < MIN_CLUMPS or 2 * len(here) > len(there):
        return False
    if _mean_amount(here) < 2 * _mean_amount(there):
        return False
    start = there[0].at
    return _mean_gap(here, start) > max(allowance_s(proxied), 1.5 * _mean_gap(there[1:], start))


def stalls(proxied: Timeline, direct: Timeline, now: float | None = None) -> bool:
    """True if the stream stopped, while the direct one went on steadily for long.

    The silence must be at least four times as long as any of the direct probe's gaps. Of a
    WebSocket on which nothing came, it must be longer than the direct one's first message took.
    """
    if proxied.ended not in (None, "open") or is_flood(proxied, now):
        return False
    until = min(_end(proxied, now), _end(direct, now))
    if not proxied.arrivals:
        first = next(iter(event_times(direct)), until)
        return until > first + STUCK_S + allowance_s(proxied)
    since = proxied.arrivals[-1].at - connected_s(proxied)
    later = [at for at in (moment.at for moment in moments(direct)) if since < at <= until]
    times = [moment.at for moment in moments(direct) if moment.at <= until]
    longest = max((b - a for a, b in pairwise(times)), default=0.0)
    silence = until - since
    return len(later) >= MIN_CLUMPS and silence > max(4 * longest, allowance_s(proxied))


def _end(timeline: Timeline, now: float | None) -> float:
    """Until when the stream was watched, in seconds since the request was sent."""
    if now is not None and timeline.ended is None:
        return now - connected_s(timeline)
    return watched_s(timeline)


def _mean_amount(moments: Sequence[Arrival]) -> float:
    """The mean number of events that arrived at one moment (of bytes, without events)."""
    events = sum(moment.items for moment in moments)
    return (events or sum(moment.size for moment in moments)) / len(moments)


def _mean_gap(moments: Sequence[Arrival], start: float) -> float:
    """The mean time between moments, in seconds; the first counts from `start`."""
    return (moments[-1].at - start) / len(moments) if moments else 0.0


def is_in_one_block(proxied: Timeline, direct: Timeline) -> bool:
    """True if a finite stream arrived at one moment, which the direct probe got piece by piece."""
    return came_in_one_block(proxied) and direct.ended == "eof" and len(moments(direct)) >= 3


def came_in_one_block(timeline: Timeline) -> bool:
    """True if all of a finite stream arrived at one moment."""
    return timeline.ended == "eof" and len(moments(timeline)) == 1


def is_kept_to_its_end(timeline: Timeline) -> bool:
    """True if the whole of a finite stream came at one moment, not soon after the request."""
    came = moments(timeline)
    is_one_block = timeline.ended == "eof" and len(came) == 1 and timeline.events >= 3
    return is_one_block and came[0].at > STUCK_S + allowance_s(timeline)


def lacks_the_end(proxied: Timeline, direct: Timeline) -> bool:
    """True if both streams ended, and this one lacks the last events of the direct one.

    The streams of two sessions may differ in length: so the events must be the same as far as they
    go, or fewer than half as many (half as many bytes, of streams without events).
    """
    if proxied.ended != "eof" or direct.ended != "eof":
        return False
    here, there = contents(proxied), contents(direct)
    is_prefix = len(here) == proxied.events and here == there[: len(here)] != there
    if not direct.items:
        return 2 * proxied.decoded <= direct.decoded
    return is_prefix or 2 * proxied.items <= direct.items


def contents(timeline: Timeline) -> list[tuple[str, str]]:
    """Type and data of the newest events."""
    return [(event.type, event.data) for event in timeline.tail_events]


def full_buffers(timeline: Timeline) -> tuple[int, ...]:
    """The sizes of moments after the first that are exactly full buffers; empty if there is at most
    one, which may be chance, and for a flood."""
    if is_flood(timeline):
        return ()
    sizes = tuple(m.size for m in moments(timeline)[1:] if m.size % BUFFER_BYTES == 0 and m.size)
    return sizes if len(sizes) >= 2 else ()


def end_in_events(timeline: Timeline) -> bool:
    """True if most moments of arrival end in the middle of an event, as full buffers do.

    A network that gathers packets, or a proxy that passes on by a timer, lets whole events wait.
    Without events there is nothing to tell it by, and it is taken for true.
    """
    ends = [moment.pending > 0 for moment in moments(timeline)]
    return not timeline.items or 2 * sum(ends) >= len(ends)


def bytes_at_first_wait(timeline: Timeline) -> int | None:
    """How many bytes had come when the end of an event was first waited for; None if none was."""
    came = timeline.decoded - sum(arrival.size for arrival in timeline.arrivals)
    allowed = 3 * allowance_s(timeline)
    nexts = [*(arrival.at for arrival in timeline.arrivals[1:]), timeline.waited_s]
    for arrival, later in zip(timeline.arrivals, nexts, strict=True):
        came += arrival.size
        if arrival.pending and later is not None and later - arrival.at > allowed:
            return came
    return None


def clock_spread_s(timeline: Timeline) -> float:
    """How far apart, in seconds, events that arrived at one moment were made by their own times.

    Events often hold the time at which they were made, as seconds or milliseconds since the epoch
    or in ISO 8601. 0 if they hold none, or if they were made before the request: servers often
    begin a stream with events of the past.
    """
    start = connected_s(timeline)
    groups = ((group[0].at - start, _spread(group)) for group in _groups(timeline) if group)
    return max((spread for age, spread in groups if spread <= age), default=0.0)


def _groups(timeline: Timeline) -> Iterator[list[SseEvent]]:
    """The events of each moment."""
    group = list[SseEvent]()
    for event in timeline.tail_events:
        if group and event.at - group[-1].at > SAME_MOMENT_S:
            yield group
            group = []
        group.append(event)
    yield group


def _spread(events: Sequence[SseEvent]) -> float:
    times = [time for event in events if (time := _own_time(event.data)) is not None]
    return max(times) - min(times) if len(times) > 1 else 0.0


_EPOCH = re.compile(r"(?<![\d.])(1[5-9]\d{8})(?:(\d{3})|(\.\d{1,9}))(?![\d.])")
_ISO = re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3}(?:\d{3})?")


def _own_time(data: str) -> float | None:
    """The first time in an event's data, in seconds since the epoch; None if it holds none.

    Times in whole seconds are not taken: two events of one moment may differ by a second.
    """
    if match := _EPOCH.search(data):
        whole, milliseconds, fraction = match.groups()
        return int(whole) + int(milliseconds or 0) / 1000 + float(fraction or 0)
    if match := _ISO.search(data):
        try:
            return datetime.fromisoformat(match[0]).timestamp()
        except ValueError:
            return None
    return None


def reference(timeline: Timeline, direct: Sequence[Timeline]) -> Timeline | None:
    """The live direct probe to compare with, of the same encoding and HTTP version if there is one;
    None without a live one."""
    live = [other for other in direct if is_live(other)]
    probe = timeline.probe
    return min(
        live,
        key=lambda other: (
            other.probe.encoding != probe.encoding,
            other.probe.encoding != "identity",
            other.probe.http != probe.http,
        ),
        default=None,
    )
