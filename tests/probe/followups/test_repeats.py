"""Requests sent again: one three times, and two direct streams at once."""

import asyncio
from dataclasses import replace

import pytest

from tests.probe.followups.servers import LIVE, ONE_PEER, at
from tests.probe.mcp.server import Request, running, silence
from tests.rules.samples.build import make_case
from wizard.model.case import Case
from wizard.probe.followups import run_follow_ups
from wizard.probe.followups.repeats import AGAIN, FIRST_OF_TWO, SECOND_OF_TWO
from wizard.probe.request import ProbeOptions

ONE_HELD = make_case(proxy="held", direct="live", direct_gzip="held", settings={})
TWO_PEERS = """
http { upstream bots { server 127.0.0.1:12213; server 127.0.0.1:12214; }
server { listen 8081; location / { proxy_pass http://bots; } } }
"""


@pytest.mark.parametrize(
    ("case", "needed"),
    [
        (make_case(proxy="held", proxy_gzip="live", direct="live", conf=TWO_PEERS), True),
        (make_case(proxy="held", proxy_gzip="held", direct="live", conf=TWO_PEERS), False),
        (make_case(proxy="held", proxy_gzip="live", direct="live", conf=ONE_PEER % ""), False),
    ],
    ids=["by chance", "all", "one peer"],
)
def test_repeats_are_needed_only_if_chance_may_have_decided(case: Case, needed: bool) -> None:
    assert AGAIN.is_needed(case) == needed


async def test_the_same_request_is_repeated() -> None:
    async with running({"GET": LIVE}) as server:
        case = make_case(proxy="live", proxy_gzip="held", direct="live", conf=TWO_PEERS)
        follow_ups = await run_follow_ups(at(case, server), ProbeOptions())
    assert [request.headers["accept-encoding"] for request in server.requests] == ["gzip"] * 3
    assert {(follow_up.purpose, follow_up.timeline.probe.encoding) for follow_up in follow_ups} == {
        ("again", "gzip")
    }


async def test_no_purpose_is_sent_twice() -> None:
    async with running({"GET": LIVE}) as server:
        case = make_case(proxy="live", proxy_gzip="held", direct="live", conf=TWO_PEERS)
        case = at(case, server)
        case = replace(case, follow_ups=await run_follow_ups(case, ProbeOptions()))
        assert await run_follow_ups(case, ProbeOptions()) == case.follow_ups
    assert server.names == ["GET"] * 3


async def test_a_second_stream_is_opened_once_the_first_is_live() -> None:
    streams = [LIVE, silence]

    async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
        await streams.pop(0)(request, writer)  # type: ignore[operator]

    async with running({"GET": stream}) as server:
        case = at(ONE_HELD, server)
        case = replace(case, target=replace(case.target, stall=2.0))
        first, second = await run_follow_ups(case, ProbeOptions())
        await server.wait_until(lambda: server.closed_early == ["GET", "GET"])
    assert (first.purpose, second.purpose) == (FIRST_OF_TWO, SECOND_OF_TWO)
    assert first.timeline.first_data_s is not None
    assert second.timeline.connect_s is not None
    assert second.timeline.headers_s is None


async def test_there_is_no_second_stream_if_the_first_is_silent() -> None:
    async with running({"GET": silence}) as server:
        case = at(ONE_HELD, server)
        case = replace(case, target=replace(case.target, stall=2.0))
        follow_ups = await run_follow_ups(case, ProbeOptions())
        await server.wait_until(lambda: server.closed_early == ["GET"])
    assert [follow_up.purpose for follow_up in follow_ups] == [FIRST_OF_TWO]
