"""The probes' timelines as one inline SVG: bars on one scale, with a legend."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline
from wizard.report.html_text import escape
from wizard.report.labels import probe_name
from wizard.report.proof import delivery
from wizard.text import columns
from wizard.text.display import labelled, seconds
from wizard.text.messages import tr

WIDTH, LEFT, RIGHT = 900, 190, 20
ROW, BAR, TOP = 44, 14, 8
_ARRIVAL, _CUT = tr("arrival"), tr("cut")
_TITLE = tr("When the bytes of each request came, in seconds after it began")
MIN_BAR = 2.0
"""The least width of a part that took any time, in units of the drawing."""
LEGEND = (
    ("connect", tr("connect")),
    ("wait", tr("waiting for headers and data")),
    ("data", tr("data")),
    ("silence", tr("open, silent")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the drawing: whose request it is, and its result."""

    name: str
    result: ProbeResult


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a bar, from one time to another in seconds."""

    kind: str
    start: float
    end: float


def timelines_svg(rows: Sequence[Row]) -> str:
    """Return the drawing of these requests; empty without one."""
    if not rows:
        return ""
    span = max(max(_end(row.result.timeline) for row in rows), 0.001)
    axis = TOP + ROW * len(rows)
    height = axis + 50
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{_TITLE}">',
        *_axis(span, axis),
        *(line for at, row in enumerate(rows) for line in _row(row, TOP + ROW * at, span)),
        *_legend(axis + 38),
        "</svg>",
    ]
    return "\n".join(parts)


def _end(timeline: Timeline) -> float:
    known = (timeline.waited_s, timeline.last_byte_s, timeline.headers_s, timeline.connect_s)
    return max((at for at in known if at is not None), default=0.0)


def _x(at: float, span: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(at / span, 0.0), 1.0)


def _axis(span: float, y: int) -> Iterator[str]:
    step = _tick(span)
    for index in range(int(span / step) + 1):
        x = _x(index * step, span)
        anchor = "start" if index == 0 else "middle" if x < WIDTH - 60 else "end"
        yield f'<line class="axis" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{y}"/>'
        yield (
            f'<text class="quiet" x="{x:.1f}" y="{y + 14}" text-anchor="{anchor}">'
            f"{escape(seconds(index * step) if index else '0')}</text>"
        )


def _tick(span: float) -> float:
    """The distance of the scale's marks: 1, 2 or 5 times a power of ten, for 3 to 8 marks."""
    power: float = 10.0 ** math.floor(math.log10(span))
    return next(
        power * factor for factor in (0.1, 0.2, 0.5, 1.0, 2.0) if span / (power * factor) <= 8
    )


def _row(row: Row, y: int, span: float) -> Iterator[str]:
    timeline, result = row.result.timeline, row.result
    yield f'<text x="0" y="{y + 12}">{escape(row.name)}</text>'
    variant = probe_name(timeline.probe)
    yield f'<text class="quiet" x="0" y="{y + 28}">{escape(variant)}</text>'
    for part in _parts(timeline):
        left, right = _x(part.start, span), _x(part.end, span)
        width = max(right - left, MIN_BAR)
        times = tr(
            "{part}: {start} to {end}",
            part=dict(LEGEND)[part.kind],
            start=seconds(part.start),
            end=seconds(part.end),
        )
        yield (
            f'<rect class="{part.kind}" x="{left:.1f}" y="{y}" width="{width:.1f}" '
            f'height="{BAR}"><title>{escape(times)}</title></rect>'
        )
    for arrival in timeline.arrivals:
        x = _x(arrival.at, span)
        yield f'<line class="arrival" x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + BAR}"/>'
    if result.outcome == "cut" or timeline.ended == "reset":
        x = _x(_end(timeline), span)
        yield f'<line class="end" x1="{x:.1f}" y1="{y - 4}" x2="{x:.1f}" y2="{y + BAR + 4}"/>'
    text = labelled(result.outcome_label, delivery(timeline))
    yield f'<text x="{LEFT}" y="{y + 28}">{escape(text)}</text>'


def _parts(timeline: Timeline) -> Iterator[_Part]:
    """The parts of a bar; what never came is a wait until the end."""
    end = _end(timeline)
    connected = max(
        (at for at in (timeline.connect_s, timeline.tls_s) if at is not None), default=0
    )
    if connected:
        yield _Part("connect", 0.0, connected)
    first = timeline.first_data_s
    yield _Part("wait", connected, end if first is None else first)
    if first is not None:
        last = max(first, timeline.last_byte_s or first)
        yield _Part("data", first, last)
        if end > last:
            yield _Part("silence", last, end)


def _legend(y: int) -> Iterator[str]:
    x = LEFT
    for kind, text in LEGEND:
        yield f'<rect class="{kind}" x="{x}" y="{y - 10}" width="12" height="12"/>'
        yield f'<text class="quiet" x="{x + 18}" y="{y}">{text}</text>'
        x += 40 + 8 * columns.width(text)
    yield f'<line class="arrival" x1="{x}" y1="{y - 10}" x2="{x}" y2="{y + 2}"/>'
    yield f'<text class="quiet" x="{x + 8}" y="{y}">{_ARRIVAL}</text>'
    x += 80
    yield f'<line class="end" x1="{x}" y1="{y - 10}" x2="{x}" y2="{y + 2}"/>'
    yield f'<text class="quiet" x="{x + 8}" y="{y}">{_CUT}</text>'
