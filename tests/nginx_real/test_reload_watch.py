"""The wait for a reload beside a real Nginx: nothing before, and proven right after it."""

import asyncio

from tests.nginx_real.test_check import investigate
from tests.tools import require
from wizard.lab import Lab, scenario_named
from wizard.model.steps import STEPS


async def test_the_proof_begins_once_the_reload_shows(nginx: str) -> None:
    require("patch")
    async with Lab(scenario_named("incident"), nginx=nginx) as lab:
        investigation = await investigate(lab.target)
        recommendation = investigation.recommendation
        assert recommendation is not None
        investigation.wait_for_reload()
        proof = asyncio.create_task(investigation.run(STEPS[-1]))
        while not (investigation.waiting and "asked" in investigation.waiting.what):  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert not proof.done()
        assert investigation.waiting.what.startswith("the config has not changed yet")
        await lab.apply(recommendation.diff or "")
        state = await proof
    assert state.state == "pass", state
    assert "fixed" in state.why
