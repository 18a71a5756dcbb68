"""All scenarios of the lab, to the proof: nothing is fixed without a change, and what the lab can
fix is fixed in every record: the case file, the reports, and what the screen shows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.panes import PANES
from screens.panes.view import View
from screens.panes.words import chip, result_words
from screens.widgets.panel import PanelView
from tests.nginx_real.test_check import investigate, is_fixed_by_diff
from tests.tools import require
from wizard.investigation import casefile
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.lab import Lab, Scenario, list_scenarios
from wizard.lab.nginx_process import binaries
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import STEPS
from wizard.report import render
from wizard.report.proof import change_text

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
SCENARIOS = [pytest.param(each, id=each.name) for each in list_scenarios()]


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_fix_is_proven_by_the_change_alone(scenario: Scenario, tmp_path: Path) -> None:
    # One Nginx: what differs between versions is tested by each scenario's own test.
    async with Lab(scenario, nginx=binaries()[0]) as lab:
        investigation = await investigate(lab.target)
        broken = investigation.diagnosis
        assert broken is not None
        await investigation.run("verify")
        assert not investigation.case.is_fixed, investigation.case.proof
        assert_records_agree(investigation, broken, tmp_path)
        if not is_fixed_by_diff(scenario, broken):
            return
        require("patch")
        assert investigation.recommendation is not None
        await lab.apply(investigation.recommendation.diff or "")
        state = await investigation.run("verify")
    assert investigation.case.is_fixed, state
    assert investigation.case.config_changes
    assert_records_agree(investigation, broken, tmp_path)


def assert_records_agree(investigation: Investigation, broken: Diagnosis, folder: Path) -> None:
    """The reports and the screen say the same, also of the case opened without a network."""
    path = folder / f"{investigation.case.is_fixed}.json"
    casefile.write(path, record_of(investigation))
    opened = SavedInvestigation(casefile.read(path))
    assert opened.case.proof == investigation.case.proof
    assert_says_the_truth(investigation, broken)
    assert_says_the_truth(opened, broken)
    assert result_words(opened) == result_words(investigation)
    assert {s.id: s.state for s in opened.steps.values()} == {
        s.id: s.state for s in investigation.steps.values()
    }


def assert_says_the_truth(investigation: Investigation, broken: Diagnosis) -> None:
    """Every record says the cause, the change and the proof, or that it is not fixed."""
    case, proof = investigation.case, investigation.case.proof
    assert proof is not None
    data = json.loads(report(investigation, "json"))
    texts = {format: report(investigation, format) for format in ("text", "markdown", "html")}
    assert data["proof"]["outcome"] == proof.outcome
    shown = {step: "\n".join(screen(investigation, step)) for step in STEPS}
    if not case.is_fixed:
        assert not chip(investigation).word.startswith("FIXED")
        assert data["verdict"] == (investigation.diagnosis or broken).verdict
        claims = {step: text.lower().replace("not fixed", "") for step, text in shown.items()}
        assert not [step for step, text in claims.items() if "fixed" in text]
        assert not any(text[:12].lower().strip("# ").startswith("fixed") for text in texts.values())
        return
    assert data["verdict"] == "healthy"
    assert [each["id"] for each in data["proof"]["before"]["causes"]] == [
        cause.id for cause in broken.causes
    ]
    assert chip(investigation).word.startswith("FIXED")
    assert investigation.diagnosis is not None
    assert [cause.id for cause in investigation.diagnosis.causes] == [c.id for c in broken.causes]
    change = change_text(case.config_changes[0])
    for name, text in texts.items():
        assert "FIXED" in text[:3000].upper(), name
        assert all(cause.id in text for cause in broken.causes), name
        assert change.partition(" ")[0] in text, name
    # A direct stream that ends is a fault of its own, with and without the fix.
    faults = {step for step, state in investigation.steps.items() if state.state == "fail"}
    assert faults <= {"direct"}
    for step in ("proxy", "cause", "verify"):
        assert "ixed" in shown[step], step


def report(investigation: Investigation, format: str) -> str:
    assert investigation.diagnosis is not None
    return render(
        format,
        case=investigation.case,
        diagnosis=investigation.diagnosis,
        recommendation=investigation.recommendation,
        steps=investigation.steps,
        elapsed_s=1.0,
    )


def screen(investigation: Investigation, step: str) -> Iterator[str]:
    """What the panels of a step show, in a wide window."""
    view = View(
        step,  # type: ignore[arg-type]
        investigation.steps[step],  # type: ignore[index]
        investigation.case,
        investigation.diagnosis,
        investigation.recommendation,
        100,
        40,
        100,
    )
    panels: list[PanelView] = list(PANES[step](view))  # type: ignore[index]
    for panel in panels:
        yield from (row.text.plain for row in panel.rows)
    yield investigation.steps[step].why  # type: ignore[index]
