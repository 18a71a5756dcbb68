"""What may be typed where a step asks: other places, several URLs, files that must exist here."""

from dataclasses import replace
from pathlib import Path

import pytest

from screens.questions import question_for
from tests.screens import investigations
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage
from wizard.text.errors import UsageError

AT_WEB = Target(investigations.URL, vantages=(Vantage("web", ("env",)),))


def answered(step: StepId, target: Target, text: str) -> Target | None:
    """The target once that was typed on the step; raises what the prompt would say."""
    given: list[Target | None] = []
    question = question_for(step, target, given.append)
    assert question is not None
    question.done(question.parse(text))
    return given[0]


@pytest.mark.parametrize(
    ("step", "text", "expected"),
    [
        ("direct", "web=http://a/sse  http://b/sse http://b/sse",
         {"direct": (Source("http://a/sse", "web"), Source("http://b/sse"))}),
        ("logs", "web=/log", {"logs": (Source("/log", "web"),)}),
        ("logs", "web=journalctl -f",
         {"logs": (Source("journalctl -f", "web", "web=journalctl -f", ("journalctl", "-f")),)}),
        ("config", "web=", {"conf": Source("", "web")}),
        ("config", "web=nginx -T", {"conf": Source("", "web")}),
        ("config", " nginx -T ", {"conf": Source("")}),
        ("config", "web=/etc/nginx.conf", {"conf": Source("/etc/nginx.conf", "web")}),
    ],
)  # fmt: skip
def test_prompts_take_other_places(step: StepId, text: str, expected: dict[str, object]) -> None:
    target = answered(step, AT_WEB, text)
    assert {name: getattr(target, name) for name in expected} == expected


@pytest.mark.parametrize("step", ["direct", "logs", "config"])
def test_prompts_say_which_places_are_known(step: StepId) -> None:
    question = question_for(step, AT_WEB, lambda _: None)
    assert question is not None
    assert "web=…: from there" in question.label
    with pytest.raises(UsageError, match=r"no vantage no is known \(web\)"):
        question.parse("no=http://a/sse" if step == "direct" else "no=/file")
    assert answered(step, AT_WEB, " ") is None


@pytest.mark.parametrize("step", ["logs", "config"])
def test_a_file_here_must_exist_and_one_elsewhere_is_looked_for_there(
    step: StepId, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no such file here"):
        answered(step, AT_WEB, str(tmp_path / "none"))
    (tmp_path / "file").touch()
    assert answered(step, AT_WEB, str(tmp_path / "file")) != AT_WEB


def test_what_was_given_is_offered_again_as_it_would_be_typed() -> None:
    known = replace(
        AT_WEB,
        direct=(Source("http://a/sse", "web"), Source("http://b/sse")),
        conf=Source("", "web"),
    )
    questions = [question_for(step, known, lambda _: None) for step in ("direct", "config")]
    assert [one.value for one in questions if one] == ["web=http://a/sse http://b/sse", "web="]
    assert answered("direct", known, "web=http://a/sse http://b/sse") == known
