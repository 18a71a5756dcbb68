"""If no MCP server answers at the URL, the usual path of the other transport is tried once."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.probe.mcp.server import (
    PONG,
    RESULT,
    Answer,
    HttpSseScript,
    Request,
    Server,
    error,
    event,
    event_stream,
    response,
    result,
    running,
    silence,
)
from wizard.investigation.investigation import Investigation
from wizard.model.diagnosis import Diagnosis
from wizard.model.handshake import Handshake
from wizard.model.probe import Probe
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.probe.mcp.exchange import Timeouts
from wizard.probe.mcp.session import sibling_url, try_sibling
from wizard.probe.request import ProbeOptions

STREAMABLE: Mapping[str, Answer] = {
    "GET": response(405, error(-32000)),
    "initialize": response(200, result(RESULT)),
    "notifications/initialized": response(202),
    "ping": response(200, PONG),
}
NAMES = ("GET", "server/discover", "initialize", "notifications/initialized", "ping")


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://h:1/sse", "http://h:1/mcp"),
        ("https://h/x/mcp", "https://h/x/sse"),
        ("http://h/sse/?a=1#f", "http://h/mcp?a=1"),
        ("http://h/SSE", "http://h/mcp"),
        ("http://h/events", None),
        ("http://h/", None),
        ("http://h", None),
    ],
)
def test_the_sibling_path_is_at_the_same_origin(url: str, other: str | None) -> None:
    assert sibling_url(url) == other


def by_path(paths: Mapping[str, Mapping[str, Answer]], status: int = 404) -> dict[str, Answer]:
    """These answers at these paths, and the status at all others."""

    def answer_to(name: str) -> Answer:
        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            answers = paths.get(request.path)
            scripted = response(status) if answers is None else answers.get(name, response(404))
            if isinstance(scripted, bytes):
                writer.write(scripted)
                await writer.drain()
            else:
                await scripted(request, writer)

        return answer

    return {name: answer_to(name) for name in NAMES}


async def diagnose_url(url: str, direct: str = "") -> Diagnosis:
    sources = (Source(direct),) if direct else ()
    investigation = Investigation(Target(url, direct=sources))
    steps: tuple[StepId, ...] = ("root", "proxy", "cause")
    for step in steps:
        await investigation.run(step)
    assert investigation.diagnosis is not None
    return investigation.diagnosis


def requested_paths(server: Server) -> set[str]:
    return {request.path for request in server.requests if request.path != "/"}


@pytest.mark.parametrize("status", [404, 405, 406])
async def test_streamable_http_at_the_sibling_path_is_found(status: int) -> None:
    async with running(by_path({"/mcp": STREAMABLE}, status)) as server:
        diagnosis = await diagnose_url(server.url)
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("wrong-transport", "confirmed")
    assert diagnosis.verdict == "fault"
    evidence = " ".join(item.text for item in cause.evidence)
    assert f"GET /sse answered {status}" in evidence
    assert "/mcp speaks MCP over streamable-http" in evidence


async def test_http_sse_at_the_sibling_path_is_found() -> None:
    script = HttpSseScript(b"/message", event(result(RESULT))).answers
    posted = {name: script[name] for name in NAMES if name in script and name != "GET"}
    paths = {"/sse": {"GET": script["GET"]}, "/message": posted}
    async with running(by_path(paths)) as server:
        diagnosis = await diagnose_url(server.url.replace("/sse", "/mcp"))
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("wrong-transport", "confirmed")
    assert "/sse speaks MCP over http+sse" in " ".join(item.text for item in cause.evidence)


async def test_a_backend_at_the_sibling_path_is_found() -> None:
    async with running(by_path({"/mcp": STREAMABLE})) as backend, running({}) as proxy:
        diagnosis = await diagnose_url(proxy.url, backend.url)
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
        ("wrong-transport", "likely")
    ]


async def test_a_backend_that_serves_the_url_is_not_elsewhere() -> None:
    script = HttpSseScript(b"/message", event(result(RESULT)))
    async with running(script.answers) as backend, running(by_path({"/mcp": STREAMABLE})) as proxy:
        diagnosis = await diagnose_url(proxy.url, backend.url)
    assert "wrong-transport" not in {cause.id for cause in diagnosis.causes}


OTHER_SERVICES: Mapping[str, Mapping[str, Answer]] = {
    "404": {},
    "error": {name: response(200, error(-32601)) for name in NAMES},
    "page": {name: response(200, b"<p>hi", "text/html") for name in NAMES},
    "stream": {"GET": event_stream(event(b"hi"))},
}


@pytest.mark.parametrize("how", OTHER_SERVICES)
async def test_another_service_at_the_sibling_path_is_no_cause(how: str) -> None:
    async with running(by_path({"/mcp": OTHER_SERVICES[how]})) as server:
        diagnosis = await diagnose_url(server.url)
    assert "wrong-transport" not in {cause.id for cause in diagnosis.causes}
    assert requested_paths(server) == {"/sse", "/mcp"}


NOT_TRIED: Mapping[str, Mapping[str, Answer]] = {
    "a live stream": {"GET": event_stream(event(b"hi"))},
    "served here": STREAMABLE,
    "refused": {"GET": response(401)},
    "redirected": {"GET": response(301, location="/x")},
    "too large": {
        "GET": response(405, error(-32000)),
        "server/discover": response(413),
        "initialize": response(413),
    },
    "broken": {"GET": response(500)},
    "silent to a POST": {"GET": response(404, error(-32000)), "server/discover": silence},
}


@pytest.mark.parametrize("how", NOT_TRIED)
async def test_the_sibling_path_is_not_tried_if_it_decides_nothing(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.probe.mcp.session.EXCHANGE_TIMEOUT_S", 0.2)
    async with running(NOT_TRIED[how]) as server:
        await diagnose_url(server.url)
    assert requested_paths(server) == {"/sse"}


async def test_without_mcp_the_sibling_path_is_not_tried() -> None:
    async with running(by_path({"/mcp": STREAMABLE})) as server:
        investigation = Investigation(Target(server.url, mcp="never"))
        await investigation.run("proxy")
    assert requested_paths(server) == {"/sse"}


async def test_a_vantage_is_reached_as_slowly_for_the_sibling_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    durations: list[float] = []

    async def keep(handshake: Handshake, _: ProbeOptions, timeouts: Timeouts) -> Handshake:
        durations.append(timeouts.ends_at)
        return handshake

    monkeypatch.setattr("wizard.probe.mcp.session.handshake_over_http_sse", keep)
    options, probe = ProbeOptions(clock=lambda: 0.0), Probe("sse-proxy", "http://h/mcp")
    handshake = Handshake("proxy", probe.url, skipped=True, lacks_sign=True)
    for began_s in (0.0, 2.0):
        await try_sibling(handshake, Timeline(probe, status=404, began_s=began_s), options)
    assert durations[1] - durations[0] >= 2.0
