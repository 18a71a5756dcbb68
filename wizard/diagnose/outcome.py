"""The outcome of a probe: its timeline, compared with the direct probes of the same stream."""

from collections.abc import Sequence
from dataclasses import replace

from wizard.diagnose import outcome_texts as texts
from wizard.diagnose.answer_end import last_error, names_its_end
from wizard.diagnose.own_delay import why_not_judged
from wizard.diagnose.unreadable_answer import unreadable_outcome
from wizard.model import arrivals, comparison
from wizard.model.handshake import Handshake
from wizard.model.probe_result import Outcome, ProbeResult
from wizard.model.release import is_kept
from wizard.model.timeline import Timeline, connected_s, is_live
from wizard.text.display import safe, seconds
from wizard.text.messages import tr

NO_GET_STREAM = frozenset({400, 404, 405, 406})
"""Answers to a GET of a server that answers by POST and offers no stream of its own."""


def classify(timeline: Timeline, direct: Sequence[Timeline] = ()) -> ProbeResult:
    """Classify a probe, given the direct probes; none are given for a direct probe itself."""
    is_compared = is_live(timeline) or _is_whole_answer(timeline)
    beside = comparison.reference(timeline, direct) if is_compared else None
    compared = comparison.compare(timeline, beside) if beside else None
    if why := why_not_judged(timeline, direct, _classify):
        return ProbeResult(timeline, "interrupted", why, compared)
    return ProbeResult(timeline, *_classify(timeline, direct), compared)


def interrupt(result: ProbeResult) -> ProbeResult:
    """Mark a probe that still runs as interrupted: what it would have shown is not known."""
    if result.outcome != "running":
        return result
    why = tr("interrupted; {why}", why=result.why or tr("no answer until then"))
    return replace(result, outcome="interrupted", why=why)


def is_well(result: ProbeResult, handshake: Handshake | None) -> bool:
    """True if a stream is live, or if its server answers by POST and needs no GET stream.

    A stream that ended is well if it is a finite answer (`is_finite_answer`). MCP 2025-03-26,
    "Listening for Messages from the Server", lets the GET stream of a server that answers by POST
    be silent, or answered with 405. `handshake` is the one from the same side, None without one.
    """
    if result.outcome == "live" and result.timeline.first_data_s is not None:
        return True
    if result.outcome == "ended" and is_finite_answer(result):
        return True
    if handshake is None or not handshake.is_complete or handshake.transport == "http+sse":
        return False
    return result.outcome == "silent" or result.timeline.status in NO_GET_STREAM


def has_usual_status(result: ProbeResult, direct: Sequence[ProbeResult]) -> bool:
    """True if the direct GET is answered with the same status: the proxy did not change it."""
    usual = {each.timeline.status for each in direct if each.outcome == "status"}
    return result.outcome == "status" and result.timeline.status in usual


def is_finite_answer(result: ProbeResult) -> bool:
    """True if the stream was meant to end where it did.

    It names its end, or the direct probe ended alike after several events (arrivals, of a stream
    without events). A request that is sent once has an answer that ends as a rule: it need not be
    compared if it came at several moments. One event and an end make an EventSource reconnect for
    ever, whoever ended the stream. Several events that came all at once, long after the request,
    were written so or held: one probe alone does not tell which. An answer that ends with an error
    is none.
    """
    timeline = result.timeline
    if result.arrivals is None and arrivals.is_kept_to_its_end(timeline):
        return False
    if last_error(timeline):
        return False
    if names_its_end(timeline):
        return True
    if timeline.is_websocket:
        is_normal = timeline.close_code == 1000  # RFC 6455, section 7.4.1
        return is_normal and result.arrivals is not None
    if result.arrivals is None:
        return timeline.probe.once and len(arrivals.moments(timeline)) > 1
    return (timeline.items or len(timeline.arrivals)) > 1


def _classify(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if timeline.ended in ("unreached", "bug") and not is_live(timeline):
        return "not-asked", timeline.detail
    is_root = timeline.probe.name.startswith("root")
    if (unreadable := unreadable_outcome(timeline)) and not (is_root and timeline.status):
        return unreadable
    if timeline.headers_s is None:
        return _without_headers(timeline, direct)
    if is_root:
        return "answered", f"HTTP {timeline.status}"
    if timeline.probe.http == "2" and timeline.http != "2":
        return "not-offered", tr("HTTP/2 was asked for; the server chose HTTP/1.1")
    if timeline.probe.upgrade and not timeline.is_websocket:
        return _not_upgraded(timeline)
    if is_kept(timeline, direct):
        return "held", texts.kept(timeline)
    if not timeline.is_stream:
        return _held_to_its_end(timeline, direct) or _other_answer(timeline)
    if not is_live(timeline):
        return _without_data(timeline, direct)
    return _with_data(timeline, direct)


def _without_headers(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    match timeline.ended:
        case None:
            return "running", ""
        case "open":
            silence = tr("not even headers after {waited_s}", waited_s=seconds(timeline.waited_s))
            if _is_silent(direct):
                return "headers-held", tr(
                    "{silence}, where the direct probe has headers at least", silence=silence
                )
            return "held", silence
        case "eof" | "reset":
            return "cut", tr(
                "closed before an answer: {detail}",
                detail=timeline.detail or tr("connection closed"),
            )
        case _:
            return "refused", timeline.detail


def _is_whole_answer(timeline: Timeline) -> bool:
    """True if a body without a length came in one piece: a short answer, or a held stream."""
    return timeline.status == 200 and timeline.came_at_once and timeline.framing != "length"


def _held_to_its_end(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str] | None:
    """The outcome of an answer that came in one piece where the direct probe got many."""
    beside = comparison.reference(timeline, direct) if _is_whole_answer(timeline) else None
    if beside is None or beside.media_type != timeline.media_type:
        return None
    why = texts.bursts(timeline, beside)
    return ("bursts", why) if why else None


def _other_answer(timeline: Timeline) -> tuple[Outcome, str]:
    status = timeline.status or 0
    if 300 <= status < 400 and status != 304:
        return "redirect", tr(
            "{status} to {header}",
            status=status,
            header=safe(timeline.header("location") or "nowhere", 200),
        )
    if status != 200:
        return "status", f"HTTP {status}"
    if timeline.came_at_once:
        whole = tr(
            "a complete answer of {bytes} bytes, {media_type}",
            bytes=timeline.bytes,
            media_type=texts.media_type(timeline),
        )
        return "not-a-stream", tr("200, but {whole}", whole=whole)
    return "not-a-stream", tr(
        "200, but {media_type} instead of a stream", media_type=texts.media_type(timeline)
    )


def _not_upgraded(timeline: Timeline) -> tuple[Outcome, str]:
    """The outcome of an answer by which no WebSocket is open."""
    if timeline.status != 101:
        outcome, why = _other_answer(timeline)
        if outcome == "redirect":
            return outcome, why
        return outcome, tr(
            "HTTP {status} instead of 101, so no WebSocket was opened", status=timeline.status
        )
    if timeline.ended is None:
        return "running", tr("101 is here")
    return "status", tr(
        "HTTP 101, but {detail}", detail=timeline.detail or tr("the connection was left at once")
    )


def _without_data(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    if timeline.ended is None:
        return "running", tr("headers are here, no event yet")
    if timeline.ended == "reset":
        return "cut", tr("broken off after the headers: {detail}", detail=timeline.detail)
    if timeline.ended == "eof" and comparison.is_outlived(timeline, direct):
        return "cut", tr(
            "ended without an event, {end}, where the direct probe continued",
            end=texts.end(timeline),
        )
    if timeline.ended == "eof":
        return "ended", tr("ended without an event")
    silence_s = (timeline.waited_s or 0.0) - (timeline.headers_s or 0.0)
    why = tr(
        "headers after {headers_s}, then no event for {silence_s}",
        headers_s=seconds(timeline.headers_s),
        silence_s=seconds(silence_s),
    )
    if timeline.bytes:
        why += tr(" ({bytes} bytes that decode to nothing yet)", bytes=timeline.bytes)
    return ("events-held", why) if _any_live(direct) else ("silent", why)


def _with_data(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str]:
    beside, is_open = comparison.reference(timeline, direct), timeline.ended in (None, "open")
    if beside and beside.is_event_stream and not timeline.is_event_stream:
        return (
            "not-a-stream",
            tr(
                "200, but {media_type}, where the direct probe has text/event-stream",
                media_type=texts.media_type(timeline),
            ),
        )
    bursts = texts.bursts(timeline, beside) if beside else ""
    is_one_block = beside is not None and comparison.is_in_one_block(timeline, beside)
    if bursts and (is_open or is_one_block):
        return "bursts", bursts  # Before the tails: buffers cut events too.
    if is_open and comparison.lacks_tails(timeline, beside):
        return "tail-held", texts.stuck_event(timeline, beside)
    is_readable = timeline.is_event_stream and not timeline.is_opaque
    has_none = is_readable and not timeline.events and timeline.ended is not None
    if has_none and (why := texts.missing_event(timeline, direct)):
        return "no-event", why
    if _is_late(timeline, direct):
        return "late", texts.late_opening(timeline)
    if why := bursts or texts.gathered_events(timeline, beside):
        return "bursts", why
    if beside and comparison.stalls(timeline, beside):
        return "stalled", texts.stall(timeline, beside)
    return _live_or_ended(timeline, direct, beside)


def _live_or_ended(
    timeline: Timeline, direct: Sequence[Timeline], beside: Timeline | None
) -> tuple[Outcome, str]:
    if timeline.ended == "reset":
        return "cut", texts.broken_off(timeline)
    if timeline.ended != "eof":
        return "live", texts.still_live(timeline)
    if timeline.pending:
        return "cut", tr("ended in the middle of an event, {end}", end=texts.end(timeline))
    error = "" if timeline.is_websocket else last_error(timeline)
    is_whole = bool(error) or names_its_end(timeline)
    if not is_whole and (why := texts.early_end(timeline, direct, beside)):
        return "cut", why
    if error:
        return "ended", tr(
            "{first}, ended with an error: {error}",
            first=texts.opening(timeline),
            error=safe(error, 200),
        )
    return "ended", texts.ended_well(timeline)


def _any_live(direct: Sequence[Timeline]) -> bool:
    return any(map(is_live, direct))


def _is_silent(direct: Sequence[Timeline]) -> bool:
    """True if a direct probe is a stream that has sent headers and no data yet."""
    return not _any_live(direct) and any(
        other.is_stream and not other.wire.undecodable for other in direct
    )


def _is_late(timeline: Timeline, direct: Sequence[Timeline]) -> bool:
    needed = [o.first_data_s - connected_s(o) for o in direct if is_live(o) and o.first_data_s]
    if not needed or timeline.first_data_s is None:
        return False
    return comparison.is_late(timeline, timeline.first_data_s, min(needed))
