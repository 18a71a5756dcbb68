"""HTTP+SSE (MCP 2024-11-05) against servers that follow the specification, and against others."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from tests.probe.mcp.server import (
    MEDIUM_S,
    RESULT,
    SHORT_S,
    Answer,
    HttpSseScript,
    Request,
    Server,
    error,
    event,
    event_stream,
    long_timeouts,
    one_line,
    one_short,
    response,
    result,
    running,
    silence,
)
from tests.probe.scripted import CHUNKED, chunk
from wizard.investigation.investigation import Investigation
from wizard.model.handshake import Handshake
from wizard.model.steps import STEPS
from wizard.model.target import Source, Target
from wizard.probe.mcp.exchange import ENDPOINT_LIMIT_CHARS, Timeouts
from wizard.probe.mcp.http_sse import handshake_over_http_sse
from wizard.probe.request import ProbeOptions
from wizard.report.json import json_report
from wizard.report.markdown import markdown_report
from wizard.report.result import Result

REPLY = event(result(RESULT))
TOOLS_REPLY = event(result({**RESULT, "capabilities": {"tools": {}}}))
SECRET = "Bearer abcdefgh12345678"
WHOLE = ["GET", "initialize", "notifications/initialized", "ping"]


async def shake(server: Server, timeouts: Timeouts | None = None) -> Handshake:
    options = ProbeOptions(headers=(("Authorization", SECRET),))
    return await handshake_over_http_sse(
        Handshake("direct", server.url), options, timeouts or long_timeouts()
    )


ABSOLUTE = "ABSOLUTE"


@pytest.mark.parametrize("endpoint", ["/messages?id=1", "messages?id=1", ABSOLUTE, "?id=1", ""])
async def test_the_handshake_completes_at_any_endpoint(endpoint: str) -> None:
    async with running({}) as server:
        data = server.url.replace("/sse", "/messages?id=1") if endpoint == ABSOLUTE else endpoint
        server.answers.update(HttpSseScript(data.encode(), REPLY).answers)
        handshake = await shake(server)
    assert (handshake.stage, handshake.transport, handshake.why) == ("done", "http+sse", "")
    assert (handshake.version, handshake.server) == ("2025-11-25", "bot 7")
    assert server.names == WHOLE
    path = {"?id=1": "/sse?id=1", "": "/sse"}.get(endpoint, "/messages?id=1")
    assert {request.path for request in server.requests[1:]} == {path}
    assert {request.headers["authorization"] for request in server.requests} == {SECRET}
    assert server.only("notifications/initialized").headers["mcp-protocol-version"] == "2025-11-25"


async def test_the_stream_is_closed_at_the_end() -> None:
    async with running(HttpSseScript(b"/m", REPLY).answers) as server:
        await shake(server)
        await server.wait_until(lambda: server.closed_early == ["GET"])


LONG = event(result({**RESULT, "instructions": "x" * 100_000}))
NOISE = [event(b'{"jsonrpc":"2.0","method":"notifications/message","params":{}}')] * 400


@pytest.mark.parametrize(
    "parts",
    [
        [LONG],
        [REPLY[at : at + 1] for at in range(len(REPLY))],
        [b"".join([*NOISE, REPLY, *NOISE])],
        [b": ping\n\n", event(b"no json"), event(result(RESULT, id=2)), REPLY],
        [event(b'[{"jsonrpc":"2.0","method":"x"},' + result(RESULT) + b"]")],
    ],
    ids=["long", "byte by byte", "between much else", "after others", "in a batch"],
)
async def test_the_reply_is_found(parts: list[bytes]) -> None:
    async with running(HttpSseScript(b"/m", *parts).answers) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.server) == ("done", "bot 7"), handshake.why


HOSTILE = {
    "another host": (b"http://evil.test/m", "another origin, http://evil.test/m"),
    "no scheme": (b"//evil.test/m", "another origin"),
    "javascript": (b"javascript:alert(1)", "another origin, javascript:alert(1)"),
    "another scheme": (b"https://127.0.0.1/m", "another origin"),
    "another port": (b"http://127.0.0.1:1/m", "another origin"),
    "a password": (
        b"http://u:hunter2@evil.test/m",
        "another origin, http://[redacted-1]@evil.test",
    ),
    "an address in userinfo": (b"http://127.0.0.1@evil.test/m", "another origin"),
    "a single slash": (b"https:/evil.test/m", "another origin"),
    "a look-alike": ("http://\u0435vil.test/m".encode(), "another origin"),
    "a tab in the scheme": (b"ht\ttp://evil.test/m", "control characters"),
    "bad brackets": (b"http://[bad/m", "no URL"),
    "bad port": (b"http://127.0.0.1:99999999/m", "no URL"),
    "two lines": (b"/m\ndata: Host: evil.test", "control characters"),
    "an escape": (b"/\x1b]0;x\x07", "control characters"),
    "a null": (b"/\x00m", "control characters"),
    "too long": (b"/" + b"a" * ENDPOINT_LIMIT_CHARS, "longer than"),
    "ten megabytes": (b"/" + b"a" * (10 << 20), "longer than"),
}


@pytest.mark.parametrize(("endpoint", "why"), HOSTILE.values(), ids=HOSTILE)
async def test_nothing_is_sent_to_a_hostile_endpoint(endpoint: bytes, why: str) -> None:
    async with running(HttpSseScript(endpoint).answers) as server:
        handshake = await shake(server)
    assert server.names == ["GET"]
    assert (handshake.stage, handshake.post_url) == ("endpoint", "")
    assert why in one_line(handshake.why)
    assert "hunter2" not in handshake.why
    assert bool(handshake.endpoint) == ("another origin" in why)


async def test_no_user_of_the_server_s_choice_is_sent() -> None:
    async with running({}) as server:
        url = server.url.replace("http://", "http://u:hunter2@")
        server.answers.update(HttpSseScript(url.encode(), REPLY).answers)
        handshake = await shake(server)
    assert server.names == ["GET"]
    assert "user or a password" in handshake.why


async def test_credentials_are_sent_to_no_other_origin() -> None:
    async with running({}) as other, running({}) as server:
        server.answers.update(HttpSseScript(other.url.encode(), REPLY).answers)
        handshake = await shake(server)
        assert not handshake.is_complete
        server.answers.update(HttpSseScript(b"/m", REPLY).answers)
        server.answers["initialize"] = response(307, Location=other.url)
        moved = await shake(server)
    assert other.requests == []
    assert moved.stage == "initialize"
    assert f"POST answered 307 with a redirect to {other.url}" in moved.why


STATUSES = [400, 401, 403, 404, 405, 406, 421, 500]


@pytest.mark.parametrize("status", STATUSES)
async def test_a_refused_stream_is_reported_with_its_status(status: int) -> None:
    async with running({"GET": response(status, b"go away")}) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.why) == ("endpoint", f"GET answered {status}: go away")
    assert server.names == ["GET"]


@pytest.mark.parametrize("status", STATUSES)
async def test_a_refused_post_is_reported_with_its_status(status: int) -> None:
    body = b"sorry, Authorization: " + SECRET.encode()
    async with running(HttpSseScript(b"/m", accepted=response(status, body)).answers) as server:
        handshake = await shake(server)
    assert handshake.stage == "initialize"
    assert handshake.why == f"POST answered {status}: sorry, Authorization: [redacted-1]"
    assert handshake.last_timeline is not None
    assert handshake.last_timeline.status == status
    assert server.names == ["GET", "initialize"]


Script = dict[str, Answer]


def over_stream(message: bytes) -> Script:
    """A server that sends this message over its stream once `initialize` was posted."""
    return HttpSseScript(b"/m", event(message)).answers


def broken() -> dict[str, tuple[Script, str, str]]:
    posted = HttpSseScript(b"/m").answers
    return {
        "no stream": (
            {"GET": response(200, b"hi", "text/html")}, "endpoint", "GET answered 200: hi",
        ),
        "no answer": ({"GET": silence}, "endpoint", "GET got no answer: silence"),
        "no endpoint": ({"GET": event_stream(b": hi\n\n")}, "endpoint", "no endpoint event came"),
        "ended before": ({"GET": CHUNKED + chunk(b": hi\n\n")}, "endpoint", "the stream ended"),
        "no word": ({"GET": b""}, "endpoint", "GET got no answer: "),
        "POST unanswered": ({**posted, "initialize": silence}, "initialize", "POST got no answer"),
        "POST broken": ({**posted, "initialize": b"HTTP/1."}, "initialize", "POST got no answer"),
        "no reply": (posted, "reply", "the POST was accepted (202), but no reply came"),
        "ended after": (
            HttpSseScript(b"/m", stays_open=False).answers,
            "reply",
            "(202), but the stream ended without",
        ),
        "wrong id": (over_stream(result(RESULT, 2)), "reply", "no reply came"),
        "another's error": (over_stream(error(-1, id=9)), "reply", "no reply"),
        "error": (
            over_stream(error(-32602, "\x1b[31mno")),
            "reply",
            "answers with an error: -32602 \\e[31mno",
        ),
        "no result": (over_stream(result({})), "reply", "no valid protocol version"),
    }  # fmt: skip


SHORT_TIMEOUTS = {
    "no answer": lambda: one_short(0),
    "no endpoint": lambda: one_short(0, MEDIUM_S),
    "POST unanswered": lambda: one_short(1),
    "no reply": lambda: one_short(2),
    "wrong id": lambda: one_short(2),
    "another's error": lambda: one_short(2),
}


@pytest.mark.parametrize("name", broken())
async def test_the_missing_part_is_reported(name: str) -> None:
    script, stage, why = broken()[name]
    async with running(script) as server:
        handshake = await shake(server, SHORT_TIMEOUTS.get(name, long_timeouts)())
    assert handshake.stage == stage
    assert why in one_line(handshake.why)
    assert not handshake.is_complete


@pytest.mark.parametrize("status", [400, 404, 413, 500])
async def test_the_status_of_the_notification_counts(status: int) -> None:
    script: Script = HttpSseScript(b"/m", REPLY).answers
    script["notifications/initialized"] = response(status, b"no")
    async with running(script) as server:
        handshake = await shake(server)
    assert handshake.stage == "initialized"
    assert handshake.why == f"POST of notifications/initialized answered {status}: no"
    assert server.names == WHOLE[:3]


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_the_status_of_the_ping_counts(status: int) -> None:
    script: Script = {**HttpSseScript(b"/m", REPLY).answers, "ping": response(status)}
    async with running(script) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.why) == ("ping", f"POST of ping answered {status}")


@pytest.mark.parametrize("size", [0, 500, 6_000, 40_000, 200_000])
async def test_the_reply_to_tools_list_is_measured(size: int) -> None:
    listed = result({"tools": ["x" * size]}, 2)
    async with running(HttpSseScript(b"/m", TOOLS_REPLY, listed=event(listed)).answers) as server:
        handshake = await shake(server)
    assert (handshake.stage, handshake.why) == ("done", "")
    assert server.names == [*WHOLE[:3], "tools/list"]
    exchange = handshake.exchange("tools")
    assert exchange is not None
    assert (exchange.reply_bytes, exchange.is_cut) == (len(listed), False)
    assert exchange.replied_s is not None


@pytest.mark.parametrize("lacking", [1, 2, 100, 6_600])
async def test_a_list_without_its_end_is_where_the_handshake_fails(lacking: int) -> None:
    listed = event(result({"tools": ["x" * 6_600]}, 2))[:-lacking]
    async with running(HttpSseScript(b"/m", TOOLS_REPLY, listed=listed).answers) as server:
        handshake = await shake(server, one_short(5, MEDIUM_S))
    exchange = handshake.exchange("tools")
    assert exchange is not None
    assert (exchange.is_cut, exchange.replied_s) == (True, None)
    assert 0 < exchange.reply_bytes <= len(listed)
    assert handshake.stage == "reply"
    assert handshake.why == (
        "the POST of tools/list was accepted (202), but the reply came over the stream without its "
        f"end ({exchange.reply_bytes} bytes of it)"
    )


async def test_a_list_that_does_not_come_is_where_the_handshake_fails() -> None:
    script = HttpSseScript(b"/m", TOOLS_REPLY, listed=b": ping\n\n")
    async with running(script.answers) as server:
        handshake = await shake(server, one_short(5, MEDIUM_S))
    assert handshake.stage == "reply"
    assert handshake.why.startswith("the POST of tools/list was accepted (202), but no reply came")
    exchange = handshake.exchange("tools")
    assert exchange is not None
    assert (exchange.reply_bytes, exchange.replied_s) == (0, None)


async def test_the_exchange_of_the_stream_has_its_last_state() -> None:
    async with running(HttpSseScript(b"/m", stays_open=False).answers) as server:
        handshake = await shake(server)
    stream = handshake.timeline("stream")
    assert stream is not None
    assert stream.ended is not None
    assert [exchange.name for exchange in handshake.exchanges] == ["stream", "initialize"]


NO_DATABASE = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32603, "message": "no database"}}


async def test_tools_that_cannot_be_listed_are_no_answer_that_is_well() -> None:
    listed = event(json.dumps(NO_DATABASE).encode())
    async with running(HttpSseScript(b"/m", TOOLS_REPLY, listed=listed).answers) as server:
        handshake = await shake(server)
    assert handshake.stage == "reply"
    assert handshake.why == "the server answers tools/list with an error: -32603 no database"


async def test_a_version_that_is_no_header_value_is_an_error() -> None:
    for version in ("2025–11", "2025\r\nX: y", 7, "9" * 41):
        reply = event(result({**RESULT, "protocolVersion": version}))
        async with running(HttpSseScript(b"/m", reply).answers) as server:
            handshake = await shake(server)
        assert handshake.stage == "reply"
        assert server.names == WHOLE[:2]


async def test_cancelling_closes_both_connections() -> None:
    script: Script = {**HttpSseScript(b"/m").answers, "initialize": silence}
    async with running(script) as server:
        task = asyncio.create_task(shake(server))
        await server.wait_until(lambda: server.names == ["GET", "initialize"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.wait_until(lambda: sorted(server.closed_early) == ["GET", "initialize"])
    assert task.cancelled()


async def test_one_side_is_asked_after_the_other() -> None:
    """Some servers send each reply to all sessions, which pushes out the held end of another."""
    waiting, overlapped = 0, asyncio.Event()

    async def accept(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 2:
            overlapped.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHORT_S):
                await overlapped.wait()
        waiting -= 1
        writer.write(response(500))
        await writer.drain()

    async with running({**HttpSseScript().answers, "initialize": accept}) as server:
        investigation = Investigation(Target(server.url, direct=(Source(server.url),)))
        for step in STEPS[:2]:
            await investigation.run(step)
    assert (server.names.count("initialize"), overlapped.is_set()) == (2, False)


@pytest.mark.parametrize("endpoint", [endpoint for endpoint, _ in HOSTILE.values()], ids=HOSTILE)
async def test_all_steps_handle_a_hostile_endpoint(endpoint: bytes, tmp_path: Path) -> None:
    """Rules, prediction and recommendation read the endpoint too."""
    async with running(HttpSseScript(endpoint).answers) as server:
        port = server.url.rpartition(":")[2].partition("/")[0]
        conf = tmp_path / "nginx.conf"
        conf.write_text(
            f"http {{ server {{ listen {port}; location / {{ proxy_pass http://b; }} }} }}"
        )
        target = Target(server.url, direct=(Source(server.url),), conf=Source(str(conf)))
        investigation = Investigation(target)
        for step in STEPS[:-1]:
            await investigation.run(step)
    assert investigation.diagnosis is not None
    result = Result(
        investigation.case,
        investigation.diagnosis,
        investigation.recommendation,
        investigation.steps,
        0.0,
    )
    for text in (json_report(result), markdown_report(result)):
        one_line(text.replace("\n", ""))
        assert "hunter2" not in text
