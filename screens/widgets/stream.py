"""One stream as it comes: drawn from the ring of its newest events, never widget by widget."""

from rich.text import Text

from screens.widgets.style import DIM, HEAD, line, outcome_style
from wizard.model.case import ProbeResult
from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.model.timeline import Framing, Timeline
from wizard.text.display import safe, seconds


def pane(title: str, result: ProbeResult | None, rows: int, now: float | None) -> list[Text]:
    """A title, the newest events, and how long it has been silent; `rows` lines at the most.

    Args:
        now: Seconds since the start of the request, while it runs.
    """
    if result is None:
        return [line((title, HEAD)), line(("not run yet", DIM))]
    timeline = result.timeline
    head = line((f"{title} ", HEAD), (result.outcome_label, outcome_style(result.outcome)))
    items = timeline.tail[-max(1, rows - 3) :]
    hidden = timeline.events + timeline.comments - len(items)
    body = [event_line(item) for item in items]
    if hidden > 0:
        body = [line((f"{hidden} earlier", DIM)), *body[1:]]
    return [head, line((probe_words(timeline), DIM)), *body, silence(result, now)]


_FRAMINGS: dict[Framing | None, str] = {
    "chunked": "chunked",
    "close": "until close",
    "length": "with length",
}


def probe_words(timeline: Timeline) -> str:
    """How it was asked, and the status and framing of the answer, in a few words."""
    probe = timeline.probe
    words = [f"h{probe.http[0]} {probe.encoding}"]
    if timeline.status is not None:
        words.append(str(timeline.status))
    if timeline.framing in _FRAMINGS:
        words.append(_FRAMINGS[timeline.framing])
    return ", ".join(words)


def event_line(item: StreamItem) -> Text:
    """One event with its time since the request; pings and losses told from events."""
    at = f"+{item.at:.3f} "
    match item:
        case SseEvent(type=type, data=data):
            return line((at, DIM), (safe(type, 24), "bold"), " ", safe(data, 300))
        case Comment(text=text):
            word = "" if text.strip() in ("", "ping") else safe(text, 60)
            return line((at, DIM), (f"· ping {word}", DIM))
        case Excess(dropped=dropped):
            return line((at, DIM), (f"a line too long: {dropped} bytes dropped", "yellow"))


def silence(result: ProbeResult, now: float | None) -> Text:
    """How long nothing has come, and how it ended."""
    timeline = result.timeline
    end = timeline.waited_s if timeline.waited_s is not None else now
    if result.outcome == "interrupted":
        return line((safe(result.why, 200), "yellow"))
    if end is None:
        return line(("waiting", DIM))
    quiet = max(0.0, end - (timeline.last_byte_s or timeline.connect_s or 0.0))
    if timeline.ended in (None, "open"):
        words = "silent for" if timeline.first_data_s is not None else "nothing for"
        return line((f"{words} {seconds(quiet)}", DIM if timeline.first_data_s else "yellow"))
    ended = timeline.detail or {"eof": "ended by the server"}.get(timeline.ended, timeline.ended)
    return line((f"{safe(ended, 200)}", "yellow"))
