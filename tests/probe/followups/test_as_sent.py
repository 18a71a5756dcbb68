"""The request as Nginx passes it on, at a scripted server: what is sent, and how often."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.probe.followups.servers import LIVE, at
from tests.probe.mcp.server import RESULT, Answer, Request, Server, response, result, running
from tests.probe.scripted import CHUNKED
from tests.rules.samples.build import make_case, make_handshake
from tests.tools import require
from tests.vantage.remote import prefix_with_only, vantage_session
from wizard.diagnose.facts.request_difference import (
    describe_request,
    named_differences,
)
from wizard.investigation import casefile
from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Handshake
from wizard.model.probe_result import ProbeResult
from wizard.model.target import Hop, Source
from wizard.probe.followups.as_sent import AS_SENT, MAX_REQUESTS
from wizard.probe.followups.failing_request import failing_request
from wizard.probe.request import ProbeOptions

CONF = """
http { server { listen 8081; location / { proxy_pass http://127.0.0.1:1; %s } } }
"""
KEPT = "proxy_http_version 1.1; proxy_set_header Connection '';"
REFUSED = response(403, b"no", kind="text/plain")
Minds = Callable[[Request], bool]


def case_of(lines: str, proxy: str = "403", direct: str = "live") -> Case:
    return make_case(proxy=proxy, direct=direct, conf=CONF % lines)


def lines_of(count: int) -> str:
    return KEPT + "".join(f"proxy_set_header X-{at} {at};" for at in range(count))


def refusing(minds: Minds) -> Answer:
    async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
        if minds(request):
            writer.write(REFUSED)
            await writer.drain()
        else:
            await LIVE(request, writer)  # type: ignore[operator]

    return stream


async def sent(case: Case, server: Server) -> Case:
    """The case with the results of the follow-up."""
    options = ProbeOptions(headers=case.target.headers)
    moved = at(case, server)
    handshakes = tuple(replace(each, url=server.url) for each in case.handshakes)
    results = await AS_SENT.run(replace(moved, handshakes=handshakes), options)
    return replace(case, follow_ups=results)


def has(*names: str) -> Minds:
    return lambda request: all(name in request.headers for name in names)


@pytest.mark.parametrize("count", [1, 5, 12])
async def test_one_header_of_many_is_found(count: int) -> None:
    for culprit in {0, count // 2, count - 1}:
        async with running({"GET": refusing(has(f"x-{culprit}"))}) as server:
            case = await sent(case_of(lines_of(count)), server)
        (difference,) = named_differences(case)
        assert (difference.text, difference.where) == (
            f"with X-{culprit}: {culprit}",
            difference.where,
        )
        assert str(difference.where) == "nginx.conf:2"
        assert len(server.requests) <= MAX_REQUESTS


async def test_two_that_are_needed_together_are_named_together() -> None:
    async with running({"GET": refusing(has("x-1", "x-4"))}) as server:
        case = await sent(case_of(lines_of(5)), server)
    assert {each.name for each in named_differences(case)} == {"X-1", "X-4"}
    assert len(server.requests) <= MAX_REQUESTS


@pytest.mark.parametrize("count", [0, 7])
async def test_both_parts_of_the_old_default_may_be_minded(count: int) -> None:
    """Each by itself, beside innocent headers."""
    lines = "".join(f"proxy_set_header X-{at} {at};" for at in range(count))

    def minds(request: Request) -> bool:
        return request.version == "HTTP/1.0" or request.headers.get("connection") == "close"

    async with running({"GET": refusing(minds)}) as server:
        case = await sent(case_of(lines), server)
    assert {each.kind for each in named_differences(case)} == {"http-version", "connection"}
    assert len(server.requests) <= MAX_REQUESTS


@pytest.mark.parametrize("kind", ["http-version", "connection"])
async def test_one_part_of_the_old_default_is_told_from_the_other(kind: str) -> None:
    def minds(request: Request) -> bool:
        is_version = kind == "http-version"
        return request.version == "HTTP/1.0" if is_version else "connection" in request.headers

    async with running({"GET": refusing(minds)}) as server:
        case = await sent(case_of(""), server)
    assert [each.kind for each in named_differences(case)] == [kind]


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("pattern", ["RS", "RRS", "RSS", "RRSS", "RSRSS"])
async def test_a_backend_that_refuses_in_turn_blames_no_header(pattern: str, count: int) -> None:
    """What was sent and how it was answered must agree, in each of the requests."""
    turn = itertools.cycle(pattern)
    async with running({"GET": refusing(lambda _: next(turn) == "R")}) as server:
        case = await sent(case_of(lines_of(count)), server)
    assert len(server.requests) <= MAX_REQUESTS
    assert named_differences(case) == (), case.follow_ups


async def test_more_than_the_requests_can_tell_is_not_named() -> None:
    async with running({"GET": refusing(has(*(f"x-{at}" for at in range(0, 12, 2))))}) as server:
        case = await sent(case_of(lines_of(12)), server)
    assert len(server.requests) <= MAX_REQUESTS
    assert named_differences(case) == ()
    assert "which of its differences is at fault was not shown" in describe_request(case)[0]


async def test_a_request_that_is_served_is_sent_once() -> None:
    async with running({"GET": LIVE}) as server:
        case = await sent(case_of(lines_of(4)), server)
    assert [each.likeness for each in case.follow_ups] == ["served"]
    assert len(server.requests) == 1
    assert "is served at the direct URL" in describe_request(case)[0]


async def test_a_request_that_nginx_does_not_change_was_sent_already() -> None:
    lines = f"{KEPT} proxy_set_header Host $http_host;"
    async with running({"GET": LIVE}) as server:
        case = await sent(case_of(lines), server)
    assert server.requests == []
    assert [(each.likeness, each.differences) for each in case.follow_ups] == [("served", ())]
    assert "is served at the direct URL" in describe_request(case)[0]


async def test_a_stream_that_is_silent_directly_is_served_so() -> None:
    async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
        if "x-1" in request.headers:
            writer.write(REFUSED)
        else:
            writer.write(CHUNKED)
            await writer.drain()
            await asyncio.Event().wait()

    case = case_of(lines_of(2), direct="silent")
    case = replace(case, target=replace(case.target, stall=0.2))
    async with running({"GET": stream}) as server:
        case = await sent(case, server)
    assert [each.name for each in named_differences(case)] == ["X-1"]


async def test_another_failure_is_not_searched_for() -> None:
    async with running({"GET": response(500)}) as server:
        case = await sent(case_of(lines_of(4)), server)
    assert [each.likeness for each in case.follow_ups] == ["other"]
    assert "HTTP 500" in describe_request(case)[0]


async def test_the_request_has_the_lines_of_the_config_in_their_order() -> None:
    async with running({"GET": LIVE}) as server:
        await sent(case_of("proxy_set_header Accept ''; proxy_set_header X-A b;"), server)
    (request,) = server.requests
    assert request.version == "HTTP/1.0"
    assert list(request.headers.items())[:3] == [
        ("x-a", "b"),
        ("host", "127.0.0.1:1"),
        ("connection", "close"),
    ]
    assert "accept" not in request.headers


async def test_secrets_of_the_config_are_sent_by_no_request() -> None:
    lines = "proxy_set_header Authorization 'Bearer abcdef012345'; proxy_set_header X-Api-Key k;"
    headers = (("Authorization", "Bearer mine-0123456789"),)
    async with running({"GET": refusing(has("x-1"))}) as server:
        case = case_of(lines_of(3) + lines)
        case = await sent(replace(case, target=replace(case.target, headers=headers)), server)
    assert {request.headers["authorization"] for request in server.requests} == {headers[0][1]}
    assert not any("x-api-key" in request.headers for request in server.requests)
    assert [each.name for each in named_differences(case)] == ["X-1"]


@pytest.mark.parametrize(
    "case",
    [
        case_of(lines_of(2), proxy="live"),
        case_of(lines_of(2), direct="403"),
        case_of(lines_of(2), proxy="held"),
        case_of(lines_of(2), proxy="held", direct="silent"),
        replace(case_of(lines_of(2)), resolution=None),
        case_of("return 403;"),
    ],
    ids=[
        "live",
        "both refuse",
        "the config holds it",
        "silent",
        "no config",
        "nothing is passed on",
    ],
)
async def test_nothing_is_sent_without_need(case: Case) -> None:
    async with running({"GET": LIVE}) as server:
        assert [each.purpose for each in (await sent(case, server)).follow_ups] == []
    assert server.requests == []


@pytest.mark.parametrize(
    "change",
    [{"method": "POST"}, {"method": "POST", "repeat": True}],
    ids=["post", "repeated post"],
)
async def test_only_a_get_is_sent_again(change: dict[str, object]) -> None:
    case = case_of(lines_of(2))
    case = replace(case, target=replace(case.target, **change))  # type: ignore[arg-type]
    assert not AS_SENT.is_needed(case)


async def test_behind_several_proxies_the_request_is_not_known() -> None:
    case = case_of(lines_of(2))
    hops = (Hop("edge", Source("http://edge/sse")),)
    case = replace(case, target=replace(case.target, hops=hops))
    assert not AS_SENT.is_needed(case)


@pytest.mark.parametrize(("tool", "likeness"), [("bash", "alike"), ("curl", "other")])
async def test_from_the_vantage_of_the_direct_probe(
    tool: str, likeness: str, tmp_path: Path
) -> None:
    """If its tools can send an exact request; else the result says so."""
    require(tool)
    session = vantage_session(prefix_with_only(tool, tmp_path))
    async with running({"GET": refusing(has("x-1"))}) as server:
        case = at(case_of(lines_of(2)), server)
        direct = tuple(_from_web(each) for each in case.direct)
        options = ProbeOptions(vantage_sessions={"web": session})
        results = await AS_SENT.run(replace(case, direct=direct), options)
    assert [each.likeness for each in results][:1] == [likeness]
    assert {each.timeline.probe.vantage for each in results} == {"web"}
    assert bool(server.requests) == (likeness == "alike")
    if not server.requests:
        (note,) = describe_request(replace(case, follow_ups=results))
        assert "an exact request cannot be sent from there" in note


def _from_web(direct: ProbeResult) -> ProbeResult:
    probe = replace(direct.timeline.probe, vantage="web")
    return replace(direct, timeline=replace(direct.timeline, probe=probe))


def mcp_case(lines: str, stage: str = "initialize") -> Case:
    proxied = make_handshake("proxy", transport="streamable-http", stage="initialize", status=403)
    direct = make_handshake("direct", transport="streamable-http", status=200)
    replied = tuple(replace(each, replied_s=0.1) for each in direct.exchanges)
    return make_case(
        proxy="405",
        direct="405",
        conf=CONF % lines,
        handshakes=(proxied, replace(direct, exchanges=replied)),
    )


async def test_each_session_that_a_message_opens_is_closed() -> None:
    opened = response(200, result(RESULT), Mcp_Session_Id="s")

    async def initialize(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(REFUSED if "x-1" in request.headers else opened)
        await writer.drain()

    answers: dict[str, Answer] = {"initialize": initialize, "DELETE": response(200)}
    async with running(answers) as server:
        case = await sent(mcp_case(lines_of(3)), server)
    assert [each.name for each in named_differences(case)] == ["X-1"]
    served = [each for each in case.follow_ups if each.likeness == "served"]
    assert server.names.count("DELETE") == len(served) > 0
    assert set(server.names) == {"initialize", "DELETE"}
    assert len(server.requests) <= MAX_REQUESTS


def test_a_message_that_both_sides_refuse_says_nothing_of_the_request() -> None:
    """With pages of other types: the next message is the one that fails through the proxy alone."""

    def discovered(handshake: Handshake, kind: str) -> Handshake:
        opening = handshake.exchanges[0]
        headers = (("content-type", kind),)
        refused = replace(opening.timeline, status=400, headers=headers)
        discover = replace(opening, name="discover", timeline=refused, replied_s=None)
        return replace(handshake, exchanges=(discover, *handshake.exchanges))

    case = mcp_case(KEPT)
    proxied, direct = case.handshakes
    both = (discovered(proxied, "text/plain"), discovered(direct, "application/json"))
    failing = failing_request(replace(case, handshakes=both))
    assert failing is not None
    assert failing.exchange == "initialize"


async def test_the_results_are_kept_in_a_case_file() -> None:
    async with running({"GET": refusing(has("x-1"))}) as server:
        case = await sent(case_of(lines_of(3)), server)
    text = casefile.dump(casefile.CaseRecord(case))
    kept = casefile.load(text, "case").case
    assert named_differences(kept) == named_differences(case)
    assert [_without_timeline(each) for each in kept.follow_ups] == [
        _without_timeline(each) for each in case.follow_ups
    ]


def _without_timeline(sent: FollowUpResult) -> tuple[object, ...]:
    return sent.purpose, sent.why, sent.differences, sent.likeness, sent.doubts
