"""Several messages to one session, against servers that share it and servers that do not."""

import asyncio
from dataclasses import replace

import pytest

from tests.probe.mcp.server import (
    RESULT,
    Answer,
    Asked,
    Legacy,
    Server,
    event,
    http,
    result,
    running,
    streamed,
)
from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Exchange, Handshake, Side
from wizard.model.target import Source, Target
from wizard.model.timeline import Probe, Timeline
from wizard.probe.followups.affinity import AFFINITY, side_to_probe
from wizard.probe.request import ProbeOptions

PEERS = """
http { upstream bots { %s server 127.0.0.1:12213; server 127.0.0.1:12214 %s; }
server { listen 8081; location / { proxy_pass http://bots; } } }
"""


def in_turn(*statuses: int) -> Answer:
    """Answers one after the other, then the last again and again."""
    left = list(statuses)

    async def answer(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        writer.write(http(status, b"said", kind="text/plain"))
        await writer.drain()

    return answer


def failing(server: Server, *, posts: bool = False, side: Side = "proxy") -> Case:
    """A case in which the handshake's message was not known."""
    answer = Timeline(Probe("mcp-proxy", server.url), status=404)
    spoken = Handshake(side, server.url, "http+sse", "initialize", endpoint="/message")
    spoken = replace(spoken, exchanges=(Exchange("initialize", answer),))
    if posts:
        spoken = Handshake(side, server.url, "streamable-http", "done", session=True)
        spoken = replace(spoken, exchanges=(Exchange("initialized", answer),))
    return Case(Target(server.url, direct=(Source(server.url),)), handshakes=(spoken,))


async def made(known: Case) -> tuple[FollowUpResult, ...]:
    assert AFFINITY.is_needed(known)
    return await AFFINITY.run(known, ProbeOptions())


def statuses(follow_ups: tuple[FollowUpResult, ...]) -> list[int | None]:
    return [one.timeline.status for one in follow_ups]


async def test_it_ends_with_the_first_two_that_differ() -> None:
    async with running({**Legacy().answers, "ping": in_turn(404, 404, 202)}) as server:
        follow_ups = await made(failing(server))
    assert statuses(follow_ups) == [404, 404, 202]
    assert server.whats == ["GET", "ping", "ping", "ping"]
    assert {one.path for one in server.asked[1:]} == {"/messages?sessionId=s3cr3t"}


@pytest.mark.parametrize("status", [404, 202])
async def test_ten_requests_in_all_at_the_most(status: int) -> None:
    async with running({**Legacy().answers, "ping": in_turn(status)}) as server:
        follow_ups = await made(failing(server))
        await server.until(lambda: len(server.left) == server.whats.count("GET"))
    assert set(statuses(follow_ups)) == {status}
    assert len(server.asked) == 10


async def test_a_second_stream_draws_messages_to_the_first() -> None:
    """As `least_conn` does: a message goes where fewer streams are."""
    streams: list[Asked] = []

    async def stream(asked: Asked, writer: asyncio.StreamWriter) -> None:
        streams.append(asked)
        await streamed(event(b"/messages?sessionId=1", "endpoint"))(asked, writer)  # type: ignore[operator]

    async def ping(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(http(202 if len(streams) > 1 else 404))
        await writer.drain()

    async with running({"GET": stream, "ping": ping}) as server:
        follow_ups = await made(failing(server))
    assert statuses(follow_ups) == [404, 404, 404, 404, 202]


async def test_no_endpoint_or_one_elsewhere_gets_no_ping() -> None:
    for endpoint in (b"http://127.0.0.1:9/message", b"/mess\x00age"):
        async with running(Legacy(endpoint).answers) as server:
            assert await made(failing(server)) == ()
        assert server.whats == ["GET"]


SESSION = {"mcp_session_id": "s3ss!on"}


async def test_over_streamable_http_the_session_is_deleted() -> None:
    opened = http(200, result(RESULT), **SESSION)
    script = {"initialize": opened, "ping": in_turn(404, 200), "DELETE": in_turn(404, 200)}
    async with running(script) as server:
        follow_ups = await made(failing(server, posts=True))
    assert statuses(follow_ups) == [404, 200]
    assert server.whats == ["initialize", "ping", "ping", "DELETE", "DELETE"]
    assert {one.headers["mcp-session-id"] for one in server.asked[1:]} == {"s3ss!on"}


async def test_over_streamable_http_ten_at_the_most() -> None:
    opened = http(200, result(RESULT), **SESSION)
    script = {"initialize": opened, "ping": in_turn(404), "DELETE": in_turn(404)}
    async with running(script) as server:
        follow_ups = await made(failing(server, posts=True))
    assert set(statuses(follow_ups)) == {404}
    assert len(server.asked) == 10


async def test_no_session_no_ping() -> None:
    async with running({"initialize": http(200, result(RESULT))}) as server:
        assert await made(failing(server, posts=True)) == ()
    assert server.whats == ["initialize"]


def spoken(conf: str, *sides: Handshake) -> Case:
    return make_case(proxy="live", direct="live", conf=conf, handshakes=sides)


FINE = (make_handshake("proxy"), make_handshake("direct"))
GONE = make_handshake("direct", stage="initialize", status=404)


@pytest.mark.parametrize(
    ("known", "side"),
    [
        (spoken(PEERS % ("", ""), *FINE), "proxy"),
        (spoken(PEERS % ("least_conn;", ""), *FINE), "proxy"),
        (spoken(PEERS % ("ip_hash;", ""), *FINE), None),
        (spoken(PEERS % ("hash $remote_addr consistent;", ""), *FINE), None),
        (spoken(PEERS % ("", "backup"), *FINE), None),
        (spoken(PEERS % ("", "down"), *FINE), None),
        (
            spoken(
                PEERS % ("ip_hash;", ""), make_handshake("proxy", stage="initialize", status=404)
            ),
            "proxy",
        ),
        (spoken(PEERS % ("", ""), make_handshake("proxy"), GONE), "direct"),
        (spoken(PEERS % ("", ""), make_handshake("proxy", transport="stateless")), None),
        (spoken(PEERS % ("", "")), None),
    ],
)
def test_it_is_asked_only_where_chance_may_decide(known: Case, side: str | None) -> None:
    assert side_to_probe(known) == side
