"""How the bytes of a stream arrive at one probe; `comparison.py` sets them beside a direct probe's.

A stream that Nginx holds can look alive: the end of a large event is missing, or many events come
at once that the backend had sent one by one. So arrivals are judged, not the first byte.
"""

from dataclasses import replace
from itertools import pairwise

from wizard.model.timeline import Arrival, Timeline, connected_s

SAME_MOMENT_S = 0.005
"""Events that follow within this time, in seconds, arrived at the same moment."""
ROUND_TRIPS = 4
"""How many round trips a network may add to a gap: Nagle's algorithm and lost packets."""
MIN_ALLOWANCE_S = 0.02
"""The least delay, in seconds, that is not taken for the network's."""
STUCK_S = 0.3
"""How long an unfinished event may wait for its next byte, in seconds beyond the allowance."""
BUFFER_BYTES = 4096
"""Nginx's buffers are multiples of this; arrivals of exactly that size are full buffers."""
FLOOD_BYTES_PER_S = 256 << 10
"""At this rate Nginx's usual 32 KiB of buffers are full eight times a second, and what is measured
between two arrivals may be how long we took to read the first."""
FLOOD_ITEMS_PER_S = 1000
"""The same for events, which take longer to read the smaller they are."""


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


def has_dropped(timeline: Timeline) -> bool:
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


def has_stuck(timeline: Timeline, now: float | None = None) -> bool:
    """True if one of `stuck_gaps` is longer than any network explains."""
    return any(wait >= STUCK_S + allowance_s(timeline) for wait in stuck_gaps(timeline, now))


def long_waits(timeline: Timeline, now: float | None = None) -> list[float]:
    """Those of `stuck_gaps` that a lost packet hardly explains."""
    return [wait for wait in stuck_gaps(timeline, now) if wait > 3 * allowance_s(timeline)]


def came_in_one_block(timeline: Timeline) -> bool:
    """True if all of a finite stream arrived at one moment."""
    return timeline.ended == "eof" and len(moments(timeline)) == 1


def is_kept_to_its_end(timeline: Timeline) -> bool:
    """True if the whole of a finite stream came at one moment, not soon after the request."""
    came = moments(timeline)
    is_one_block = timeline.ended == "eof" and len(came) == 1 and timeline.events >= 3
    return is_one_block and came[0].at > STUCK_S + allowance_s(timeline)


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


def gathered_buffers(timeline: Timeline) -> tuple[int, ...]:
    """The sizes of `full_buffers` in which several events came together; empty if none did.

    Events that are larger than a buffer come in full buffers also where nothing gathers them, and
    of a stream without events a backend may itself write such.
    """
    return full_buffers(timeline) if timeline.items > len(moments(timeline)) else ()


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
