"""The whole investigation on a real Nginx: each scenario says what must be found."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from tests.nginx_real.poorer import poorer
from wizard.diagnose import diagnose
from wizard.investigation import Investigation
from wizard.lab import Lab, Scenario, list_scenarios, scenario_named
from wizard.model import Case, Diagnosis, StepId, Target

pytestmark = pytest.mark.nginx
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
    assert [cause.id for cause in diagnosis.causes] == list(scenario.expected), diagnosis
    assert diagnosis.verdict == scenario.verdict
    if diagnosis.causes:
        assert diagnosis.causes[0].confidence == "confirmed"
    assert not wrongly_blamed(case, scenario)


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


MENDED = [scenario for scenario in list_scenarios() if scenario.mended is not None]


@pytest.mark.parametrize("scenario", MENDED, ids=lambda scenario: scenario.name)
async def test_each_mended_scenario_is_no_longer_blamed(scenario: Scenario, nginx: str) -> None:
    assert scenario.mended is not None
    async with Lab(scenario.mended, nginx=nginx) as lab:
        case, diagnosis = concluded(await investigate(lab.target))
    assert not {cause.id for cause in diagnosis.causes} & set(scenario.expected), diagnosis
    assert not wrongly_blamed(case, replace(scenario.mended, expected=()))


@pytest.mark.parametrize("name", ["incident", "gzip", "xab-ignored", "tls"])
async def test_the_recommended_diff_mends_it(name: str, nginx: str) -> None:
    async with Lab(scenario_named(name), nginx=nginx) as lab:
        investigation = await investigate(lab.target)
        assert investigation.recommendation is not None
        assert investigation.recommendation.diff is not None
        await lab.apply(investigation.recommendation.diff)
        state = await investigation.run("verify")
        after = await investigate(lab.target)
    assert state.state == "pass", state
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
        assert report["schema"] == "ssewizard.report/1"
        assert report["verdict"] == ("healthy" if status == 0 else "fault")
        assert run.stderr == ""


def _check(lab: Lab) -> Awaitable["subprocess.CompletedProcess[str]"]:
    words = [sys.executable, "-m", "screens", *lab.describe()["command"][1:], "--format", "json"]
    return asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
