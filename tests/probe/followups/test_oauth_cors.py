"""When the metadata of a 401 and the preflight of a browser are requested, and what follows."""

import asyncio
from dataclasses import replace

import pytest

from tests.probe.followups.servers import at
from tests.probe.mcp.server import Request, Server, response, running
from tests.rules.samples.build import PROXY_URL, make_case, make_handshake, with_answer
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Exchange
from wizard.probe.followups import run_follow_ups
from wizard.probe.followups.oauth_cors import (
    DIRECT_METADATA,
    FORWARDED,
    METADATA,
    METADATA_BYTES,
    PREFLIGHT,
    RESOURCE,
    WELL_KNOWN,
    metadata_urls,
)
from wizard.probe.request import ProbeOptions


def challenged(server: Server, url: str) -> Case:
    """A case whose 401 names this metadata URL."""
    case = at(make_case(proxy="401", direct="401", settings={}), server)
    return with_answer(case, (("www-authenticate", f'Bearer resource_metadata="{url}"'),))


DOCUMENT = response(200, b'{"resource": "x"}')
NAMED = "/.well-known/oauth-protected-resource/named"


@pytest.mark.parametrize(
    ("answers", "paths"),
    [
        ([DOCUMENT], [NAMED]),
        ([response(404), DOCUMENT], [NAMED, f"{WELL_KNOWN}/sse"]),
        ([response(200, b"<html>", "text/html")], [NAMED, f"{WELL_KNOWN}/sse", WELL_KNOWN]),
    ],
    ids=["there", "elsewhere", "nowhere"],
)
async def test_metadata_is_read_without_credentials(answers: list[bytes], paths: list[str]) -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0) if len(answers) > 1 else answers[0])
        await writer.drain()

    async with running({"GET": answer}) as server:
        case = replace(challenged(server, server.url.replace("/sse", NAMED)), direct=())
        headers = (("Host", "mcp.example"), ("Cookie", "a=b"), ("X-Key", "k"))
        follow_ups = await run_follow_ups(case, ProbeOptions(headers=headers))
    assert [request.path for request in server.requests] == paths
    assert {follow_up.purpose for follow_up in follow_ups} == {"metadata"}
    for request in server.requests:
        assert request.headers["host"] == "mcp.example"
        assert not {"cookie", "x-key"} & set(request.headers)


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (NAMED, [NAMED]),
        (WELL_KNOWN, [NAMED, f"{WELL_KNOWN}/sse", WELL_KNOWN]),
        ("", [NAMED, f"{WELL_KNOWN}/sse", WELL_KNOWN]),
    ],
)
async def test_the_backend_is_asked_for_the_document(there: str, asked: list[str]) -> None:
    """Only where the 401 leads nowhere, and without credentials."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(DOCUMENT if request.path == there else response(404))
        await writer.drain()

    async with running({"GET": answer}) as server, running({}) as nowhere:
        case = challenged(server, nowhere.url.replace("/sse", NAMED))
        case = replace(case, target=replace(case.target, url=nowhere.url))
        assert not DIRECT_METADATA.is_needed(case)
        case = replace(case, follow_ups=await METADATA.run(case, ProbeOptions()))
        assert DIRECT_METADATA.is_needed(case)
        await DIRECT_METADATA.run(case, ProbeOptions(headers=(("X-Key", "k"),)))
    assert [request.path for request in server.requests] == asked
    assert not any("x-key" in request.headers for request in server.requests)


@pytest.mark.parametrize(
    "url",
    [
        "https://mcp.example/x",
        "http://mcp.example:81/x",
        "http://mcp.example.evil/x",
        "http://mcp.example@evil/x",
        "http://u:p@mcp.example/x",
        "http:/mcp.example/x",
        "http:mcp.example/x",
        "//mcp.example/x",
        "/x",
        "http://mcp.example\\\\@evil/x",
        "http:\\\\mcp.example/x",
        "http://mcp.example/\\\\evil/x",
        "http://mcp.\texample/x",
        "http://mcp.example/\x01",
        "http://m\u0441p.example/x",
        "http://mcp.example\uff0fx",
        "http://mcp.example:99999999/x",
        "http://[mcp.example/x",
        "ftp://mcp.example/x",
        "javascript:alert(1)",
        "unix:/run/x.sock:/x",
    ],
)
def test_no_metadata_is_asked_for_elsewhere(url: str) -> None:
    case = make_case(proxy="401", direct="401", settings={})
    case = replace(case, target=replace(case.target, url="http://mcp.example/sse"))
    case = with_answer(case, (("www-authenticate", f'Bearer resource_metadata="{url}"'),))
    assert metadata_urls(case) == ()


def test_metadata_of_the_public_origin_is_asked_for_where_the_401_was_seen() -> None:
    case = make_case(proxy="401", direct="401", settings={})
    case = replace(case, target=replace(case.target, url="http://mcp.example/sse"))
    header = ("www-authenticate", 'Bearer resource_metadata="http://MCP.example:80/x?y=1"')
    assert metadata_urls(with_answer(case, (header,)))[0] == "http://MCP.example:80/x?y=1"


async def test_two_slashes_in_the_path_lead_to_no_other_host() -> None:
    """As a reference, `//host/path` would name another host than the backend's."""
    async with running({}) as evil, running({"GET": response(404)}) as server:
        path = f"//{evil.url.split('/')[2]}/x"
        case = challenged(server, server.url.replace("/sse", path))
        case = replace(case, follow_ups=await METADATA.run(case, ProbeOptions()))
        await DIRECT_METADATA.run(case, ProbeOptions())
        await RESOURCE.run(case, ProbeOptions())
    assert evil.requests == []
    assert [request.path for request in server.requests].count(path) >= 2


async def test_metadata_is_asked_for_from_the_place_of_the_401() -> None:
    """With --connect-to, the public name leads to that address for every request."""
    async with running({"GET": DOCUMENT}) as server:
        host, _, port = server.url.split("/")[2].rpartition(":")
        case = challenged(server, f"http://mcp.example{NAMED}")
        case = replace(case, target=replace(case.target, url="http://mcp.example/sse"))
        options = ProbeOptions(headers=(("Cookie", "a=b"),), connect_to=(host, int(port)))
        await METADATA.run(case, options)
    (request,) = server.requests
    assert (request.path, request.headers["host"]) == (NAMED, "mcp.example")
    assert "cookie" not in request.headers


@pytest.mark.parametrize(("name", "count"), [("host", 1), ("x-forwarded-host", 2), ("x", 2)])
async def test_headers_of_a_proxy_are_tried_in_turn(name: str, count: int) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        url = f"http://{request.headers.get(name, 'inner:1')}/x"
        challenge = f'Bearer resource_metadata="{url}"'
        writer.write(response(401, b"{}", WWW_Authenticate=challenge))
        await writer.drain()

    async with running({"GET": answer}) as server:
        case = challenged(server, "http://inner:1/x")
        case = replace(case, target=replace(case.target, url="http://mcp.example/sse"))
        assert FORWARDED.is_needed(case)
        assert len(await FORWARDED.run(case, ProbeOptions())) == len(server.requests) == count
        posted = replace(case, target=replace(case.target, method="POST"))
        assert not FORWARDED.is_needed(posted), "sent once, and never again"


@pytest.mark.parametrize(("name", "count"), [("host", 1), ("x-forwarded-host", 2), ("x", 2)])
async def test_the_document_of_another_origin_is_asked_for_as_a_proxy(
    name: str, count: int
) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        resource = f"http://{request.headers.get(name, 'inner:1')}/sse"
        writer.write(response(200, b'{"resource": "%b"}' % resource.encode()))
        await writer.drain()

    async with running({"GET": answer}) as server:
        case = challenged(server, "http://mcp.example/.well-known/x")
        named = replace(case.proxy[0].timeline, excerpt='{"resource": "http://inner:1/sse"}')
        found = FollowUpResult("metadata", named, "")
        case = replace(case, target=replace(case.target, url="http://mcp.example/sse"))
        assert not RESOURCE.is_needed(case)
        case = replace(case, follow_ups=(found,))
        assert RESOURCE.is_needed(case)
        sent = await RESOURCE.run(case, ProbeOptions(headers=(("X-Key", "k"),)))
    assert len(sent) == len(server.requests) == count
    assert not any("x-key" in request.headers for request in server.requests)


async def test_a_long_document_is_not_read_whole() -> None:
    body = b'{"resource": "' + b"x" * 100_000 + b'"}'
    async with running({"GET": response(200, body)}) as server:
        case = challenged(server, server.url.replace("/sse", NAMED))
        follow_ups = await METADATA.run(case, ProbeOptions())
    assert {len(follow_up.timeline.excerpt) for follow_up in follow_ups} == {METADATA_BYTES}


async def test_a_redirect_of_the_metadata_is_not_followed() -> None:
    moved = response(302, b"", Location="/.well-known/elsewhere")
    async with running({"GET": moved}) as server:
        await METADATA.run(challenged(server, server.url.replace("/sse", NAMED)), ProbeOptions())
    assert "/.well-known/elsewhere" not in {request.path for request in server.requests}


async def test_a_401_to_a_post_names_metadata_too() -> None:
    async with running({"GET": DOCUMENT}) as server:
        case = challenged(server, server.url.replace("/sse", NAMED))
        handshake = make_handshake("proxy", transport="streamable-http", stage="initialize")
        post = replace(case.proxy[0].timeline, probe=handshake.probe())
        handshake = replace(handshake, exchanges=(Exchange("initialize", post),))
        proxy = make_case(proxy="405", direct="405", settings={}).proxy
        case = replace(case, proxy=proxy, handshakes=(handshake,))
        follow_ups = await METADATA.run(case, ProbeOptions())
    assert [follow_up.timeline.status for follow_up in follow_ups] == [200]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "https://elsewhere.example/x", "no url", "http://[::1", ""]
)
async def test_metadata_at_another_origin_is_not_requested(url: str) -> None:
    async with running({}) as server:
        assert not METADATA.is_needed(challenged(server, url))


APP = "https://app.example"
ALLOWS = {
    "Access_Control_Allow_Origin": APP,
    "Access_Control_Allow_Methods": "POST",
    "Access_Control_Allow_Headers": "content-type, mcp-protocol-version",
}


def answer(status: int, **other: str) -> bytes:
    """An answer to the preflight that allows everything, except for these headers."""
    return response(status, b"", "text/plain", **{**ALLOWS, **other})


def case_with_origin(url: str = PROXY_URL, origin: str = APP, *allowed: str) -> Case:
    """A live stream whose request had this Origin, and whose response allows these origins."""
    handshakes = (make_handshake("proxy", url=url), make_handshake("direct"))
    settings = {"proxy_read_timeout": "1h"}
    case = make_case(proxy="live", direct="live", settings=settings, handshakes=handshakes)
    headers = tuple(("access-control-allow-origin", value) for value in allowed)
    timelines = [
        replace(result.timeline, headers=(*result.timeline.headers, *headers))
        for result in case.proxy
    ]
    target = replace(case.target, url=url, headers=(("Origin", origin), ("Cookie", "a=b")))
    return replace(case, target=target, proxy=tuple(map(classify, timelines)))


UNSHOWN = replace(case_with_origin(), handshakes=(make_handshake("direct"),))
"""A case in which MCP works at the backend alone."""


@pytest.mark.parametrize(
    ("case", "needed"),
    [
        (case_with_origin(), True),
        (replace(case_with_origin(), handshakes=()), False),
        (case_with_origin(origin="http://127.0.0.1:8081"), False),
        (make_case(proxy="live", direct="live"), False),
        (replace(UNSHOWN, proxy=make_case(proxy="403", direct="403").proxy), False),
        (replace(UNSHOWN, proxy=()), False),
    ],
    ids=["another", "event-source", "its-own", "none", "refused", "not-probed"],
)
def test_the_preflight_is_sent_only_for_a_foreign_origin(case: Case, needed: bool) -> None:
    assert PREFLIGHT.is_needed(case) is needed


REFUSED = [("cors", "confirmed")]
ANSWERS = {
    "allowed": (answer(204), []),
    "any-origin": (answer(204, Access_Control_Allow_Origin="*"), []),
    "not-routed": (response(405), REFUSED),
    "login-first": (answer(401), REFUSED),
    "another": (answer(204, Access_Control_Allow_Origin="https://b.example"), REFUSED),
    "no-json": (answer(204, Access_Control_Allow_Headers="x-a"), REFUSED),
}


@pytest.mark.parametrize(("raw", "causes"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_the_answer_is_read_as_a_browser_does(
    raw: bytes, causes: list[tuple[str, str]]
) -> None:
    async with running({"OPTIONS": raw}) as server:
        case = case_with_origin(server.url, APP, APP)
        options = ProbeOptions(headers=case.target.headers)
        follow_ups = await PREFLIGHT.run(case, options)
        request = server.only("OPTIONS")
    assert request.headers["origin"] == APP
    assert "cookie" not in request.headers
    diagnosis = diagnose(replace(case, follow_ups=follow_ups))
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == causes


@pytest.mark.parametrize(("allowed", "is_cause"), [((), True), ((APP,), False), (("*",), False)])
def test_the_stream_must_allow_the_origin_too(allowed: tuple[str, ...], is_cause: bool) -> None:
    diagnosis = diagnose(case_with_origin(PROXY_URL, APP, *allowed))
    assert ("cors" in {cause.id for cause in diagnosis.causes}) is is_cause
