"""Several messages to one session: do all reach the backend that knows it?

Pings alone are sent, which MCP allows at any time; no tool is called.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urljoin

from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Handshake, Side
from wizard.model.timeline import Probe, Timeline
from wizard.nginx.upstream import balancing_of
from wizard.probe.followups.followup import EXCHANGE_TIMEOUT_S, FollowUp
from wizard.probe.mcp.exchange import open_stream, send_request
from wizard.probe.mcp.http_sse import unfit
from wizard.probe.mcp.messages import (
    ACCEPT_BOTH,
    JSON_CONTENT,
    STREAMABLE_VERSION,
    delete_request,
    initialize_request,
    session_header,
)
from wizard.probe.mcp.streamable import CLOSING, session_id_of
from wizard.probe.request import ProbeOptions, RequestSpec

PURPOSE = "affinity"
STREAMED, POSTED, DELETES = 4, 6, 3
"""How many pings (twice, over a stream) and deletes at the most: with what opens the session, ten
requests in all."""
UNKNOWN = frozenset({400, 404})
"""How servers say that they do not know a session: the Python SDK by 404, the .NET one by 400."""


def side_of(case: Case) -> Side | None:
    """The side to ask from: the backend's own, if it loses sessions itself; None for neither."""
    if failing(case.handshake("direct")):
        return "direct"
    proxied = case.handshake("proxy")
    if failing(proxied):
        return "proxy"
    by_chance = bool(case.resolution and balancing_of(case.resolution).spreads_clients)
    return "proxy" if by_chance and _has_session(proxied) else None


def failing(spoken: Handshake | None) -> bool:
    """Whether a session was opened and a message to it was not known there."""
    if spoken is None:
        return False
    what = "initialize" if spoken.transport == "http+sse" else "initialized"
    answer = spoken.timeline(what)
    opened = bool(spoken.endpoint) or spoken.session
    return opened and answer is not None and answer.status in UNKNOWN


def _has_session(spoken: Handshake | None) -> bool:
    return bool(spoken and spoken.is_complete and (spoken.endpoint or spoken.session))


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    side = side_of(case)
    spoken = case.handshake(side) if side else None
    if spoken is None:
        return ()
    probe = replace(spoken.probe(), name=f"replay-{spoken.side}")
    made = _streamed if spoken.transport == "http+sse" else _posted
    return tuple(
        FollowUpResult(PURPOSE, line, "a ping to the same session")
        for line in await made(probe, options)
    )


async def _streamed(probe: Probe, options: ProbeOptions) -> list[Timeline]:
    """Half of the pings beside one stream; where all fare alike, the others beside two: with
    `least_conn` a message goes anywhere but where the only stream is."""
    async with open_stream(probe, options) as stream:
        await stream.until(lambda heard: heard.endpoint is not None, EXCHANGE_TIMEOUT_S)
        endpoint = stream.heard.endpoint
        if not endpoint or unfit(probe.url, endpoint):
            return []
        there = replace(probe, url=urljoin(probe.url, endpoint))
        lines = await _pings(there, options, STREAMED)
        if len(lines) < STREAMED or mixed(lines):
            return lines
        async with open_stream(probe, options) as second:
            await second.until(lambda heard: heard.endpoint is not None, EXCHANGE_TIMEOUT_S)
            return await _pings(there, options, 2 * STREAMED, lines)


async def _posted(probe: Probe, options: ProbeOptions) -> list[Timeline]:
    opened = await send_request(
        probe, options, initialize_request(STREAMABLE_VERSION), EXCHANGE_TIMEOUT_S
    )
    session = session_id_of(opened)
    if not session:
        return []
    try:
        return await _pings(probe, options, POSTED, session=session)
    finally:
        await _close(probe, options, session)


async def _close(probe: Probe, options: ProbeOptions, session: str) -> None:
    """End the session; this, too, may reach one that does not know it."""
    for _ in range(DELETES):
        closed = await send_request(
            probe, options, delete_request(STREAMABLE_VERSION, session), CLOSING
        )
        if closed.status not in UNKNOWN:
            return


async def _pings(
    probe: Probe,
    options: ProbeOptions,
    count: int,
    known: Sequence[Timeline] = (),
    session: str = "",
) -> list[Timeline]:
    """One after the other up to that many, until two answers differ."""
    lines = list(known)
    while len(lines) < count and not mixed(lines):
        lines.append(
            await send_request(probe, options, _ping(len(lines) + 2, session), EXCHANGE_TIMEOUT_S)
        )
        if lines[-1].status is None:
            break
    return lines


def mixed(lines: list[Timeline]) -> bool:
    """Whether one message was taken and another was not known."""
    taken = any(line.status is not None and 200 <= line.status < 300 for line in lines)
    return taken and any(line.status in UNKNOWN for line in lines)


def _ping(number: int, session: str) -> RequestSpec:
    body = {"jsonrpc": "2.0", "id": number, "method": "ping"}
    version = (("MCP-Protocol-Version", STREAMABLE_VERSION),) if session else ()
    headers = (ACCEPT_BOTH, JSON_CONTENT, *version, *session_header(session))
    return RequestSpec("POST", headers, json.dumps(body).encode())


FOLLOW_UP = FollowUp(PURPOSE, lambda case: side_of(case) is not None, _make)
