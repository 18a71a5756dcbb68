"""The official MCP SDK as backend: live because of its header, held if the header is ignored."""

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from wizard.diagnose.facts.addresses import x_accel_buffering
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx_process import free_ports
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepId
from wizard.model.target import Source, Target

pytestmark = pytest.mark.nginx

SERVER = """
import sys
from mcp.server import MCPServer
MCPServer("svc-bot").run(transport="sse", host="127.0.0.1", port=int(sys.argv[1]))
"""
STEPS: tuple[StepId, ...] = ("root", "proxy", "config", "cause", "fix")
IGNORING = "proxy_http_version 1.0; proxy_ignore_headers X-Accel-Buffering;"


@pytest.fixture(scope="module")
def sdk() -> Iterator[int]:
    """Run the SDK's server in a process; yield its port."""
    (port,) = free_ports(1)
    words = [sys.executable, "-c", SERVER, str(port)]
    discard = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=discard, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        output = []
        for line in process.stderr:
            output.append(line)
            if "Uvicorn running" in line:
                break
        else:
            pytest.fail("".join(output))
        # It writes a traceback for each request that it refuses: with a full pipe it would hang.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield port
        # Not terminated: it would wait for its streams to end.
        process.kill()


@asynccontextmanager
async def proxied_sdk(
    binary: str, folder: Path, backend: int, directives: str
) -> AsyncIterator[Target]:
    """Run Nginx in front of the SDK with these directives in its location; yield the target."""
    (port,) = free_ports(1)
    location = f"location / {{ {directives} proxy_pass http://127.0.0.1:{backend}; }}"
    async with running_nginx(binary, folder, port, location) as conf:
        yield Target(
            f"http://127.0.0.1:{port}/sse",
            direct=(Source(f"http://127.0.0.1:{backend}/sse"),),
            conf=Source(str(conf)),
        )


async def investigate(target: Target) -> tuple[Case, Diagnosis]:
    investigation = Investigation(target)
    for step in STEPS:
        await investigation.run(step)
    assert investigation.diagnosis is not None
    return investigation.case, investigation.diagnosis


async def test_it_is_healthy_because_of_its_own_header(
    sdk: int, nginx: str, tmp_path: Path
) -> None:
    async with proxied_sdk(nginx, tmp_path, sdk, "") as target:
        case, diagnosis = await investigate(target)
    assert x_accel_buffering(case) == "no"
    assert all(result.timeline.header("x-accel-buffering") is None for result in case.proxy)
    assert {result.timeline.first_event_s is None for result in case.proxy} == {False}
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
    assert "proxy-buffering-hold" in [risk.id for risk in diagnosis.risks if risk.latent]
    assert not any("predicts" in note for note in diagnosis.notes)
    assert {prediction.delivery.result for prediction in case.predictions} == {"live"}


async def test_it_is_held_if_its_header_is_ignored(sdk: int, nginx: str, tmp_path: Path) -> None:
    async with proxied_sdk(nginx, tmp_path, sdk, IGNORING) as target:
        case, diagnosis = await investigate(target)
    assert {result.outcome for result in case.proxy} == {"held"}
    assert {result.outcome for result in case.direct} == {"live"}
    assert diagnosis.verdict == "fault"
    assert (diagnosis.causes[0].id, diagnosis.causes[0].confidence) == ("xab-ignored", "confirmed")
    assert "live" not in {prediction.delivery.result for prediction in case.predictions}


async def test_turning_buffering_off_in_the_location_fixes_it(
    sdk: int, nginx: str, tmp_path: Path
) -> None:
    async with proxied_sdk(nginx, tmp_path, sdk, f"{IGNORING} proxy_buffering off;") as target:
        case, diagnosis = await investigate(target)
    assert {result.outcome for result in case.proxy} == {"live"}
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
    assert "proxy-buffering-hold" not in [risk.id for risk in diagnosis.risks]
