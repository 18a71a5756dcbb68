"""How a stream arrives beside a direct probe of the same stream, which shows when it was sent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from wizard.model.arrivals import (
    SAME_MOMENT_S,
    STUCK_S,
    allowance_s,
    came_in_one_block,
    contents,
    event_gaps,
    event_times,
    has_dropped,
    has_stuck,
    is_flood,
    long_waits,
    moments,
    stuck_gaps,
    watched_s,
)
from wizard.model.timeline import Arrival, Timeline, connected_s, is_live

LATE_MARGIN_S = 0.5
"""How much later than in the direct probe, in seconds, data counts as late."""
LATE_ROUND_TRIPS = 4
"""How many of its round trips a probe may be later beyond that: the link may be slow."""
MIN_LONG_WAITS = 3
"""How many long waits for the end of an event cannot be chance."""
MIN_CLUMPS = 4
"""How many moments of arrival the direct probe needs before the proxied one is compared."""


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


def is_late(timeline: Timeline, at_s: float, needed_s: float) -> bool:
    """True if what came at `at_s` came late, beside a direct probe that needed `needed_s` for it.

    `at_s` counts from the start of the probe, `needed_s` from when the direct connection was ready:
    connecting is not compared.
    """
    allowed_s = needed_s + LATE_MARGIN_S + LATE_ROUND_TRIPS * timeline.round_trip_s
    return at_s - connected_s(timeline) > allowed_s


def is_outlived(timeline: Timeline, direct: Sequence[Timeline]) -> bool:
    """True if a direct stream was still open when this one had ended."""
    end_s = timeline.waited_s or 0.0
    return any(
        other.is_stream and other.ended in (None, "open") and (other.waited_s or end_s) >= end_s
        for other in direct
    )


def compare(proxied: Timeline, direct: Timeline) -> Comparison:
    """Compare the arrivals of two probes that were opened at once.

    Times count from when each request was sent: connecting is not compared.
    """
    gaps = event_gaps(proxied)
    short = sum(gap < SAME_MOMENT_S for gap in gaps)
    missing, delay = _missing_bytes(proxied, direct), _median_delay(proxied, direct)
    return Comparison(missing, delay, len(gaps), short)


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
    if has_dropped(proxied) or has_dropped(direct):
        return []
    pairs = zip(event_times(proxied), event_times(direct), strict=False)
    return [late - early for late, early in pairs]


def lacks_tails(proxied: Timeline, direct: Timeline | None, now: float | None = None) -> bool:
    """True if events arrive without their end, which the direct probe gets at once.

    One long wait is enough, or as many short ones as cannot be chance.
    """
    waits, long = stuck_gaps(proxied, now), long_waits(proxied, now)
    is_stuck = has_stuck(proxied, now)
    if direct is None:
        unfinished = sum(moment.pending > 0 for moment in moments(proxied))
        return is_stuck or (len(long) >= MIN_LONG_WAITS and 2 * len(long) >= unfinished)
    if is_stuck:
        return not has_stuck(direct, now)
    others = stuck_gaps(direct, now)
    is_often = len(waits) >= MIN_CLUMPS * (1 + len(others))
    return is_often or len(long) >= MIN_LONG_WAITS * (1 + len(others))


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
    since = there[0].at if there and has_dropped(direct) else float("-inf")
    here = [moment for moment in moments(proxied) if since <= moment.at <= until]
    if not here or len(there) < MIN_CLUMPS or 2 * len(here) > len(there):
        return False
    if _mean_amount(here) < 2 * _mean_amount(there):
        return False
    start = there[0].at
    return _mean_gap(here, start) > max(allowance_s(proxied), 1.5 * _mean_gap(there[1:], start))


def stalls(proxied: Timeline, direct: Timeline, now: float | None = None) -> bool:
    """True if the stream stopped, while the direct one continued steadily for long.

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
