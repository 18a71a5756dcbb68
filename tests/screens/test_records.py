"""What the wizard writes, and the question before a proof is discarded."""

from pathlib import Path

import pytest

from screens.exit_text import full_report
from screens.panes.words import chip
from screens.proof_permission import KEPT, ProofPermission
from screens.questions import record_question
from screens.widgets.prompt import Question
from tests.screens import investigations
from wizard.investigation import casefile
from wizard.investigation.saved import record_of
from wizard.model.steps import STEPS, StepId
from wizard.text.errors import UsageError


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("case.json", "{"),
        ("case", "{"),
        ("r.txt", "FIXED  2026-11-27"),
        ("r.md", "# fixed: 2026-11-27"),
        ("r.HTML", "<!doctype html>"),
    ],
)
def test_the_ending_says_what_is_written(tmp_path: Path, name: str, start: str) -> None:
    investigation = investigations.fixed()
    notices: list[str] = []
    question = record_question(
        lambda: record_of(investigation),
        lambda format: full_report(investigation, format),
        notices.append,
    )
    path = tmp_path / name
    question.done(question.parse(str(path)))
    assert path.read_text(encoding="utf-8").startswith(start)
    assert notices == [f"saved to {path}"]
    with pytest.raises(UsageError, match="exists: Enter again overwrites it"):
        record_question(lambda: record_of(investigation), str, notices.append).parse(str(path))


def test_a_case_written_after_a_fix_says_so_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    casefile.write(path, record_of(investigations.fixed()))
    case = casefile.read(path).case
    assert case.is_fixed
    assert case.baseline is not None
    assert case.baseline.causes == ("proxy-buffering-hold",)
    assert [change.text for change in case.config_changes] == ["proxy_buffering off;"]


def test_the_chip_says_fixed_with_the_time() -> None:
    shown = chip(investigations.fixed())
    assert shown.word.startswith("FIXED ")
    assert "Nginx buffers" in shown.text


def outcome_of(steps: tuple[StepId, ...], answer: str | None) -> tuple[int, list[str]]:
    """How often the steps ran, and the notices, after that answer; None if nothing is asked."""
    questions: list[Question] = []
    ran: list[int] = []
    notices: list[str] = []
    permission = ProofPermission(questions.append, notices.append)
    permission.then(investigations.fixed(), steps, lambda: ran.append(1))
    assert len(questions) == (answer is not None)
    for question in questions:
        question.done(question.parse(answer or ""))
    return len(ran), notices


def test_a_proof_is_discarded_only_after_a_question() -> None:
    assert outcome_of(STEPS, "y") == (1, [])
    assert outcome_of(("proxy",), "n") == (0, [KEPT])
    assert outcome_of(("logs", "config", "verify"), None) == (1, [])
