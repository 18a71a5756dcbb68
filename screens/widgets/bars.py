"""Where the time of a request went, proxy and direct on one scale, readable without colour."""

from collections.abc import Sequence

from rich.text import Text

from screens.widgets.style import DIM, line
from wizard.model.timeline import Timeline
from wizard.text.display import seconds

LEGEND = "D name lookup  C connect  T TLS  H until headers  E until first event  · silence"
_PHASES = (
    ("D", "dns_s"),
    ("C", "connect_s"),
    ("T", "tls_s"),
    ("H", "headers_s"),
    ("E", "first_event_s"),
)
_STYLES = {"D": "cyan", "C": "blue", "T": "magenta", "H": "yellow", "E": "green", "·": "red"}


def bars(
    rows: Sequence[tuple[str, Timeline | None]], width: int, now: float | None = None
) -> list[Text]:
    """One bar a row under one scale.

    Args:
        rows: A name and its timeline.
        width: In probes, names and times included.
        now: Seconds since the start, while a probe still runs.
    """
    known = [timeline for _, timeline in rows if timeline is not None]
    scale = max((_end(one, now) for one in known), default=0.0)
    room = max(10, width - 18)
    return [_row(name, timeline, scale, room, now) for name, timeline in rows]


def _end(timeline: Timeline, now: float | None) -> float:
    """How far the bar reaches: the first event, else as long as was waited."""
    if timeline.first_event_s is not None:
        return timeline.first_event_s
    return timeline.waited_s or now or timeline.headers_s or 0.0


def _row(name: str, timeline: Timeline | None, scale: float, room: int, now: float | None) -> Text:
    if timeline is None or scale <= 0:
        return line((f"{name:<8}", DIM), ("not run", DIM))
    end = _end(timeline, now)
    bar = _bar(timeline, end, scale, room)
    return Text.assemble((f"{name:<8}", DIM), bar, (f" {seconds(end)}", DIM))


def _bar(timeline: Timeline, end: float, scale: float, room: int) -> Text:
    """Each phase that was reached takes its share, at least one probe; the rest was silence."""
    results, before = Text(), 0.0
    for letter, name in _PHASES:
        at: float | None = getattr(timeline, name)
        if at is not None:
            share = max(1, round((at - before) / scale * room))
            results.append(letter * share, _STYLES[letter])
            before = at
    if timeline.first_event_s is None:
        share = max(1, round((end - before) / scale * room))
        results.append("·" * share, _STYLES["·"])
    results.truncate(room)
    return results
