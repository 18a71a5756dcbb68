"""When a silent stream counts as held, and when a probe can stop: pure functions of timelines."""

from collections.abc import Sequence

from wizard.model import arrivals, comparison
from wizard.model.absences import absent_s, extra_wait_s, running, running_clock, spread
from wizard.model.timeline import (
    Timeline,
    connected_s,
    has_begun,
    is_connected,
    is_live,
    is_plain_response,
)

DIRECT_WAIT_FACTOR = 20.0
"""How many times as long as the fastest direct probe a proxied one may take."""
MIN_WAIT_S = 2.0
"""The shortest wait before silence counts as held, in seconds."""
WAIT_WITHOUT_DIRECT_S = 5.0
"""The wait where no direct probe shows when the first event is due, in seconds."""
MIN_WATCH_S = 0.6
"""How long a live stream is watched at least, in seconds: a stream may break right after its first
event, and steady events show within this time."""
DOUBT_WATCH_S = 4.0
"""How long a stream is watched that may have lost something, in seconds."""
ANSWER_WATCH_S = 15.0
"""How long the end of an answer to a request that is sent once is waited for, in seconds: leaving
it earlier would throw away what its end shows."""
SPARSE_WATCH_S = 5.0
"""How long a second event is waited for, in seconds."""
REACH_TIMEOUT_S = 30.0
"""How long reaching and discovering a vantage may take, in seconds; it gives up earlier itself."""


def silence_limit(direct: Sequence[Timeline], stall: float) -> float:
    """How long a proxied probe may be silent once it is connected, in seconds.

    The time that the fastest direct probe needed, times `DIRECT_WAIT_FACTOR`, but at least
    `MIN_WAIT_S` and at most `stall`. While a direct probe may still show data, and after one that
    opened a silent stream, it is `stall`; if no direct probe reached a stream, it is
    `WAIT_WITHOUT_DIRECT_S`, at most `stall`.
    """
    needed = [
        timeline.first_data_s - connected_s(timeline)
        for timeline in direct
        if is_live(timeline) and timeline.first_data_s
    ]
    if needed:
        return min(max(min(needed) * DIRECT_WAIT_FACTOR, MIN_WAIT_S), stall)
    is_pending = any(
        timeline.ended is None and not is_plain_response(timeline) for timeline in direct
    )
    is_silent = any(timeline.is_stream for timeline in direct)
    return stall if is_pending or is_silent else min(WAIT_WITHOUT_DIRECT_S, stall)


def held_at(timeline: Timeline, wait: float, connect_timeout: float) -> float:
    """When this probe's silence counts as held, in seconds since its request began.

    That is `wait` seconds after it is connected, and for as long as this program did not run since
    then, at most `wait` seconds more. Until it is connected, the longest time that this may take is
    added: `connect_timeout` seconds each for TCP and TLS, and the time to reach a vantage.
    """
    if is_connected(timeline):
        since = connected_s(timeline)
        return since + wait + extra_wait_s(timeline, since, wait)
    return 2 * connect_timeout + wait + (0.0 if has_begun(timeline) else REACH_TIMEOUT_S)


def is_decided(timeline: Timeline, now: float, wait: float, connect_timeout: float) -> bool:
    """True if this probe has shown its behaviour: data, another answer, an end, or held.

    `now` is in seconds since its request began; for the others see `held_at`.
    """
    if timeline.ended is not None or is_live(timeline):
        return True
    if is_plain_response(timeline):
        return timeline.first_byte_s is not None or now >= (timeline.headers_s or 0.0) + MIN_WAIT_S
    return now >= held_at(timeline, wait, connect_timeout)


def watch_limit(stall: float) -> float:
    """The longest time that a live stream is watched without the user's patience, in seconds."""
    return min(SPARSE_WATCH_S, max(MIN_WATCH_S, stall / 2))


def is_watched_enough(
    timeline: Timeline, direct: Sequence[Timeline], now: float, limit: float
) -> bool:
    """True if a live stream has shown whether it arrives whole and when it was sent.

    `now` is in seconds since its request began, `limit` the longest watch in seconds. Steady events
    are enough after `MIN_WATCH_S`; a stream that lacks something, or that has sent one event only,
    is watched longer, as is one of which this program saw little.
    """
    if timeline.first_data_s is None:
        return True
    elapsed = now - timeline.first_data_s
    absent = absent_s(timeline, timeline.first_data_s, now)
    age = max(elapsed / 2, elapsed - absent)
    beside = comparison.reference(timeline, direct)
    if timeline.ended is not None:
        return age >= limit or beside is None or _is_end_compared(timeline, beside, now)
    if elapsed - absent < MIN_WATCH_S and elapsed < DOUBT_WATCH_S:
        return False
    if age >= min(limit, DOUBT_WATCH_S) and timeline.items > 1:
        return True
    if age >= limit or _shows_hold(timeline, beside, now):
        return True
    return _has_enough_events(timeline) and not _may_be_held(timeline, beside, now)


def _shows_hold(timeline: Timeline, beside: Timeline | None, now: float) -> bool:
    """True if events arrive without their end, or several at a time that were sent one by one,
    whatever came while this program did not run."""
    if comparison.lacks_tails(running(timeline), beside, running_clock(timeline)(now)):
        return True
    return beside is not None and comparison.comes_in_bursts(spread(timeline), beside, now)


def may_show_its_end(timeline: Timeline, direct: Sequence[Timeline], now: float) -> bool:
    """True if this proxied stream is live and not held, so that its end is still worth the wait.

    `now` is in seconds since its request began.
    """
    if not is_live(timeline):
        return False
    at = now if timeline.ended is None else timeline.waited_s or now
    return not _shows_hold(timeline, comparison.reference(timeline, direct), at)


def _is_end_compared(timeline: Timeline, beside: Timeline, now: float) -> bool:
    """True if the direct stream has ended too, or was open for longer than this one."""
    return beside.ended is not None or now >= (timeline.waited_s or 0.0) + MIN_WATCH_S


def _has_enough_events(timeline: Timeline) -> bool:
    """True if several events came, or one of a stream that is silent until a message is posted."""
    first = next(iter(timeline.tail_events), None)
    return timeline.items > 1 or (first is not None and first.type == "endpoint")


def _may_be_held(timeline: Timeline, beside: Timeline | None, now: float) -> bool:
    """True if an event is or was unfinished for long, or the direct probe has had more for some
    time."""
    others = arrivals.long_waits(beside, now) if beside else ()
    if timeline.pending or len(arrivals.long_waits(timeline, now)) > len(others):
        return True
    if beside is None:
        return False
    if beside.absences and comparison.comes_in_bursts(timeline, spread(beside), now):
        return True
    due = now - connected_s(timeline) - arrivals.allowance_s(timeline)
    sent = sum(at <= due for at in arrivals.event_times(beside))
    return sent > len(arrivals.event_times(timeline)) + 1
