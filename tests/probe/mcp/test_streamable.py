"""Streamable HTTP and the stateless revision against servers good and bad."""

import asyncio
import json
import unicodedata
from collections.abc import Mapping

import pytest

from tests.probe.mcp.server import (
    DISCOVERED,
    FAIR,
    RESULT,
    Answer,
    Server,
    error,
    event,
    http,
    hurried,
    patient,
    result,
    running,
    silence,
    streamed,
)
from wizard.model.handshake import Handshake
from wizard.probe.mcp.exchange import Timeouts
from wizard.probe.mcp.streamable import handshake_over_streamable_http, handshake_stateless
from wizard.probe.request import ProbeOptions

SESSION = "s3ss!on~0"
WHOLE = ["initialize", "notifications/initialized", "GET", "DELETE"]
REPLY = event(result(RESULT))


def answers(initialize: Answer, **others: Answer) -> dict[str, Answer]:
    """A server that takes all that follows `initialize`."""
    taken: dict[str, Answer] = {"notifications/initialized": http(202), "GET": http(405)}
    return {**taken, "DELETE": http(200), **others, "initialize": initialize}


async def shaken(server: Server, pace: Timeouts | None = None) -> Handshake:
    return await handshake_over_streamable_http(
        Handshake("direct", server.url), ProbeOptions(), pace or patient()
    )


def one_line(text: str) -> str:
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return text


OPENED: Mapping[str, Answer] = {
    "JSON": http(200, result(RESULT), Mcp_Session_Id=SESSION),
    "SSE": streamed(REPLY, session=SESSION),
    "SSE, byte by byte": streamed(
        *(REPLY[at : at + 1] for at in range(len(REPLY))), session=SESSION
    ),
    "SSE, long": streamed(
        event(result({**RESULT, "instructions": "x" * 100_000})), session=SESSION
    ),
    "SSE, after a ping and a note": streamed(
        b": ping\n\n", event(b'{"jsonrpc":"2.0","method":"x"}'), REPLY, session=SESSION
    ),
    "JSON, a batch": http(200, b"[" + result(RESULT) + b"]", Mcp_Session_Id=SESSION),
}


@pytest.mark.parametrize("how", OPENED)
async def test_a_session_is_opened_and_closed(how: str) -> None:
    async with running(answers(OPENED[how])) as server:
        made = await shaken(server)
    assert (made.stage, made.transport, made.why) == ("done", "streamable-http", "")
    assert (made.version, made.server, made.session) == ("2025-11-25", "bot 7", True)
    assert server.whats == WHOLE
    first, *later = server.asked
    assert first.headers["accept"] == "application/json, text/event-stream"
    assert "mcp-session-id" not in first.headers
    assert {one.headers["mcp-session-id"] for one in later} == {SESSION}
    assert {one.headers["mcp-protocol-version"] for one in later} == {"2025-11-25"}
    assert server.only("GET").headers["accept"] == "text/event-stream"


async def test_without_a_session_there_is_none_to_close() -> None:
    async with running(answers(http(200, result(RESULT)))) as server:
        made = await shaken(server)
    assert (made.stage, made.session) == ("done", False)
    assert server.whats == WHOLE[:-1]
    assert not any("mcp-session-id" in one.headers for one in server.asked)


async def test_a_silent_get_stream_is_left_at_its_headers() -> None:
    async with running(answers(OPENED["JSON"], GET=streamed())) as server:
        made = await shaken(server)
        await server.until(lambda: server.left == ["GET"])
    line = made.timeline("listen")
    assert line is not None
    assert (line.status, line.ended) == (200, None)
    assert server.whats == WHOLE


@pytest.mark.parametrize("status", [200, 204, 400, 404, 405, 500])
async def test_what_follows_the_reply_is_told_and_does_not_undo_it(status: int) -> None:
    bad = http(status)
    script = answers(OPENED["JSON"], **{"notifications/initialized": bad, "GET": bad})
    async with running({**script, "DELETE": bad}) as server:
        made = await shaken(server)
    assert made.stage == "done"
    told = {one.name: one.timeline.status for one in made.exchanges}
    assert told == {"initialize": 200, **dict.fromkeys(("initialized", "listen", "delete"), status)}


@pytest.mark.parametrize(
    "session", [b"x" * 5000, b"a b", b"caf\xc3\xa9", b"\xff\xfe", b"a\x1b[31m"]
)
async def test_a_hostile_session_id_is_not_sent_back(session: bytes) -> None:
    async with running(answers(http(200, result(RESULT), Mcp_Session_Id=session))) as server:
        made = await shaken(server)
    assert server.whats == ["initialize"]
    assert not made.session
    assert not any("mcp-session-id" in one.headers for one in server.asked)
    one_line(made.why)


def refused() -> dict[str, tuple[Answer, str, str]]:
    return {
        "nothing": (silence, "initialize", "POST got no answer: no answer within"),
        "closed": (b"", "initialize", "POST got no answer: "),
        "cut": (http(200, b"{", content_length="99"), "reply", "POST answered 200: {"),
        "taken": (http(202), "initialize", "POST answered 202"),
        "HTML": (http(200, b"<p>", "text/html"), "reply", "POST answered 200: a page"),
        "titled": (
            http(404, b"<html><title>404 \x1b</title>", "text/html"), "initialize",
            '404: a page, "404 \\e"',
        ),
        "empty": (http(200), "reply", "POST answered 200"),
        "wrong id": (http(200, result(RESULT, 2)), "reply", "POST answered 200: {"),
        "id true": (http(200, result(RESULT, True)), "reply", "POST answered 200: {"),
        "a stream without it": (streamed(b": x\n\n"), "reply", "no reply came over it"),
        "moved": (http(308, Location="http://e.test/\x1b"), "initialize", "POST answered 308 to"),
        "no method": (http(200, error(-32601)), "reply", "answers with an error: -32601 no"),
        "ten megabytes": (http(200, b'"' + b"x" * (10 << 20)), "reply", 'POST answered 200: "x'),
        "deep": (http(200, b"[" * 60_000), "reply", "POST answered 200: [["),
        "secret": (
            http(400, b'{"token": "hunter2"}'), "initialize", '400: {"token": "[redacted]"}',
        ),
        "controls": (http(400, b"\x1b]0;x\x07"), "initialize", "400: \\e]0;x\\u{7}"),
    }  # fmt: skip


@pytest.mark.parametrize("how", refused())
async def test_what_is_no_answer_is_told(how: str) -> None:
    first, stage, why = refused()[how]
    async with running(answers(first)) as server:
        silent = how in ("nothing", "a stream without it")
        made = await shaken(server, hurried(0, FAIR) if silent else patient())
    assert (made.stage, made.transport) == (stage, "unknown")
    assert why in one_line(made.why)
    assert server.whats == ["initialize"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 421, 500])
async def test_each_status_is_told(status: int) -> None:
    async with running(answers(http(status))) as server:
        made = await shaken(server)
    assert (made.stage, made.why) == ("initialize", f"POST answered {status}")


async def test_an_error_of_a_server_that_knows_initialize_is_its_own() -> None:
    for body in (error(-32602), error(-32602, id=None), error(-32602, id="server-error")):
        async with running(answers(http(200, body))) as server:
            made = await shaken(server)
        assert (made.stage, made.transport) == ("reply", "streamable-http")
        assert made.why == "the server answers with an error: -32602 no"


async def test_a_session_is_closed_whatever_came_of_it() -> None:
    for first in (
        http(400, Mcp_Session_Id=SESSION),
        http(200, error(-1), Mcp_Session_Id=SESSION),
        streamed(session=SESSION),
    ):
        async with running(answers(first)) as server:
            made = await shaken(server, hurried(0, FAIR) if callable(first) else patient())
        assert not made.is_complete
        assert server.whats == ["initialize", "DELETE"]
        assert server.only("DELETE").headers["mcp-session-id"] == SESSION


async def test_cancelled_it_closes_its_session_and_its_connection() -> None:
    script = answers(OPENED["JSON"], **{"notifications/initialized": silence})
    async with running(script) as server:
        task = asyncio.create_task(shaken(server))
        await server.until(lambda: server.whats == WHOLE[:2])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.until(lambda: server.left == ["notifications/initialized"])
    assert task.cancelled()
    assert server.whats == [*WHOLE[:2], "DELETE"]


async def discovered(server: Server, pace: Timeouts | None = None) -> Handshake:
    return await handshake_stateless(
        Handshake("direct", server.url), ProbeOptions(), pace or patient()
    )


@pytest.mark.parametrize("how", ["JSON", "SSE"])
async def test_one_request_is_enough_for_the_stateless_revision(how: str) -> None:
    body = result(DISCOVERED)
    answer = http(200, body) if how == "JSON" else streamed(event(body))
    async with running({"server/discover": answer}) as server:
        made = await discovered(server)
    assert (made.stage, made.transport, made.why) == ("done", "stateless", "")
    assert (made.version, made.server) == ("2026-07-28", "bot 7")
    asked = server.only("server/discover")
    assert server.whats == ["server/discover"]
    assert asked.headers["mcp-protocol-version"] == "2026-07-28"
    assert asked.headers["mcp-method"] == "server/discover"
    meta = json.loads(asked.body)["params"]["_meta"]
    assert meta["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"


@pytest.mark.parametrize(
    ("versions", "agreed"),
    [
        (["2025-11-25"], ""),
        ([], ""),
        ([7, None, "2026\r\nX: y"], ""),
        (["2027-01-01", "2026-07-28", "2025-11-25"], "2026-07-28"),
        (["2027-01-01"], "2027-01-01"),
    ],
)
async def test_only_a_stateless_version_counts(versions: list[object], agreed: str) -> None:
    body = result({**DISCOVERED, "supportedVersions": versions})
    async with running({"server/discover": http(200, body)}) as server:
        made = await discovered(server)
    assert (made.is_complete, made.version) == (bool(agreed), agreed)


async def test_an_older_server_s_accidental_session_is_closed() -> None:
    first = http(400, error(-32600), Mcp_Session_Id=SESSION)
    async with running({"server/discover": first}) as server:
        made = await discovered(server)
    assert not made.is_complete
    assert server.whats == ["server/discover", "DELETE"]
