"""Several sessions, one after the other: do all their messages reach the process that holds them?

No tool is called: each session is opened, gets one message, and is closed.
"""

from dataclasses import replace

from wizard.model.case import Case, FollowUpResult
from wizard.model.events import Ended
from wizard.model.handshake import Handshake, Side
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.nginx.upstream import balancing_of
from wizard.probe.followups.followup import EXCHANGE_TIMEOUT_S, FollowUp, timeout_for
from wizard.probe.mcp import messages
from wizard.probe.mcp.exchange import (
    MessageReader,
    OpenStream,
    has_endpoint,
    has_reply,
    is_accepted,
    open_stream,
    send_request,
)
from wizard.probe.mcp.http_sse import endpoint_problem
from wizard.probe.mcp.messages import HTTP_SSE_VERSION, STREAMABLE_VERSION
from wizard.probe.mcp.streamable import close_session, session_id_of
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.sessions import (
    NO_REPLY,
    has_session,
    is_lost,
    is_mixed,
    is_taken,
    is_unanswered,
    is_unknown,
    lost_message,
)
from wizard.text.messages import tr
from wizard.text.urls import join_url

MAX_SESSIONS = 6
"""How many sessions are opened at most, beside that of the handshake. Where chance decides between
two processes, all seven are well in one of 128 cases."""
UNSUSPECTED_SESSIONS = 3
"""The same where nothing yet shows several processes: a config with one peer, or no config, tells
nothing of the workers behind one address. The messages of the handshake alone all reach the right
one of two workers in one of four cases."""
MAX_SILENT = 2
"""After how many messages without an answer no further session is opened: each is waited for."""
MAX_MESSAGE_S = 12.0
"""How long a message of a slow server is waited for at most, in seconds."""
MAX_DELETES = 2
"""How often the end of a session is sent: it too may reach a process that does not know it."""
SESSION_REQUESTS = 3 + MAX_DELETES
"""How many requests a session takes at most: opened, a message sent twice, closed."""


def _is_proxied_needed(case: Case) -> bool:
    """True if a session was lost behind the proxy alone, or if none was: chance may decide."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if lost_message(direct):
        return False
    if lost_message(proxied):
        return True
    if case.resolution is None and case.target.conf is not None:
        return False  # with several peers in the config more sessions are opened: it is waited for
    return bool(proxied and proxied.is_complete and _may_have_session(proxied))


def _may_have_session(handshake: Handshake) -> bool:
    """True if clients have sessions there: also beside the stateless revision, which has none, a
    server may open one for every client that is older. If it does not, one request shows that."""
    return has_session(handshake) or handshake.transport == "stateless"


def _session_count(case: Case, handshake: Handshake) -> int:
    """How many sessions are opened at most."""
    spreads_clients = case.resolution and balancing_of(case.resolution).spreads_clients
    is_suspected = spreads_clients or not handshake.is_complete or handshake.side == "direct"
    return MAX_SESSIONS if is_suspected else UNSUSPECTED_SESSIONS


def _is_direct_needed(case: Case) -> bool:
    """True if the backend itself may lose sessions: several processes behind one address.

    The config is waited for: where it has several peers, these are why messages are lost.
    """
    direct = case.handshake("direct")
    if direct is None or not has_session(direct):
        return False
    if lost_message(direct):
        return True
    proxied = (each.timeline for each in case.follow_ups if each.purpose == AFFINITY.purpose)
    is_seen = lost_message(case.handshake("proxy")) is not None or any(map(is_lost, proxied))
    if not is_seen or (case.resolution is None and case.target.conf is not None):
        return False
    return case.resolution is None or not balancing_of(case.resolution).spreads_clients


def _message_timeout(case: Case) -> float:
    """How long a message may take, in seconds: twice as long as the slowest of the handshakes.

    A server that needs two seconds for each answer has lost none.
    """
    exchanges = (exchange for handshake in case.handshakes for exchange in handshake.exchanges)
    slowest = max((exchange.replied_s or 0.0 for exchange in exchanges), default=0.0)
    return max(timeout_for(case), min(2 * slowest + 1.0, MAX_MESSAGE_S))


async def _send_proxied(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    return await _open_sessions(case, options, "proxy", AFFINITY.purpose)


async def _send_direct(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    return await _open_sessions(case, options, "direct", BACKEND_AFFINITY.purpose)


async def _open_sessions(
    case: Case, options: ProbeOptions, side: Side, purpose: str
) -> tuple[FollowUpResult, ...]:
    """Open sessions until one message was taken, in the handshake perhaps, and another lost.

    Returns:
        The messages, each with the number of its session.
    """
    handshake = case.handshake(side)
    if handshake is None:
        return ()
    probe = replace(handshake.probe(), name=f"follow-up-{side}")
    run = _run_over_http_sse if handshake.transport == "http+sse" else _run_over_streamable_http
    earlier, timeout_s = _earlier_messages(handshake), _message_timeout(case)
    results: list[FollowUpResult] = []
    for number in range(2, _session_count(case, handshake) + 2):
        sent = await run(probe, options, timeout_s)
        results += [
            FollowUpResult(purpose, each, tr("a message of session {number}", number=number))
            for each in sent
        ]
        timelines = [each.timeline for each in results]
        is_silent = sum(map(is_unanswered, timelines)) >= MAX_SILENT
        is_replayed = (
            bool(sent) and sent[0].probe.url == handshake.post_url and bool(handshake.endpoint)
        )
        if not sent or is_silent or is_replayed or is_mixed([*earlier, *timelines]):
            break
    return tuple(results)


def _earlier_messages(handshake: Handshake) -> list[Timeline]:
    """The message of the handshake's own session, if that was well."""
    exchange = handshake.exchange("initialized") if handshake.is_complete else None
    return [exchange.timeline] if exchange else []


async def _run_over_http_sse(
    probe: Probe, options: ProbeOptions, timeout_s: float
) -> list[Timeline]:
    """Open a stream and post `initialize`; if it is lost, post it again."""
    async with open_stream(probe, options) as stream:
        await stream.wait_for(has_endpoint, EXCHANGE_TIMEOUT_S)
        endpoint = stream.reader.endpoint
        if not endpoint or endpoint_problem(probe.url, endpoint):
            return []
        post = replace(probe, url=join_url(probe.url, endpoint))
        spec = messages.initialize_request(HTTP_SSE_VERSION)
        sent = [await _ask_over_stream(stream, post, options, spec, timeout_s)]
        if is_lost(sent[0]):
            sent.append(await _ask_over_stream(stream, post, options, spec, timeout_s))
        # A session ends with its stream: then no process knows it.
        return sent if stream.timeline.ended is None else [each for each in sent if is_taken(each)]


async def _ask_over_stream(
    stream: OpenStream, post: Probe, options: ProbeOptions, spec: RequestSpec, timeout_s: float
) -> Timeline:
    """Post a message; its timeline has the end `timeout` if no reply comes over the stream."""
    answer = await send_request(post, options, spec, timeout_s)
    if not is_taken(answer) or await stream.wait_for(has_reply, timeout_s):
        return answer
    waited_s = (answer.waited_s or 0.0) + timeout_s
    return answer.fold([Ended(waited_s, "timeout", NO_REPLY)])


async def _run_over_streamable_http(
    probe: Probe, options: ProbeOptions, timeout_s: float
) -> list[Timeline]:
    """Open a session and post `initialized`; if it is lost, post it again."""
    spec = messages.initialize_request(STREAMABLE_VERSION)
    session = session_id_of(await send_request(probe, options, spec, timeout_s))
    if not session:
        return []
    try:
        spec = messages.initialized_request(STREAMABLE_VERSION, session)
        sent = [await _notify(probe, options, spec, timeout_s)]
        if is_lost(sent[0]):
            sent.append(await _notify(probe, options, spec, timeout_s))
        return sent
    finally:
        await _close_known_session(probe, options, session)


async def _notify(
    probe: Probe, options: ProbeOptions, spec: RequestSpec, timeout_s: float
) -> Timeline:
    return await MessageReader(probe).send(options, spec, timeout_s, is_accepted)


async def _close_known_session(probe: Probe, options: ProbeOptions, session: str) -> None:
    """Close the session, again if it was not known."""
    for _ in range(MAX_DELETES):
        if not is_unknown(await close_session(probe, options, session)):
            return


AFFINITY = FollowUp(
    purpose="affinity",
    question=tr("does every message reach its session?"),
    requests=tr(
        "up to {max_sessions} sessions, each opened, with one message (`initialize` or "
        "`initialized`, once more if it is lost) and closed",
        max_sessions=MAX_SESSIONS,
    ),
    most=MAX_SESSIONS * SESSION_REQUESTS,
    is_needed=_is_proxied_needed,
    run=_send_proxied,
)
BACKEND_AFFINITY = FollowUp(
    purpose="affinity-direct",
    question=tr("does it directly?"),
    requests=tr("where the backend may have several processes: the same at the direct URL"),
    most=MAX_SESSIONS * SESSION_REQUESTS,
    is_needed=_is_direct_needed,
    run=_send_direct,
)
