"""The time of requests as bars on one scale: connecting, headers, first event, then silence."""

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
    ("─", tr("silence"), "red"),
    ("┤", tr("cut"), "bold red"),
)
"""The sign, the name and the style of each phase; a sign never needs its colour."""
_CONNECT, _HEADERS, _EVENT, _SILENCE, _CUT = _PHASES


def legend() -> Text:
    """What the signs of the bars stand for, in one line."""
    parts = [part for sign, name, style in _PHASES for part in ((sign, style), (f" {name}  ", DIM))]
    return line(*parts)


def bars(
    rows: Sequence[tuple[str, Timeline | None]], width: int, now: float | None = None
) -> list[Text]:
    """Draw a bar for each named timeline, all on one scale, with the scale below them.

    Args:
        width: Columns, names and times included.
        now: Seconds since the start, while a probe still runs.
    """
    timelines = [timeline for _, timeline in rows if timeline is not None]
    scale_s = max((_end_s(timeline, now) for timeline in timelines), default=0.0)
    if scale_s <= 0:
        return []
    columns = max(10, width - _NAME_COLUMNS - _TIME_COLUMNS)
    drawn = [_row(name, timeline, scale_s, columns, now) for name, timeline in rows]
    return [*drawn, _scale(scale_s, columns)]


def _end_s(timeline: Timeline, now: float | None) -> float:
    """The second where the bar ends: the first event, else the end of the wait."""
    if timeline.first_event_s is not None:
        return timeline.first_event_s
    return timeline.waited_s or now or timeline.headers_s or 0.0


def _row(
    name: str, timeline: Timeline | None, scale_s: float, columns: int, now: float | None
) -> Text:
    head = (pad(name, _NAME_COLUMNS), DIM)
    if timeline is None:
        return line(head, (tr("not run"), DIM))
    end = _end_s(timeline, now)
    return line(head, _bar(timeline, end, scale_s, columns), (f" {seconds(end)}", DIM))


def _bar(timeline: Timeline, end_s: float, scale_s: float, columns: int) -> Text:
    """Draw each phase that was reached, at least one column wide."""
    bar = Text(end="")
    connected = max(filter(None, (timeline.dns_s, timeline.connect_s, timeline.tls_s)), default=0.0)
    before = _draw_phase(bar, _CONNECT, 0.0, connected, scale_s, columns)
    before = _draw_phase(bar, _HEADERS, before, timeline.headers_s, scale_s, columns)
    if timeline.first_event_s is not None:
        _draw_phase(bar, _EVENT, before, timeline.first_event_s, scale_s, columns)
    else:
        _draw_phase(bar, _SILENCE, before, end_s, scale_s, columns)
        is_answer = timeline.headers_s is not None and timeline.probe.name.startswith("root")
        if timeline.ended in ("eof", "reset") and not is_answer:
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
