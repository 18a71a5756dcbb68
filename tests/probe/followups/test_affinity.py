"""Sessions opened again, against servers that share sessions and servers that do not."""

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
    silence,
)
from tests.rules.samples.build import make_case, make_follow_up, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Exchange, Handshake
from wizard.model.probe import Probe
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.probe import sessions
from wizard.probe.followups.affinity import AFFINITY, BACKEND_AFFINITY
from wizard.probe.request import ProbeOptions

PEERS = """
http { upstream bots { %s server 127.0.0.1:12213; server 127.0.0.1:12214 %s; }
map $http_mcp_session_id $by_session { '' $remote_addr; default $http_mcp_session_id; }
map $remote_addr $by_address { default $remote_addr; }
server { listen 8081; location / { proxy_pass http://bots; } } }
"""
UNKNOWN = response(404, b"session not found", kind="text/plain")
OPENED = response(200, result(RESULT), mcp_session_id="s3ss!on")


def in_turn(*answers: bytes) -> Answer:
    """Give one answer after the other, then the last one again and again."""
    remaining = list(answers)

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(remaining.pop(0) if len(remaining) > 1 else remaining[0])
        await writer.drain()

    return answer


def sessions_in_turn(*is_known: bool) -> dict[str, Answer]:
    """HTTP+SSE servers: each session is the next one's, known where it is posted or not."""
    remaining, scripts = list(is_known), list[HttpSseScript]()

    async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
        endpoint = b"/messages?sessionId=%d" % len(scripts)
        scripts.append(HttpSseScript(endpoint, event(result(RESULT))))
        await scripts[-1].answers["GET"](request, writer)  # type: ignore[operator]

    async def initialize(request: Request, writer: asyncio.StreamWriter) -> None:
        number = int(request.path.rpartition("=")[2])
        if remaining[min(number, len(remaining) - 1)]:
            await scripts[number].answers["initialize"](request, writer)  # type: ignore[operator]
        else:
            writer.write(UNKNOWN)
            await writer.drain()

    return {"GET": stream, "initialize": initialize, "notifications/initialized": response(202)}


def lost_session(server: Server, *, is_streamable: bool = False, stall: float = 10.0) -> Case:
    """A case whose handshake opened a session that was not known to the next message."""
    answer = Timeline(Probe("mcp-proxy", server.url), status=404)
    if is_streamable:
        handshake = Handshake("proxy", server.url, "streamable-http", "initialized", session=True)
        exchange = Exchange("initialized", answer)
    else:
        handshake = Handshake("proxy", server.url, "http+sse", "initialize", endpoint="/message")
        exchange = Exchange("initialize", answer)
    target = Target(server.url, direct=(Source(server.url),), stall=stall)
    return Case(target, handshakes=(replace(handshake, exchanges=(exchange,)),))


async def open_sessions(case: Case) -> tuple[FollowUpResult, ...]:
    assert AFFINITY.is_needed(case)
    return await AFFINITY.run(case, ProbeOptions())


def statuses(follow_ups: tuple[FollowUpResult, ...]) -> list[int | None]:
    return [follow_up.timeline.status for follow_up in follow_ups]


async def test_sessions_end_when_one_is_known() -> None:
    """The message that is not known is posted once more: requests may alternate."""
    async with running(sessions_in_turn(False, False, True)) as server:
        follow_ups = await open_sessions(lost_session(server))
        await server.wait_until(lambda: len(server.closed_early) == 3)
    assert statuses(follow_ups) == [404, 404, 404, 404, 202]
    assert server.names == [*["GET", "initialize", "initialize"] * 2, "GET", "initialize"]
    assert len({follow_up.why for follow_up in follow_ups}) == 3


async def test_a_message_posted_again_may_reach_the_other_process() -> None:
    script = HttpSseScript(b"/messages?sessionId=1", event(result(RESULT)))
    first = [True]

    async def initialize(request: Request, writer: asyncio.StreamWriter) -> None:
        if first.pop() if first else False:
            writer.write(UNKNOWN)
            await writer.drain()
        else:
            await script.answers["initialize"](request, writer)  # type: ignore[operator]

    async with running({**script.answers, "initialize": initialize}) as server:
        follow_ups = await open_sessions(lost_session(server))
    assert statuses(follow_ups) == [404, 202]


@pytest.mark.parametrize("is_known", [False, True])
async def test_six_more_sessions_are_opened_at_most(is_known: bool) -> None:
    complete = (make_handshake("proxy"),)
    async with running(sessions_in_turn(is_known)) as server:
        case = make_case(proxy="live", direct="live", conf=PEERS % ("", ""), handshakes=complete)
        if not is_known:
            case = lost_session(server)
        handshake = replace(case.handshakes[0], url=server.url)
        follow_ups = await AFFINITY.run(replace(case, handshakes=(handshake,)), ProbeOptions())
        await server.wait_until(lambda: len(server.closed_early) == 6)
    assert set(statuses(follow_ups)) == {202 if is_known else 404}
    assert server.names.count("GET") == 6
    assert len(server.requests) == (12 if is_known else 18)


async def test_a_complete_handshake_alone_is_no_proof_of_one_process() -> None:
    """Without a config nothing tells how many processes there are, and its messages were lucky."""
    async with running(sessions_in_turn(True, False)) as server:
        handshake = replace(make_handshake("proxy"), url=server.url)
        case = replace(make_case(proxy="live", direct="live"), handshakes=(handshake,))
        case = replace(case, resolution=None, target=replace(case.target, conf=None))
        follow_ups = await open_sessions(case)
    assert statuses(follow_ups) == [202, 404, 404]
    diagnosis = diagnose(replace(case, follow_ups=follow_ups))
    assert [cause.id for cause in diagnosis.causes] == ["no-affinity"]


@pytest.mark.parametrize("has_sessions", [True, False])
async def test_a_stateless_server_may_have_sessions_for_older_clients(has_sessions: bool) -> None:
    """Two workers of FastMCP 4: sessions of older clients get lost."""
    script = {"initialize": OPENED, "notifications/initialized": in_turn(response(202), UNKNOWN)}
    if not has_sessions:
        script = {"initialize": response(404, b"no")}
    async with running({**script, "DELETE": response(200)}) as server:
        handshake = replace(make_handshake("proxy", transport="stateless"), url=server.url)
        case = replace(make_case(proxy="405", direct="405"), handshakes=(handshake,))
        follow_ups = await open_sessions(case)
    assert statuses(follow_ups) == ([202, 404, 404] if has_sessions else [])
    diagnosis = diagnose(replace(case, follow_ups=follow_ups))
    expected = ["no-affinity"] if has_sessions else []
    assert [cause.id for cause in diagnosis.causes] == expected
    assert (diagnosis.verdict == "healthy") is not has_sessions


async def test_three_more_sessions_are_opened_where_nothing_shows_several_processes() -> None:
    async with running(sessions_in_turn(True)) as server:
        handshake = replace(make_handshake("proxy"), url=server.url)
        case = make_case(proxy="live", direct="live", conf=PEERS % ("", "down"))
        follow_ups = await open_sessions(replace(case, handshakes=(handshake,)))
    assert statuses(follow_ups) == [202] * 3


@pytest.mark.parametrize(
    ("status", "body", "is_lost"),
    [
        (503, "No active SSE connection found for session s3cr3t", True),
        (500, "Internal Server Error", False),
        (401, "sessionId is required", False),
    ],
)
async def test_any_refusal_that_names_the_session_is_a_lost_message(
    status: int, body: str, is_lost: bool
) -> None:
    """supergateway answers 503 for a session that it does not know."""
    refused = response(status, body.encode(), kind="text/plain")
    script = {"initialize": OPENED, "notifications/initialized": in_turn(refused, response(202))}
    async with running({**script, "DELETE": response(200)}) as server:
        follow_ups = await open_sessions(lost_session(server, is_streamable=True))
    assert any(sessions.is_lost(each.timeline) for each in follow_ups) is is_lost


async def test_after_two_messages_without_an_answer_no_session_is_opened() -> None:
    script = {
        "GET": event_stream(event(b"/messages?sessionId=1", "endpoint")),
        "initialize": silence,
    }
    async with running(script) as server:
        follow_ups = await open_sessions(lost_session(server, stall=0.3))
    assert [follow_up.timeline.ended for follow_up in follow_ups] == ["timeout"] * 2
    assert server.names == ["GET", "initialize", "initialize"]


async def test_a_reply_that_does_not_come_is_waited_for() -> None:
    """Some servers accept a message of any session, and the reply goes nowhere."""
    script = {
        "GET": event_stream(event(b"/messages?sessionId=1", "endpoint")),
        "initialize": response(202),
    }
    async with running(script) as server:
        follow_ups = await open_sessions(lost_session(server, stall=0.3))
    assert statuses(follow_ups) == [202, 202]
    assert {follow_up.timeline.ended for follow_up in follow_ups} == {"timeout"}


async def test_an_endpoint_at_another_origin_gets_no_message() -> None:
    for endpoint in (b"http://127.0.0.1:9/message", b"/mess\x00age"):
        async with running(HttpSseScript(endpoint).answers) as server:
            assert await open_sessions(lost_session(server)) == ()
        assert server.names == ["GET"]


async def test_over_streamable_http_each_session_is_deleted() -> None:
    accepted = response(202)
    script = {
        "initialize": OPENED,
        "notifications/initialized": in_turn(UNKNOWN, accepted),
        "DELETE": in_turn(UNKNOWN, response(200)),
    }
    async with running(script) as server:
        follow_ups = await open_sessions(lost_session(server, is_streamable=True))
    assert statuses(follow_ups) == [404, 202]
    confirm = "notifications/initialized"
    assert server.names == ["initialize", confirm, confirm, "DELETE", "DELETE"]
    assert {request.headers["mcp-session-id"] for request in server.requests[1:]} == {"s3ss!on"}


async def test_over_streamable_http_thirty_requests_are_sent_at_most() -> None:
    script = {"initialize": OPENED, "notifications/initialized": UNKNOWN, "DELETE": UNKNOWN}
    async with running(script) as server:
        follow_ups = await open_sessions(lost_session(server, is_streamable=True))
    assert set(statuses(follow_ups)) == {404}
    assert len(server.requests) == 30


async def test_without_a_session_no_message_is_sent() -> None:
    async with running({"initialize": response(200, result(RESULT))}) as server:
        assert await open_sessions(lost_session(server, is_streamable=True)) == ()
    assert server.names == ["initialize"]


def case_of(conf: str, *sides: Handshake) -> Case:
    return make_case(proxy="live", direct="live", conf=conf, handshakes=sides)


def with_hash(key: str) -> Case:
    return case_of(PEERS % (f"hash {key};", ""), *COMPLETE)


COMPLETE = (make_handshake("proxy"), make_handshake("direct"))
LOST = make_handshake("direct", stage="initialize", status=404)
LOST_PROXY = make_handshake("proxy", stage="initialize", status=404)
WITHOUT_ID = make_handshake("proxy", stage="initialize", status=400, body="sessionId is required")


@pytest.mark.parametrize(
    ("case", "is_needed"),
    [
        (case_of(PEERS % ("", ""), *COMPLETE), True),
        (case_of(PEERS % ("least_conn;", ""), *COMPLETE), True),
        (case_of(PEERS % ("ip_hash;", ""), *COMPLETE), True),
        (with_hash("$remote_addr consistent"), True),
        (with_hash("$by_address"), True),
        (with_hash("$arg_session_id consistent"), True),
        (with_hash("$arg_sessionId"), True),
        (with_hash("$http_mcp_session_id"), True),
        (with_hash("$cookie_route"), True),
        (with_hash("$by_session"), True),
        (with_hash("$remote_addr$request_uri"), True),
        (case_of(PEERS % ("", "backup"), *COMPLETE), True),
        (case_of(PEERS % ("", "down"), *COMPLETE), True),
        (case_of(PEERS % ("ip_hash;", ""), LOST_PROXY), True),
        (case_of(PEERS % ("ip_hash;", ""), WITHOUT_ID), False),
        (case_of(PEERS % ("", ""), make_handshake("proxy"), LOST), False),
        (case_of(PEERS % ("", ""), make_handshake("proxy", transport="stateless")), True),
        (case_of(PEERS % ("", "")), False),
    ],
)
def test_sessions_are_opened_only_if_chance_may_decide(case: Case, is_needed: bool) -> None:
    assert AFFINITY.is_needed(case) is is_needed


ONE = PEERS % ("", "down")
SEEN = (
    make_follow_up("affinity", 202, side="proxy"),
    make_follow_up("affinity", 404, side="proxy"),
)


def without_config(case: Case) -> Case:
    return replace(case, resolution=None, target=replace(case.target, conf=None))


@pytest.mark.parametrize(
    ("change", "case", "is_needed"),
    [
        ("one peer", case_of(ONE, LOST_PROXY, COMPLETE[1]), True),
        ("several peers", case_of(PEERS % ("", ""), LOST_PROXY, COMPLETE[1]), False),
        ("no config", without_config(case_of(ONE, LOST_PROXY, COMPLETE[1])), True),
        ("a later loss", replace(case_of(ONE, *COMPLETE), follow_ups=SEEN), True),
        ("config not read", replace(case_of(ONE, LOST_PROXY, COMPLETE[1]), resolution=None), False),
        ("no direct URL", case_of(ONE, LOST_PROXY), False),
        ("nothing lost", case_of(ONE, *COMPLETE), False),
        ("the backend loses it", case_of(PEERS % ("", ""), COMPLETE[0], LOST), True),
    ],
)  # fmt: skip
def test_the_backend_is_asked_if_its_processes_may_be_why(
    change: str, case: Case, is_needed: bool
) -> None:
    assert BACKEND_AFFINITY.is_needed(case) is is_needed, change
