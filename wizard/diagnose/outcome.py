"""The outcome of a probe: its timeline, compared with the direct probes of the same stream."""

from collections.abc import Sequence

from wizard.model.case import Case
from wizard.model.handshake import Handshake
from wizard.model.probe_result import Outcome, ProbeResult
from wizard.model.timeline import Timeline, connected_s, is_live
from wizard.text.display import safe, seconds

LATE_MARGIN_S = 0.5
"""How much later than in the direct probe, in seconds, the first data counts as late."""
LATE_ROUND_TRIPS = 4
"""… and how many round trips (the time that connecting took) are allowed beyond that, for slow
links."""
NO_GET_STREAM = frozenset({400, 404, 405, 406})
"""Answers to a GET of a server that answers by POST and offers no stream of its own."""


def classify(timeline: Timeline, direct: Sequence[Timeline] = ()) -> ProbeResult:
    """Classify a probe, given the direct probes; none are given for a direct probe itself."""
    return ProbeResult(timeline, *_classify(timeline, direct))


def interrupt(result: ProbeResult) -> ProbeResult:
    """Mark a probe that still runs as interrupted: what it would have shown is not known."""
    if result.outcome != "running":
        return result
    why = f"interrupted; {result.why or 'no answer until then'}"
    return ProbeResult(result.timeline, "interrupted", why)


def is_well(result: ProbeResult, handshake: Handshake | None = None) -> bool:
    """True if a stream is live, or if its server answers by POST and needs no GET stream.

    MCP 2025-03-26, "Listening for Messages from the Server", lets the GET stream of such a server
    be silent, or answered with 405. `handshake` is the one from the same side.
    """
    if result.outcome in ("live", "ended") and result.timeline.first_data_s is not None:
        return True
    if handshake is None or not handshake.is_complete or handshake.transport == "http+sse":
        return False
    return result.outcome == "silent" or result.timeline.status in NO_GET_STREAM


def handshake_fails(case: Case) -> bool:
    """True if an MCP server answers, but the handshake through the proxy does not complete.

    A plain event stream, with which no handshake is possible on either side, is not a failure.
    """
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or proxied.is_complete:
        return False
    return proxied.transport != "unknown" or (direct is not None and direct.is_complete)


def _classify(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if timeline.ended == "unreached" and not is_live(timeline):
        return "not-asked", timeline.detail
    if timeline.headers_s is None:
        return _without_headers(timeline, direct)
    if timeline.probe.name.startswith("root"):
        return "answered", f"HTTP {timeline.status}"
    if timeline.probe.http == "2" and timeline.http != "2":
        return "not-offered", "HTTP/2 was asked for; the server chose HTTP/1.1"
    if not timeline.is_event_stream:
        return _other_answer(timeline)
    if not is_live(timeline):
        return _without_data(timeline, direct)
    return _with_data(timeline, direct)


def _without_headers(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    match timeline.ended:
        case None:
            return "running", ""
        case "open":
            silence = f"not even headers after {seconds(timeline.waited_s)}"
            if _is_silent(direct):
                return "headers-held", f"{silence}, where the direct probe has headers at least"
            return "held", silence
        case "eof" | "reset":
            return "cut", f"closed before an answer: {timeline.detail or 'connection closed'}"
        case _:
            return "refused", timeline.detail


def _other_answer(timeline: Timeline) -> tuple[Outcome, str]:
    status = timeline.status or 0
    if 300 <= status < 400:
        return "redirect", f"{status} to {safe(timeline.header('location') or 'nowhere', 200)}"
    if status != 200:
        return "status", f"HTTP {status}"
    media_type = safe(timeline.header("content-type") or "no content type", 80)
    return "not-a-stream", f"200, but {media_type} instead of text/event-stream"


def _without_data(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if timeline.ended is None:
        return "running", "headers are here, no event yet"
    if timeline.ended == "reset":
        return "cut", f"broken off after the headers: {timeline.detail}"
    if timeline.ended == "eof":
        return "ended", "ended without an event"
    silence_s = (timeline.waited_s or 0.0) - (timeline.headers_s or 0.0)
    why = f"headers after {seconds(timeline.headers_s)}, then no event for {seconds(silence_s)}"
    if timeline.bytes:
        why += f" ({timeline.bytes} bytes that decode to nothing yet)"
    return ("events-held", why) if _any_live(direct) else ("silent", why)


def _with_data(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if not timeline.events and timeline.ended is not None and (why := _no_event(timeline, direct)):
        return "no-event", why
    first = seconds(timeline.first_data_s)
    if _is_late(timeline, direct):
        return "late", f"first data only after {first}, long after the direct probe's"
    if timeline.ended == "reset":
        return (
            "cut",
            f"first data after {first}, then broken off {_end(timeline)}: {timeline.detail}",
        )
    if timeline.ended == "eof":
        if _is_outlived(timeline, direct):
            return "cut", f"ended {_end(timeline)}, where the direct probe went on"
        return "ended", f"first data after {first}, ended after {seconds(timeline.waited_s)}"
    return "live", f"first data after {first}"


def _no_event(timeline: Timeline, direct: Sequence[Timeline]) -> str:
    """Why bytes without an event are not a stream; empty if comments alone are what to expect."""
    if not timeline.comments:
        return f"{timeline.bytes} bytes came, and no event and no comment in them"
    if any(other.events for other in direct):
        return "comments came, but no event, where the direct probe has one"
    return ""


def _end(timeline: Timeline) -> str:
    """When a stream ended, from its last byte (for timeouts) and from its start (for limits)."""
    since_byte, since_start = seconds(timeline.silence_s), seconds(timeline.waited_s)
    return f"{since_byte} after its last byte, {since_start} after its start"


def _any_live(direct: Sequence[Timeline]) -> bool:
    return any(map(is_live, direct))


def _is_silent(direct: Sequence[Timeline]) -> bool:
    """True if a direct probe is a stream that has sent headers and no data yet."""
    return not _any_live(direct) and any(other.is_event_stream for other in direct)


def _is_late(timeline: Timeline, direct: Sequence[Timeline]) -> bool:
    needed = [o.first_data_s - connected_s(o) for o in direct if is_live(o) and o.first_data_s]
    if not needed or timeline.first_data_s is None:
        return False
    round_trip = (timeline.connect_s or 0.0) - (timeline.dns_s or 0.0)
    allowed = min(needed) + LATE_MARGIN_S + LATE_ROUND_TRIPS * round_trip
    return timeline.first_data_s - connected_s(timeline) > allowed


def _is_outlived(timeline: Timeline, direct: Sequence[Timeline]) -> bool:
    """True if a direct stream was still open when this one had ended."""
    end = timeline.waited_s or 0.0
    return any(
        is_live(o) and o.ended in (None, "open") and (o.waited_s or end) >= end for o in direct
    )
