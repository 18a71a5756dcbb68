"""Facts about events whose end Nginx would keep back: from which size, and which were seen."""

import math
from itertools import chain

from wizard.diagnose.facts import streams
from wizard.model import arrivals
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Arrival, Timeline
from wizard.text.display import clauses
from wizard.text.messages import plural, tr

_START = Arrival(0.0, 0)
HEADER_MARGIN_BYTES = 512
"""How much larger than at the client the response's header may be at Nginx, which reads it into the
first buffer; and what chunks have around their data."""


def tail_from(case: Case, result: ProbeResult) -> int | None:
    """The size in bytes from which the config keeps back the end of an event of this probe; None
    if it does not, or keeps back more than that."""
    sizes = {row.tail_from for row in streams.predicted_deliveries(case, result)}
    return min((size for size in sizes if size), default=None)


def fills_a_buffer(timeline: Timeline, buffer_bytes: int) -> bool:
    """True if a buffer of this size can be full where the end of an event was first waited for."""
    came = arrivals.bytes_at_first_wait(timeline)
    header = sum(len(name) + len(value) + len(": \r\n") for name, value in timeline.headers)
    return came is None or came + header + HEADER_MARGIN_BYTES >= buffer_bytes


def largest_event(timeline: Timeline) -> int:
    """The size in bytes of the largest event or comment that came whole; 0 if none did.

    Of several that came at once the average counts.
    """
    previous = chain((_START,), timeline.arrivals)
    sizes = (
        math.ceil((before.pending + arrival.size - arrival.pending) / arrival.items)
        for before, arrival in zip(previous, timeline.arrivals, strict=False)
        if arrival.items
    )
    return max(sizes, default=0)


def tail_risk(case: Case) -> str:
    """What the live proxied probes leave open about large events, as a clause; empty if nothing.

    The config delivers small events and keeps back the end of large ones, and only small ones were
    seen.
    """
    for result in streams.counted_probes(case.proxy):
        size, seen = tail_from(case, result), largest_event(result.timeline)
        if result.outcome == "live" and size is not None and seen < size:
            return clauses((_describe_seen(result.timeline, seen), _describe_cut(size)))
    return ""


def _describe_seen(timeline: Timeline, largest: int) -> str:
    if not timeline.items:
        return tr("no event was seen")
    if timeline.items == 1:
        return (
            tr("one event of {largest:,} bytes was seen", largest=largest)
            if largest
            else tr("one event was seen")
        )
    events = plural(timeline.items, "event")
    return (
        tr("{events} of up to {largest:,} bytes were seen", events=events, largest=largest)
        if largest
        else tr("{events} were seen", events=events)
    )


def _describe_cut(size: int) -> str:
    return tr("one of {size:,} bytes or more would arrive without its end", size=size)
