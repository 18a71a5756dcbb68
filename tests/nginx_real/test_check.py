"""The whole investigation of each scenario on a real Nginx, with the causes it expects."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from tests.investigation.casefile.roundtrip import assert_same
from tests.nginx_real.reduced_cases import reduced_cases
from tests.rules.truth import untrue_texts
from tests.tools import require
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import rule_named
from wizard.investigation.investigation import Investigation
from wizard.lab import Lab, Scenario, list_scenarios, scenario_named
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepId, StepState
from wizard.model.target import Target

pytestmark = pytest.mark.nginx
STEPS_TO_RUN: tuple[StepId, ...] = ("root", "proxy", "logs", "config", "cause", "fix")


async def investigate(target: Target) -> Investigation:
    investigation = Investigation(target)
    for step in STEPS_TO_RUN:
        await investigation.run(step)
    return investigation


def case_and_diagnosis(investigation: Investigation) -> tuple[Case, Diagnosis]:
    case = investigation.case
    return case, diagnose(case)


LONG = {
    "backend-ends-early", "header-timeout-504", "idle-read-timeout", "idle-headers-held",
    "limits", "dead-peer-replay", "cache-replay", "no-affinity", "tls", "large-reply",
    "websocket-upgrade-missing", "error-page-masks",
}  # fmt: skip
"""Scenarios whose test takes long: a timeout is waited for, or streams are opened several times."""
SCENARIOS = [
    pytest.param(each, marks=[pytest.mark.slow] if each.name in LONG else [], id=each.name)
    for each in list_scenarios()
]


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_each_scenario_has_its_causes(scenario: Scenario, nginx: str) -> None:
    async with Lab(scenario, nginx=nginx) as lab:
        investigation = await investigate(lab.target)
        case, diagnosis = case_and_diagnosis(investigation)
        assert_same(investigation)
        verified = await apply_and_verify(lab, investigation)
    assert [cause.id for cause in diagnosis.causes] == list(scenario.expected), diagnosis
    assert diagnosis.verdict == scenario.verdict
    for cause in diagnosis.causes[:1]:
        assert cause.confidence == "confirmed", "a scenario shows its primary cause beyond doubt"
    assert not wrong_causes(case, scenario)
    for missing, reduced in reduced_cases(case):
        assert not list(untrue_texts(reduced, missing)), f"without {missing}"
    if is_fixed_by_diff(scenario, diagnosis):
        assert verified is not None, "no diff, though the rule has settings: diff_proves = false?"
        assert verified.state == "pass", verified


def is_fixed_by_diff(scenario: Scenario, diagnosis: Diagnosis) -> bool:
    """True if the recommended diff must fix the primary cause: its rule has settings, and it is
    Nginx that has to be changed."""
    by_nginx = [cause for cause in diagnosis.causes[:1] if cause.fix.where == "nginx"]
    rules = [rule_named(cause.id) for cause in by_nginx]
    return scenario.diff_proves and any(rule and rule.settings for rule in rules)


async def apply_and_verify(lab: Lab, investigation: Investigation) -> StepState | None:
    """Apply the recommended diff and run the verify step; None if there is no diff."""
    recommendation = investigation.recommendation
    if recommendation is None or recommendation.diff is None:
        return None
    require("patch")
    await lab.apply(recommendation.diff)
    return await investigation.run("verify")


def wrong_causes(case: Case, scenario: Scenario) -> list[str]:
    """Causes found with less evidence that are wrong. A symptom of the cause may be found where the
    evidence does not show the cause."""
    symptoms = frozenset[str]().union(*(cause.explains for cause in diagnose(case).causes))
    return [
        f"without {missing}: {cause.id} ({cause.confidence})"
        for missing, reduced in reduced_cases(case)
        for cause in diagnose(reduced).causes
        if cause.confidence != "possible" and cause.id not in (*scenario.expected, *symptoms)
    ]


FIXED = [scenario for scenario in list_scenarios() if scenario.fixed is not None]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", FIXED, ids=lambda scenario: scenario.name)
async def test_a_fixed_scenario_no_longer_has_its_causes(scenario: Scenario, nginx: str) -> None:
    assert scenario.fixed is not None
    async with Lab(scenario.fixed, nginx=nginx) as lab:
        case, diagnosis = case_and_diagnosis(await investigate(lab.target))
    assert not {cause.id for cause in diagnosis.causes} & set(scenario.expected), diagnosis
    assert not wrong_causes(case, replace(scenario.fixed, expected=()))


async def test_the_incident_is_healthy_with_the_diff_applied(nginx: str) -> None:
    async with Lab(scenario_named("incident"), nginx=nginx) as lab:
        await apply_and_verify(lab, await investigate(lab.target))
        after = await investigate(lab.target)
    assert after.diagnosis is not None
    assert after.diagnosis.verdict == "healthy", after.diagnosis


async def test_the_prediction_agrees_with_the_observation(nginx: str) -> None:
    for name in ("incident", "gzip", "tls"):
        async with Lab(scenario_named(name), nginx=nginx) as lab:
            case, diagnosis = case_and_diagnosis(await investigate(lab.target))
        assert case.predictions
        assert not [note for note in diagnosis.notes if "predicts" in note]


async def test_check_writes_json_and_has_the_documented_exit_status(nginx: str) -> None:
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
