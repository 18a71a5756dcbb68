"""How long to look at each probe: when a silent stream counts as held, and when enough was seen.

Pure functions of timelines, so that they are tested with a scripted clock.
"""

from collections.abc import Sequence

from wizard.model.timeline import Timeline, answered, connected_s, has_begun, is_connected, is_live

FACTOR = 20.0
"""How many times what the direct probe needed a proxied probe is given."""
LEAST = 2.0
"""The shortest wait, in seconds, before silence counts as held."""
BLIND = 5.0
"""The wait, in seconds, where no direct probe says when the first event is due."""
SETTLE = 0.3
"""How long, in seconds, all is watched once every probe has shown what it does: long enough to see
a stream that breaks right after its first event."""
REACHING = 30.0
"""How long, in seconds, it may take to reach another vantage and find out what it has; the vantage
itself gives up before that."""


def held_after(direct: Sequence[Timeline], stall: float) -> float:
    """How long, in seconds after the connection stands, a proxied probe may be silent.

    What the fastest direct probe needed, times `FACTOR`, at least `LEAST`, at most `stall`; `BLIND`
    where there is no direct probe or none that reached a stream; `stall` while that is not known.
    """
    needed = [
        line.first_data_s - connected_s(line)
        for line in direct
        if is_live(line) and line.first_data_s
    ]
    if needed:
        return min(max(min(needed) * FACTOR, LEAST), stall)
    pending = any(line.ended is None and not answered(line) for line in direct)
    silent = any(line.is_event_stream for line in direct)
    return stall if pending or silent else min(BLIND, stall)


def due(line: Timeline, wait: float, connecting: float) -> float:
    """When, in seconds since its start, this probe's silence counts as held.

    A probe that is still connecting is not silent yet: its probe gives up after `connecting`
    seconds, for TCP and for TLS each. Nor is one whose vantage is still on the way to be reached.
    """
    if is_connected(line):
        return connected_s(line) + wait
    return 2 * connecting + wait + (0.0 if has_begun(line) else REACHING)


def decided(line: Timeline, now: float, wait: float, connecting: float) -> bool:
    """Whether this probe has shown what it does: data, another answer, an end, or held."""
    if line.ended is not None or is_live(line):
        return True
    if answered(line):
        return line.first_byte_s is not None or now >= (line.headers_s or 0.0) + LEAST
    return now >= due(line, wait, connecting)
