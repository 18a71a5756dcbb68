"""Detection of the transport, and servers that are no MCP servers at all."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

import wizard.probe.mcp.session
from tests.probe.mcp.server import (
    DISCOVERED,
    MEDIUM_S,
    PONG,
    RESULT,
    Answer,
    HttpSseScript,
    Server,
    error,
    event,
    event_stream,
    finite_stream,
    response,
    result,
    running,
    silence,
    streamable,
)
from tests.probe.mcp.test_streamable import in_order
from wizard.investigation.investigation import Investigation
from wizard.model.events import Chunk, Connected, Ended, Headers, ProbeEvent, SseEvent
from wizard.model.handshake import Handshake
from wizard.model.probe import Probe
from wizard.model.steps import StepId
from wizard.model.target import McpMode, Target
from wizard.model.timeline import Timeline
from wizard.probe.mcp.session import Known, run_handshake
from wizard.probe.request import ProbeOptions

SHORT = ["server/discover", "initialize"]
WHOLE = [*SHORT, "notifications/initialized", "ping", "GET"]
HTTP_SSE = ["GET", "initialize", "notifications/initialized", "ping"]
STREAM = (("content-type", "text/event-stream"),)


@pytest.fixture(autouse=True)
def _short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the only timeout that these tests reach."""
    monkeypatch.setattr(wizard.probe.mcp.session, "EXCHANGE_TIMEOUT_S", MEDIUM_S)


def stream_with(url: str, *events: ProbeEvent) -> Timeline:
    """A stream that was connected, had these events, and was still open at the end."""
    return Timeline(Probe("sse-direct", url)).fold([Connected(0.0), *events, Ended(1.0, "open")])


def headers(status: int = 200) -> Headers:
    return Headers(0.0, status, "1.1", STREAM)


def with_endpoint(url: str) -> Timeline:
    """A stream that has named its endpoint."""
    return stream_with(url, headers(), Chunk(0.0, 9, 9), SseEvent(0.0, "endpoint", "/m", ""))


def without_endpoint(url: str) -> Timeline:
    """A live stream that names no endpoint."""
    return stream_with(url, headers(), Chunk(0.0, 9, 9), SseEvent(0.0, "message", "hi", ""))


async def shake(server: Server, stream: Timeline, is_http_sse: bool = False) -> Handshake:
    known = Known(is_http_sse, may_post=True)
    return await run_handshake("direct", stream, ProbeOptions(), known)


async def test_a_stream_that_names_an_endpoint_is_http_sse() -> None:
    async with running(HttpSseScript(b"/m", event(result(RESULT))).answers) as server:
        handshake = await shake(server, with_endpoint(server.url))
        again = await shake(server, stream_with(server.url, headers(404)), True)
    assert [handshake.transport, again.transport] == ["http+sse", "http+sse"]
    assert server.names == HTTP_SSE * 2


@pytest.mark.parametrize("status", [200, 400, 404, 405, 406])
async def test_the_stateless_revision_is_tried_first(status: int) -> None:
    async with running({"server/discover": response(200, result(DISCOVERED))}) as server:
        handshake = await shake(server, stream_with(server.url, headers(status)))
    assert (handshake.transport, handshake.is_complete) == ("stateless", True)
    assert server.names == [*SHORT[:1], "subscriptions/listen"]


STREAMABLE: Mapping[str, Answer] = {
    "initialize": response(200, result(RESULT)),
    "notifications/initialized": response(202),
    "ping": response(200, PONG),
}
OTHER: Mapping[str, Answer] = {
    **{
        str(status): response(status)
        for status in (200, 202, 400, 404, 405, 406, 415, 422, 500, 501)
    },
    "no method": response(200, error(-32601)),
    "another version": response(400, error(-32004, id=None)),
    "older versions": response(200, result({"supportedVersions": ["2025-11-25"]})),
}


@pytest.mark.parametrize("how", OTHER)
async def test_an_answer_that_does_not_fit_leads_to_streamable_http(how: str) -> None:
    async with running({**STREAMABLE, "server/discover": OTHER[how]}) as server:
        handshake = await shake(server, stream_with(server.url, headers(405)))
    assert (handshake.transport, handshake.is_complete, handshake.why) == (
        "streamable-http",
        True,
        "",
    )
    assert in_order(server.names) == WHOLE


@pytest.mark.parametrize("status", [301, 307, 401, 403, 407, 421, 429, 502, 503, 504])
async def test_a_refusal_is_final(status: int) -> None:
    async with running({**STREAMABLE, "server/discover": response(status)}) as server:
        handshake = await shake(server, stream_with(server.url, headers(405)))
    assert (handshake.transport, handshake.stage) == ("unknown", "initialize")
    assert f"POST answered {status}" in handshake.why
    assert server.names == SHORT[:1]


NO_REPLY: Mapping[str, Answer] = {
    "silent": silence,
    "closed": b"",
    "a stream without a reply": event_stream(event(b"hi")),
}


@pytest.mark.parametrize("how", NO_REPLY)
async def test_no_reply_is_not_waited_for_twice(how: str) -> None:
    async with running({**STREAMABLE, "server/discover": NO_REPLY[how]}) as server:
        handshake = await shake(server, without_endpoint(server.url))
    assert handshake.transport == "unknown"
    assert server.names == SHORT[:1]


@pytest.mark.parametrize("detail", ["no connection: Connection refused", "no connection to 1: x"])
async def test_a_missing_connection_is_reported_once(detail: str) -> None:
    async with running(STREAMABLE) as server:
        stream = Timeline(
            Probe("sse-proxy", server.url), ended="refused", detail=detail, waited_s=1.0
        )
        handshake = await shake(server, stream, True)
    assert (handshake.skipped, handshake.why) == (True, detail)


CANNOT_SUCCEED = {
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


@pytest.mark.parametrize("how", CANNOT_SUCCEED)
async def test_nothing_is_sent_if_the_handshake_cannot_succeed(how: str) -> None:
    events, ending, why = CANNOT_SUCCEED[how]
    assert isinstance(events, list)
    async with running(STREAMABLE) as server:
        stream = Timeline(Probe("sse-proxy", server.url)).fold(events)
        stream = replace(stream, ended=ending, waited_s=1.0)  # type: ignore[arg-type]
        handshake = await shake(server, stream, True)
    assert handshake.skipped
    assert why in handshake.why
    assert server.requests == []


async def test_an_endpoint_that_the_timeline_has_dropped_is_found() -> None:
    async with running(HttpSseScript(b"/m", event(result(RESULT))).answers) as server:
        many = [SseEvent(0.0, "message", "x", "")] * 500
        first = SseEvent(0.0, "endpoint", "/m", "")
        stream = stream_with(server.url, headers(), Chunk(0.0, 9, 9), first, *many)
        handshake = await shake(server, stream)
    assert (handshake.transport, handshake.is_complete) == ("http+sse", True)


NO_MCP: Mapping[str, Answer] = {
    **{str(status): response(status) for status in (200, 202, 401, 403, 404, 405, 500, 502)},
    "HTML": response(200, b"<p>hi", "text/html"),
    "JSON": response(200, b'{"ok": true}'),
    "another RPC": response(200, error(-32601)),
    "silent": silence,
    "closed": b"",
    "a stream": event_stream(event(b"hi")),
}
STEPS: tuple[StepId, ...] = ("root", "proxy", "cause")


async def investigate(url: str, mcp: McpMode = "auto") -> Investigation:
    investigation = Investigation(Target(url, mcp=mcp, stall=1.0))
    for step in STEPS:
        await investigation.run(step)
    return investigation


@pytest.mark.parametrize("how", NO_MCP)
async def test_a_live_stream_that_is_no_mcp_server_stays_healthy(how: str) -> None:
    posts = dict.fromkeys(SHORT, NO_MCP[how])
    async with running({**posts, "GET": event_stream(event(b"hi"))}) as server:
        investigation = await investigate(server.url, "always")
    assert investigation.diagnosis is not None
    assert investigation.diagnosis.verdict == "healthy", investigation.diagnosis
    (handshake,) = investigation.case.handshakes
    assert handshake.transport == "unknown"
    assert {"GET", SHORT[0]} <= set(server.names) <= {"GET", *SHORT}


@pytest.mark.parametrize("status", [400, 405])
async def test_a_server_without_a_get_stream_is_healthy(status: int) -> None:
    async with running({**STREAMABLE, "GET": response(status, error(-32000))}) as server:
        investigation = await investigate(server.url)
    assert investigation.diagnosis is not None
    assert investigation.diagnosis.verdict == "healthy", investigation.diagnosis


async def test_without_mcp_nothing_is_posted() -> None:
    async with running({**STREAMABLE, "GET": event_stream(event(b"hi"))}) as server:
        investigation = Investigation(Target(server.url, mcp="never"))
        await investigation.run("proxy")
    assert investigation.case.handshakes == ()
    assert set(server.names) == {"GET"}


LISTENED: Mapping[str, tuple[Answer, bool]] = {
    "not offered": (response(405, error(-32000, "Method not allowed", None)), True),
    "no such route": (response(404, b"<pre>Cannot GET /mcp</pre>", "text/html"), True),
    "silent": (event_stream(), True),
    "unknown session": (response(404, error(-32001, "Session not found", None)), False),
    "unknown session, 400": (response(400, error(-32000, "No valid session", None)), False),
    "broken": (response(500), False),
    "ended at once": (finite_stream(), False),
}


@pytest.mark.parametrize("how", LISTENED)
async def test_the_get_of_a_session_counts(how: str) -> None:
    answer, is_well = LISTENED[how]
    async with running(streamable(answer)) as server:
        investigation = await investigate(server.url.replace("/sse", "/mcp"))
    assert investigation.case.handshakes[0].is_complete
    diagnosis = investigation.diagnosis
    assert diagnosis is not None
    assert (diagnosis.verdict == "healthy") == is_well, diagnosis
    assert {cause.confidence for cause in diagnosis.causes} <= {"possible"}
    assert ("the GET stream of its session" in diagnosis.summary) != is_well
