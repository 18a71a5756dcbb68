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
_ssewizard ssewizard "${@: -1}" "${@: -2:1}"
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
    "pr": "prod pre-prod",
    "check pr": "prod pre-prod",
}


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    pytest.importorskip("shtab")
    assert main(["completion", shell], open_wizard=no_wizard) == 0
    return capsys.readouterr().out


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A config file with profiles."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "ssewizard").mkdir()
    text = '# [no]\n[prod]\nurl = "http://a/"\n[prod.vantage]\nweb = "x"\n [ pre-prod ] # b\n'
    (tmp_path / "ssewizard" / "config.toml").write_text(text)


FISH_COMPLETIONS = {
    "ch": "check",
    "pr": "prod pre-prod",
    "check pr": "prod pre-prod",
    "lab gz": "gzip",
    "check --mcp a": "auto always",
    "check --vantage 'web=ssh web' --conf we": "web=",
    "check --output /etc/host": "/etc/hosts",
}


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_commands_options_and_names(
    tmp_path: Path, config: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ssewizard.fish"
    path.write_text(script("fish", capsys))
    for line, expected in FISH_COMPLETIONS.items():
        command = 'source $argv[1]; complete -C "ssewizard $argv[2]"'
        words = ["fish", "--no-config", "-c", command, str(path), line]
        run = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
        offered = {offer.partition("\t")[0] for offer in run.stdout.splitlines()}
        assert set(expected.split()) <= offered, line
        assert run.stderr == ""


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_offers_profiles_beside_the_commands(
    tmp_path: Path, config: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "_ssewizard"
    path.write_text(script("zsh", capsys))
    calls = (
        "compdef() {}; _describe() { print -l $_commands }; compadd() { shift; print -l $@ }; "
        'eval "$(<$1)"; _shtab_ssewizard_commands'
    )
    words = ["zsh", "-f", "-c", calls, "zsh", str(path)]
    run = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    offered = run.stdout.splitlines()
    assert run.stderr == ""
    assert offered[-2:] == ["prod", "pre-prod"]
    assert any(offer.startswith("check:") for offer in offered)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_names(
    tmp_path: Path, config: None, capsys: pytest.CaptureFixture[str]
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
