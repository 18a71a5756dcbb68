"""The help of each command: its examples can be run, and options that repeat are marked."""

import argparse
import re
import shlex

import pytest

from wizard.cli.commands import COMMANDS, split_command
from wizard.cli.options import make_parser
from wizard.lab import list_scenarios


def examples(command: str) -> list[list[str]]:
    """The words of each example of a command's help; without pipe and redirection."""
    text = make_parser(command).format_help().partition("examples:\n")[2].replace("\\\n", "")
    return [shlex.split(line.rpartition("|")[2].partition(">")[0]) for line in text.splitlines()]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_examples_can_be_run(command: str) -> None:
    assert examples(command)
    for program, *words in examples(command):
        assert program == "ssewizard"
        named, rest = split_command(words)
        options = make_parser(named).parse_args(rest)
        assert named == command
        if command == "lab":
            assert options.scenario in [scenario.name for scenario in list_scenarios()]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_fits_80_columns_and_marks_what_repeats(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    parser = make_parser(command)
    text = parser.format_help()
    assert max(map(len, text.splitlines())) <= 80
    repeated = [each for each in parser._actions if isinstance(each, argparse._AppendAction)]
    assert len(re.findall(r"\(repeatable\)", text)) == len(repeated)


def test_the_first_help_names_every_command() -> None:
    text = make_parser("").format_help()
    assert all(f"\n  {command} " in text for command in COMMANDS)
