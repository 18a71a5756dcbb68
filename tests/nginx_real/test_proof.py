"""The proof of a fix on a real Nginx: nothing is called fixed that was not watched."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.test_check import investigate
from wizard.lab import Lab, scenario_named
from wizard.lab.scenario import Behaviour

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
