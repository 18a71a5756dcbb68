"""Drawings of timelines: bars of the phases, and a stream with its newest events."""

from collections.abc import Sequence

from rich.text import Text

from screens.widgets.style import DIM, HEAD, line, outcome_style
from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Framing, Timeline
from wizard.text.display import safe, seconds

LEGEND = "D name lookup  C connect  T TLS  H until headers  E until first event  · silence"
_PHASES = (
    ("D", "dns_s"),
    ("C", "connect_s"),
    ("T", "tls_s"),
    ("H", "headers_s"),
    ("E", "first_event_s"),
)
_PHASE_STYLES = {"D": "cyan", "C": "blue", "T": "magenta", "H": "yellow", "E": "green", "·": "red"}
_LABELS_WIDTH = 18
"""Columns of a bar's name and time."""


def bars(
    rows: Sequence[tuple[str, Timeline | None]], width: int, now: float | None = None
) -> list[Text]:
    """Draw a bar for each named timeline, all on one scale.

    Args:
        width: Columns, names and times included.
        now: Seconds since the start, while a probe still runs.
    """
    timelines = [timeline for _, timeline in rows if timeline is not None]
    scale = max((_bar_end(timeline, now) for timeline in timelines), default=0.0)
    bar_width = max(10, width - _LABELS_WIDTH)
    return [_bar_row(name, timeline, scale, bar_width, now) for name, timeline in rows]


def _bar_end(timeline: Timeline, now: float | None) -> float:
    """Return the second where the bar ends: the first event, else the end of the wait."""
    if timeline.first_event_s is not None:
        return timeline.first_event_s
    return timeline.waited_s or now or timeline.headers_s or 0.0


def _bar_row(
    name: str, timeline: Timeline | None, scale: float, width: int, now: float | None
) -> Text:
    if timeline is None or scale <= 0:
        return line((f"{name:<8}", DIM), ("not run", DIM))
    end = _bar_end(timeline, now)
    bar = _bar(timeline, end, scale, width)
    return Text.assemble((f"{name:<8}", DIM), bar, (f" {seconds(end)}", DIM))


def _bar(timeline: Timeline, end: float, scale: float, width: int) -> Text:
    """Draw each phase that was reached, at least one column wide, and silence as dots."""
    bar, before = Text(), 0.0
    for letter, field in _PHASES:
        at: float | None = getattr(timeline, field)
        if at is not None:
            share = max(1, round((at - before) / scale * width))
            bar.append(letter * share, _PHASE_STYLES[letter])
            before = at
    if timeline.first_event_s is None:
        share = max(1, round((end - before) / scale * width))
        bar.append("·" * share, _PHASE_STYLES["·"])
    bar.truncate(width)
    return bar


def live_stream(title: str, result: ProbeResult | None, rows: int, now: float | None) -> list[Text]:
    """Draw a stream: its outcome, its newest events, and how long it has been silent.

    Args:
        rows: The most lines to draw.
        now: Seconds since the start of the request, while it runs.
    """
    if result is None:
        return [line((title, HEAD)), line(("not run yet", DIM))]
    timeline = result.timeline
    head = line((f"{title} ", HEAD), (result.outcome_label, outcome_style(result.outcome)))
    items = timeline.tail[-max(1, rows - 3) :]
    hidden = timeline.events + timeline.comments - len(items)
    body = [_event_line(item) for item in items]
    if hidden > 0:
        body = [line((f"{hidden} earlier", DIM)), *body[1:]]
    return [head, line((_response_text(timeline), DIM)), *body, _silence(result, now)]


_FRAMINGS: dict[Framing | None, str] = {
    "chunked": "chunked",
    "close": "until close",
    "length": "with length",
}


def _response_text(timeline: Timeline) -> str:
    """Return variant, status and framing: `h1 gzip, 200, chunked`."""
    probe = timeline.probe
    parts = [f"h{probe.http[0]} {probe.encoding}"]
    if timeline.status is not None:
        parts.append(str(timeline.status))
    if timeline.framing in _FRAMINGS:
        parts.append(_FRAMINGS[timeline.framing])
    return ", ".join(parts)


def _event_line(item: StreamItem) -> Text:
    """Draw an event, a comment or a dropped line, with its seconds since the request."""
    at = f"+{item.at:.3f} "
    match item:
        case SseEvent(type=type, data=data):
            return line((at, DIM), (safe(type, 24), "bold"), " ", safe(data, 300))
        case Comment(text=text):
            comment = "" if text.strip() in ("", "ping") else safe(text, 60)
            is_control = text.startswith(("close ", "pong"))  # of a WebSocket
            return line((at, DIM), (f"· {comment}" if is_control else f"· ping {comment}", DIM))
        case Excess(dropped=dropped):
            return line((at, DIM), (f"a line too long: {dropped} bytes dropped", "yellow"))
    raise TypeError(item)


def _silence(result: ProbeResult, now: float | None) -> Text:
    """Draw how the stream ended, or for how long nothing has come."""
    timeline = result.timeline
    end = timeline.waited_s if timeline.waited_s is not None else now
    if result.outcome == "interrupted":
        return line((safe(result.why, 200), "yellow"))
    if end is None:
        return line(("waiting", DIM))
    quiet = max(0.0, end - (timeline.last_byte_s or timeline.connect_s or 0.0))
    if timeline.ended in (None, "open"):
        text = "silent for" if timeline.first_data_s is not None else "nothing for"
        return line((f"{text} {seconds(quiet)}", DIM if timeline.first_data_s else "yellow"))
    ended = timeline.detail or {"eof": "ended by the server"}.get(timeline.ended, timeline.ended)
    return line((f"{safe(ended, 200)}", "yellow"))
