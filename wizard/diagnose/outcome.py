"""What one probe's timeline means beside the direct probe's: live, held, cut, refused."""

from collections.abc import Sequence

from wizard.model.case import Case, Outcome, ProbeResult
from wizard.model.handshake import Handshake
from wizard.model.timeline import Timeline, connected_s, is_live
from wizard.text.display import safe, seconds

LATE_LEAST = 0.5
"""How much later than the direct probe's, in seconds, first data counts as late."""
LATE_ROUNDS = 4
"""… and how many round trips (the time that connecting took) beyond that a slow link is given."""


def classify(line: Timeline, direct: Sequence[Timeline] = ()) -> ProbeResult:
    """The probe's outcome with its reason. `direct` is empty for a direct probe itself."""
    outcome, why = _classify(line, direct)
    return ProbeResult(line, outcome, why)


def left(result: ProbeResult) -> ProbeResult:
    """The same once nobody looks any more: what it would have shown is not known."""
    if result.outcome != "running":
        return result
    return ProbeResult(
        result.timeline, "interrupted", f"interrupted; {result.why or 'no answer until then'}"
    )


OPTIONAL = frozenset({400, 404, 405, 406})
"""What a server that answers by POST may say to a GET: it offers no stream of its own."""


def is_well(result: ProbeResult, spoken: Handshake | None = None) -> bool:
    """Live; or, where the server answers by POST, without a GET stream as it likes (MCP
    2025-03-26, "Listening for Messages from the Server": it may be silent, or 405).

    Args:
        spoken: The handshake from the same side.
    """
    if result.outcome in ("live", "ended") and result.timeline.first_data_s is not None:
        return True
    by_post = spoken is not None and spoken.is_complete and spoken.transport != "http+sse"
    return by_post and (result.outcome == "silent" or result.timeline.status in OPTIONAL)


def handshake_fails(case: Case) -> bool:
    """Whether an MCP server answered, and not through the proxy: a plain event stream, which
    speaks to nobody on either side, is no fault."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or proxied.is_complete:
        return False
    if direct is not None and direct.is_complete:
        return True
    return proxied.transport != "unknown"


def _classify(line: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if line.ended == "unreached" and not is_live(line):
        return "not-asked", line.detail
    if line.headers_s is None:
        return _without_headers(line, direct)
    if line.probe.name.startswith("root"):
        return "answered", f"HTTP {line.status}"
    if line.probe.http == "2" and line.http != "2":
        return "not-offered", "HTTP/2 was asked for; the server chose HTTP/1.1"
    if not line.is_event_stream:
        return _other_answer(line)
    if not is_live(line):
        return _without_events(line, direct)
    return _with_events(line, direct)


def _without_headers(line: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    match line.ended:
        case None:
            return "running", ""
        case "open":
            silent = f"not even headers after {seconds(line.waited_s)}"
            if _is_silent(direct):
                return "headers-held", f"{silent}, where the direct probe has headers at least"
            return "held", silent
        case "eof" | "reset":
            return "cut", f"closed before an answer: {line.detail or 'connection closed'}"
        case _:
            return "refused", line.detail


def _other_answer(line: Timeline) -> tuple[Outcome, str]:
    status = line.status or 0
    if 300 <= status < 400:
        return "redirect", f"{status} to {safe(line.header('location') or 'nowhere', 200)}"
    if status != 200:
        return "status", f"HTTP {status}"
    media = safe(line.header("content-type") or "no content type", 80)
    return "not-a-stream", f"200, but {media} instead of text/event-stream"


def _without_events(line: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if line.ended is None:
        return "running", "headers are here, no event yet"
    if line.ended == "reset":
        return "cut", f"broken off after the headers: {line.detail}"
    if line.ended == "eof":
        return "ended", "ended without an event"
    silent = f"headers after {seconds(line.headers_s)}, then no event for {seconds(_silence(line))}"
    if line.bytes:
        silent += f" ({line.bytes} bytes that decode to nothing yet)"
    return ("events-held", silent) if _any_live(direct) else ("silent", silent)


def _with_events(line: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if not line.events and line.ended is not None and (why := _no_event(line, direct)):
        return "no-event", why
    first = seconds(line.first_data_s)
    if _is_late(line, direct):
        return "late", f"first data only after {first}, long after the direct probe's"
    if line.ended == "reset":
        return "cut", f"first data after {first}, then broken off {_end(line)}: {line.detail}"
    if line.ended == "eof":
        if _outlived(line, direct):
            return "cut", f"ended {_end(line)}, where the direct probe went on"
        return "ended", f"first data after {first}, ended after {seconds(line.waited_s)}"
    return "live", f"first data after {first}"


def _no_event(line: Timeline, direct: Sequence[Timeline]) -> str:
    """Why bytes alone are no stream: they say nothing, or not what the backend says."""
    if not line.comments:
        return f"{line.bytes} bytes came, and no event and no comment in them"
    if any(other.events for other in direct):
        return "comments came, but no event, where the direct probe has one"
    return ""


def _end(line: Timeline) -> str:
    """When it ended: a timeout counts from the last byte, a limit of the whole from the start."""
    since = seconds(line.silence_s)
    return f"{since} after its last byte, {seconds(line.waited_s)} after its start"


def _silence(line: Timeline) -> float:
    return (line.waited_s or 0.0) - (line.headers_s or 0.0)


def _any_live(direct: Sequence[Timeline]) -> bool:
    return any(is_live(other) for other in direct)


def _is_silent(direct: Sequence[Timeline]) -> bool:
    """Whether a direct probe is a stream that has headers and nothing more to say yet."""
    return not _any_live(direct) and any(other.is_event_stream for other in direct)


def _is_late(line: Timeline, direct: Sequence[Timeline]) -> bool:
    needed = [o.first_data_s - connected_s(o) for o in direct if is_live(o) and o.first_data_s]
    if not needed or line.first_data_s is None:
        return False
    round_trip = (line.connect_s or 0.0) - (line.dns_s or 0.0)
    allowed = min(needed) + LATE_LEAST + LATE_ROUNDS * round_trip
    return line.first_data_s - connected_s(line) > allowed


def _outlived(line: Timeline, direct: Sequence[Timeline]) -> bool:
    """Whether a direct stream was still open when this one had ended."""
    end = line.waited_s or 0.0
    return any(
        is_live(o) and o.ended in (None, "open") and (o.waited_s or end) >= end for o in direct
    )
