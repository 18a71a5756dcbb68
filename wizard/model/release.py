"""A response that a proxy kept until it gave up reading from the backend, and then let go.

Nginx (1.22.1 and 1.31.3, measured) that holds the header of a response passes it on when
`proxy_read_timeout` ends, and breaks the connection in the same moment: with the data that it holds
if the backend sends chunks, without if the backend ends its response by closing the connection. A
stream whose header comes late from the backend lasts for a whole read timeout after it.
"""

from collections.abc import Sequence

from wizard.model.timeline import Timeline, connected_s

SHORTEST_S = 1.0
"""The shortest time, in seconds, that a response counts as kept: timeouts are whole seconds."""
SAME_MOMENT_S = 0.3
"""How long after the headers, in seconds, the broken end may be seen; a round trip is added."""
DEFAULT_READ_TIMEOUT_S = 60.0
"""Nginx's default of `proxy_read_timeout` and its counterparts, in seconds."""


def kept_s(timeline: Timeline) -> float | None:
    """How long after the connection was ready headers and broken end came together, in seconds.

    None if they did not, or if the stream was not kept.
    """
    if timeline.headers_s is None or timeline.waited_s is None or not timeline.is_stream:
        return None
    waited_s = timeline.headers_s - connected_s(timeline)
    is_broken = timeline.ended == "reset" or (timeline.ended == "eof" and timeline.pending > 0)
    is_at_once = timeline.waited_s - timeline.headers_s <= SAME_MOMENT_S + timeline.round_trip_s
    return waited_s if is_broken and is_at_once and waited_s >= SHORTEST_S else None


def is_kept(timeline: Timeline, direct: Sequence[Timeline]) -> bool:
    """True if a proxy kept this response until it gave up, and the backend did not answer as late.

    `direct` are the direct probes of the same stream; a direct probe itself is never kept.
    """
    waited_s, is_proxied = kept_s(timeline), timeline.probe.enters_outside or timeline.probe.hop
    if waited_s is None or not is_proxied:
        return False
    answered = [other.headers_s - connected_s(other) for other in direct if other.headers_s]
    return not answered or min(answered) <= waited_s / 2
