"""`ssewizard completion SHELL`: the script that completes the command line, for bash, zsh and fish.

The script is written once and never runs ssewizard: names of vantages are read from the line
itself, those of profiles from the config file.
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
from wizard.text.messages import tr

_FILES = {"bash": "_shtab_compgen_files", "zsh": "_files", "fish": "(_ssewizard_files)"}
_PLACES = {"bash": "_ssewizard_places", "zsh": "_ssewizard_places", "fish": "(_ssewizard_places)"}
"""Files, and the names before the `=` of each `--vantage NAME='PREFIX'` on the line."""
_PROFILES = {
    "bash": "_ssewizard_matching_profiles",
    "zsh": "_ssewizard_add_profiles",
    "fish": "(_ssewizard_profiles)",
}
_OF_FILES = ("output", "save", "targets", "file")
_OF_PLACES = ("conf", "log", "direct")
_LIST_PROFILES = r"""sh -c '
  for file in "$SSEWIZARD_CONFIG" "${XDG_CONFIG_HOME:-$HOME/.config}/ssewizard/config.toml" \
    "$HOME/Library/Application Support/ssewizard/config.toml"
  do
    [ -f "$file" ] && [ -r "$file" ] || continue
    sed -n "s/^ *\[ *\([A-Za-z0-9_-]*\) *\].*/\1/p" "$file"
    break
  done'"""
"""Prints the names of the tables of the config file, which are the profiles."""
_BASH = (
    f"""\
_ssewizard_profiles() {{
{_LIST_PROFILES}
}}
_ssewizard_matching_profiles() {{
  compgen -W "$(_ssewizard_profiles)" -- "$1"
}}
_ssewizard() {{
  local name
  _shtab_ssewizard "$@"
  ((COMP_CWORD == 1)) && for name in $(_ssewizard_matching_profiles "${{COMP_WORDS[1]}}"); do
    COMPREPLY+=("$name")
  done
}}
"""
    + """\
_ssewizard_places() {
  local i names=
  # The shell splits NAME=PREFIX at its equals sign.
  for ((i = 0; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == --vantage ]] && names+=" ${COMP_WORDS[i + 1]}="
  done
  compgen -W "$names" -- "$1"
  _shtab_compgen_files "$1"
}"""
)
_ZSH = (
    f"""\
_ssewizard_profiles() {{
{_LIST_PROFILES}
}}
_ssewizard_add_profiles() {{
  compadd -- ${{(f)"$(_ssewizard_profiles)"}}
}}
functions[_ssewizard_commands]=$functions[_shtab_ssewizard_commands]
_shtab_ssewizard_commands() {{
  _ssewizard_commands
  _ssewizard_add_profiles
}}
"""
    + """\
_ssewizard_places() {
  local -a names
  local i
  for ((i = 1; i < CURRENT; i++)); do
    [[ ${words[i]} == --vantage ]] && names+=("${words[i + 1]%%=*}=")
  done
  compadd -S '' -- $names
  _files
}"""
)


_FISH = (
    f"""\
function _ssewizard_profiles
{_LIST_PROFILES}
end
"""
    + """\
function _ssewizard_places
  set -l words (commandline -opc)
  for i in (seq 2 (count $words))
    if test $words[(math $i - 1)] = --vantage
      string replace -r '=.*' '=' -- $words[$i]
    end
  end
  _ssewizard_files
end
function _ssewizard_files
  __fish_complete_path (commandline -ct)
end"""
)
_AFTER = {
    "bash": "\ncomplete -o bashdefault -F _ssewizard ssewizard\n",
    "fish": "complete -c ssewizard -n '_shtab_ssewizard_using; "
    """and test $_shtab_ssewizard_npos -eq 0' -a "(_ssewizard_profiles)" -d profile\n""",
}
"""What completes profiles in place of a command, after the script that completes the commands."""


def print_completion(shell: str) -> int:
    """Print the script for this shell. Raises `UsageError` without the package shtab."""
    if find_spec("shtab") is None:
        raise UsageError(tr("completion needs the package shtab: pip install shtab"))
    import shtab

    preamble = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}[shell]
    script = shtab.complete(completed_parser(), shell, preamble=preamble)
    write_report(script + _AFTER.get(shell, ""))
    return 0


def completed_parser() -> argparse.ArgumentParser:
    """One parser of all commands, with the names of scenarios and failure modes as choices."""
    root = Parser("ssewizard", description=tr("Find out why an event stream hangs behind Nginx."))
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
            if not parser.add_help:  # else on its place stands a command
                action.complete = _PROFILES  # type: ignore[attr-defined]
                parser._add_action(action)
            continue
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
