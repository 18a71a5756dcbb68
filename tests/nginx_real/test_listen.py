"""MCP 2026-07-28 behind a real Nginx: the stream that answers `subscriptions/listen`, and headers
that repeat the body."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import apply, behind_nginx, causes, conclude
from tests.probe.mcp.server import (
    DISCOVERED,
    Answer,
    Request,
    Server,
    error,
    event,
    response,
    result,
)
from tests.probe.scripted import CHUNKED, chunk
from tests.tools import require
from wizard.diagnose.session_outcome import handshake_problem
from wizard.model.target import Target
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
LIVE = "proxy_buffering off; proxy_http_version 1.1;"
ACKNOWLEDGED = event(b'{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}')
PLAIN = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n"
NO_METHOD = response(404, error(-32601, "Method not found", 3))


def listening(*headers: bytes, chunked: bool = True, ping_s: float | None = None) -> Answer:
    """A stream that begins with the acknowledgement; comments follow every `ping_s` seconds."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        is_chunked = chunked and request.version == "HTTP/1.1"
        head = CHUNKED[:-2] if is_chunked else PLAIN
        own = b"".join(header + b"\r\n" for header in headers)
        write = chunk if is_chunked else bytes
        writer.write(head + own + b"\r\n" + write(ACKNOWLEDGED))
        while True:
            await writer.drain()
            await asyncio.sleep(ping_s or 60)
            writer.write(write(b": ping\n\n"))

    return answer


def stateless(listen: Answer) -> Server:
    """A server of the revision that checks the headers, and refuses a GET."""
    discovered = {**DISCOVERED, "capabilities": {"tools": {}}}
    known: Mapping[str, Answer] = {
        "server/discover": response(200, result(discovered)),
        "tools/list": response(200, result({"tools": []}, 2)),
        "subscriptions/listen": listen,
    }

    def checked(name: str) -> Answer:
        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            given = known[name]
            if request.headers.get("mcp-method") != name:
                given = response(400, error(-32020, "Mcp-Method does not match", None))
            if isinstance(given, bytes):
                writer.write(given)
                await writer.drain()
            else:
                await given(request, writer)

        return answer

    refused = {"GET": response(405, Allow="POST"), "initialize": NO_METHOD}
    return Server({**{name: checked(name) for name in known}, **refused})


def location(directives: str) -> str:
    return f"location / {{ {directives} proxy_pass http://$BOT1; }}"


def subset(target: Target, given: str) -> Target:
    """The target with the evidence that is named."""
    without = target if "conf" in given else replace(target, conf=None, logs=())
    return without if "direct" in given else replace(without, direct=())


HELD = {
    "sent as a whole": (
        listening(chunked=False),
        "proxy_http_version 1.1;",
        "proxy-buffering-hold",
    ),
    "HTTP/1.0": (listening(), "proxy_http_version 1.0;", "proxy-buffering-hold"),
    "the header ignored": (
        listening(b"X-Accel-Buffering: no", chunked=False),
        "proxy_ignore_headers X-Accel-Buffering;",
        "xab-ignored",
    ),
}


@pytest.mark.parametrize(("listen", "directives", "cause"), HELD.values(), ids=HELD)
async def test_a_held_answer_is_found_and_let_through(
    nginx: str, tmp_path: Path, listen: Answer, directives: str, cause: str
) -> None:
    require("patch")
    server = stateless(listen)
    async with behind_nginx(
        nginx, tmp_path, (server.serve,), location(directives), path="/mcp"
    ) as target:
        case, diagnosis = await conclude(target)
        assert causes(diagnosis) == {cause: "confirmed"}, diagnosis
        assert diagnosis.verdict == "fault"
        assert "subscriptions/listen" in handshake_problem(case)
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, diagnosis = await conclude(target)
        assert diagnosis.verdict == "healthy", diagnosis


@pytest.mark.parametrize("given", ["conf", "direct", ""])
async def test_a_held_answer_is_never_healthy(nginx: str, tmp_path: Path, given: str) -> None:
    server = stateless(listening(chunked=False))
    async with behind_nginx(
        nginx, tmp_path, (server.serve,), location("proxy_http_version 1.1;"), path="/mcp"
    ) as target:
        _, diagnosis = await conclude(subset(target, given))
    assert diagnosis.verdict == "inconclusive", diagnosis
    assert set(causes(diagnosis).values()) <= {"possible"}


async def test_a_quiet_stream_that_the_read_timeout_cuts(nginx: str, tmp_path: Path) -> None:
    server = stateless(listening())
    directives = location(f"{LIVE} proxy_read_timeout 1s;")
    async with behind_nginx(nginx, tmp_path, (server.serve,), directives, path="/mcp") as target:
        _, diagnosis = await conclude(replace(target, patience=2.5))
    assert causes(diagnosis) == {"idle-read-timeout": "confirmed"}, diagnosis


WELL: Mapping[str, tuple[Answer, str]] = {
    "live": (listening(), LIVE),
    "pings within a short timeout": (listening(ping_s=0.3), f"{LIVE} proxy_read_timeout 1s;"),
    "buffered, and sent in chunks": (listening(), "proxy_http_version 1.1;"),
    "the backend asks for no buffering": (listening(b"X-Accel-Buffering: no", chunked=False), ""),
    "not offered": (NO_METHOD, LIVE),
}


@pytest.mark.parametrize(("listen", "directives"), WELL.values(), ids=WELL)
@pytest.mark.parametrize("given", ["direct conf", "conf", "direct", ""])
async def test_an_answer_that_arrives_is_healthy(
    nginx: str, tmp_path: Path, listen: Answer, directives: str, given: str
) -> None:
    server = stateless(listen)
    async with behind_nginx(
        nginx, tmp_path, (server.serve,), location(directives), path="/mcp"
    ) as target:
        case, diagnosis = await conclude(subset(target, given))
    assert (diagnosis.verdict, causes(diagnosis)) == ("healthy", {}), diagnosis
    assert {shake.transport for shake in case.handshakes} == {"stateless"}
    assert "tools/call" not in server.names


@pytest.mark.parametrize(
    "directives", ['proxy_set_header Mcp-Method "";', "proxy_pass_request_headers off;"]
)
async def test_a_header_that_nginx_drops(nginx: str, tmp_path: Path, directives: str) -> None:
    """The server answers -32020: that is no routing fault, and no other transport."""
    require("patch")
    server = stateless(listening())
    async with behind_nginx(
        nginx, tmp_path, (server.serve,), location(f"{LIVE} {directives}"), path="/mcp"
    ) as target:
        for given, confidence in (("direct", "likely"), ("", "possible")):
            _, diagnosis = await conclude(subset(target, given))
            assert causes(diagnosis) == {"header-dropped": confidence}, diagnosis
        case, diagnosis = await conclude(target)
        assert set(causes(diagnosis)) == {"header-dropped"}, diagnosis
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        assert (await conclude(target))[1].verdict == "healthy"
        for given in ("direct", ""):
            _, diagnosis = await conclude(subset(target, given))
            assert diagnosis.verdict == "healthy", diagnosis
