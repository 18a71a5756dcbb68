"""The outcome of a probe: its timeline, compared with the direct probes of the same stream."""

from collections.abc import Sequence
from dataclasses import replace

from wizard.diagnose.answer_end import last_error, names_its_end
from wizard.diagnose.own_delay import why_not_judged
from wizard.diagnose.unreadable_answer import unreadable_outcome
from wizard.model import arrivals, comparison, own_times
from wizard.model.case import Case
from wizard.model.events import CLOSED_BY_SERVER
from wizard.model.handshake import Handshake, Side
from wizard.model.probe_result import Outcome, ProbeResult
from wizard.model.release import is_kept, kept_s
from wizard.model.timeline import Timeline, connected_s, is_live
from wizard.text.display import comma_list, safe, seconds, summarize_body
from wizard.text.messages import plural, tr

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
        is_normal = timeline.detail == f"{CLOSED_BY_SERVER}1000"  # RFC 6455, section 7.4.1
        return is_normal and result.arrivals is not None
    if result.arrivals is None:
        return timeline.probe.once and len(arrivals.moments(timeline)) > 1
    return (timeline.items or len(timeline.arrivals)) > 1


def handshake_fails(case: Case) -> bool:
    """True if an MCP server answers, and something of its session fails through the proxy."""
    return bool(handshake_problem(case))


_STANDING = tr("the GET stream of its session")
_LISTENING = tr("the stream of subscriptions/listen")


def handshake_problem(case: Case) -> str:
    """What of an MCP session fails through the proxy, in one sentence; empty if nothing does.

    A plain event stream, with which no handshake is possible on either side, is not a failure.
    """
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None:
        return ""
    if not proxied.is_complete:
        is_mcp = proxied.transport != "unknown" or (direct is not None and direct.is_complete)
        return (proxied.why or tr("it is not complete")) if is_mcp else ""
    standing = standing_stream(case, "proxy")
    if standing is None:
        return ""
    if proxied.session and _is_session_unknown(standing.timeline):
        answer = summarize_body(standing.timeline.excerpt)
        return f"{_STANDING}: {standing.why}: {answer}"
    if _is_well_standing(standing, standing_stream(case, "direct")):
        return ""
    name = _LISTENING if proxied.transport == "stateless" else _STANDING
    return f"{name}: {standing.why}"


def _is_session_unknown(timeline: Timeline) -> bool:
    """True if the MCP server itself does not know the session that it has given.

    A server that offers no GET stream answers 405, or its framework does with a page of its own.
    """
    return timeline.status in (400, 404) and '"jsonrpc"' in timeline.excerpt


def standing_stream(case: Case, side: Side) -> ProbeResult | None:
    """The GET stream of a session of Streamable HTTP on one side, or since MCP 2026-07-28 the
    answer to `subscriptions/listen`; None if none was opened.

    Servers send notifications and requests of their own over it; it may be silent for ever.
    """
    handshake, direct = case.handshake(side), case.handshake("direct")
    timeline = handshake.timeline("listen") if handshake else None
    if timeline is None:
        return None
    beside = direct.timeline("listen") if direct and side == "proxy" else None
    result = classify(timeline, [beside] if beside else [])
    if beside is None and side == "proxy" and result.outcome == "ended":
        return replace(result, outcome="cut", why=f"ended {_end(timeline)}")
    return result


def _is_well_standing(proxied: ProbeResult, direct: ProbeResult | None) -> bool:
    """True if the stream is open, or if the server offers none, as the direct side shows."""
    if proxied.outcome in ("live", "silent"):
        return True
    if direct is None:
        return proxied.timeline.status in NO_GET_STREAM
    return (proxied.outcome, proxied.timeline.status) == (direct.outcome, direct.timeline.status)


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
        return "held", _describe_kept(timeline)
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


def _describe_kept(timeline: Timeline) -> str:
    """What came when the proxy gave up reading."""
    what = _count(timeline) if timeline.items else tr("{bytes} bytes", bytes=timeline.bytes)
    first = tr(
        "no headers for {kept_s}; then {status} with {what}",
        kept_s=seconds(kept_s(timeline)),
        status=timeline.status,
        what=what,
    )
    return tr("{first}, broken off in the same moment", first=first)


def _is_whole_answer(timeline: Timeline) -> bool:
    """True if a body without a length came in one piece: a short answer, or a held stream."""
    return timeline.status == 200 and timeline.came_at_once and timeline.framing != "length"


def _held_to_its_end(timeline: Timeline, direct: Sequence[Timeline]) -> tuple[Outcome, str] | None:
    """The outcome of an answer that came in one piece where the direct probe got many."""
    beside = comparison.reference(timeline, direct) if _is_whole_answer(timeline) else None
    if beside is None or beside.media_type != timeline.media_type:
        return None
    why = _describe_bursts(timeline, beside)
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
            media_type=_media_type(timeline),
        )
        return "not-a-stream", tr("200, but {whole}", whole=whole)
    return "not-a-stream", tr(
        "200, but {media_type} instead of a stream", media_type=_media_type(timeline)
    )


def _media_type(timeline: Timeline) -> str:
    """The type that the answer names, for display."""
    return safe(timeline.header("content-type") or tr("no content type"), 80)


def _not_upgraded(timeline: Timeline) -> tuple[Outcome, str]:
    """The outcome of an answer by which no WebSocket is open."""
    if timeline.status != 101:
        outcome, why = _other_answer(timeline)
        if outcome == "redirect":
            return outcome, why
        return outcome, tr(
            "HTTP {status} in place of 101, so no WebSocket is open", status=timeline.status
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
    if timeline.ended == "eof" and _is_outlived(timeline, direct):
        return "cut", tr(
            "ended without an event, {end}, where the direct probe continued", end=_end(timeline)
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
                media_type=_media_type(timeline),
            ),
        )
    bursts = _describe_bursts(timeline, beside) if beside else ""
    is_one_block = beside is not None and comparison.is_in_one_block(timeline, beside)
    if bursts and (is_open or is_one_block):
        return "bursts", bursts  # Before the tails: buffers cut events too.
    if is_open and comparison.lacks_tails(timeline, beside):
        return "tail-held", _describe_stuck_event(timeline, beside)
    is_readable = timeline.is_event_stream and not timeline.is_opaque
    has_none = is_readable and not timeline.events and timeline.ended is not None
    if has_none and (why := _no_event(timeline, direct)):
        return "no-event", why
    if _is_late(timeline, direct):
        return "late", tr(
            "{opening}, long after the direct probe's", opening=_opening(timeline, "only ")
        )
    if why := bursts or _describe_gathered_events(timeline, beside):
        return "bursts", why
    if beside and comparison.stalls(timeline, beside):
        return "stalled", _describe_stall(timeline, beside)
    return _live_or_ended(timeline, direct, beside)


def _live_or_ended(
    timeline: Timeline, direct: Sequence[Timeline], beside: Timeline | None
) -> tuple[Outcome, str]:
    first = _opening(timeline)
    if timeline.ended == "reset" and timeline.is_websocket:
        return "cut", f"{first}, {_count(timeline)}, {timeline.detail}, {_end(timeline)}"
    if timeline.ended == "reset":
        return "cut", tr(
            "{first}, then broken off {end}: {detail}",
            first=first,
            end=_end(timeline),
            detail=timeline.detail,
        )
    if timeline.ended != "eof":
        is_watched = timeline.probe.once and timeline.ended == "open"
        still = (
            tr(", open after {waited_s}", waited_s=seconds(timeline.waited_s)) if is_watched else ""
        )
        return "live", f"{first}, {_count(timeline)}{still}"
    if timeline.pending:
        return "cut", tr("ended in the middle of an event, {end}", end=_end(timeline))
    error = "" if timeline.is_websocket else last_error(timeline)
    is_whole = bool(error) or names_its_end(timeline)
    if not is_whole and (why := _describe_early_end(timeline, direct, beside)):
        return "cut", why
    if timeline.is_websocket:
        return "ended", f"{first}, {_count(timeline)}, {timeline.detail}, {_end(timeline)}"
    if error:
        return "ended", tr(
            "{first}, ended with an error: {error}", first=first, error=safe(error, 200)
        )
    end = tr("with its last event") if names_its_end(timeline) else "ended"
    return "ended", tr(
        "{first}, {count}, {end} after {waited_s}",
        first=first,
        count=_count(timeline),
        end=end,
        waited_s=seconds(timeline.waited_s),
    )


def _describe_early_end(
    timeline: Timeline, direct: Sequence[Timeline], beside: Timeline | None
) -> str:
    """What shows that a stream ended too early; empty if nothing does."""
    if _is_outlived(timeline, direct):
        end = timeline.detail if timeline.is_websocket else "ended"
        return tr("{end} {when}, where the direct probe continued", end=end, when=_end(timeline))
    if beside and comparison.lacks_the_end(timeline, beside):
        return tr(
            "ended after {count}, where the direct probe had {direct_count}",
            count=_count(timeline),
            direct_count=_count(beside),
        )
    if beside and names_its_end(beside) and not last_error(timeline):
        return tr(
            "ended after {count}, without the last event of the direct probe",
            count=_count(timeline),
        )
    return ""


def _opening(timeline: Timeline, how: str = "") -> str:
    """When the stream was live: with its first data, or once the WebSocket was open."""
    what = tr("WebSocket open") if timeline.is_websocket else tr("first data")
    return tr(
        "{what} {how}after {first_data_s}",
        what=what,
        how=how,
        first_data_s=seconds(timeline.first_data_s),
    )


def _count(timeline: Timeline) -> str:
    """What was seen of the stream: a single small event proves nothing about larger ones."""
    if timeline.is_websocket:
        return plural(timeline.events, "message")
    if timeline.events == 1:
        return tr("one event of {decoded} bytes seen", decoded=timeline.decoded)
    if timeline.events:
        return tr("{events} events", events=timeline.events)
    if timeline.is_opaque:
        return tr("{bytes} bytes of a compression that is not decoded here", bytes=timeline.bytes)
    if timeline.is_event_stream:
        return plural(timeline.comments, "comment")
    return tr("{bytes} bytes", bytes=timeline.bytes)


def _describe_stuck_event(timeline: Timeline, beside: Timeline | None) -> str:
    waits = arrivals.stuck_gaps(timeline)
    why = tr(
        "an event arrived without its end, which did not come for {waits}",
        waits=seconds(max(waits)),
    )
    if timeline.pending:
        why += tr(" ({pending} bytes of it are here)", pending=timeline.pending)
    if beside:
        why += tr("; the direct probe gets each event whole")
    return why


def _describe_bursts(timeline: Timeline, beside: Timeline) -> str:
    """Why the direct probe shows that events were sent one by one; empty if it does not."""
    is_one_block = comparison.is_in_one_block(timeline, beside)
    if not is_one_block and not comparison.comes_in_bursts(timeline, beside):
        return ""
    first, early = seconds(timeline.first_data_s), seconds(beside.first_data_s)
    return tr(
        "{moments}, where the direct probe has {direct_moments}; first data after {first} (direct: "
        "{early})",
        moments=_moments(timeline),
        direct_moments=_moments(beside),
        first=first,
        early=early,
    )


def _describe_gathered_events(timeline: Timeline, beside: Timeline | None) -> str:
    """Why this probe alone shows that events were sent one by one; empty if it does not."""
    if beside and _gathers(beside):
        return ""  # The backend itself sends them together.
    if (spread := own_times.clock_spread_s(timeline)) >= own_times.CLOCK_SPREAD_S:
        apart = tr("events that arrive together were made {spread} apart", spread=seconds(spread))
        return f"{_moments(timeline)}: {apart}"
    if sizes := arrivals.gathered_buffers(timeline):
        buffers = comma_list(map(str, sizes[:4]))
        return tr(
            "{moments}: they arrive in full buffers ({buffers} bytes)",
            moments=_moments(timeline),
            buffers=buffers,
        )
    return ""


def _gathers(timeline: Timeline) -> bool:
    """True if events come together, or without their ends, by this timeline alone."""
    is_spread = own_times.clock_spread_s(timeline) >= own_times.CLOCK_SPREAD_S
    return is_spread or bool(arrivals.gathered_buffers(timeline)) or arrivals.has_stuck(timeline)


def _moments(timeline: Timeline) -> str:
    """How much arrived at how many moments: `16 events at 1 moment`."""
    events = (
        plural(timeline.events, "event")
        if timeline.events
        else tr("{bytes} bytes", bytes=timeline.bytes)
    )
    return tr(
        "{events} at {count}",
        events=events,
        count=plural(len(arrivals.moments(timeline)), "moment"),
    )


def _describe_stall(timeline: Timeline, beside: Timeline) -> str:
    silence = seconds((timeline.waited_s or 0.0) - (timeline.last_byte_s or 0.0))
    more = beside.events - timeline.events
    rest = tr("has {more} more", more=more) if more > 0 else tr("continues")
    return tr(
        "{count}, then nothing for {silence}; the direct probe {rest}",
        count=_count(timeline),
        silence=silence,
        rest=rest,
    )


def _no_event(timeline: Timeline, direct: Sequence[Timeline]) -> str:
    """Why bytes without an event are not a stream; empty if comments alone are what to expect."""
    if not timeline.comments:
        return tr("{bytes} bytes came, and no event and no comment in them", bytes=timeline.bytes)
    if any(other.events for other in direct):
        return tr("comments came, but no event, where the direct probe has one")
    return ""


def _end(timeline: Timeline) -> str:
    """When a stream ended, from its last byte (for timeouts) and from its start (for limits)."""
    since_byte, since_start = seconds(timeline.silence_s), seconds(timeline.waited_s)
    return tr(
        "{since_byte} after its last byte, {since_start} after its start",
        since_byte=since_byte,
        since_start=since_start,
    )


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


def _is_outlived(timeline: Timeline, direct: Sequence[Timeline]) -> bool:
    """True if a direct stream was still open when this one had ended."""
    end = timeline.waited_s or 0.0
    return any(
        o.is_stream and o.ended in (None, "open") and (o.waited_s or end) >= end for o in direct
    )
