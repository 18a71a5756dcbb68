"""What the steps show of a fix: the same values as the reports, before and now."""

from dataclasses import replace

import pytest

from screens.panes import PANES
from screens.panes.view import View
from screens.panes.words import result_words
from tests.screens import investigations
from tests.screens.investigations import FakeInvestigation
from wizard.model.attempt import CutOffCount
from wizard.model.probe_result import Outcome
from wizard.model.steps import STEPS, StepId
from wizard.report.proof import before_and_now


def drawn(investigation: FakeInvestigation, step: StepId, width: int = 120) -> str:
    view = View(
        step,
        investigation.steps[step],
        investigation.case,
        investigation.diagnosis,
        investigation.recommendation,
        width,
        60,
        width,
    )
    return "\n".join(row.text.plain for panel in PANES[step](view) for row in panel.rows)


def test_after_a_fix_no_step_shows_a_fault() -> None:
    investigation = investigations.fixed()
    assert {state.state for state in investigation.steps.values()} == {"pass"}
    words = result_words(investigation)
    assert (words["proxy"], words["cause"], words["verify"]) == ("fixed", "fixed", "fixed")
    assert words["logs"] == "499 before"


@pytest.mark.parametrize("step", ["proxy", "verify"])
def test_both_steps_show_the_rows_of_the_reports(step: StepId) -> None:
    investigation = investigations.fixed()
    shown = drawn(investigation, step)
    rows = list(before_and_now(investigation.case))
    assert [row.was_well for row in rows] == [False, False]
    assert [row.is_well for row in rows] == [True, True]
    for row in rows:
        assert row.name in shown
        assert f"✗ {row.before}" in shown
        assert f"✓ {row.now}" in shown


def test_a_narrow_panel_shows_all_of_a_row() -> None:
    shown = drawn(investigations.fixed(), "verify", 52).split("now\n", 1)[1]
    rows = before_and_now(investigations.fixed().case)
    words = [word for row in rows for word in row.now.split()]
    assert all(word in shown for word in words)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 52


def test_each_other_step_says_what_was() -> None:
    investigation = investigations.fixed()
    assert "It was: Nginx buffers the stream" in drawn(investigation, "cause")
    assert "Before the fix: " in drawn(investigation, "logs")
    assert "+ proxy_buffering off;" in drawn(investigation, "fix")
    config = drawn(investigation, "config")
    assert "Changed since the fault was measured" in config
    assert "✗" not in config


def test_lines_of_customers_are_compared() -> None:
    investigation = investigations.fixed()
    proof = investigation.case.proof
    assert proof is not None
    counts = (
        CutOffCount("/var/log/nginx/access.log", "499", 82, 2460.0, 0, 4.0),
        CutOffCount("backend.log", "canceled", 3, 2460.0, 2, 4.0, own=4),
    )
    proof = replace(proof, cut_off=counts, old_workers=2)
    shown = drawn(
        FakeInvestigation(replace(investigation.case, proof=proof), dict(investigation.steps)),
        "verify",
        200,
    )
    assert "499 lines, " in shown
    assert "2 a minute" in shown
    assert "0 in 4.00 s" in shown
    assert "2 in 4.00 s, no more than our own requests leave" in shown
    assert "2 worker processes of this Nginx are shutting down" in shown


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        ({"old_workers": 2}, "2 worker processes of this Nginx are shutting down"),
        ({"old_workers": 2, "old_workers_at": "web"}, "shutting down at web: 2."),
        ({"old_workers": None}, "still keep old connections is not known"),
        ({"reload_seen": 0.0, "config_changed": True}, "Reloaded: from 1970-01-01 00:00:00 UTC on"),
        ({"reload_seen": 0.0, "config_changed": None}, "\nFrom 1970-01-01 00:00:00 UTC on"),
    ],
)
def test_what_was_seen_of_the_reload_is_told(seen: dict[str, object], sentence: str) -> None:
    investigation = investigations.fixed()
    assert investigation.case.proof is not None
    proof = replace(investigation.case.proof, **seen)  # type: ignore[arg-type]
    case = replace(investigation.case, proof=proof)
    assert sentence in drawn(FakeInvestigation(case, dict(investigation.steps)), "verify", 200)
    nothing = replace(proof, old_workers=0, old_workers_at="web", reload_seen=None)
    case = replace(investigation.case, proof=nothing)
    shown = drawn(FakeInvestigation(case, dict(investigation.steps)), "verify", 200)
    assert "worker" not in shown
    assert "From " not in shown


def test_step_2_says_what_was_measured_and_no_more() -> None:
    investigation = investigations.failing()
    shown = drawn(investigation, "proxy")
    assert "Nothing came through the proxy in 2.00 s." in shown
    assert "Asked directly, the backend answers in 21 ms." in shown
    alone = FakeInvestigation(replace(investigation.case, direct=()), dict(investigation.steps))
    shown = drawn(alone, "proxy")
    assert "The backend was not probed directly." in shown
    assert "it is the proxy" not in shown


def test_a_stream_of_which_something_came_has_no_such_answer() -> None:
    investigation = investigations.failing()
    outcome: Outcome = "cut"
    results = tuple(replace(each, outcome=outcome) for each in investigation.case.proxy)
    case = replace(investigation.case, proxy=results)
    shown = drawn(FakeInvestigation(case, dict(investigation.steps)), "proxy")
    assert "Nothing came" not in shown


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_fixed_without_a_proof(step: StepId) -> None:
    shown = drawn(investigations.failing(), step).lower().replace("not fixed", "")
    assert "fixed" not in shown


def test_evidence_that_was_seen_twice_has_one_line() -> None:
    investigation = investigations.failing()
    diagnosis = investigation.diagnosis
    assert diagnosis is not None
    cause = diagnosis.causes[0]
    evidence = [
        each for item in cause.evidence for each in (item, *([item] if item.kind == "log" else []))
    ]
    doubled = replace(diagnosis, causes=(replace(cause, evidence=tuple(evidence)),))
    investigation.concluded = investigation.case, (doubled, None)
    shown = drawn(investigation, "cause", 200)
    assert len([row for row in shown.splitlines() if "access.log" in row]) == 1
    assert "×2" in shown
