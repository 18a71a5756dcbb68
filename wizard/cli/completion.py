"""`ssewizard completion SHELL`: the script that completes the command line, for bash, zsh and fish.

The script is written once and asks nothing later; names of vantages are read from the line itself.
"""

import argparse
from importlib.util import find_spec

from wizard import lab
from wizard.cli.commands import COMMANDS
from wizard.cli.options import make_parser
from wizard.cli.output import write_report
from wizard.cli.parser import Parser
from wizard.diagnose.rules import rule_ids
from wizard.text.errors import UsageError

_FILES = {"bash": "_shtab_compgen_files", "zsh": "_files", "fish": "__fish_complete_path"}
_PLACES = {"bash": "_ssewizard_places", "zsh": "_ssewizard_places"}
"""Files, and the names before the `=` of each `--vantage NAME='PREFIX'` on the line."""
_OF_FILES = ("output", "save", "targets", "file")
_OF_PLACES = ("conf", "log", "direct")
_BASH = """\
_ssewizard_places() {
  local i names=
  # The shell splits NAME=PREFIX at its equals sign.
  for ((i = 0; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == --vantage ]] && names+=" ${COMP_WORDS[i + 1]}="
  done
  compgen -W "$names" -- "$1"
  _shtab_compgen_files "$1"
}"""
_ZSH = """\
_ssewizard_places() {
  local -a names
  local i
  for ((i = 1; i < CURRENT; i++)); do
    [[ ${words[i]} == --vantage ]] && names+=("${words[i + 1]%%=*}=")
  done
  compadd -S '' -- $names
  _files
}"""


def print_completion(shell: str) -> int:
    """Print the script for this shell. Raises `UsageError` without the package shtab."""
    if find_spec("shtab") is None:
        raise UsageError("completion needs the package shtab: pip install shtab")
    import shtab

    preamble = {"bash": _BASH, "zsh": _ZSH}.get(shell, "")
    write_report(shtab.complete(completed_parser(), shell, preamble=preamble))
    return 0


def completed_parser() -> argparse.ArgumentParser:
    """One parser of all commands, with the names of scenarios and failure modes as choices."""
    root = Parser("ssewizard", description="Find out why an event stream hangs behind Nginx.")
    _take_options(root, make_parser(""))
    commands = root.add_subparsers(dest="command", parser_class=argparse.ArgumentParser)
    for name in COMMANDS:
        parent = make_parser(name)
        given = parent.description or ""
        command = commands.add_parser(name, help=given.partition(".")[0], add_help=False)
        _take_options(command, parent)
    return root


def _take_options(parser: argparse.ArgumentParser, given: argparse.ArgumentParser) -> None:
    """Add the options and arguments of another parser, and what completes their values."""
    for action in given._actions:
        if action.dest == "url":
            continue  # Nothing completes it, and on the first place stands a command.
        if action.dest == "help" and parser.add_help:
            continue
        if action.dest == "scenario":
            action.choices = [scenario.name for scenario in lab.list_scenarios()]
        elif action.dest == "words":
            action.choices = list(rule_ids())
        elif action.dest in (*_OF_FILES, *_OF_PLACES):
            places = action.dest in _OF_PLACES
            action.complete = _PLACES if places else _FILES  # type: ignore[attr-defined]
        parser._add_action(action)
