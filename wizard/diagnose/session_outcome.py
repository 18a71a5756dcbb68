"""The outcome of an MCP session: its handshake, and the stream that stays open in it."""

from dataclasses import replace

from wizard.diagnose import outcome_texts as texts
from wizard.diagnose.outcome import NO_GET_STREAM, classify
from wizard.model.case import Case
from wizard.model.handshake import Handshake, Side
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline
from wizard.text.display import labelled, summarize_body
from wizard.text.messages import tr


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
        return labelled(labelled(_STANDING, standing.why), answer)
    if _is_well_standing(standing, standing_stream(case, "direct")):
        return ""
    name = _LISTENING if proxied.transport == "stateless" else _STANDING
    return labelled(name, standing.why)


def refused_message(case: Case) -> str:
    """How the first message was answered where no MCP server is known; empty if none was sent."""
    proxied = case.handshake("proxy")
    is_tried = proxied is not None and not proxied.is_complete and proxied.opening is not None
    return proxied.why if proxied is not None and is_tried else ""


def describe_same_directly(case: Case) -> str:
    """That the session fails at the backend itself as it does through the proxy; empty if not."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or direct is None or proxied.is_complete or direct.is_complete:
        return ""
    answers = [(each.stage, _last_status(each)) for each in (proxied, direct)]
    is_alike = answers[0] == answers[1] and answers[0][1] is not None
    return tr("directly it fails in the same way") if is_alike else ""


def _last_status(handshake: Handshake) -> int | None:
    """The status of the message at which the session failed."""
    sent = handshake.exchange(handshake.stage) or handshake.opening
    return sent.timeline.status if sent else None


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
        return replace(result, outcome="cut", why=tr("ended {end}", end=texts.end(timeline)))
    return result


def _is_well_standing(proxied: ProbeResult, direct: ProbeResult | None) -> bool:
    """True if the stream is open, or if the server offers none, as the direct side shows."""
    if proxied.outcome in ("live", "silent"):
        return True
    if direct is None:
        return proxied.timeline.status in NO_GET_STREAM
    return (proxied.outcome, proxied.timeline.status) == (direct.outcome, direct.timeline.status)
