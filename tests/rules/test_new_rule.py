"""The skeleton of a new rule is well-formed, and no test passes until it is filled in."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.new_rule import RULES, SAMPLES, TODO, main, skeleton, write
from wizard.diagnose.rule_text import parse_rule_text

ID = "some-new-rule"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in (RULES, SAMPLES):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def test_a_rule_its_text_and_its_samples_are_written(root: Path) -> None:
    assert [str(path) for path in write(ID, root)] == [
        "wizard/diagnose/rules/some_new_rule.py",
        "wizard/diagnose/rules/some_new_rule.md",
        "tests/rules/samples/some_new_rule.py",
    ]
    assert all((root / path).read_text("utf-8") == text for path, text in skeleton(ID).items())


def test_nothing_is_overwritten(root: Path) -> None:
    (root / SAMPLES / "some_new_rule.py").write_text("mine", "utf-8")
    with pytest.raises(ValueError, match="exists"):
        write(ID, root)
    assert not list((root / RULES).iterdir())


@pytest.mark.parametrize(
    "id", ["", "Some", "some_rule", "-some", "some-", "some--rule", "1st", "a/b"]
)
def test_what_is_not_an_id_is_refused(id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([id]) == 2
    assert capsys.readouterr().err


def test_the_text_has_every_heading() -> None:
    text = parse_rule_text(skeleton(ID)[RULES / "some_new_rule.md"], "some_new_rule.md")
    assert text.id == ID


def test_every_file_says_what_is_left_to_do() -> None:
    assert all(TODO in text for text in skeleton(ID).values())


def test_the_samples_fail_until_they_are_written() -> None:
    names = dict[str, object]()
    exec(skeleton(ID)[SAMPLES / "some_new_rule.py"], names)
    for name in ("fires", "silent"):
        sample = names[name]
        assert callable(sample)
        with pytest.raises(NotImplementedError, match=rf"write {name}\(\)"):
            sample()


def test_ruff_has_nothing_to_say(root: Path) -> None:
    pytest.importorskip("ruff")
    paths = [root / path for path in write(ID, root) if path.suffix == ".py"]
    config = Path(__file__).parents[2] / "pyproject.toml"
    for command in (["check"], ["format", "--check"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--config", config, *paths],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
