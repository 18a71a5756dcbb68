"""Each option has a variable, and each that describes a target is a key of profiles."""

from argparse import Action, Namespace
from pathlib import Path

import pytest

from wizard.cli.commands import COMMANDS
from wizard.cli.options import make_parser, make_target_parser
from wizard.cli.profiles import parse_words
from wizard.cli.target_keys import KEYS

VALUES = {
    "stall": "3", "patience": "3", "parallel": "3", "port": "3", "http": "2", "mcp": "never",
    "style": "nginx", "lang": "en", "format": "json", "scheme": "https",
}  # fmt: skip
"""Values that the options take; any other one takes `a=b`."""
NEEDED = {
    "inspect": ["--conf", "x", "--path", "/y"], "open": ["case.json"], "completion": ["bash"],
}  # fmt: skip
"""The words without which a command is not complete."""


def options_of(command: str) -> list[tuple[str, str, Action]]:
    parser = make_parser(command)
    return [
        (command, option, action)
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and action.dest not in ("help", "version")
    ]


OPTIONS = [each for command in ("", *COMMANDS) for each in options_of(command)]


def value_of(action: Action) -> str:
    if action.nargs == 0:
        return "1"
    choices = tuple(action.choices or ())
    return VALUES.get(action.dest, choices[0] if choices else "a=b")


@pytest.mark.parametrize(
    ("command", "option", "action"), OPTIONS, ids=lambda each: each if isinstance(each, str) else ""
)
def test_each_option_has_a_variable(
    monkeypatch: pytest.MonkeyPatch, command: str, option: str, action: Action
) -> None:
    value, words = value_of(action), NEEDED.get(command, [])
    rest = [] if option in words else words
    if option in words:
        at = words.index(option)
        rest = [*words[:at], *words[at + 2 :]]
    given = [option] if action.nargs == 0 else [f"{option}={value}"]
    by_words = make_parser(command).parse_args([*given, *rest])
    monkeypatch.setenv(f"SSEWIZARD_{option[2:].upper().replace('-', '_')}", value)
    by_variable: Namespace = parse_words(make_parser(command), rest, environment=True)
    assert vars(by_variable) == vars(by_words)


def test_each_option_of_a_target_is_a_key_of_profiles() -> None:
    actions = [each for each in make_target_parser()._actions if each.dest != "help"]
    options = {option for each in actions for option in each.option_strings}
    assert {f"--{key}" for key in KEYS} == {
        option for option in options if option.startswith("--") and option != "--no-mcp"
    }


def test_the_config_file_is_in_the_platform_s_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from platformdirs.macos import MacOS
    from platformdirs.unix import Unix

    from wizard.cli import config_file

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    for platform, places in {"linux": Unix, "darwin": MacOS}.items():
        monkeypatch.setattr("sys.platform", platform)
        folder = places("ssewizard", appauthor=False).user_config_dir
        assert config_file.config_file() == Path(folder) / "config.toml"
