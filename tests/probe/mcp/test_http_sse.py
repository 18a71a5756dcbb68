"""HTTP+SSE (MCP 2024-11-05) against servers that keep to it, and against those that do not."""

import asyncio
import unicodedata
from pathlib import Path

import pytest

from tests.probe.mcp.server import (
    FAIR,
    RESULT,
    Answer,
    Legacy,
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
SECRET = "Bearer abcdefgh12345678"
WHOLE = ["GET", "initialize", "notifications/initialized"]


async def shaken(server: Server, pace: Timeouts | None = None) -> Handshake:
    options = ProbeOptions(headers=(("Authorization", SECRET),))
    return await handshake_over_http_sse(
        Handshake("direct", server.url), options, pace or patient()
    )


def one_line(text: str) -> str:
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return text


ABSOLUTE = "ABSOLUTE"


@pytest.mark.parametrize("endpoint", ["/messages?id=1", "messages?id=1", ABSOLUTE, "?id=1", ""])
async def test_it_is_done_wherever_the_endpoint_is(endpoint: str) -> None:
    async with running({}) as server:
        said = server.url.replace("/sse", "/messages?id=1") if endpoint == ABSOLUTE else endpoint
        server.answers.update(Legacy(said.encode(), REPLY).answers)
        made = await shaken(server)
    assert (made.stage, made.transport, made.why) == ("done", "http+sse", "")
    assert (made.version, made.server) == ("2025-11-25", "bot 7")
    assert server.whats == WHOLE
    path = {"?id=1": "/sse?id=1", "": "/sse"}.get(endpoint, "/messages?id=1")
    assert {one.path for one in server.asked[1:]} == {path}
    assert {one.headers["authorization"] for one in server.asked} == {SECRET}
    assert server.only("notifications/initialized").headers["mcp-protocol-version"] == "2025-11-25"


async def test_the_stream_is_closed_at_the_end() -> None:
    async with running(Legacy(b"/m", REPLY).answers) as server:
        await shaken(server)
        await server.until(lambda: server.left == ["GET"])


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
    async with running(Legacy(b"/m", *parts).answers) as server:
        made = await shaken(server)
    assert (made.stage, made.server) == ("done", "bot 7"), made.why


HOSTILE = {
    "another host": (b"http://evil.test/m", "another origin, http://evil.test/m"),
    "no scheme": (b"//evil.test/m", "another origin"),
    "javascript": (b"javascript:alert(1)", "another origin, javascript:alert(1)"),
    "another scheme": (b"https://127.0.0.1/m", "another origin"),
    "another port": (b"http://127.0.0.1:1/m", "another origin"),
    "a password": (b"http://u:hunter2@evil.test/m", "another origin, http://[redacted]@evil.test"),
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
    async with running(Legacy(endpoint).answers) as server:
        made = await shaken(server)
    assert server.whats == ["GET"]
    assert (made.stage, made.post_url) == ("endpoint", "")
    assert why in one_line(made.why)
    assert "hunter2" not in made.why
    assert bool(made.endpoint) == ("another origin" in why)


async def test_credentials_go_to_no_other_origin() -> None:
    async with running({}) as other, running({}) as server:
        server.answers.update(Legacy(other.url.encode(), REPLY).answers)
        made = await shaken(server)
        assert not made.is_complete
        server.answers.update(Legacy(b"/m", REPLY).answers)
        server.answers["initialize"] = http(307, Location=other.url)
        moved = await shaken(server)
    assert other.asked == []
    assert moved.stage == "initialize"
    assert f"POST answered 307 to {other.url}" in moved.why


STATUSES = [400, 401, 403, 404, 405, 406, 421, 500]


@pytest.mark.parametrize("status", STATUSES)
async def test_a_refused_stream_is_told_by_its_status(status: int) -> None:
    async with running({"GET": http(status, b"go away")}) as server:
        made = await shaken(server)
    assert (made.stage, made.why) == ("endpoint", f"GET answered {status}: go away")
    assert server.whats == ["GET"]


@pytest.mark.parametrize("status", STATUSES)
async def test_a_refused_post_is_told_by_its_status(status: int) -> None:
    body = b"sorry, Authorization: " + SECRET.encode()
    async with running(Legacy(b"/m", taken=http(status, body)).answers) as server:
        made = await shaken(server)
    assert made.stage == "initialize"
    assert made.why == f"POST answered {status}: sorry, Authorization: [redacted]"
    assert made.last_timeline is not None
    assert made.last_timeline.status == status
    assert server.whats == ["GET", "initialize"]


Script = dict[str, Answer]


def broken() -> dict[str, tuple[Script, str, str]]:
    posted = Legacy(b"/m").answers
    return {
        "no stream": ({"GET": http(200, b"hi", "text/html")}, "endpoint", "GET answered 200: hi"),
        "no answer": ({"GET": silence}, "endpoint", "GET got no answer: silence"),
        "no endpoint": ({"GET": streamed(b": hi\n\n")}, "endpoint", "no endpoint event came"),
        "ended before": ({"GET": CHUNKED + chunk(b": hi\n\n")}, "endpoint", "the stream ended"),
        "no word": ({"GET": b""}, "endpoint", "GET got no answer: "),
        "POST unanswered": ({**posted, "initialize": silence}, "initialize", "POST got no answer"),
        "POST broken": ({**posted, "initialize": b"HTTP/1."}, "initialize", "POST got no answer"),
        "no reply": (posted, "reply", "the POST was taken (202), but no reply came"),
        "ended after": (
            Legacy(b"/m", after=False).answers, "reply", "(202), but the stream ended without",
        ),
        "wrong id": (Legacy(b"/m", event(result(RESULT, 2))).answers, "reply", "no reply came"),
        "another's error": (Legacy(b"/m", event(error(-1, id=9))).answers, "reply", "no reply"),
        "error": (
            Legacy(b"/m", event(error(-32602, "\x1b[31mno"))).answers,
            "reply",
            "answers with an error: -32602 \\e[31mno",
        ),
        "no result": (Legacy(b"/m", event(result({}))).answers, "reply", "no protocol version"),
    }  # fmt: skip


SILENCES = {
    "no answer": lambda: hurried(0),
    "no endpoint": lambda: hurried(0, FAIR),
    "POST unanswered": lambda: hurried(1),
    "no reply": lambda: hurried(2),
    "wrong id": lambda: hurried(2),
    "another's error": lambda: hurried(2),
}


@pytest.mark.parametrize("name", broken())
async def test_what_is_missing_is_said(name: str) -> None:
    script, stage, why = broken()[name]
    async with running(script) as server:
        made = await shaken(server, SILENCES.get(name, patient)())
    assert made.stage == stage
    assert why in one_line(made.why)
    assert not made.is_complete


async def test_the_stream_is_told_as_it_was_at_the_end() -> None:
    async with running(Legacy(b"/m", after=False).answers) as server:
        made = await shaken(server)
    line = made.timeline("stream")
    assert line is not None
    assert line.ended is not None
    assert [one.name for one in made.exchanges] == ["stream", "initialize"]


async def test_a_reply_without_a_version_that_fits_a_header_is_an_error() -> None:
    for version in ("2025–11", "2025\r\nX: y", 7, "9" * 41):
        reply = event(result({**RESULT, "protocolVersion": version}))
        async with running(Legacy(b"/m", reply).answers) as server:
            made = await shaken(server)
        assert made.stage == "reply"
        assert server.whats == WHOLE[:2]


async def test_cancelling_closes_both_connections() -> None:
    script: Script = {**Legacy(b"/m").answers, "initialize": silence}
    async with running(script) as server:
        task = asyncio.create_task(shaken(server))
        await server.until(lambda: server.whats == ["GET", "initialize"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.until(lambda: sorted(server.left) == ["GET", "initialize"])
    assert task.cancelled()


@pytest.mark.parametrize("endpoint", [endpoint for endpoint, _ in HOSTILE.values()], ids=HOSTILE)
async def test_no_step_stumbles_over_a_hostile_endpoint(endpoint: bytes, tmp_path: Path) -> None:
    """Rules, prediction and recommendation read the endpoint too."""
    async with running(Legacy(endpoint).answers) as server:
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
