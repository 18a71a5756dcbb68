"""Streamable HTTP and the stateless revision, against servers that follow them and others."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from tests.probe.mcp.server import (
    DISCOVERED,
    MEDIUM_S,
    PONG,
    RESULT,
    Answer,
    Server,
    error,
    event,
    event_stream,
    finite_stream,
    long_timeouts,
    one_line,
    one_short,
    response,
    result,
    running,
    silence,
)
from wizard.model.handshake import Handshake
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.probe.mcp.exchange import Timeouts
from wizard.probe.mcp.session import Known, run_handshake
from wizard.probe.mcp.streamable import handshake_over_streamable_http, handshake_stateless
from wizard.probe.request import ProbeOptions

SESSION = "s3ss!on~0"
WHOLE = ["initialize", "notifications/initialized", "ping", "GET", "DELETE"]
REPLY = event(result(RESULT))


def answers(initialize: Answer, **others: Answer) -> dict[str, Answer]:
    """A server that accepts all that follows `initialize`."""
    taken: dict[str, Answer] = {
        "notifications/initialized": response(202),
        "ping": response(200, PONG),
        "GET": response(405),
    }
    return {**taken, "DELETE": response(200), **others, "initialize": initialize}


async def shake(server: Server, timeouts: Timeouts | None = None) -> Handshake:
    return await handshake_over_streamable_http(
        Handshake("direct", server.url), ProbeOptions(), timeouts or long_timeouts()
    )


OPENED: Mapping[str, Answer] = {
    "JSON": response(200, result(RESULT), Mcp_Session_Id=SESSION),
    "SSE": event_stream(REPLY, session=SESSION),
    "SSE, byte by byte": event_stream(
        *(REPLY[at : at + 1] for at in range(len(REPLY))), session=SESSION
    ),
    "SSE, long": event_stream(
        event(result({**RESULT, "instructions": "x" * 100_000})), session=SESSION
    ),
    "SSE, after a ping and a note": event_stream(
        b": ping\n\n", event(b'{"jsonrpc":"2.0","method":"x"}'), REPLY, session=SESSION
    ),
    "JSON, a batch": response(200, b"[" + result(RESULT) + b"]", Mcp_Session_Id=SESSION),
}


def in_order(names: list[str]) -> list[str]:
    """The names with the GET behind the message that is sent while the GET is open."""
    at = names.index("GET") if "GET" in names else len(names)
    if names[at + 1 : at + 2] in (["ping"], ["tools/list"]):
        names = [*names[:at], names[at + 1], "GET", *names[at + 2 :]]
    return names


@pytest.mark.parametrize("how", OPENED)
async def test_a_session_is_opened_and_closed(how: str) -> None:
    async with running(answers(OPENED[how])) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.transport, handshake.why) == ("done", "streamable-http", "")
    assert (handshake.version, handshake.server, handshake.session) == ("2025-11-25", "bot 7", True)
    assert in_order(server.names) == WHOLE
    first, *later = server.requests
    assert first.headers["accept"] == "application/json, text/event-stream"
    assert "mcp-session-id" not in first.headers
    assert {request.headers["mcp-session-id"] for request in later} == {SESSION}
    assert {request.headers["mcp-protocol-version"] for request in later} == {"2025-11-25"}
    assert server.only("GET").headers["accept"] == "text/event-stream"


async def test_without_a_session_there_is_none_to_close() -> None:
    async with running(answers(response(200, result(RESULT)))) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.session) == ("done", False)
    assert in_order(server.names) == WHOLE[:-1]
    assert not any("mcp-session-id" in request.headers for request in server.requests)


async def test_a_silent_get_stream_is_left_open() -> None:
    async with running(answers(OPENED["JSON"], GET=event_stream())) as server:
        handshake = await shake(server)
        await server.wait_until(lambda: server.closed_early == ["GET"])
    listening = handshake.timeline("listen")
    assert listening is not None
    assert (listening.status, listening.ended, listening.bytes) == (200, "open", 0)
    assert in_order(server.names) == WHOLE


@pytest.mark.parametrize("status", [204, 400, 404, 405])
async def test_neither_a_get_stream_nor_a_delete_is_needed(status: int) -> None:
    bad = response(status)
    async with running(answers(OPENED["JSON"], GET=bad, DELETE=bad)) as server:
        handshake = await shake(server)
    assert handshake.stage == "done"
    statuses = {exchange.name: exchange.timeline.status for exchange in handshake.exchanges}
    assert statuses["listen"] == statuses["delete"] == status


@pytest.mark.parametrize("status", [204, 400, 404, 413, 500])
async def test_the_status_of_the_notification_counts(status: int) -> None:
    bad = response(status, b"no")
    async with running(answers(OPENED["JSON"], **{"notifications/initialized": bad})) as server:
        handshake = await shake(server)
    exchange = handshake.exchange("initialized")
    assert exchange is not None
    assert exchange.sent == len(server.only("notifications/initialized").body)
    if status == 204:
        assert (handshake.stage, handshake.why) == ("done", "")
        return
    assert handshake.stage == "initialized"
    assert handshake.why == f"POST of notifications/initialized answered {status}: no"
    assert server.names == [*WHOLE[:2], "DELETE"]


TOOLS_RESULT = {**RESULT, "capabilities": {"tools": {}}}


@pytest.mark.parametrize("size", [0, 500, 6_000, 40_000, 200_000])
@pytest.mark.parametrize("how", ["JSON", "SSE", "SSE, open"])
async def test_the_reply_to_tools_list_is_measured(size: int, how: str) -> None:
    reply = result({"tools": [{"name": "x" * size}]}, 2)
    listed: Answer = response(200, reply)
    if how != "JSON":
        listed = event_stream(event(reply)) if how == "SSE, open" else finite_stream(event(reply))
    opened = response(200, result(TOOLS_RESULT))
    async with running(answers(opened, **{"tools/list": listed})) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.why) == ("done", "")
    assert in_order(server.names) == [*WHOLE[:2], "tools/list", "GET"]
    exchange = handshake.exchange("tools")
    assert exchange is not None
    assert (exchange.reply_bytes, exchange.is_cut) == (len(reply), False)
    assert exchange.replied_s is not None


async def test_a_list_longer_than_what_is_read_has_arrived() -> None:
    listed = response(200, result({"tools": ["x" * 400_000]}, 2))
    opened = response(200, result(TOOLS_RESULT))
    async with running(answers(opened, **{"tools/list": listed})) as server:
        handshake = await shake(server)
    assert handshake.stage == "done", handshake.why


@pytest.mark.parametrize("status", [200, 400, 404])
async def test_a_json_rpc_error_answers_a_request(status: int) -> None:
    listed = response(status, error(-32601, id=2))
    opened = response(200, result(TOOLS_RESULT))
    async with running(answers(opened, **{"tools/list": listed})) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.why) == ("done", "")


async def test_tools_that_cannot_be_listed_are_no_answer_that_is_well() -> None:
    listed = response(200, error(-32603, "no database", id=2))
    opened = response(200, result(TOOLS_RESULT))
    async with running(answers(opened, **{"tools/list": listed})) as server:
        handshake = await shake(server)
    assert handshake.stage == "reply"
    assert handshake.why == "the server answers tools/list with an error: -32603 no database"


BAD_LISTS: Mapping[str, tuple[Answer, str, bool]] = {
    "404": (response(404, b"no"), "tools", False),
    "500": (response(500, b"no"), "tools", False),
    "a page": (response(200, b"<p>no", "text/html"), "reply", False),
    "another's reply": (response(200, result({}, 1)), "reply", False),
    "nothing": (silence, "tools", False),
    "cut": (response(200, b'{"jsonrpc"', content_length="99"), "reply", True),
    "without its end": (event_stream(event(result({}, 2))[:-1]), "reply", True),
}


@pytest.mark.parametrize("how", BAD_LISTS)
async def test_a_list_that_does_not_come_is_where_the_handshake_fails(how: str) -> None:
    listed, stage, is_cut = BAD_LISTS[how]
    opened = response(200, result(TOOLS_RESULT), Mcp_Session_Id=SESSION)
    async with running(answers(opened, **{"tools/list": listed})) as server:
        handshake = await shake(server, one_short(2, MEDIUM_S))
    assert handshake.stage == stage
    assert handshake.why.startswith("POST of tools/list ")
    exchange = handshake.exchange("tools")
    assert exchange is not None
    assert (exchange.is_cut, exchange.replied_s) == (is_cut, None)
    assert "DELETE" in server.names


async def test_at_most_four_messages_are_posted() -> None:
    tools = response(200, result({"tools": []}, 2))
    opened = response(200, result(TOOLS_RESULT))
    async with running(answers(opened, **{"tools/list": tools})) as server:
        stream = Timeline(Probe("sse-direct", server.url))
        await run_handshake("direct", stream, ProbeOptions(), Known(may_post=True))
    posts = [request.name for request in server.requests if request.method == "POST"]
    assert posts == ["server/discover", "initialize", "notifications/initialized", "tools/list"]


@pytest.mark.parametrize(
    "session", [b"x" * 5000, b"a b", b"caf\xc3\xa9", b"\xff\xfe", b"a\x1b[31m"]
)
async def test_a_hostile_session_id_is_not_sent_back(session: bytes) -> None:
    async with running(answers(response(200, result(RESULT), Mcp_Session_Id=session))) as server:
        handshake = await shake(server)
    assert server.names == ["initialize"]
    assert not handshake.session
    assert not any("mcp-session-id" in request.headers for request in server.requests)
    one_line(handshake.why)


def failures() -> dict[str, tuple[Answer, str, str]]:
    return {
        "nothing": (silence, "initialize", "POST got no answer: no answer within"),
        "closed": (b"", "initialize", "POST got no answer: "),
        "cut": (response(200, b"{", content_length="99"), "reply", "POST answered 200: {"),
        "taken": (response(202), "initialize", "POST answered 202"),
        "HTML": (response(200, b"<p>", "text/html"), "reply", "POST answered 200: a page"),
        "titled": (
            response(404, b"<html><title>404 \x1b</title>", "text/html"), "initialize",
            '404: a page, "404 \\e"',
        ),
        "empty": (response(200), "reply", "POST answered 200"),
        "wrong id": (response(200, result(RESULT, 2)), "reply", "POST answered 200: {"),
        "id true": (response(200, result(RESULT, True)), "reply", "POST answered 200: {"),
        "a stream without it": (event_stream(b": x\n\n"), "reply", "no reply came over it"),
        "moved": (response(308, Location="http://e.test/\x1b"), "initialize", "with a redirect to"),
        "no method": (response(200, error(-32601)), "reply", "answers with an error: -32601 no"),
        "ten megabytes": (response(200, b'"' + b"x" * (10 << 20)), "reply", 'answered 200: "x'),
        "deep": (response(200, b"[" * 60_000), "reply", "POST answered 200: [["),
        "secret": (
            response(400, b'{"token": "hunter2"}'), "initialize", '400: {"token": "[redacted-1]"}',
        ),
        "controls": (response(400, b"\x1b]0;x\x07"), "initialize", "400: \\e]0;x\\u{7}"),
    }  # fmt: skip


@pytest.mark.parametrize("how", failures())
async def test_a_missing_reply_is_reported(how: str) -> None:
    first, stage, why = failures()[how]
    async with running(answers(first)) as server:
        silent = how in ("nothing", "a stream without it")
        handshake = await shake(server, one_short(0, MEDIUM_S) if silent else long_timeouts())
    assert (handshake.stage, handshake.transport) == (stage, "unknown")
    assert why in one_line(handshake.why)
    assert server.names == ["initialize"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 421, 500])
async def test_a_refusal_is_reported_with_its_status(status: int) -> None:
    async with running(answers(response(status))) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.why) == ("initialize", f"POST answered {status}")


async def test_an_error_to_initialize_still_shows_the_transport() -> None:
    for body in (
        error(-32602),
        error(-32602, id=None),
        error(-32602, id="server-error"),
    ):
        async with running(answers(response(200, body))) as server:
            handshake = await shake(server)
        assert (handshake.stage, handshake.transport) == ("reply", "streamable-http")
        assert handshake.why == "the server answers with an error: -32602 no"


async def test_a_session_is_closed_after_every_result() -> None:
    for first in (
        response(400, Mcp_Session_Id=SESSION),
        response(200, error(-1), Mcp_Session_Id=SESSION),
        event_stream(session=SESSION),
    ):
        async with running(answers(first)) as server:
            handshake = await shake(
                server, one_short(0, MEDIUM_S) if callable(first) else long_timeouts()
            )
        assert not handshake.is_complete
        assert server.names == ["initialize", "DELETE"]
        assert server.only("DELETE").headers["mcp-session-id"] == SESSION


async def test_a_cancelled_handshake_closes_session_and_connection() -> None:
    script = answers(OPENED["JSON"], **{"notifications/initialized": silence})
    async with running(script) as server:
        task = asyncio.create_task(shake(server))
        await server.wait_until(lambda: server.names == WHOLE[:2])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.wait_until(lambda: server.closed_early == ["notifications/initialized"])
    assert task.cancelled()
    assert server.names == [*WHOLE[:2], "DELETE"]


async def discover(server: Server, timeouts: Timeouts | None = None) -> Handshake:
    return await handshake_stateless(
        Handshake("direct", server.url), ProbeOptions(), timeouts or long_timeouts()
    )


@pytest.mark.parametrize("how", ["JSON", "SSE"])
async def test_one_request_is_enough_for_a_stateless_server_without_tools(how: str) -> None:
    body = result(DISCOVERED)
    answer = response(200, body) if how == "JSON" else event_stream(event(body))
    async with running({"server/discover": answer}) as server:
        handshake = await discover(server)
    assert (handshake.stage, handshake.transport, handshake.why) == ("done", "stateless", "")
    assert (handshake.version, handshake.server) == ("2026-07-28", "bot 7")
    request = server.only("server/discover")
    assert server.names == ["server/discover", "subscriptions/listen"]
    assert request.headers["mcp-protocol-version"] == "2026-07-28"
    assert request.headers["mcp-method"] == "server/discover"
    meta = json.loads(request.body)["params"]["_meta"]
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
    async with running({"server/discover": response(200, body)}) as server:
        handshake = await discover(server)
    assert (handshake.is_complete, handshake.version) == (bool(agreed), agreed)


async def test_a_session_that_an_older_server_opens_is_closed() -> None:
    first = response(400, error(-32600), Mcp_Session_Id=SESSION)
    async with running({"server/discover": first}) as server:
        handshake = await discover(server)
    assert not handshake.is_complete
    assert server.names == ["server/discover", "DELETE"]


async def test_the_tools_of_a_stateless_server_are_listed() -> None:
    reply = result({"tools": []}, 2)
    discovered = result({**DISCOVERED, "capabilities": {"tools": {}}})
    script = {"server/discover": response(200, discovered), "tools/list": response(200, reply)}
    async with running(script) as server:
        handshake = await discover(server)
    assert (handshake.stage, handshake.transport) == ("done", "stateless")
    request = server.only("tools/list")
    assert request.headers["mcp-protocol-version"] == "2026-07-28"
    assert request.headers["mcp-method"] == "tools/list"
    meta = json.loads(request.body)["params"]["_meta"]
    assert meta["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"
    exchange = handshake.exchange("tools")
    assert exchange is not None
    assert exchange.reply_bytes == len(reply)


ACKNOWLEDGED = event(b'{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}')
NO_METHOD = response(404, error(-32601, "Method not found", 3))


@pytest.mark.parametrize("has_tools", [False, True])
async def test_the_changes_of_a_stateless_server_are_listened_to(has_tools: bool) -> None:
    """Opened, watched and closed; with the headers that repeat the body."""
    capabilities: dict[str, object] = {"tools": {}} if has_tools else {}
    script: dict[str, Answer] = {
        "server/discover": response(200, result({**DISCOVERED, "capabilities": capabilities})),
        "tools/list": response(200, result({"tools": []}, 2)),
        "subscriptions/listen": event_stream(ACKNOWLEDGED),
    }
    async with running(script) as server:
        handshake = await discover(server)
        await server.wait_until(lambda: bool(server.closed_early))
    assert handshake.is_complete
    assert server.names[-1] == "subscriptions/listen"
    request = server.only("subscriptions/listen")
    assert request.headers["mcp-protocol-version"] == "2026-07-28"
    assert request.headers["mcp-method"] == "subscriptions/listen"
    assert "mcp-name" not in request.headers
    wanted = {"toolsListChanged": True} if has_tools else {}
    assert json.loads(request.body)["params"]["notifications"] == wanted
    listened = handshake.timeline("listen")
    assert listened is not None
    assert (listened.status, listened.ended, listened.events) == (200, "open", 1)


async def test_a_stateless_server_need_not_know_how_to_listen() -> None:
    script = {
        "server/discover": response(200, result(DISCOVERED)),
        "subscriptions/listen": NO_METHOD,
    }
    async with running(script) as server:
        handshake = await discover(server)
    assert handshake.is_complete
    listened = handshake.timeline("listen")
    assert listened is not None
    assert listened.status == 404


async def test_a_header_that_does_not_repeat_the_body_shows_the_revision() -> None:
    """No older transport is tried: the server has said which one it speaks, and what is wrong."""
    refusal = response(400, error(-32020, "Mcp-Method header does not match", 1))
    async with running({"server/discover": refusal}) as server:
        stream = Timeline(Probe("sse-proxy", server.url))
        handshake = await run_handshake("proxy", stream, ProbeOptions(), Known(may_post=True))
    assert server.names == ["server/discover"]
    assert (handshake.transport, handshake.stage) == ("stateless", "initialize")
    assert "a header which repeats the body is missing or differs" in one_line(handshake.why)


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (400, -32022, "does not support this revision"),
        (404, -32601, "does not know the method: the path is right"),
    ],
)
async def test_an_older_server_is_asked_for_its_own_transport(
    status: int, code: int, why: str
) -> None:
    async with running({"server/discover": response(status, error(code))}) as server:
        stream = Timeline(Probe("sse-proxy", server.url))
        await run_handshake("proxy", stream, ProbeOptions(), Known(may_post=True))
        alone = await discover(server)
    assert "initialize" in server.names
    assert why in one_line(alone.why)


@pytest.mark.parametrize("name", ["tools/list", "ping"])
async def test_progress_is_asked_for(name: str) -> None:
    """A server that reports it answers by a stream, which shows whether one is held."""
    capabilities: dict[str, object] = {"tools": {}} if name == "tools/list" else {}
    opened = response(200, result({**RESULT, "capabilities": capabilities}))
    script = {**answers(opened), "tools/list": response(200, result({"tools": []}, 2))}
    async with running(script) as server:
        assert (await shake(server)).is_complete
    assert json.loads(server.only(name).body)["params"]["_meta"] == {"progressToken": 2}
