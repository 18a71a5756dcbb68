"""The completion scripts, that for bash in a real bash."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_options import no_wizard
from wizard.cli import completion, main

SHELLS = ("bash", "zsh", "fish")
_COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_shtab_ssewizard ssewizard "${@: -1}" "${@: -2:1}"
echo "${COMPREPLY[@]}"
"""
COMPLETIONS = {
    "ch": "check",
    "comp": "completion",
    "lab gz": "gzip",
    "explain cache": "cache-replay",
    "check --mcp a": "auto always",
    "check --sta": "--stall",
    "inspect --as": "--as-sent",
    # As bash splits it: --vantage web='ssh web' --conf we
    "check --vantage web = ssh --conf we": "web=",
    "check --output /etc/host": "/etc/hosts",
}


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    pytest.importorskip("shtab")
    assert main(["completion", shell], open_wizard=no_wizard) == 0
    return capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ssewizard.bash"
    path.write_text(script("bash", capsys))
    for line, expected in COMPLETIONS.items():
        words = ["bash", "--norc", "-c", _COMPLETE, "bash", str(path), "ssewizard", *line.split()]
        run = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
        assert set(expected.split()) <= set(run.stdout.split()), line
        assert run.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_has_all_names(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    for name in ("check", "completion", "proxy-buffering-hold", "incident", "ingress-nginx"):
        assert name in text


def test_an_unknown_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"], open_wizard=no_wizard) == 2
    assert "invalid choice: 'tcsh'" in capsys.readouterr().err


def test_a_missing_package_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "find_spec", lambda _: None)
    assert main(["completion", "bash"], open_wizard=no_wizard) == 2
    assert capsys.readouterr().err == (
        "ssewizard: completion needs the package shtab: pip install shtab\n"
    )
