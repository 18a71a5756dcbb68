"""The whole investigation on a real Nginx: each scenario says what must be found."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from tests.investigation.casefile.roundtrip import assert_same
from tests.nginx_real.poorer import poorer
from tests.tools import require
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.lab import Lab, Scenario, list_scenarios, scenario_named
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepId, StepState
from wizard.model.target import Target

pytestmark = pytest.mark.nginx
NOT_BY_A_DIFF = frozenset(
    {
        "auth-gate",  # credentials are needed
        "backend-compression",  # the backend's to mend
        "backend-silent",
        "slash-redirect",  # the exact URL
        "upstream-unreachable",  # the right address, which nobody here knows
        "dead-peer-replay",
        "header-inheritance-lost",
        "tls-upstream-mismatch",
    }
)
"""The scenarios that no block of Nginx mends, or none that can be derived."""
ALL: tuple[StepId, ...] = ("root", "proxy", "logs", "config", "cause", "fix")


async def investigate(target: Target) -> Investigation:
    investigation = Investigation(target)
    for step in ALL:
        await investigation.run(step)
    return investigation


def concluded(investigation: Investigation) -> tuple[Case, Diagnosis]:
    case = investigation.case
    return case, diagnose(case)


@pytest.mark.parametrize("scenario", list_scenarios(), ids=lambda scenario: scenario.name)
async def test_each_scenario_is_named_for_what_it_is(scenario: Scenario, nginx: str) -> None:
    async with Lab(scenario, nginx=nginx) as lab:
        investigation = await investigate(lab.target)
        case, diagnosis = concluded(investigation)
        assert_same(investigation)
        proof = await patched(lab, investigation)
    assert [cause.id for cause in diagnosis.causes] == list(scenario.expected), diagnosis
    assert diagnosis.verdict == scenario.verdict
    if diagnosis.causes:
        assert diagnosis.causes[0].confidence == "confirmed"
    assert not wrongly_blamed(case, scenario)
    if scenario.expected and scenario.name not in NOT_BY_A_DIFF:
        assert proof is not None
        assert proof.state == "pass", proof


async def patched(lab: Lab, investigation: Investigation) -> StepState | None:
    """The proof after the recommended diff; None where there is no diff."""
    made = investigation.recommendation
    if made is None or made.diff is None:
        return None
    require("patch")
    await lab.apply(made.diff)
    return await investigation.run("verify")


def wrongly_blamed(case: Case, scenario: Scenario) -> list[str]:
    """Causes that less evidence leads to and more refutes: right, or silent. A symptom of the
    cause may still be named where the cause cannot be seen."""
    symptoms = frozenset[str]().union(*(cause.explains for cause in diagnose(case).causes))
    return [
        f"without {missing}: {cause.id} ({cause.confidence})"
        for missing, known in poorer(case)
        for cause in diagnose(known).causes
        if cause.confidence != "possible" and cause.id not in (*scenario.expected, *symptoms)
    ]


FIXED = [scenario for scenario in list_scenarios() if scenario.fixed is not None]


@pytest.mark.parametrize("scenario", FIXED, ids=lambda scenario: scenario.name)
async def test_a_fixed_scenario_is_no_longer_blamed(scenario: Scenario, nginx: str) -> None:
    assert scenario.fixed is not None
    async with Lab(scenario.fixed, nginx=nginx) as lab:
        case, diagnosis = concluded(await investigate(lab.target))
    assert not {cause.id for cause in diagnosis.causes} & set(scenario.expected), diagnosis
    assert not wrongly_blamed(case, replace(scenario.fixed, expected=()))


async def test_the_incident_is_healthy_once_patched(nginx: str) -> None:
    async with Lab(scenario_named("incident"), nginx=nginx) as lab:
        await patched(lab, await investigate(lab.target))
        after = await investigate(lab.target)
    assert after.diagnosis is not None
    assert after.diagnosis.verdict == "healthy", after.diagnosis


async def test_what_was_predicted_is_what_was_seen(nginx: str) -> None:
    for name in ("incident", "gzip", "tls"):
        async with Lab(scenario_named(name), nginx=nginx) as lab:
            case, diagnosis = concluded(await investigate(lab.target))
        assert case.predictions
        assert not [note for note in diagnosis.notes if "predicts" in note]


async def test_check_speaks_json_and_exits_as_promised(nginx: str) -> None:
    for name, status in (("incident", 1), ("healthy", 0), ("backend-silent", 1)):
        async with Lab(scenario_named(name), nginx=nginx) as lab:
            run = await _check(lab)
        assert run.returncode == status, run.stderr
        report = json.loads(run.stdout)
        assert report["schema"] == "ssewizard.report/2"
        assert report["verdict"] == ("healthy" if status == 0 else "fault")
        assert run.stderr == ""


def _check(lab: Lab) -> Awaitable["subprocess.CompletedProcess[str]"]:
    words = [sys.executable, "-m", "screens", *lab.describe()["command"][1:], "--format", "json"]
    return asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
