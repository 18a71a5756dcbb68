"""The handshake with the official MCP SDK, over each transport, direct and through real Nginx."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.nginx_real.serving import serving
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx import free_ports
from wizard.model.handshake import Handshake
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.probe.mcp.exchange import handshake_timeouts
from wizard.probe.mcp.session import EXCHANGE_TIMEOUT_S, run_handshake
from wizard.probe.mcp.streamable import handshake_over_streamable_http
from wizard.probe.request import ProbeOptions

pytestmark = pytest.mark.nginx

SERVERS = """
import asyncio, sys
from mcp.server import MCPServer

async def main():
    here = {"host": "127.0.0.1"}
    sse, http, plain, free = map(int, sys.argv[1:])
    await asyncio.gather(
        MCPServer("svc-bot").run_sse_async(port=sse, **here),
        MCPServer("svc-bot").run_streamable_http_async(port=http, **here),
        MCPServer("svc-bot").run_streamable_http_async(port=plain, json_response=True, **here),
        MCPServer("svc-bot").run_streamable_http_async(port=free, stateless_http=True, **here),
    )

asyncio.run(main())
"""
KINDS = ("sse", "http", "json", "free")
PATHS = {"sse": "/sse", "http": "/mcp", "json": "/mcp", "free": "/mcp"}
STALL = 4.0
"""Seconds: a GET of the stateless server is silent, which is looked at for so long."""
STEPS: tuple[StepId, ...] = ("root", "proxy", "config", "cause")


@pytest.fixture(scope="module")
def sdk() -> Iterator[dict[str, int]]:
    """The SDK's servers in a process of their own; their ports."""
    ports = dict(zip(KINDS, free_ports(len(KINDS)), strict=True))
    words = [sys.executable, "-c", SERVERS, *map(str, ports.values())]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=quiet, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said, up = [], 0
        for line in process.stderr:
            said.append(line)
            up += "Uvicorn running" in line
            if up == len(KINDS):
                break
        else:
            pytest.fail("".join(said))
        yield ports
        # Not asked politely: it would wait for its streams.
        process.kill()


@asynccontextmanager
async def proxied(binary: str, folder: Path, ports: dict[str, int]) -> AsyncIterator[int]:
    """Nginx before each of the servers, HTTP+SSE at its root, the others below /KIND; its port."""
    (port,) = free_ports(1)
    locations = " ".join(
        f"location /{kind}/ {{ proxy_pass http://127.0.0.1:{backend}/; }}"
        for kind, backend in ports.items()
        if kind != "sse"
    )
    # The endpoint event knows nothing of a prefix, so the server that sends one has none.
    root = f" location / {{ proxy_pass http://127.0.0.1:{ports['sse']}; }}"
    async with serving(binary, folder, port, locations + root):
        yield port


def url_of(kind: str, port: int) -> str:
    return f"http://127.0.0.1:{port}{'' if kind == 'sse' else '/' + kind}{PATHS[kind]}"


@pytest.mark.parametrize("kind", KINDS)
async def test_each_transport_is_recognised(
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
    made = investigation.case.handshakes
    assert {(one.side, one.stage, one.server) for one in made} == {
        ("proxy", "done", "svc-bot"), ("direct", "done", "svc-bot"),
    }, made  # fmt: skip
    transport, version = (
        ("http+sse", "2024-11-05") if kind == "sse" else ("stateless", "2026-07-28")
    )
    assert {(one.transport, one.version) for one in made} == {(transport, version)}
    assert investigation.diagnosis is not None
    assert investigation.diagnosis.verdict == "healthy", investigation.diagnosis


@pytest.mark.parametrize("kind", ["http", "json", "free"])
async def test_an_older_client_s_session_is_opened_and_closed(
    sdk: dict[str, int], nginx: str, tmp_path: Path, kind: str
) -> None:
    async with proxied(nginx, tmp_path, sdk) as port:
        url, options = url_of(kind, port), ProbeOptions()
        made = await handshake_over_streamable_http(
            Handshake("proxy", url), options, handshake_timeouts(options, EXCHANGE_TIMEOUT_S)
        )
    assert (made.stage, made.transport, made.version) == ("done", "streamable-http", "2025-11-25")
    told = {one.name: one.timeline.status for one in made.exchanges}
    kept = {} if kind == "free" else {"delete": 200}
    assert told == {"initialize": 200, "initialized": 202, "listen": 200, **kept}
    assert made.session == (kind != "free")


async def test_the_session_is_really_gone(sdk: dict[str, int]) -> None:
    """Deleted, it is unknown: what it is asked then is a 404."""
    from wizard.model.timeline import Probe
    from wizard.probe.mcp.exchange import send_request
    from wizard.probe.mcp.messages import delete_request
    from wizard.probe.mcp.streamable import session_id_of

    url, options = f"http://127.0.0.1:{sdk['http']}/mcp", ProbeOptions()
    made = await handshake_over_streamable_http(
        Handshake("direct", url), options, handshake_timeouts(options, EXCHANGE_TIMEOUT_S)
    )
    opened = made.timeline("initialize")
    assert opened is not None
    again = await send_request(
        Probe("again", url),
        options,
        delete_request(made.version, session_id_of(opened)),
        EXCHANGE_TIMEOUT_S,
    )
    assert again.status == 404


async def test_a_path_that_is_none_of_the_server_s_is_no_mcp(sdk: dict[str, int]) -> None:
    url = f"http://127.0.0.1:{sdk['http']}/nothing"
    made = await run_handshake("direct", url, None, ProbeOptions())
    assert (made.transport, made.is_complete) == ("unknown", False)
    assert "404" in made.why


@pytest.mark.parametrize("kind", KINDS)
async def test_check_finds_nothing_wrong_with_or_without_a_config(
    sdk: dict[str, int], nginx: str, tmp_path: Path, kind: str
) -> None:
    async with proxied(nginx, tmp_path, sdk) as port:
        url = url_of(kind, port)
        bare, told = await asyncio.gather(
            _check(url), _check(url, "--conf", str(tmp_path / "nginx.conf"))
        )
    for run in (bare, told):
        report: dict[str, Any] = json.loads(run.stdout)
        assert (run.returncode, run.stderr, report["verdict"]) == (0, "", "healthy"), report
        states = {check["id"]: check["status"] for check in report["checks"]}
        assert states["handshake"] == states["sse-proxy"] == "pass"
        (made,) = report["handshakes"]
        assert "session_id=[redacted]" in made["post_url"] or kind != "sse"


def _check(*words: str) -> Awaitable["subprocess.CompletedProcess[str]"]:
    command = [sys.executable, "-m", "screens", "check", *words, "--stall", f"{STALL:g}"]
    command += ["--format", "json"]
    return asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
