"""Handshakes with the official MCP SDK: each transport, direct and through a real Nginx."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.nginx_real.bot import apply, causes, conclude
from tests.nginx_real.running import running_nginx
from tests.tools import require
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx_process import free_ports
from wizard.model.handshake import Handshake
from wizard.model.probe import Probe
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.probe.mcp.exchange import handshake_timeouts
from wizard.probe.mcp.session import EXCHANGE_TIMEOUT_S, Known, run_handshake
from wizard.probe.mcp.streamable import handshake_over_streamable_http
from wizard.probe.request import ProbeOptions
from wizard.recommend import recommend

pytestmark = pytest.mark.nginx

SERVERS = """
import asyncio, sys
from mcp.server import MCPServer

async def main():
    on = {"host": "127.0.0.1"}
    sse, http, json, stateless = map(int, sys.argv[1:])
    await asyncio.gather(
        MCPServer("svc-bot").run_sse_async(port=sse, **on),
        MCPServer("svc-bot").run_streamable_http_async(port=http, **on),
        MCPServer("svc-bot").run_streamable_http_async(port=json, json_response=True, **on),
        MCPServer("svc-bot").run_streamable_http_async(port=stateless, stateless_http=True, **on),
    )

asyncio.run(main())
"""
KINDS = ("sse", "http", "json", "stateless")
PATHS = {"sse": "/sse", "http": "/mcp", "json": "/mcp", "stateless": "/mcp"}
STALL = 4.0
"""Seconds; the GET of the stateless server is silent for that long."""
STEPS: tuple[StepId, ...] = ("root", "proxy", "config", "cause")


@pytest.fixture(scope="module")
def sdk() -> Iterator[dict[str, int]]:
    """Run the SDK's servers in a process; yield their ports."""
    ports = dict(zip(KINDS, free_ports(len(KINDS)), strict=True))
    words = [sys.executable, "-c", SERVERS, *map(str, ports.values())]
    discard = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=discard, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        output, up = [], 0
        for line in process.stderr:
            output.append(line)
            up += "Uvicorn running" in line
            if up == len(KINDS):
                break
        else:
            pytest.fail("".join(output))
        # It writes a traceback for each request that it refuses: with a full pipe it would hang.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield ports
        # Not terminated: it would wait for its streams to end.
        process.kill()


@asynccontextmanager
async def proxied(binary: str, folder: Path, ports: dict[str, int]) -> AsyncIterator[int]:
    """Run Nginx in front of the servers, HTTP+SSE at the root, the others below /KIND; yield its
    port."""
    (port,) = free_ports(1)
    locations = " ".join(
        f"location /{kind}/ {{ proxy_pass http://127.0.0.1:{backend}/; }}"
        for kind, backend in ports.items()
        if kind != "sse"
    )
    # The endpoint event has no prefix, so the server that sends one is at the root.
    root = f" location / {{ proxy_pass http://127.0.0.1:{ports['sse']}; }}"
    async with running_nginx(binary, folder, port, locations + root):
        yield port


def url_of(kind: str, port: int) -> str:
    return f"http://127.0.0.1:{port}{'' if kind == 'sse' else '/' + kind}{PATHS[kind]}"


@pytest.mark.parametrize("kind", KINDS)
async def test_each_transport_is_recognized(
    sdk: dict[str, int], nginx: str, tmp_path: Path, kind: str
) -> None:
    async with proxied(nginx, tmp_path, sdk) as port:
        target = Target(
            url_of(kind, port),
            direct=(Source(f"http://127.0.0.1:{sdk[kind]}{PATHS[kind]}"),),
            conf=Source(str(tmp_path / "nginx.conf")),
            stall=STALL,
        )
        investigation = Investigation(target)
        for step in STEPS:
            await investigation.run(step)
    handshakes = investigation.case.handshakes
    assert {(each.side, each.stage, each.server) for each in handshakes} == {
        ("proxy", "done", "svc-bot"), ("direct", "done", "svc-bot"),
    }, handshakes  # fmt: skip
    transport, version = (
        ("http+sse", "2024-11-05") if kind == "sse" else ("stateless", "2026-07-28")
    )
    assert {(each.transport, each.version) for each in handshakes} == {(transport, version)}
    listened = [timeline for each in handshakes if (timeline := each.timeline("listen"))]
    assert len(listened) == (0 if kind == "sse" else 2)
    for timeline in listened:
        assert (timeline.status, timeline.is_event_stream, timeline.ended) == (200, True, "open")
        assert timeline.events == 1, "the acknowledgement of subscriptions/listen"
    assert investigation.diagnosis is not None
    assert investigation.diagnosis.verdict == "healthy", investigation.diagnosis


@pytest.mark.parametrize("kind", ["http", "json", "stateless"])
async def test_a_session_of_an_older_revision_is_opened_and_closed(
    sdk: dict[str, int], nginx: str, tmp_path: Path, kind: str
) -> None:
    async with proxied(nginx, tmp_path, sdk) as port:
        url, options = url_of(kind, port), ProbeOptions()
        handshake = await handshake_over_streamable_http(
            Handshake("proxy", url), options, handshake_timeouts(options, EXCHANGE_TIMEOUT_S)
        )
    assert (handshake.stage, handshake.transport, handshake.version) == (
        "done",
        "streamable-http",
        "2025-11-25",
    )
    statuses = {each.name: each.timeline.status for each in handshake.exchanges}
    deleted = {} if kind == "stateless" else {"delete": 200}
    assert statuses == {
        "initialize": 200, "initialized": 202, "tools": 200, "listen": 200, **deleted,
    }  # fmt: skip
    assert handshake.session == (kind != "stateless")
    tools = handshake.exchange("tools")
    assert tools is not None
    assert tools.reply_bytes > 0
    assert tools.replied_s is not None
    listened = handshake.timeline("listen")
    assert listened is not None
    assert listened.ended == "open"


async def test_the_session_is_deleted(sdk: dict[str, int]) -> None:
    """A request with the id of a deleted session gets a 404."""
    from wizard.probe.mcp.exchange import send_request
    from wizard.probe.mcp.messages import delete_request
    from wizard.probe.mcp.streamable import session_id_of

    url, options = f"http://127.0.0.1:{sdk['http']}/mcp", ProbeOptions()
    handshake = await handshake_over_streamable_http(
        Handshake("direct", url), options, handshake_timeouts(options, EXCHANGE_TIMEOUT_S)
    )
    opened = handshake.timeline("initialize")
    assert opened is not None
    again = await send_request(
        Probe("again", url),
        options,
        delete_request(handshake.version, session_id_of(opened)),
        EXCHANGE_TIMEOUT_S,
    )
    assert again.status == 404


async def test_a_path_that_the_server_does_not_have_is_no_mcp(sdk: dict[str, int]) -> None:
    url = f"http://127.0.0.1:{sdk['http']}/nothing"
    stream, known = Timeline(Probe("sse-direct", url)), Known(may_post=True)
    handshake = await run_handshake("direct", stream, ProbeOptions(), known)
    assert (handshake.transport, handshake.is_complete) == ("unknown", False)
    assert "404" in handshake.why


@pytest.mark.parametrize("kind", KINDS)
async def test_check_finds_nothing_wrong_with_or_without_a_config(
    sdk: dict[str, int], nginx: str, tmp_path: Path, kind: str
) -> None:
    async with proxied(nginx, tmp_path, sdk) as port:
        url = url_of(kind, port)
        without, with_config = await asyncio.gather(
            _check(url), _check(url, "--conf", str(tmp_path / "nginx.conf"))
        )
    for run in (without, with_config):
        report: dict[str, Any] = json.loads(run.stdout)
        assert (run.returncode, run.stderr, report["verdict"]) == (0, "", "healthy"), report
        states = {check["id"]: check["status"] for check in report["checks"]}
        assert states["handshake"] == states["sse-proxy"] == "pass"
        (handshake,) = report["handshakes"]
        assert "session_id=[redacted-" in handshake["post_url"] or kind != "sse"


def _check(*words: str) -> Awaitable["subprocess.CompletedProcess[str]"]:
    command = [sys.executable, "-m", "screens", "check", *words, "--stall", f"{STALL:g}"]
    command += ["--format", "json"]
    return asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)


DROPPING = 'proxy_set_header Host $proxy_host; proxy_set_header Mcp-Method "";'
HELD = "proxy_http_version 1.0; proxy_ignore_headers X-Accel-Buffering;"
FAULTS = {"held": (HELD, "xab-ignored"), "without a header": (DROPPING, "header-dropped")}


@pytest.mark.slow
@pytest.mark.parametrize(("directives", "cause"), FAULTS.values(), ids=FAULTS)
async def test_a_server_of_the_stateless_revision_behind_a_faulty_config(
    sdk: dict[str, int], nginx: str, tmp_path: Path, directives: str, cause: str
) -> None:
    """Its answer to subscriptions/listen, or its own error, shows the fault; the diff fixes it."""
    require("patch")
    (port,) = free_ports(1)
    location = f"location / {{ {directives} proxy_pass http://127.0.0.1:{sdk['http']}; }}"
    async with running_nginx(nginx, tmp_path, port, location) as conf:
        direct = Source(f"http://127.0.0.1:{sdk['http']}/mcp")
        url = f"http://127.0.0.1:{port}/mcp"
        target = Target(url, direct=(direct,), conf=Source(str(conf)), stall=STALL)
        case, diagnosis = await conclude(target)
        assert causes(diagnosis) == {cause: "confirmed"}, diagnosis
        recommendation = recommend(case, diagnosis)
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        case, diagnosis = await conclude(target)
    assert diagnosis.verdict == "healthy", diagnosis
    assert {(each.transport, each.stage) for each in case.handshakes} == {("stateless", "done")}
