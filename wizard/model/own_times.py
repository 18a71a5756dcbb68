"""The times that events hold of themselves: when the backend made them."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from wizard.model.arrivals import SAME_MOMENT_S
from wizard.model.events import SseEvent
from wizard.model.timeline import Timeline, connected_s

CLOCK_SPREAD_S = 0.25
"""Events of one moment whose own times differ by more, in seconds, had been sent one by one."""


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
