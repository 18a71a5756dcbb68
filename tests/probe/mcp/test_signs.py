"""Nothing is posted to a URL that has shown no sign of MCP."""

from collections.abc import Mapping

import pytest

from tests.probe.mcp.server import (
    PONG,
    RESULT,
    Answer,
    HttpSseScript,
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
from wizard.model.target import McpMode, Source, Target
from wizard.probe.mcp.signs import NO_SIGN

STREAMABLE: Mapping[str, Answer] = {
    "initialize": response(200, result(RESULT)),
    "notifications/initialized": response(202),
    "ping": response(200, PONG),
}
CHALLENGE = 'Bearer resource_metadata="http://h/.well-known/oauth-protected-resource"'
NO_SIGNS: Mapping[str, Answer] = {
    "a hub that publishes what is posted": event_stream(event(b"hi"), event(b'{"id": 1}')),
    "a stream that is silent": event_stream(),
    "a stream of pings": event_stream(b": ping\n\n"),
    "an LLM endpoint": response(405, b'{"error": "use POST"}', Allow="POST"),
    "another RPC": response(200, b'{"jsonrpc": "1.0", "id": 1}'),
    "a page": response(200, b"<p>mcp", "text/html"),
    "not found": response(404),
    "refused": response(401, www_authenticate="Bearer"),
    "broken": response(500),
    "nothing": silence,
}
SIGNS: Mapping[str, Answer] = {
    "a JSON-RPC error": response(405, error(-32000, id=None)),
    "a JSON-RPC result": response(200, result({})),
    "a JSON-RPC body that is cut": response(400, error(-32000, "x" * 4000)),
    "a JSON-RPC event": event_stream(event(b'{"jsonrpc":"2.0","method":"x"}')),
    "a notification that is cut": event_stream(
        event(b'{"method":"notifications/message","params":"%b","jsonrpc":"2.0"}' % (b"x" * 4000))
    ),
    "a session header": response(405, Mcp_Session_Id="1"),
    "a version header": event_stream(event(b"hi"), session="1"),
}


async def probe(url: str, direct: str = "", mcp: McpMode = "auto") -> Investigation:
    sources = (Source(direct),) if direct else ()
    investigation = Investigation(Target(url, direct=sources, mcp=mcp, stall=0.4))
    await investigation.run("proxy")
    return investigation


def methods(server: Server) -> set[str]:
    return {request.method for request in server.requests}


@pytest.mark.parametrize("how", NO_SIGNS)
async def test_nothing_is_posted_without_a_sign(how: str) -> None:
    async with running({**STREAMABLE, "GET": NO_SIGNS[how]}) as server:
        url = server.url.replace("/sse", "/stream")
        investigation = await probe(url, f"{url}?direct")
    assert methods(server) == {"GET"}
    assert all(handshake.skipped for handshake in investigation.case.handshakes)


@pytest.mark.parametrize("how", NO_SIGNS)
async def test_nothing_is_posted_to_the_sibling_path_without_a_sign(how: str) -> None:
    async with running({**STREAMABLE, "GET": NO_SIGNS[how]}) as server:
        await probe(server.url)
    assert methods(server) == {"GET"}


async def test_why_nothing_was_posted_is_said() -> None:
    async with running({"GET": response(405)}) as server:
        investigation = await probe(server.url.replace("/sse", "/stream"))
    (handshake,) = investigation.case.handshakes
    assert (handshake.skipped, handshake.lacks_sign) == (True, True)
    assert "--mcp always" in NO_SIGN


@pytest.mark.parametrize("how", SIGNS)
async def test_a_sign_in_the_answer_is_enough(how: str) -> None:
    async with running({**STREAMABLE, "GET": SIGNS[how]}) as server:
        investigation = await probe(server.url)
    (handshake,) = investigation.case.handshakes
    assert handshake.transport == "streamable-http", handshake


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/a/MCP", "/mcp?x=1"])
async def test_the_path_is_a_sign(path: str) -> None:
    async with running({**STREAMABLE, "GET": response(405)}) as server:
        investigation = await probe(server.url.replace("/sse", path))
    (handshake,) = investigation.case.handshakes
    assert handshake.transport == "streamable-http", handshake


async def test_the_word_of_the_user_is_enough() -> None:
    async with running({**STREAMABLE, "GET": response(405)}) as server:
        investigation = await probe(server.url, mcp="always")
    (handshake,) = investigation.case.handshakes
    assert handshake.transport == "streamable-http", handshake


async def test_a_sign_on_one_side_is_enough_for_both() -> None:
    page = response(200, b"<p>hi", "text/html")
    async with (
        running({**STREAMABLE, "GET": page}) as proxy,
        running({**STREAMABLE, "GET": SIGNS["a JSON-RPC error"]}) as backend,
    ):
        await probe(proxy.url, backend.url)
    assert "initialize" in proxy.names
    assert "initialize" in backend.names


async def test_an_endpoint_on_one_side_sends_no_post_to_the_other() -> None:
    """The URL may lead to a hub: it has named no endpoint, so nothing is posted to it."""
    script = HttpSseScript(b"/m", event(result(RESULT)))
    hub_answers = {"GET": event_stream(event(b"hi"))}
    async with running(hub_answers) as hub, running(script.answers) as backend:
        await probe(hub.url, backend.url)
    assert methods(hub) == {"GET"}
    assert "initialize" in backend.names


async def test_a_401_that_names_resource_metadata_is_a_sign_for_the_other_side() -> None:
    refused = {"GET": response(401, www_authenticate=CHALLENGE)}
    served = {**STREAMABLE, "GET": response(405)}
    async with running(refused) as proxy, running(served) as backend:
        await probe(proxy.url, backend.url)
    assert methods(proxy) == {"GET"}
    assert "initialize" in backend.names
