"""MCP by POST: an answer that is a stream itself is held as a GET stream is, until it ends."""

from wizard.diagnose.outcome import LATE_LEAST
from wizard.diagnose.rules import facts
from wizard.model.case import Case
from wizard.model.handshake import Side
from wizard.model.timeline import Timeline

_FIRST = ("discover", "initialize")


def held_answer(case: Case) -> tuple[Timeline, Timeline] | None:
    """The proxied and the direct exchange, where the same POST is answered at once by the backend,
    with a stream, and through the proxy late or not at all."""
    proxied, direct = streamed_answer(case, "proxy"), streamed_answer(case, "direct")
    if proxied is None or direct is None or not direct.is_event_stream:
        return None
    at, due = proxied.first_event_s, direct.first_event_s
    if due is None or proxied.status not in (None, 200):
        return None
    never = at is None and proxied.connect_s is not None
    late = at is not None and at - due > LATE_LEAST
    return (proxied, direct) if never or late else None


def streamed_answer(case: Case, side: Side) -> Timeline | None:
    """The exchange of that side's handshake whose reply the server streams; None over HTTP+SSE."""
    hands, direct = case.handshake(side), case.handshake("direct")
    if hands is None or direct is None or not direct.done or direct.transport == "http+sse":
        return None
    asked = next((name for name in reversed(_FIRST) if direct.exchange(name)), "")
    return hands.exchange(asked)


def would_be_held(case: Case, direct: Timeline) -> bool:
    """Whether the config holds an answer framed as the backend frames it."""
    resolution = case.resolution
    if resolution is None or not facts.proxied_by(resolution) or not facts.buffering(resolution):
        return False
    if (direct.header("x-accel-buffering") or "").strip().lower() == "no":
        return facts.ignores_header(resolution, "x-accel-buffering")
    framing = "chunked" if direct.framing == "chunked" else "close"
    rows = [row for row in resolution.delivery if row.encoding == "identity"]
    fitting = [row for row in rows if row.upstream == framing] or rows
    return any(row.result == "held" for row in fitting)
