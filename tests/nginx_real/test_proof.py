"""The proof of a fix on a real Nginx: nothing is called fixed that was not watched."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.nginx_real.test_check import investigate
from tests.tools import require
from wizard.lab import Lab, scenario_named
from wizard.lab.scenario import Behaviour
from wizard.report.proof import remarks

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
SILENT = Behaviour(every_s=None, ping_s=None)
CUTTING = """listen $LISTEN; location / {
    proxy_pass http://$BACKEND; proxy_buffering off; proxy_read_timeout 1s; }
"""


async def test_a_cut_is_not_fixed_by_doing_nothing(nginx: str) -> None:
    scenario = replace(scenario_named("healthy"), server=CUTTING, backend=SILENT)
    async with Lab(scenario, nginx=nginx) as lab:
        investigation = await investigate(replace(lab.target, patience=2.0))
        assert {result.outcome for result in investigation.case.proxy} == {"cut"}
        investigation.amend(replace(investigation.target, patience=0.0))
        state = await investigation.run("verify")
    assert state.state == "fail", state
    assert "the config that was read is unchanged" in state.why


async def test_a_longer_timeout_is_proven_after_the_time_that_the_cut_took(nginx: str) -> None:
    scenario = replace(scenario_named("healthy"), server=CUTTING, backend=SILENT)
    async with Lab(scenario, nginx=nginx) as lab:
        investigation = await investigate(replace(lab.target, patience=2.0))
        cut_s = max(result.timeline.waited_s or 0.0 for result in investigation.case.proxy)
        conf = Path(lab.target.conf.locator) if lab.target.conf else Path()
        conf.write_text(conf.read_text().replace("proxy_read_timeout 1s", "proxy_read_timeout 1h"))
        await lab.reload()
        state = await investigation.run("verify")
        watched = [result.timeline.waited_s or 0.0 for result in investigation.case.proxy]
    assert state.state == "pass", state
    assert min(watched) > cut_s
    assert "unchanged" not in state.why


async def test_a_hold_that_stays_is_not_fixed(nginx: str) -> None:
    async with Lab(scenario_named("incident"), nginx=nginx) as lab:
        investigation = await investigate(lab.target)
        state = await investigation.run("verify")
    assert state.state == "fail", state


async def test_an_old_worker_with_a_stream_from_before_the_reload_is_told(nginx: str) -> None:
    require("patch")
    async with Lab(scenario_named("incident"), nginx=nginx) as lab:
        parts = urlsplit(lab.url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"GET /sse HTTP/1.1\r\nHost: old\r\n\r\n")
        await writer.drain()
        investigation = await investigate(lab.target)
        assert investigation.recommendation is not None
        await lab.apply(investigation.recommendation.diff or "")
        await investigation.run("verify")
        writer.close()
    proof = investigation.case.proof
    assert proof is not None
    assert proof.outcome == "fixed"
    if sys.platform == "linux":
        assert proof.old_workers == 1
        assert "One worker process" in remarks(investigation.case)[-1]
