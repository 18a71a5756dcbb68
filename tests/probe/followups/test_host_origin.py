"""Direct requests with the public Host, or without the Origin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.probe.followups.servers import LIVE, ONE_PEER, at
from tests.probe.mcp.server import RESULT, Request, Server, response, result, running
from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case
from wizard.probe.followups import run_follow_ups
from wizard.probe.host_guard import passed_hosts
from wizard.probe.request import ProbeOptions, spec_of

REFUSED = make_case(proxy="421", direct="live", settings={"proxy_buffering": "off"})
PUBLIC_URL = "https://mcp.example.com:8443/sse"


@asynccontextmanager
async def guarded(*allowed: str) -> AsyncIterator[Server]:
    """A server that accepts only these hosts."""

    async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.headers["host"] in allowed:
            await LIVE(request, writer)  # type: ignore[operator]
        else:
            writer.write(response(421, b"Invalid Host header", kind="text/plain"))
            await writer.drain()

    async with running({"GET": stream, "POST": stream}) as server:
        yield server


def without_config(case: Case) -> Case:
    return replace(case, resolution=None, target=replace(case.target, conf=None))


async def test_a_config_is_waited_for() -> None:
    async with guarded("localhost") as server:
        case = replace(at(REFUSED, server, public_url=PUBLIC_URL), resolution=None)
        assert await run_follow_ups(case, ProbeOptions()) == ()
    assert server.requests == []


async def test_the_backend_refuses_the_public_name() -> None:
    async with guarded("localhost") as server:
        case = without_config(at(REFUSED, server, public_url=PUBLIC_URL))
        follow_ups = await run_follow_ups(case, ProbeOptions())
    assert [request.headers["host"] for request in server.requests] == ["mcp.example.com:8443"]
    assert [follow_up.timeline.status for follow_up in follow_ups] == [421]
    assert follow_ups[0].timeline.excerpt == "Invalid Host header"


async def test_the_refused_request_is_named_by_its_method() -> None:
    async with guarded("localhost") as server:
        case = without_config(at(REFUSED, server, public_url=PUBLIC_URL))
        case = replace(case, target=replace(case.target, method="POST", body=b"{}", repeat=True))
        follow_ups = await run_follow_ups(case, ProbeOptions(stream=spec_of(case.target)))
    assert {request.method for request in server.requests} == {"POST"}
    assert follow_ups[0].why == "the direct POST with Host: mcp.example.com:8443"


async def test_without_a_config_both_likely_names_are_sent() -> None:
    async with guarded("mcp.example.com:8443", "mcp.example.com") as server:
        case = without_config(at(REFUSED, server, public_url=PUBLIC_URL))
        follow_ups = await run_follow_ups(case, ProbeOptions())
        await server.wait_until(lambda: server.closed_early == ["GET", "GET"])
    assert [request.headers["host"] for request in server.requests] == [
        "mcp.example.com:8443",
        "mcp.example.com",
    ]
    assert {follow_up.timeline.status for follow_up in follow_ups} == {200}


@pytest.mark.parametrize(
    ("directive", "host"),
    [
        ("", "bots"),
        ("proxy_set_header X-Real-IP $remote_addr;", "bots"),
        ("proxy_set_header Host $host;", "127.0.0.1"),
        ("proxy_set_header Host $http_host;", "127.0.0.1:8081"),
        ("proxy_set_header host ${host}:443;", "127.0.0.1:443"),
        ("proxy_set_header Host $host:$server_port;", "127.0.0.1:8081"),
        ("proxy_set_header Host inner.local;", "inner.local"),
    ],
)
def test_the_config_says_which_host_is_passed(directive: str, host: str) -> None:
    case = make_case(proxy="421", direct="live", conf=ONE_PEER % directive)
    assert passed_hosts(case) == (host,)


def test_a_password_in_the_url_is_no_part_of_the_host() -> None:
    conf = ONE_PEER % "proxy_set_header Host $http_host;"
    for case in (
        make_case(proxy="421", direct="live", conf=conf),
        replace(REFUSED, resolution=None),
    ):
        target = replace(case.target, url="http://me:s3cr3t@bot.example:81/sse")
        assert passed_hosts(replace(case, target=target))[0] == "bot.example:81"


def test_an_unknown_variable_leaves_the_likely_hosts() -> None:
    conf = ONE_PEER % "proxy_set_header Host $unknown;"
    case = make_case(proxy="421", direct="live", conf=conf)
    assert passed_hosts(case) == ("127.0.0.1:8081", "127.0.0.1")


REFUSED_GET = make_case(
    proxy="403",
    direct="405",
    settings={},
    handshakes=(make_handshake("direct", transport="streamable-http"),),
)
REFUSED_POST = make_case(
    proxy="405",
    direct="405",
    settings={},
    handshakes=(
        make_handshake("proxy", transport="streamable-http", stage="initialize", status=403),
        make_handshake("direct", transport="streamable-http"),
    ),
)
ALIKE = make_case(proxy="400", direct="400", settings={}, handshakes=REFUSED_GET.handshakes)


@pytest.mark.parametrize(
    ("case", "names"),
    [
        (REFUSED_GET, ["GET"]),
        (REFUSED_POST, ["initialize", "DELETE"]),
        (replace(REFUSED_POST, handshakes=REFUSED_POST.handshakes[:1]), []),
        (ALIKE, []),
    ],
    ids=["get", "post", "no direct handshake", "both refuse a GET"],
)
async def test_the_refused_request_is_repeated(case: Case, names: list[str]) -> None:
    """Over Streamable HTTP too; a session that a POST opens is closed with the same Host."""
    opened = response(200, result(RESULT), Mcp_Session_Id="s")
    async with running({"GET": response(405), "initialize": opened}) as server:
        case = without_config(at(case, server, public_url=PUBLIC_URL))
        case = replace(case, target=replace(case.target, url="http://mcp.example/mcp"))
        await run_follow_ups(case, ProbeOptions())
    assert server.names == names
    assert {request.headers["host"] for request in server.requests} <= {"mcp.example"}


async def test_the_origin_is_omitted_if_both_sides_refuse() -> None:
    headers = (("Origin", "https://evil.example"), ("X-Other", "kept"))
    async with running({"GET": LIVE}) as server:
        case = at(make_case(proxy="403", direct="403", settings={}), server)
        case = replace(case, target=replace(case.target, headers=headers))
        follow_ups = await run_follow_ups(case, ProbeOptions(headers=headers))
    assert [follow_up.purpose for follow_up in follow_ups] == ["no-origin"]
    (request,) = server.requests
    assert "origin" not in request.headers
    assert request.headers["x-other"] == "kept"
