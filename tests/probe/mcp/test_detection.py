"""Which transport it is, is found out by what the server answers, and no server is blamed for
being none."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

import wizard.probe.mcp.session
from tests.probe.mcp.server import (
    DISCOVERED,
    FAIR,
    RESULT,
    Answer,
    Legacy,
    Server,
    error,
    event,
    http,
    result,
    running,
    silence,
    streamed,
)
from wizard.investigation.investigation import Investigation
from wizard.model.events import Chunk, Connected, Ended, Headers, ProbeEvent, SseEvent
from wizard.model.handshake import Handshake
from wizard.model.steps import StepId
from wizard.model.target import Target
from wizard.model.timeline import Probe, Timeline
from wizard.probe.mcp.session import run_handshake
from wizard.probe.request import ProbeOptions

SHORT = ["server/discover", "initialize"]
WHOLE = [*SHORT, "notifications/initialized", "GET"]
LEGACY = ["GET", "initialize", "notifications/initialized"]
STREAM = (("content-type", "text/event-stream"),)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait in vain is short; none of the others comes near it."""
    monkeypatch.setattr(wizard.probe.mcp.session, "DOUBTFUL_TIMEOUT_S", FAIR)


def seen(url: str, *events: ProbeEvent) -> Timeline:
    """What a GET has shown: these events after a connection, and left open."""
    return Timeline(Probe("sse-direct", url)).fold([Connected(0.0), *events, Ended(1.0, "open")])


def headers(status: int = 200) -> Headers:
    return Headers(0.0, status, "1.1", STREAM)


def named(url: str) -> Timeline:
    """A stream that has named its endpoint."""
    return seen(url, headers(), Chunk(0.0, 9, 9), SseEvent(0.0, "endpoint", "/m", ""))


def plain(url: str) -> Timeline:
    """A stream that is live and names none."""
    return seen(url, headers(), Chunk(0.0, 9, 9), SseEvent(0.0, "message", "hi", ""))


async def shaken(server: Server, stream: Timeline, is_http_sse: bool = False) -> Handshake:
    return await run_handshake(
        "direct", server.url, stream, ProbeOptions(), is_http_sse=is_http_sse
    )


async def test_a_stream_that_names_an_endpoint_is_the_oldest() -> None:
    async with running(Legacy(b"/m", event(result(RESULT))).answers) as server:
        made = await shaken(server, named(server.url))
        again = await shaken(server, seen(server.url, headers(404)), True)
    assert [made.transport, again.transport] == ["http+sse", "http+sse"]
    assert server.whats == LEGACY * 2


@pytest.mark.parametrize("status", [200, 400, 404, 405, 406])
async def test_the_newest_is_tried_first(status: int) -> None:
    async with running({"server/discover": http(200, result(DISCOVERED))}) as server:
        made = await shaken(server, seen(server.url, headers(status)))
    assert (made.transport, made.is_complete) == ("stateless", True)
    assert server.whats == SHORT[:1]


STREAMABLE: Mapping[str, Answer] = {
    "initialize": http(200, result(RESULT)),
    "notifications/initialized": http(202),
}
OTHER: Mapping[str, Answer] = {
    **{str(status): http(status) for status in (200, 202, 400, 404, 405, 406, 415, 422, 500, 501)},
    "no method": http(200, error(-32601)),
    "another version": http(400, error(-32004, id=None)),
    "older versions": http(200, result({"supportedVersions": ["2025-11-25"]})),
}


@pytest.mark.parametrize("how", OTHER)
async def test_an_answer_that_is_none_leads_to_the_one_before(how: str) -> None:
    async with running({**STREAMABLE, "server/discover": OTHER[how]}) as server:
        made = await shaken(server, seen(server.url, headers(405)))
    assert (made.transport, made.is_complete, made.why) == ("streamable-http", True, "")
    assert server.whats == WHOLE


@pytest.mark.parametrize("status", [301, 307, 401, 403, 407, 421, 429, 502, 503, 504])
async def test_a_refusal_is_final(status: int) -> None:
    async with running({**STREAMABLE, "server/discover": http(status)}) as server:
        made = await shaken(server, seen(server.url, headers(405)))
    assert (made.transport, made.stage) == ("unknown", "initialize")
    assert f"POST answered {status}" in made.why
    assert server.whats == SHORT[:1]


UNANSWERED: Mapping[str, Answer] = {
    "silent": silence,
    "closed": b"",
    "a stream without a reply": streamed(event(b"hi")),
}


@pytest.mark.parametrize("how", UNANSWERED)
async def test_no_answer_is_not_asked_for_twice(how: str) -> None:
    async with running({**STREAMABLE, "server/discover": UNANSWERED[how]}) as server:
        made = await shaken(server, plain(server.url))
    assert made.transport == "unknown"
    assert server.whats == SHORT[:1]


@pytest.mark.parametrize("said", ["no connection: Connection refused", "no connection to 1: x"])
async def test_that_there_was_no_connection_is_said_once(said: str) -> None:
    async with running(STREAMABLE) as server:
        line = Timeline(Probe("sse-proxy", server.url), ended="refused", detail=said, waited_s=1.0)
        made = await shaken(server, line, True)
    assert (made.skipped, made.why) == (True, said)


HOPELESS = {
    "refused": ([], "refused", "no connection"),
    "TLS": ([Connected(0.0)], "tls", "no connection"),
    "no address": ([], "dns", "no connection"),
    "moved": ([headers(308)], "eof", "answers 308"),
    "401": ([headers(401)], "eof", "refuses: 401"),
    "421": ([headers(421)], "eof", "refuses: 421"),
    "502": ([headers(502)], "eof", "answers 502"),
    "held": ([Connected(0.0)], "open", "the stream is held"),
    "held after headers": ([Connected(0.0), headers()], "open", "the stream is held"),
}


@pytest.mark.parametrize("how", HOPELESS)
async def test_where_there_is_no_hope_nothing_is_sent(how: str) -> None:
    events, ending, why = HOPELESS[how]
    assert isinstance(events, list)
    async with running(STREAMABLE) as server:
        line = Timeline(Probe("sse-proxy", server.url)).fold(events)
        line = replace(line, ended=ending, waited_s=1.0)  # type: ignore[arg-type]
        made = await shaken(server, line, True)
    assert made.skipped
    assert why in made.why
    assert server.asked == []


async def test_an_endpoint_that_its_timeline_has_forgotten_is_found() -> None:
    async with running(Legacy(b"/m", event(result(RESULT))).answers) as server:
        many = [SseEvent(0.0, "message", "x", "")] * 500
        first = SseEvent(0.0, "endpoint", "/m", "")
        line = seen(server.url, headers(), Chunk(0.0, 9, 9), first, *many)
        made = await shaken(server, line)
    assert (made.transport, made.is_complete) == ("http+sse", True)


NO_MCP: Mapping[str, Answer] = {
    **{str(status): http(status) for status in (200, 202, 401, 403, 404, 405, 500, 502)},
    "HTML": http(200, b"<p>hi", "text/html"),
    "JSON": http(200, b'{"ok": true}'),
    "another RPC": http(200, error(-32601)),
    "silent": silence,
    "closed": b"",
    "a stream": streamed(event(b"hi")),
}
STEPS: tuple[StepId, ...] = ("root", "proxy", "cause")


async def investigated(url: str) -> Investigation:
    investigation = Investigation(Target(url))
    for step in STEPS:
        await investigation.run(step)
    return investigation


@pytest.mark.parametrize("how", NO_MCP)
async def test_a_live_stream_that_is_no_mcp_server_stays_healthy(how: str) -> None:
    posts = dict.fromkeys(SHORT, NO_MCP[how])
    async with running({**posts, "GET": streamed(event(b"hi"))}) as server:
        investigation = await investigated(server.url)
    assert investigation.diagnosis is not None
    assert investigation.diagnosis.verdict == "healthy", investigation.diagnosis
    (made,) = investigation.case.handshakes
    assert made.transport == "unknown"
    assert set(server.whats) <= {"GET", *SHORT}


@pytest.mark.parametrize("status", [400, 405])
async def test_a_server_without_a_get_stream_is_healthy(status: int) -> None:
    async with running({**STREAMABLE, "GET": http(status)}) as server:
        investigation = await investigated(server.url)
    assert investigation.diagnosis is not None
    assert investigation.diagnosis.verdict == "healthy", investigation.diagnosis


async def test_no_mcp_posts_nothing() -> None:
    async with running({**STREAMABLE, "GET": streamed(event(b"hi"))}) as server:
        investigation = Investigation(Target(server.url, mcp=False))
        await investigation.run("proxy")
    assert investigation.case.handshakes == ()
    assert set(server.whats) == {"GET"}
