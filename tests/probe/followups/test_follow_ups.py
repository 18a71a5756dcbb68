"""The other follow-ups: when they ask, what they ask, and that they leave again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.probe.mcp.server import Asked, Server, http, running, silence, streamed
from tests.rules.samples.build import PROXY_URL, make_case, with_answer
from wizard.model.case import Case, ProbeResult
from wizard.model.target import Source, Target
from wizard.probe.followups import FOLLOW_UPS, run_follow_ups
from wizard.probe.followups.host_origin import passed_hosts
from wizard.probe.followups.oauth_cors import METADATA
from wizard.probe.followups.repeats import AGAIN, ALONE, FIRST_OF_TWO, SECOND_OF_TWO
from wizard.probe.request import ProbeOptions

LIVE = streamed(b"event: endpoint\ndata: /m?s=1\n\n")


def test_each_has_its_own_purpose() -> None:
    assert len({one.purpose for one in FOLLOW_UPS}) == len(FOLLOW_UPS)


@pytest.mark.parametrize(
    "known",
    [
        make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"}),
        make_case(proxy="live", direct="live", settings={"proxy_buffering": "off"}),
        make_case(proxy="held", direct="held", settings={"proxy_buffering": "on"}),
        make_case(proxy="404", direct="live", settings={"proxy_buffering": "off"}),
        make_case(proxy="502", direct="live", settings={"proxy_buffering": "off"}),
        Case(Target(PROXY_URL)),
    ],
    ids=["held", "live", "silent", "not-found", "bad-gateway", "empty"],
)
async def test_a_clear_case_asks_nothing_more(known: Case) -> None:
    assert [one.purpose for one in FOLLOW_UPS if one.is_needed(known)] == []
    assert await run_follow_ups(known, ProbeOptions()) == ()


def at(known: Case, server: Server, *, proxied: str = "") -> Case:
    """The same case, with the server behind its URLs."""
    target = replace(known.target, url=proxied or server.url, direct=(Source(server.url),))

    def moved(results: tuple[ProbeResult, ...], url: str) -> tuple[ProbeResult, ...]:
        probes = [replace(result.timeline.probe, url=url) for result in results]
        lines = [
            replace(result.timeline, probe=probe)
            for result, probe in zip(results, probes, strict=True)
        ]
        return tuple(
            replace(result, timeline=line) for result, line in zip(results, lines, strict=True)
        )

    proxy, direct = moved(known.proxy, target.url), moved(known.direct, server.url)
    return replace(known, target=target, proxy=proxy, direct=direct)


REFUSED = make_case(proxy="421", direct="live", settings={"proxy_buffering": "off"})


@asynccontextmanager
async def guarded(*allowed: str) -> AsyncIterator[Server]:
    """A server that takes only these hosts."""

    async def stream(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.headers["host"] in allowed:
            await LIVE(asked, writer)  # type: ignore[operator]
        else:
            writer.write(http(421, b"Invalid Host header", kind="text/plain"))
            await writer.drain()

    async with running({"GET": stream}) as server:
        yield server


async def test_the_public_name_is_refused_at_the_backend() -> None:
    async with guarded("localhost") as server:
        known = replace(
            at(REFUSED, server, proxied="https://mcp.example.com:8443/sse"), resolution=None
        )
        follow_ups = await run_follow_ups(known, ProbeOptions())
    assert [one.headers["host"] for one in server.asked] == ["mcp.example.com:8443"]
    assert [one.timeline.status for one in follow_ups] == [421]
    assert follow_ups[0].timeline.excerpt == "Invalid Host header"


async def test_both_likely_names_where_the_config_is_not_known() -> None:
    async with guarded("mcp.example.com:8443", "mcp.example.com") as server:
        known = replace(
            at(REFUSED, server, proxied="https://mcp.example.com:8443/sse"), resolution=None
        )
        follow_ups = await run_follow_ups(known, ProbeOptions())
        await server.until(lambda: server.left == ["GET", "GET"])
    assert [one.headers["host"] for one in server.asked] == [
        "mcp.example.com:8443",
        "mcp.example.com",
    ]
    assert {one.timeline.status for one in follow_ups} == {200}


NAMED = """
http { upstream bots { server 127.0.0.1:12213; }
server { listen 8081; location / { proxy_pass http://bots; %s } } }
"""


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("", "bots"),
        ("proxy_set_header X-Real-IP $remote_addr;", "bots"),
        ("proxy_set_header Host $host;", "127.0.0.1"),
        ("proxy_set_header Host $http_host;", "127.0.0.1:8081"),
        ("proxy_set_header host ${host}:443;", "127.0.0.1:443"),
        ("proxy_set_header Host inner.local;", "inner.local"),
    ],
)
def test_the_config_says_which_name(line: str, host: str) -> None:
    assert passed_hosts(make_case(proxy="421", direct="live", conf=NAMED % line)) == (host,)


def test_a_password_in_the_url_is_no_part_of_the_name() -> None:
    for known in (
        make_case(proxy="421", direct="live", conf=NAMED % "proxy_set_header Host $http_host;"),
        replace(REFUSED, resolution=None),
    ):
        known = replace(
            known, target=replace(known.target, url="http://me:s3cr3t@bot.example:81/sse")
        )
        assert passed_hosts(known)[0] == "bot.example:81"


def test_a_name_that_variables_decide_leaves_the_likely_ones() -> None:
    known = make_case(
        proxy="421", direct="live", conf=NAMED % "proxy_set_header Host $server_name;"
    )
    assert passed_hosts(known) == ("127.0.0.1:8081", "127.0.0.1")


async def test_the_origin_is_left_out_where_both_sides_refuse() -> None:
    given = (("Origin", "https://evil.example"), ("X-Other", "kept"))
    async with running({"GET": LIVE}) as server:
        known = at(make_case(proxy="403", direct="403", settings={}), server)
        known = replace(known, target=replace(known.target, headers=given))
        follow_ups = await run_follow_ups(known, ProbeOptions(headers=given))
    assert [one.purpose for one in follow_ups] == ["no-origin"]
    (asked,) = server.asked
    assert "origin" not in asked.headers
    assert asked.headers["x-other"] == "kept"


def challenged(server: Server, url: str) -> Case:
    known = at(make_case(proxy="401", direct="401", settings={}), server)
    return with_answer(known, (("www-authenticate", f'Bearer resource_metadata="{url}"'),))


async def test_metadata_is_asked_for_at_the_same_origin() -> None:
    async with running({"GET": http(404, b"nothing here", kind="text/plain")}) as server:
        url = server.url.replace("/sse", "/.well-known/oauth-protected-resource")
        (follow_up,) = await run_follow_ups(challenged(server, url), ProbeOptions())
    assert (follow_up.purpose, follow_up.timeline.status) == ("metadata", 404)
    assert server.only("GET").path == "/.well-known/oauth-protected-resource"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "https://elsewhere.example/x", "no url", "http://[::1", ""]
)
async def test_metadata_elsewhere_is_not_asked_for(url: str) -> None:
    async with running({}) as server:
        assert not METADATA.is_needed(challenged(server, url))


ONE_HELD = make_case(proxy="held", direct="live", direct_gzip="held", settings={})


async def test_a_second_stream_is_begun_once_the_first_is_live() -> None:
    streams = [LIVE, silence]

    async def stream(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await streams.pop(0)(asked, writer)  # type: ignore[operator]

    async with running({"GET": stream}) as server:
        known = at(ONE_HELD, server)
        known = replace(known, target=replace(known.target, stall=2.0))
        first, second = await run_follow_ups(known, ProbeOptions())
        await server.until(lambda: server.left == ["GET", "GET"])
    assert (first.purpose, second.purpose) == (FIRST_OF_TWO, SECOND_OF_TWO)
    assert first.timeline.first_data_s is not None
    assert second.timeline.connect_s is not None
    assert second.timeline.headers_s is None


async def test_where_the_first_is_silent_there_is_no_second() -> None:
    async with running({"GET": silence}) as server:
        known = at(ONE_HELD, server)
        known = replace(known, target=replace(known.target, stall=2.0))
        follow_ups = await run_follow_ups(known, ProbeOptions())
        await server.until(lambda: server.left == ["GET"])
    assert [one.purpose for one in follow_ups] == [FIRST_OF_TWO]


TWO = """
http { upstream bots { server 127.0.0.1:12213; server 127.0.0.1:12214; }
server { listen 8081; location / { proxy_pass http://bots; } } }
"""


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (make_case(proxy="held", proxy_gzip="live", direct="live", conf=TWO), True),
        (make_case(proxy="held", proxy_gzip="held", direct="live", conf=TWO), False),
        (make_case(proxy="held", proxy_gzip="live", direct="live", conf=NAMED % ""), False),
    ],
    ids=["by chance", "all", "one peer"],
)
def test_once_more_only_where_chance_may_have_decided(known: Case, needed: bool) -> None:
    assert AGAIN.is_needed(known) == needed


async def test_once_more_the_very_same() -> None:
    async with running({"GET": LIVE}) as server:
        known = at(make_case(proxy="live", proxy_gzip="held", direct="live", conf=TWO), server)
        follow_ups = await run_follow_ups(known, ProbeOptions())
    assert [one.headers["accept-encoding"] for one in server.asked] == ["gzip"] * 3
    assert {(one.purpose, one.timeline.probe.encoding) for one in follow_ups} == {("again", "gzip")}


async def test_nothing_is_asked_twice() -> None:
    async with running({"GET": LIVE}) as server:
        known = at(make_case(proxy="live", proxy_gzip="held", direct="live", conf=TWO), server)
        known = replace(known, follow_ups=await run_follow_ups(known, ProbeOptions()))
        assert await run_follow_ups(known, ProbeOptions()) == known.follow_ups
    assert server.whats == ["GET"] * 3


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (make_case(proxy="503", direct="live", settings={}), True),
        (make_case(proxy="live", proxy_gzip="503", direct="live", settings={}), False),
        (make_case(proxy="503", direct="503", settings={}), False),
    ],
    ids=["all", "one", "direct too"],
)
def test_one_alone_only_where_all_were_refused(known: Case, needed: bool) -> None:
    assert ALONE.is_needed(known) == needed


async def test_one_alone_is_one() -> None:
    async with running({"GET": LIVE}) as server:
        (follow_up,) = await run_follow_ups(
            at(make_case(proxy="503", direct="live", settings={}), server), ProbeOptions()
        )
        await server.until(lambda: server.left == ["GET"])
    assert (follow_up.purpose, follow_up.timeline.events) == ("alone", 1)
