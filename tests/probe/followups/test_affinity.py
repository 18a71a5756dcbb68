"""Pings to one session, against servers that share sessions and servers that do not."""

import asyncio
from dataclasses import replace

import pytest

from tests.probe.mcp.server import (
    RESULT,
    Answer,
    HttpSseScript,
    Request,
    Server,
    event,
    event_stream,
    response,
    result,
    running,
)
from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Exchange, Handshake
from wizard.model.target import Source, Target
from wizard.model.timeline import Probe, Timeline
from wizard.probe.followups.affinity import AFFINITY, side_to_probe
from wizard.probe.request import ProbeOptions

PEERS = """
http { upstream bots { %s server 127.0.0.1:12213; server 127.0.0.1:12214 %s; }
server { listen 8081; location / { proxy_pass http://bots; } } }
"""


def in_turn(*statuses: int) -> Answer:
    """Answer with one status after the other, then with the last one again and again."""
    remaining = list(statuses)

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        status = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        writer.write(response(status, b"said", kind="text/plain"))
        await writer.drain()

    return answer


def lost_session(server: Server, *, is_streamable: bool = False) -> Case:
    """A case whose handshake opened a session that was not known to the next message."""
    answer = Timeline(Probe("mcp-proxy", server.url), status=404)
    if is_streamable:
        handshake = Handshake("proxy", server.url, "streamable-http", "done", session=True)
        exchange = Exchange("initialized", answer)
    else:
        handshake = Handshake("proxy", server.url, "http+sse", "initialize", endpoint="/message")
        exchange = Exchange("initialize", answer)
    target = Target(server.url, direct=(Source(server.url),))
    return Case(target, handshakes=(replace(handshake, exchanges=(exchange,)),))


async def send_pings(case: Case) -> tuple[FollowUpResult, ...]:
    assert AFFINITY.is_needed(case)
    return await AFFINITY.run(case, ProbeOptions())


def statuses(follow_ups: tuple[FollowUpResult, ...]) -> list[int | None]:
    return [follow_up.timeline.status for follow_up in follow_ups]


async def test_pings_end_when_two_answers_differ() -> None:
    async with running({**HttpSseScript().answers, "ping": in_turn(404, 404, 202)}) as server:
        follow_ups = await send_pings(lost_session(server))
    assert statuses(follow_ups) == [404, 404, 202]
    assert server.names == ["GET", "ping", "ping", "ping"]
    assert {request.path for request in server.requests[1:]} == {"/messages?sessionId=s3cr3t"}


@pytest.mark.parametrize("status", [404, 202])
async def test_ten_requests_are_sent_at_most(status: int) -> None:
    async with running({**HttpSseScript().answers, "ping": in_turn(status)}) as server:
        follow_ups = await send_pings(lost_session(server))
        await server.wait_until(lambda: len(server.closed_early) == server.names.count("GET"))
    assert set(statuses(follow_ups)) == {status}
    assert len(server.requests) == 10


async def test_pings_are_sent_with_a_second_stream_too() -> None:
    """With `least_conn`, a message goes to the server with fewer streams."""
    streams: list[Request] = []

    async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
        streams.append(request)
        await event_stream(event(b"/messages?sessionId=1", "endpoint"))(request, writer)  # type: ignore[operator]

    async def ping(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(202 if len(streams) > 1 else 404))
        await writer.drain()

    async with running({"GET": stream, "ping": ping}) as server:
        follow_ups = await send_pings(lost_session(server))
    assert statuses(follow_ups) == [404, 404, 404, 404, 202]


async def test_an_endpoint_at_another_origin_gets_no_ping() -> None:
    for endpoint in (b"http://127.0.0.1:9/message", b"/mess\x00age"):
        async with running(HttpSseScript(endpoint).answers) as server:
            assert await send_pings(lost_session(server)) == ()
        assert server.names == ["GET"]


SESSION = {"mcp_session_id": "s3ss!on"}


async def test_over_streamable_http_the_session_is_deleted() -> None:
    opened = response(200, result(RESULT), **SESSION)
    script = {"initialize": opened, "ping": in_turn(404, 200), "DELETE": in_turn(404, 200)}
    async with running(script) as server:
        follow_ups = await send_pings(lost_session(server, is_streamable=True))
    assert statuses(follow_ups) == [404, 200]
    assert server.names == ["initialize", "ping", "ping", "DELETE", "DELETE"]
    assert {request.headers["mcp-session-id"] for request in server.requests[1:]} == {"s3ss!on"}


async def test_over_streamable_http_ten_requests_are_sent_at_most() -> None:
    opened = response(200, result(RESULT), **SESSION)
    script = {"initialize": opened, "ping": in_turn(404), "DELETE": in_turn(404)}
    async with running(script) as server:
        follow_ups = await send_pings(lost_session(server, is_streamable=True))
    assert set(statuses(follow_ups)) == {404}
    assert len(server.requests) == 10


async def test_without_a_session_no_ping_is_sent() -> None:
    async with running({"initialize": response(200, result(RESULT))}) as server:
        assert await send_pings(lost_session(server, is_streamable=True)) == ()
    assert server.names == ["initialize"]


def case_of(conf: str, *sides: Handshake) -> Case:
    return make_case(proxy="live", direct="live", conf=conf, handshakes=sides)


COMPLETE = (make_handshake("proxy"), make_handshake("direct"))
LOST = make_handshake("direct", stage="initialize", status=404)
LOST_PROXY = make_handshake("proxy", stage="initialize", status=404)


@pytest.mark.parametrize(
    ("case", "side"),
    [
        (case_of(PEERS % ("", ""), *COMPLETE), "proxy"),
        (case_of(PEERS % ("least_conn;", ""), *COMPLETE), "proxy"),
        (case_of(PEERS % ("ip_hash;", ""), *COMPLETE), None),
        (case_of(PEERS % ("hash $remote_addr consistent;", ""), *COMPLETE), None),
        (case_of(PEERS % ("", "backup"), *COMPLETE), None),
        (case_of(PEERS % ("", "down"), *COMPLETE), None),
        (case_of(PEERS % ("ip_hash;", ""), LOST_PROXY), "proxy"),
        (case_of(PEERS % ("", ""), make_handshake("proxy"), LOST), "direct"),
        (case_of(PEERS % ("", ""), make_handshake("proxy", transport="stateless")), None),
        (case_of(PEERS % ("", "")), None),
    ],
)
def test_pings_are_sent_only_if_chance_may_decide(case: Case, side: str | None) -> None:
    assert side_to_probe(case) == side
