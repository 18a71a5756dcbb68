"""A stream with its newest events, drawn from its timeline."""

from rich.text import Text

from screens.widgets.style import DIM, HEAD, line, outcome_style
from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Framing, Timeline
from wizard.text.display import safe, seconds


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
