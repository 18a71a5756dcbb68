"""Where no MCP server answers at the URL, the other transport's usual path is asked, once."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.probe.mcp.server import (
    RESULT,
    Answer,
    Asked,
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
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.probe.mcp.session import sibling_url

STREAMABLE: Mapping[str, Answer] = {
    "initialize": http(200, result(RESULT)),
    "notifications/initialized": http(202),
}
WHATS = ("GET", "server/discover", "initialize", "notifications/initialized")


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
def test_the_other_path_is_at_the_same_origin(url: str, other: str | None) -> None:
    assert sibling_url(url) == other


def by_path(paths: Mapping[str, Mapping[str, Answer]], status: int = 404) -> dict[str, Answer]:
    """These answers at these paths, and the status at all others."""

    def to(what: str) -> Answer:
        async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
            known = paths.get(asked.path)
            found = http(status) if known is None else known.get(what, http(404))
            if isinstance(found, bytes):
                writer.write(found)
                await writer.drain()
            else:
                await found(asked, writer)

        return answer

    return {what: to(what) for what in WHATS}


async def diagnosed(url: str, direct: str = "") -> Diagnosis:
    places = (Source(direct),) if direct else ()
    investigation = Investigation(Target(url, direct=places))
    steps: tuple[StepId, ...] = ("root", "proxy", "cause")
    for step in steps:
        await investigation.run(step)
    assert investigation.diagnosis is not None
    return investigation.diagnosis


def asked_paths(server: Server) -> set[str]:
    return {asked.path for asked in server.asked if asked.path != "/"}


@pytest.mark.parametrize("status", [404, 405, 406])
async def test_streamable_http_beside_the_url_is_found(status: int) -> None:
    async with running(by_path({"/mcp": STREAMABLE}, status)) as server:
        diagnosis = await diagnosed(server.url)
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("wrong-transport", "confirmed")
    assert diagnosis.verdict == "fault"
    said = " ".join(one.text for one in cause.evidence)
    assert f"GET /sse answered {status}" in said
    assert "/mcp speaks MCP over streamable-http" in said


async def test_the_old_transport_beside_the_url_is_found() -> None:
    old = Legacy(b"/message", event(result(RESULT))).answers
    posted = {what: old[what] for what in WHATS if what in old and what != "GET"}
    paths = {"/sse": {"GET": old["GET"]}, "/message": posted}
    async with running(by_path(paths)) as server:
        diagnosis = await diagnosed(server.url.replace("/sse", "/mcp"))
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("wrong-transport", "confirmed")
    assert "/sse speaks MCP over http+sse" in " ".join(one.text for one in cause.evidence)


async def test_a_backend_that_has_moved_is_found_behind_a_proxy_that_has_not() -> None:
    async with running(by_path({"/mcp": STREAMABLE})) as behind, running({}) as front:
        diagnosis = await diagnosed(front.url, behind.url)
    assert [(one.id, one.confidence) for one in diagnosis.causes] == [("wrong-transport", "likely")]


async def test_a_backend_that_serves_the_url_is_not_said_to_be_elsewhere() -> None:
    old = Legacy(b"/message", event(result(RESULT)))
    async with running(old.answers) as behind, running(by_path({"/mcp": STREAMABLE})) as front:
        diagnosis = await diagnosed(front.url, behind.url)
    assert "wrong-transport" not in {cause.id for cause in diagnosis.causes}


NOBODY: Mapping[str, Mapping[str, Answer]] = {
    "404": {},
    "error": {what: http(200, error(-32601)) for what in WHATS},
    "page": {what: http(200, b"<p>hi", "text/html") for what in WHATS},
}


@pytest.mark.parametrize("how", NOBODY)
async def test_another_service_beside_the_url_is_none(how: str) -> None:
    async with running(by_path({"/mcp": NOBODY[how]})) as server:
        diagnosis = await diagnosed(server.url)
    assert "wrong-transport" not in {cause.id for cause in diagnosis.causes}
    assert asked_paths(server) == {"/sse", "/mcp"}


UNASKED: Mapping[str, Mapping[str, Answer]] = {
    "a live stream": {"GET": streamed(event(b"hi"))},
    "served here": {**STREAMABLE, "GET": http(405)},
    "refused": {"GET": http(401)},
    "redirected": {"GET": http(301, location="/x")},
    "too large": {"GET": http(405), "server/discover": http(413), "initialize": http(413)},
    "broken": {"GET": http(500)},
    "silent to a POST": {"GET": http(404), "server/discover": silence},
}


@pytest.mark.parametrize("how", UNASKED)
async def test_where_it_decides_nothing_it_is_not_asked(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.probe.mcp.session.EXCHANGE_TIMEOUT_S", 0.2)
    monkeypatch.setattr("wizard.probe.mcp.session.DOUBTFUL_TIMEOUT_S", 0.2)
    async with running(UNASKED[how]) as server:
        await diagnosed(server.url)
    assert asked_paths(server) == {"/sse"}


async def test_no_mcp_asks_nowhere() -> None:
    async with running(by_path({"/mcp": STREAMABLE})) as server:
        investigation = Investigation(Target(server.url, mcp=False))
        await investigation.run("proxy")
    assert asked_paths(server) == {"/sse"}
