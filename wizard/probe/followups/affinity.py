"""Several pings to one MCP session: do all reach the backend that holds it? No tool is called."""

import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urljoin

from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Handshake, Side
from wizard.model.timeline import Probe, Timeline
from wizard.nginx.upstream import balancing_of
from wizard.probe.followups.followup import EXCHANGE_TIMEOUT_S, FollowUp
from wizard.probe.mcp import messages
from wizard.probe.mcp.exchange import has_endpoint, open_stream, send_request
from wizard.probe.mcp.http_sse import endpoint_problem
from wizard.probe.mcp.messages import STREAMABLE_VERSION
from wizard.probe.mcp.streamable import CLOSE_TIMEOUT_S, session_id_of
from wizard.probe.request import ProbeOptions, RequestSpec

PINGS_PER_STREAM, PINGS_PER_SESSION, MAX_DELETES = 4, 6, 3
"""How many requests are sent at most. With those that open the session they make ten: over HTTP+SSE
the pings of two streams, over Streamable HTTP pings and DELETEs."""
UNKNOWN_SESSION = frozenset({400, 404})
"""How servers answer for a session that they do not know: the Python SDK 404, the .NET SDK 400."""


def side_to_probe(case: Case) -> Side | None:
    """The side to which pings are sent, None if none are needed.

    `direct` if the backend itself loses sessions, `proxy` if sessions are lost behind the proxy or
    its config spreads one client's requests over several servers.
    """
    if loses_session(case.handshake("direct")):
        return "direct"
    proxied = case.handshake("proxy")
    if loses_session(proxied):
        return "proxy"
    spreads_clients = case.resolution and balancing_of(case.resolution).spreads_clients
    return "proxy" if spreads_clients and _has_session(proxied) else None


def loses_session(handshake: Handshake | None) -> bool:
    """True if a session was opened, but its next message was rejected for an unknown session."""
    if handshake is None:
        return False
    name = "initialize" if handshake.transport == "http+sse" else "initialized"
    timeline = handshake.timeline(name)
    is_open = bool(handshake.endpoint) or handshake.session
    return is_open and timeline is not None and timeline.status in UNKNOWN_SESSION


def _has_session(handshake: Handshake | None) -> bool:
    return bool(handshake and handshake.is_complete and (handshake.endpoint or handshake.session))


async def _send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Open a session and send pings until two answers differ."""
    side = side_to_probe(case)
    handshake = case.handshake(side) if side else None
    if handshake is None:
        return ()
    probe = replace(handshake.probe(), name=f"follow-up-{handshake.side}")
    if handshake.transport == "http+sse":
        timelines = await _ping_over_http_sse(probe, options)
    else:
        timelines = await _ping_over_streamable_http(probe, options)
    why = "a ping to the same session"
    return tuple(FollowUpResult(AFFINITY.purpose, timeline, why) for timeline in timelines)


async def _ping_over_http_sse(probe: Probe, options: ProbeOptions) -> list[Timeline]:
    """Send the first pings with one stream open; if all have the same result, more with two.

    With `least_conn`, a message goes to any server but the one that holds the only stream.
    """
    async with open_stream(probe, options) as stream:
        await stream.wait_for(has_endpoint, EXCHANGE_TIMEOUT_S)
        endpoint = stream.reader.endpoint
        if not endpoint or endpoint_problem(probe.url, endpoint):
            return []
        ping_probe = replace(probe, url=urljoin(probe.url, endpoint))
        timelines = await _ping(ping_probe, options, PINGS_PER_STREAM)
        if len(timelines) < PINGS_PER_STREAM or is_mixed(timelines):
            return timelines
        async with open_stream(probe, options) as second:
            await second.wait_for(has_endpoint, EXCHANGE_TIMEOUT_S)
            return await _ping(ping_probe, options, 2 * PINGS_PER_STREAM, timelines)


async def _ping_over_streamable_http(probe: Probe, options: ProbeOptions) -> list[Timeline]:
    spec = messages.initialize_request(STREAMABLE_VERSION)
    session = session_id_of(await send_request(probe, options, spec, EXCHANGE_TIMEOUT_S))
    if not session:
        return []
    try:
        return await _ping(probe, options, PINGS_PER_SESSION, session=session)
    finally:
        await _close_session(probe, options, session)


async def _close_session(probe: Probe, options: ProbeOptions, session: str) -> None:
    """Delete the session, repeatedly: a DELETE too may reach a server that does not know it."""
    spec = messages.delete_request(STREAMABLE_VERSION, session)
    for _ in range(MAX_DELETES):
        timeline = await send_request(probe, options, spec, CLOSE_TIMEOUT_S)
        if timeline.status not in UNKNOWN_SESSION:
            return


async def _ping(
    probe: Probe,
    options: ProbeOptions,
    count: int,
    earlier: Sequence[Timeline] = (),
    session: str = "",
) -> list[Timeline]:
    """Send pings one after the other until there are `count` timelines, or two answers differ.

    Returns:
        The earlier timelines and the new ones. A ping without an answer is the last.
    """
    timelines = list(earlier)
    while len(timelines) < count and not is_mixed(timelines):
        spec = _ping_request(len(timelines) + 2, session)
        timelines.append(await send_request(probe, options, spec, EXCHANGE_TIMEOUT_S))
        if timelines[-1].status is None:
            break
    return timelines


def is_mixed(timelines: Sequence[Timeline]) -> bool:
    """True if one message was accepted, and another rejected because its session is unknown."""
    statuses = [timeline.status for timeline in timelines]
    is_accepted = any(status is not None and 200 <= status < 300 for status in statuses)
    return is_accepted and any(status in UNKNOWN_SESSION for status in statuses)


def _ping_request(message_id: int, session: str) -> RequestSpec:
    body = {"jsonrpc": "2.0", "id": message_id, "method": "ping"}
    session_headers = messages.session_headers(STREAMABLE_VERSION, session) if session else ()
    headers = (messages.ACCEPT_BOTH, messages.JSON_CONTENT, *session_headers)
    return RequestSpec("POST", headers, json.dumps(body).encode())


AFFINITY = FollowUp("affinity", lambda case: side_to_probe(case) is not None, _send)
