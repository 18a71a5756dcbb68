"""The time of requests as bars on one scale: connecting, headers, first event, then silence or the
events that follow."""

from collections.abc import Sequence

from rich.text import Text

from screens.widgets.style import DIM, line
from wizard.model.timeline import Timeline
from wizard.text.columns import pad
from wizard.text.display import seconds
from wizard.text.messages import tr

_NAME_COLUMNS, _TIME_COLUMNS = 8, 9
_PHASES = (
    ("░", tr("connect"), "blue"),
    ("▒", tr("headers"), "yellow"),
    ("█", tr("event"), "green"),
    ("│", tr("later"), "green"),
    ("─", tr("silence"), "red"),
    ("┤", tr("cut"), "bold red"),
)
"""The sign, the name and the style of each phase; a sign never needs its colour."""
_CONNECT, _HEADERS, _EVENT, _LATER, _SILENCE, _CUT = _PHASES
_AWAITED = (_SILENCE[0], _SILENCE[1], "yellow")
"""Silence of a request that still runs: no fault yet."""


def legend() -> Text:
    """What the signs of the bars stand for, in one line."""
    parts = [part for sign, name, style in _PHASES for part in ((sign, style), (f" {name} ", DIM))]
    row = line(*parts)
    row.rstrip()
    return row


def bars(
    rows: Sequence[tuple[str, Timeline | None]],
    width: int,
    now: float | None = None,
    *,
    whole: bool = False,
) -> list[Text]:
    """Draw a bar for each named timeline, all on one scale, with the scale below them.

    Args:
        width: Columns, names and times included.
        now: Seconds since the start, while a probe still runs.
        whole: Whether the scale ends with the last request, not with the last first event.
    """
    timelines = [timeline for _, timeline in rows if timeline is not None]
    scale_s = max((_end_s(timeline, now) for timeline in timelines), default=0.0)
    if whole:
        scale_s = max((timeline.waited_s or now or 0.0 for timeline in timelines), default=0.0)
    if scale_s <= 0:
        return []
    columns = max(10, width - _NAME_COLUMNS - _TIME_COLUMNS)
    drawn = [_row(name, timeline, scale_s, columns, now) for name, timeline in rows]
    return [*drawn, _scale(scale_s, columns)]


def has_more(timelines: Sequence[Timeline | None]) -> bool:
    """True if events came after the end of the scale of their bars: a whole one shows more."""
    known = [timeline for timeline in timelines if timeline is not None]
    scale_s = max((_end_s(timeline, None) for timeline in known), default=0.0)
    return any(timeline.arrivals and timeline.arrivals[-1].at > scale_s for timeline in known)


def _is_answer(timeline: Timeline) -> bool:
    """True for an answer that is no stream: nothing is awaited after its headers."""
    is_root = timeline.probe.name.startswith("root")
    return timeline.headers_s is not None and (is_root or not timeline.is_stream)


def _end_s(timeline: Timeline, now: float | None) -> float:
    """The second where the bar ends: the first event, else the end of the wait."""
    if timeline.first_event_s is not None:
        return timeline.first_event_s
    if _is_answer(timeline):
        return timeline.headers_s or 0.0
    return timeline.waited_s or now or timeline.headers_s or 0.0


def _row(
    name: str, timeline: Timeline | None, scale_s: float, columns: int, now: float | None
) -> Text:
    head = (pad(name, _NAME_COLUMNS), DIM)
    if timeline is None:
        return line(head, (tr("not run"), DIM))
    end = _end_s(timeline, now)
    bar = line(_bar(timeline, end, scale_s, columns), (f" {seconds(end)}", DIM))
    for column in _later_columns(timeline, scale_s, columns):
        if column > bar.cell_len:
            bar.append(" " * (column - bar.cell_len)).append(_LATER[0], _LATER[2])
    return line(head, bar)


def _later_columns(timeline: Timeline, scale_s: float, columns: int) -> list[int]:
    """The columns of what arrived after the first event, within the scale."""
    times = [arrival.at for arrival in timeline.arrivals if arrival.at <= scale_s]
    return sorted({min(columns - 1, int(at / scale_s * columns)) for at in times})


def _bar(timeline: Timeline, end_s: float, scale_s: float, columns: int) -> Text:
    """Draw each phase that was reached, at least one column wide."""
    bar = Text(end="")
    connected = max(filter(None, (timeline.dns_s, timeline.connect_s, timeline.tls_s)), default=0.0)
    before = _draw_phase(bar, _CONNECT, 0.0, connected, scale_s, columns)
    before = _draw_phase(bar, _HEADERS, before, timeline.headers_s, scale_s, columns)
    if timeline.first_event_s is not None:
        _draw_phase(bar, _EVENT, before, timeline.first_event_s, scale_s, columns)
    elif not _is_answer(timeline):
        silence = _AWAITED if timeline.ended is None else _SILENCE
        _draw_phase(bar, silence, before, end_s, scale_s, columns)
        if timeline.ended in ("eof", "reset"):
            bar.truncate(columns - 1)
            bar.append(_CUT[0], _CUT[2])
    bar.truncate(columns)
    return bar


def _draw_phase(
    bar: Text,
    phase: tuple[str, str, str],
    before_s: float,
    at_s: float | None,
    scale_s: float,
    columns: int,
) -> float:
    """Draw the phase up to `at_s`; return the second up to which the bar is drawn."""
    if not at_s:
        return before_s
    until = max(bar.cell_len + 1, round(at_s / scale_s * columns))
    bar.append(phase[0] * (until - bar.cell_len), phase[2])
    return at_s


def _scale(scale_s: float, columns: int) -> Text:
    """Draw the times below the bars: at the start, in the middle and at the end."""
    middle, end = seconds(scale_s / 2), seconds(scale_s)
    text = f"0{middle:>{columns // 2 - 1 + len(middle) // 2}}"
    return line((" " * _NAME_COLUMNS, ""), (f"{text}{end:>{max(1, columns - len(text))}}", DIM))
