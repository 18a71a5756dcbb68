"""Does the backend name an endpoint at the public URL when it is asked as a proxy asks it?"""

import asyncio
from dataclasses import replace

import pytest

from tests.probe.mcp.server import Request, response, running
from tests.probe.scripted import CHUNKED, chunk
from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case
from wizard.model.target import Source
from wizard.probe.followups.as_proxy import ENDPOINT, REDIRECT
from wizard.probe.mcp.endpoint import named_endpoint
from wizard.probe.request import ProbeOptions


def case_of(url: str, endpoint: str) -> Case:
    named = make_handshake("proxy", stage="endpoint", endpoint=endpoint)
    case = make_case(proxy="live", direct="live", handshakes=(replace(named, post_url=""),))
    direct = tuple(
        replace(each, timeline=replace(each.timeline, probe=replace(each.timeline.probe, url=url)))
        for each in case.direct
    )
    target = replace(case.target, url="http://mcp.example/sse", direct=(Source(url),))
    handshakes = tuple(replace(each, url=target.url) for each in case.handshakes)
    return replace(case, target=target, direct=direct, handshakes=handshakes)


@pytest.mark.parametrize(("name", "count"), [("host", 1), ("x-forwarded-host", 2), ("x", 2)])
async def test_headers_of_a_proxy_are_tried_in_turn(name: str, count: int) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        url = f"http://{request.headers.get(name, 'inner:1')}/message"
        writer.write(CHUNKED + chunk(f"event: endpoint\ndata: {url}\n\n".encode()))
        await writer.drain()

    async with running({"GET": answer}) as server:
        case = case_of(server.url, "http://inner:1/message")
        assert ENDPOINT.is_needed(case)
        sent = await ENDPOINT.run(case, ProbeOptions())
        assert len(sent) == len(server.requests) == count
    is_public = named_endpoint(sent[-1].timeline) == "http://mcp.example/message"
    assert is_public == (name != "x")


@pytest.mark.parametrize("endpoint", ["/message", "http://mcp.example/message", "mailto:a", ""])
def test_nothing_is_asked_where_the_endpoint_is_at_the_public_origin(endpoint: str) -> None:
    assert not ENDPOINT.is_needed(case_of("http://127.0.0.1:1/sse", endpoint))


@pytest.mark.parametrize(("served", "count"), [("https", 1), ("never", 2)])
async def test_a_redirect_to_itself_is_asked_as_a_proxy(served: str, count: int) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        is_served = request.headers.get("x-forwarded-proto") == served
        place = "https://mcp.example/sse"
        writer.write(response(200) if is_served else response(301, Location=place))
        await writer.drain()

    async with running({"GET": answer}) as server:
        loop = "redirect:https://mcp.example/sse"
        case = make_case(proxy=loop, direct=loop, url="https://mcp.example/sse")
        direct = tuple(
            replace(
                each,
                timeline=replace(each.timeline, probe=replace(each.timeline.probe, url=server.url)),
            )
            for each in case.direct
        )
        case = replace(case, direct=direct)
        assert REDIRECT.is_needed(case)
        assert len(await REDIRECT.run(case, ProbeOptions())) == len(server.requests) == count
        assert not REDIRECT.is_needed(
            make_case(proxy=loop, direct="live", url="https://mcp.example/sse")
        )
