"""The reply to `tools/list` behind a real Nginx: whole, or without its end."""

from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from tests.probe.mcp.server import RESULT, HttpSseSessions, result, running
from wizard.diagnose.facts.posts import held_reply
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx_process import free_ports
from wizard.model.handshake import Exchange, Side
from wizard.model.steps import StepId
from wizard.model.target import Source, Target

pytestmark = pytest.mark.nginx

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
