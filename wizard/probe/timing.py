"""How long to look at each probe: when a silent stream counts as held, and when enough was seen.

Pure functions of timelines, so that they are tested with a scripted clock.
"""

from collections.abc import Sequence

from wizard.model.timeline import Timeline, answered, connected_s, has_begun, is_connected, is_live

DIRECT_WAIT_FACTOR = 20.0
"""How many times what the direct probe needed a proxied probe is given."""
MIN_WAIT_S = 2.0
"""The shortest wait, in seconds, before silence counts as held."""
WAIT_WITHOUT_DIRECT_S = 5.0
"""The wait, in seconds, where no direct probe says when the first event is due."""
SETTLE_S = 0.3
"""How long, in seconds, all is watched once every probe has shown what it does: long enough to see
a stream that breaks right after its first event."""
REACH_TIMEOUT_S = 30.0
"""How long, in seconds, it may take to reach another vantage and find out what it has; the vantage
itself gives up before that."""


def silence_limit(direct: Sequence[Timeline], stall: float) -> float:
    """How long, in seconds after the connection stands, a proxied probe may be silent.

    What the fastest direct probe needed, times `DIRECT_WAIT_FACTOR`, at least `MIN_WAIT_S`, at
    most `stall`; `WAIT_WITHOUT_DIRECT_S`
    where there is no direct probe or none that reached a stream; `stall` while that is not known.
    """
    needed = [
        line.first_data_s - connected_s(line)
        for line in direct
        if is_live(line) and line.first_data_s
    ]
    if needed:
        return min(max(min(needed) * DIRECT_WAIT_FACTOR, MIN_WAIT_S), stall)
    pending = any(line.ended is None and not answered(line) for line in direct)
    silent = any(line.is_event_stream for line in direct)
    return stall if pending or silent else min(WAIT_WITHOUT_DIRECT_S, stall)


def held_at(line: Timeline, wait: float, connecting: float) -> float:
    """When, in seconds since its start, this probe's silence counts as held.

    A probe that is still connecting is not silent yet: its probe gives up after `connecting`
    seconds, for TCP and for TLS each. Nor is one whose vantage is still on the way to be reached.
    """
    if is_connected(line):
        return connected_s(line) + wait
    return 2 * connecting + wait + (0.0 if has_begun(line) else REACH_TIMEOUT_S)


def is_decided(line: Timeline, now: float, wait: float, connecting: float) -> bool:
    """Whether this probe has shown what it does: data, another answer, an end, or held."""
    if line.ended is not None or is_live(line):
        return True
    if answered(line):
        return line.first_byte_s is not None or now >= (line.headers_s or 0.0) + MIN_WAIT_S
    return now >= held_at(line, wait, connecting)
