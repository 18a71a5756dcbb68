"""The MCP handshakes of an investigation: try transports until the server supports one."""

import asyncio
from dataclasses import dataclass, replace

from wizard.model.case import Case
from wizard.model.handshake import Exchange, Handshake, Side
from wizard.model.probe_result import ProbeResult
from wizard.model.release import kept_s
from wizard.model.timeline import Timeline, is_unanswered
from wizard.model.wire import describe_unread
from wizard.probe.matrix import uncompressed
from wizard.probe.mcp.exchange import (
    MessageReader,
    Timeouts,
    handshake_timeouts,
    has_event,
    with_exchange,
)
from wizard.probe.mcp.http_sse import handshake_over_http_sse
from wizard.probe.mcp.message_path import post_timeout
from wizard.probe.mcp.signs import NO_SIGN, endpoint_of, sign_in, sign_of_mcp
from wizard.probe.mcp.streamable import (
    OTHER_TRANSPORT,
    handshake_over_streamable_http,
    handshake_stateless,
)
from wizard.probe.request import GET, ProbeOptions, RequestBudget
from wizard.text.bugs import report_bug
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import split_url

EXCHANGE_TIMEOUT_S = 5.0
"""How long each exchange may take at most, in seconds."""
MAX_REQUESTS = 12
"""How many requests a handshake sends at most on one side, the sibling path included."""
NO_CONNECTION = frozenset({"refused", "timeout", "tls", "dns", "unreached"})
"""The ends of a request that never reached a server."""
REFUSALS = frozenset({401, 403, 407, 421, 429, 502, 503, 504})
"""Refusals by the server or a proxy, which do not depend on the transport."""
NOT_HERE = OTHER_TRANSPORT | {410, 501}
"""The statuses of a GET after which an MCP server may still be at another path."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of both sides before the handshakes.

    Attributes:
        is_http_sse: True if one side names an endpoint, so that both use HTTP+SSE.
        may_post: True if something shows that MCP is spoken, or if the user says so.
        post_s: How long the POST of `initialize` may take, in seconds, if longer than usual.
        patience_s: How long the GET stream of a session is watched, in seconds.
    """

    is_http_sse: bool = False
    may_post: bool = False
    post_s: float = 0.0
    patience_s: float = 0.0


async def run_handshakes(
    case: Case, options: ProbeOptions, only: Side | None = None
) -> tuple[Handshake, ...]:
    """Run the handshakes with the proxy and with the backend, or `only` that with one side.

    One after the other where the server has too few workers for several of our requests, and over
    HTTP+SSE: a gateway may send each reply to every session, and the reply of one side would push
    that of the other out of a buffer. There are none for a side that was not probed, and none at
    all if the user wants none, or for a WebSocket. A sign of MCP on one side is enough for both:
    they lead to the same server.
    """
    if case.target.mcp == "never" or case.target.upgrade:
        return ()
    answers = [result.timeline for result in (*case.proxy, *case.hops, *case.direct)]
    may_post = case.target.mcp == "always" or bool(sign_of_mcp(answers))
    sides: dict[Side, ProbeResult | None] = {
        "direct": uncompressed(case.direct),
        "proxy": uncompressed(case.proxy),
    }
    streams = {side: result.timeline for side, result in sides.items() if result}
    # A held stream shows no endpoint: if the other side names one, both use HTTP+SSE.
    is_http_sse = any(map(endpoint_of, streams.values()))
    post_s = post_timeout(case, EXCHANGE_TIMEOUT_S)
    known = Known(is_http_sse, may_post, post_s, case.target.patience)
    in_turn = asyncio.Semaphore(1 if case.is_crowded or is_http_sse else len(sides))

    async def run(side: Side, stream: Timeline) -> Handshake:
        async with in_turn:
            try:
                return await _run_with_sibling(side, stream, options, known)
            except Exception as error:  # noqa: BLE001
                why = report_bug(tr("the handshake ({side})", side=side), error)
                return Handshake(side, stream.probe.url, skipped=True, why=why)

    chosen = (each for each in streams.items() if only in (None, each[0]))
    done = await asyncio.gather(*(run(side, stream) for side, stream in chosen))
    return tuple(reversed(done))


async def _run_with_sibling(
    side: Side, stream: Timeline, options: ProbeOptions, known: Known
) -> Handshake:
    options = replace(options, budget=RequestBudget(MAX_REQUESTS))
    handshake = await run_handshake(side, stream, options, known)
    return await try_sibling(handshake, stream, options)


async def run_handshake(
    side: Side, stream: Timeline, options: ProbeOptions, known: Known
) -> Handshake:
    """Open a session, ask for `tools/list` or `ping`, and close it. No tool is ever called.

    `stream` is the timeline of a GET of the URL.
    """
    handshake = Handshake(side, stream.probe.url, vantage=stream.probe.vantage)
    if (why := _reason_to_skip(stream, known.is_http_sse)) is not None:
        return replace(handshake, skipped=True, why=why)
    timeouts = handshake_timeouts(
        options,
        EXCHANGE_TIMEOUT_S,
        post_s=known.post_s,
        reach_s=stream.began_s,
        patience_s=known.patience_s,
    )
    if known.is_http_sse or endpoint_of(stream) is not None:
        return await handshake_over_http_sse(handshake, options, timeouts)
    if not known.may_post:
        by_post = replace(handshake, skipped=True, lacks_sign=True, why=NO_SIGN)
    else:
        by_post = await _handshake_by_post(handshake, options, timeouts)
    if by_post.is_complete or not _may_have_endpoint(stream):
        return by_post
    over_sse = await handshake_over_http_sse(handshake, options, timeouts, until=has_event)
    return over_sse if over_sse.endpoint else by_post


def _may_have_endpoint(stream: Timeline) -> bool:
    """True if an endpoint may be among the events that the timeline has dropped."""
    return stream.events + stream.comments > len(stream.tail)


async def _handshake_by_post(
    handshake: Handshake, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """Try the stateless revision, then Streamable HTTP if the answer does not fit."""
    stateless = await handshake_stateless(handshake, options, timeouts)
    is_found = stateless.is_complete or stateless.transport != "unknown"
    if is_found or not _may_have_other_transport(stateless):
        return stateless
    handshake = replace(handshake, exchanges=stateless.exchanges)
    streamable = await handshake_over_streamable_http(handshake, options, timeouts)
    if streamable.transport != "unknown" or not _may_have_other_transport(streamable):
        return streamable
    return replace(streamable, stage="stream")


def _may_have_other_transport(handshake: Handshake) -> bool:
    """True if the server answered, and its answer is no refusal and no redirect."""
    timeline = handshake.opening.timeline if handshake.opening else None
    if timeline is None or timeline.status is None or timeline.ended == "timeout":
        return False
    return timeline.status not in REFUSALS and not 300 <= timeline.status < 400


def _reason_to_skip(stream: Timeline, is_http_sse: bool) -> str | None:
    """Why a handshake cannot succeed, in one sentence; None if it may."""
    if stream.headers_s is None and stream.ended in NO_CONNECTION:
        return safe(stream.detail, 200) or tr("no connection")
    if stream.headers_s is None and stream.wire.has_answer:
        return tr(
            "the URL sends no answer that can be read: {wire}", wire=describe_unread(stream.wire)
        )
    if is_http_sse and _is_held(stream):
        return tr("the stream is held: its endpoint event never came, so there is nowhere to POST")
    if stream.status is not None and 300 <= stream.status < 400:
        return tr("the URL answers {status}; redirects are not followed", status=stream.status)
    if stream.status in (401, 403, 407, 421):
        return tr("the server refuses: {status}", status=stream.status)
    if stream.status is not None and stream.status >= 500:
        return tr("the URL answers {status}", status=stream.status)
    return None


def _is_held(stream: Timeline) -> bool:
    """True if a stream that names its endpoint at once has shown no data."""
    if stream.ended not in (None, "open"):
        return kept_s(stream) is not None and stream.first_event_s is None
    return is_unanswered(stream) or (stream.is_event_stream and stream.first_data_s is None)


_SIBLING_NAMES = {"sse": "mcp", "mcp": "sse"}
"""The usual path of HTTP+SSE and that of Streamable HTTP."""


def sibling_url(url: str) -> str | None:
    """`…/mcp` for `…/sse` and `…/sse` for `…/mcp`, at the same origin; None for other paths."""
    name = split_url(url).path.rstrip("/").rpartition("/")[2]
    sibling = _SIBLING_NAMES.get(name.lower())
    start, mark, query = url.partition("#")[0].partition("?")
    return sibling and f"{start.rstrip('/').removesuffix(name)}{sibling}{mark}{query}"


async def try_sibling(handshake: Handshake, stream: Timeline, options: ProbeOptions) -> Handshake:
    """Add a handshake at the sibling path if the one at the URL itself failed.

    `stream` is the timeline of a GET of the URL: an event stream means that the path is right.
    """
    url = sibling_url(handshake.url)
    if url is None or not _may_be_elsewhere(stream) or not _may_be_at_sibling(handshake):
        return handshake
    sibling = Handshake(handshake.side, url, vantage=handshake.vantage)
    timeouts = handshake_timeouts(options, EXCHANGE_TIMEOUT_S, reach_s=stream.began_s)
    is_mcp = url.partition("?")[0].endswith("/mcp")
    run = _handshake_by_post_after_get if is_mcp else handshake_over_http_sse
    return replace(handshake, sibling=await run(sibling, options, timeouts))


def _may_be_at_sibling(handshake: Handshake) -> bool:
    """True if the URL showed no sign of MCP and was not posted to, or if its last answer is that of
    a path without MCP.

    A silent server would be waited for again, and a server that refuses may serve MCP here.
    """
    if handshake.skipped:
        return handshake.lacks_sign
    last, is_unknown = handshake.last_timeline, handshake.transport == "unknown"
    return is_unknown and last is not None and last.status in NOT_HERE | {200, 202}


async def _handshake_by_post_after_get(
    handshake: Handshake, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """GET a URL that the user has not named; post to it only if the answer shows MCP."""
    reader = MessageReader(handshake.probe())
    answer = await reader.send(options, GET, timeouts.next_s(), has_event)
    handshake = with_exchange(handshake, Exchange("stream", answer))
    if not sign_in(answer):
        return replace(handshake, skipped=True, lacks_sign=True, why=NO_SIGN)
    return await _handshake_by_post(handshake, options, timeouts)


def _may_be_elsewhere(stream: Timeline) -> bool:
    """True if a GET found a server, but no stream."""
    return stream.status in NOT_HERE or (stream.status == 200 and not stream.is_event_stream)
