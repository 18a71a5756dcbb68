"""The questions of the steps: vantages, several URLs, files that must exist here."""

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


def target_after(step: StepId, target: Target, text: str) -> Target | None:
    """Return the target after that answer. Raises the error that the prompt would show."""
    targets: list[Target | None] = []
    question = question_for(step, target, targets.append)
    assert question is not None
    question.done(question.parse(text))
    return targets[0]


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
def test_prompts_accept_vantages(step: StepId, text: str, expected: dict[str, object]) -> None:
    target = target_after(step, AT_WEB, text)
    assert {name: getattr(target, name) for name in expected} == expected


@pytest.mark.parametrize("step", ["direct", "logs", "config"])
def test_prompts_name_the_known_vantages(step: StepId) -> None:
    question = question_for(step, AT_WEB, lambda _: None)
    assert question is not None
    assert "web=…: from there" in question.label
    with pytest.raises(UsageError, match=r"no vantage no is known \(web\)"):
        question.parse("no=http://a/sse" if step == "direct" else "no=/file")
    assert target_after(step, AT_WEB, " ") is None


def test_a_curl_command_is_not_taken_for_a_url() -> None:
    with pytest.raises(UsageError, match="--curl"):
        target_after("proxy", AT_WEB, "curl https://h/ -d x")


@pytest.mark.parametrize("step", ["logs", "config"])
def test_a_local_file_must_exist_and_a_remote_one_need_not(step: StepId, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file here"):
        target_after(step, AT_WEB, str(tmp_path / "none"))
    (tmp_path / "file").touch()
    assert target_after(step, AT_WEB, str(tmp_path / "file")) != AT_WEB


def test_given_inputs_are_proposed_as_they_are_typed() -> None:
    given = replace(
        AT_WEB,
        direct=(Source("http://a/sse", "web"), Source("http://b/sse")),
        conf=Source("", "web"),
    )
    questions = [question_for(step, given, lambda _: None) for step in ("direct", "config")]
    assert [question.value for question in questions if question] == [
        "web=http://a/sse http://b/sse",
        "web=",
    ]
    assert target_after("direct", given, "web=http://a/sse http://b/sse") == given
