"""The reply to `tools/list` behind a real Nginx: whole, or without its end."""

import asyncio
from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from tests.probe.mcp.server import (
    RESULT,
    HttpSseSessions,
    Request,
    event,
    event_stream,
    response,
    result,
    running,
    streamable,
)
from tests.probe.scripted import CHUNKED as CHUNKED_STREAM
from tests.probe.scripted import chunk
from wizard.diagnose.facts.answers import held_reply
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx_process import free_ports
from wizard.model.handshake import Exchange, Side
from wizard.model.steps import StepId
from wizard.model.target import Source, Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

TOOLS_RESULT = result({**RESULT, "capabilities": {"tools": {}}})
STEPS: tuple[StepId, ...] = ("root", "proxy", "config", "cause", "fix")
CHUNKED = "proxy_http_version 1.1;"
LARGE = f"{CHUNKED} proxy_buffer_size 128k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;"
SIDES: tuple[Side, ...] = ("proxy", "direct")


def server(size: int, *, to_all: bool = False) -> HttpSseSessions:
    """A server whose reply to `tools/list` has this size."""
    empty = len(result({"tools": [""]}, 2))
    listed = result({"tools": ["x" * (size - empty)]}, 2)
    assert len(listed) == size
    replies = {"initialize": TOOLS_RESULT, "tools/list": listed}
    return HttpSseSessions(replies, to_all=to_all)


async def investigate(
    binary: str,
    folder: Path,
    size: int,
    directives: str,
    *,
    with_direct: bool = True,
    to_all: bool = False,
) -> Investigation:
    (port,) = free_ports(1)
    async with running(server(size, to_all=to_all).answers) as backend:
        origin = backend.url.removesuffix("/sse")
        location = f"location / {{ {directives} proxy_pass {origin}; }}"
        async with running_nginx(binary, folder, port, location) as conf:
            target = Target(
                f"http://127.0.0.1:{port}/sse",
                direct=(Source(backend.url),) if with_direct else (),
                conf=Source(str(conf)),
            )
            investigation = Investigation(target)
            for step in STEPS:
                await investigation.run(step)
    return investigation


def tools_of(investigation: Investigation, side: Side) -> Exchange:
    handshake = investigation.case.handshake(side)
    exchange = handshake.exchange("tools") if handshake else None
    assert exchange is not None, handshake
    return exchange


def verdict_of(investigation: Investigation) -> str:
    assert investigation.diagnosis is not None
    return investigation.diagnosis.verdict


@pytest.mark.parametrize("with_direct", [True, False])
@pytest.mark.parametrize("size", [6_664, 7_000, 40_000])
async def test_the_end_of_a_reply_above_a_buffer_is_held(
    nginx: str, tmp_path: Path, size: int, with_direct: bool
) -> None:
    investigation = await investigate(nginx, tmp_path, size, CHUNKED, with_direct=with_direct)
    proxied, handshake = tools_of(investigation, "proxy"), investigation.case.handshake("proxy")
    assert handshake is not None
    assert (proxied.is_cut, proxied.replied_s, handshake.stage) == (True, None, "reply")
    assert 0 < proxied.reply_bytes < size
    held = held_reply(investigation.case)
    assert held is not None
    assert held.proxied == proxied
    if with_direct:
        direct = tools_of(investigation, "direct")
        assert (direct.reply_bytes, held.direct) == (size, direct)
    diagnosis = investigation.diagnosis
    assert diagnosis is not None
    (cause,) = diagnosis.causes
    confidence = "confirmed" if with_direct else "likely"
    assert (cause.id, cause.confidence) == ("proxy-buffering-hold", confidence)
    assert diagnosis.verdict == "fault"


async def test_a_reply_that_every_session_gets_does_not_hide_the_hold(
    nginx: str, tmp_path: Path
) -> None:
    """The direct session's reply would push the end of the proxied one's out of the buffer."""
    investigation = await investigate(nginx, tmp_path, 6_664, CHUNKED, to_all=True)
    assert tools_of(investigation, "proxy").is_cut
    assert verdict_of(investigation) == "fault"


@pytest.mark.parametrize("rate", ["limit_rate 2k;", "proxy_limit_rate 2k;"])
@pytest.mark.parametrize("with_direct", [True, False])
async def test_a_reply_that_a_rate_delays_is_not_said_to_be_held(
    nginx: str, tmp_path: Path, rate: str, with_direct: bool
) -> None:
    """It fits the buffers, and is still on its way when its time is over."""
    directives = f"{LARGE} {rate}"
    investigation = await investigate(nginx, tmp_path, 40_000, directives, with_direct=with_direct)
    assert tools_of(investigation, "proxy").is_cut
    diagnosis = investigation.diagnosis
    assert diagnosis is not None
    assert verdict_of(investigation) == "inconclusive"
    assert {cause.confidence for cause in diagnosis.causes} <= {"possible"}


WHOLE = {
    "a small one": (CHUNKED, 500),
    "nearly a buffer": (CHUNKED, 3_900),
    "large buffers": (LARGE, 40_000),
    "no buffering": (f"{CHUNKED} proxy_buffering off;", 40_000),
    "no buffering, HTTP/1.0": ("proxy_http_version 1.0; proxy_buffering off;", 40_000),
}


@pytest.mark.parametrize("how", WHOLE)
async def test_a_reply_that_fits_arrives_whole(nginx: str, tmp_path: Path, how: str) -> None:
    directives, size = WHOLE[how]
    investigation = await investigate(nginx, tmp_path, size, directives)
    for side in SIDES:
        exchange = tools_of(investigation, side)
        assert (exchange.reply_bytes, exchange.is_cut) == (size, False)
        assert exchange.replied_s is not None
    assert held_reply(investigation.case) is None
    assert verdict_of(investigation) == "healthy", investigation.diagnosis


async def reporting(request: Request, writer: asyncio.StreamWriter) -> None:
    """An answer that begins with comments at once, and ends with its reply after 0.8 s."""
    is_old = request.version == "HTTP/1.0"
    head = CHUNKED_STREAM.replace(b"Transfer-Encoding: chunked", b"Connection: close")
    writer.write(head if is_old else CHUNKED_STREAM)
    for part in (b": progress\n\n",) * 2 + (event(result({"tools": []}, 2)),):
        writer.write(part if is_old else chunk(part))
        await writer.drain()
        await asyncio.sleep(0.4)
    writer.write(b"" if is_old else b"0\r\n\r\n")
    await writer.drain()


OLD_TO_BACKEND = "proxy_http_version 1.0;"


@pytest.mark.parametrize(
    ("directives", "given", "wanted"),
    [
        (OLD_TO_BACKEND, ("direct", "conf"), ("fault", "confirmed")),
        (OLD_TO_BACKEND, ("direct",), ("inconclusive", "possible")),
        (f"{OLD_TO_BACKEND} proxy_buffering off;", ("direct", "conf"), ("healthy", "")),
    ],
)
async def test_an_answer_that_reports_progress_is_held_until_its_end(
    nginx: str, tmp_path: Path, directives: str, given: tuple[str, ...], wanted: tuple[str, str]
) -> None:
    (port,) = free_ports(1)
    script = streamable(event_stream()) | {"tools/list": reporting}
    script |= {"initialize": response(200, TOOLS_RESULT), "GET": response(405)}
    async with running(script) as backend:
        url = backend.url.replace("/sse", "/mcp")
        location = f"location / {{ {directives} proxy_read_timeout 1h;"
        location += f" proxy_pass {url.removesuffix('/mcp')}; }}"
        async with running_nginx(nginx, tmp_path, port, location) as conf:
            target = Target(
                f"http://127.0.0.1:{port}/mcp",
                direct=(Source(url),),
                conf=Source(str(conf)) if "conf" in given else None,
                stall=3.0,
            )
            investigation = Investigation(target)
            for step in STEPS:
                if step != "config" or target.conf:
                    await investigation.run(step)
    diagnosis = investigation.diagnosis
    assert diagnosis is not None
    causes = [(cause.id, cause.confidence) for cause in diagnosis.causes]
    assert diagnosis.verdict == wanted[0], diagnosis
    assert causes == ([("proxy-buffering-hold", wanted[1])] if wanted[1] else [])
