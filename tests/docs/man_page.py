"""The man page, generated from the parsers of the command line (see man(7), groff_char(7))."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from wizard.cli.commands import COMMANDS
from wizard.cli.options import make_parser

MAN_PAGE = Path(__file__).parents[2] / "docs" / "man" / "ssewizard.1"
_ENVIRONMENT = (
    "Every option also has a variable: SSEWIZARD_STALL stands for --stall, SSEWIZARD_CONNECT_TO "
    "for --connect-to; an option that repeats has a value on each line. The command line counts "
    "before the environment, and that before a profile. SSEWIZARD_CONFIG names another config "
    "file. NO_COLOR: no colours."
)
_FILES = (
    "~/.config/ssewizard/config.toml ($XDG_CONFIG_HOME; on macOS ~/Library/Application "
    "Support/ssewizard): profiles, each a table with url and the names of options as keys, "
    "format, output and lang among them."
)


def current_man_page() -> str:
    """The text of the page. It has no date, so that it changes only with the options."""
    wizard = make_parser("")
    about, examples = _parts(wizard)
    lines = [
        '.TH SSEWIZARD 1 "" ssewizard "User Commands"',
        *_section("NAME", "ssewizard - find out why an event stream hangs behind Nginx"),
        *_section("SYNOPSIS"),
        ".nf",
        "ssewizard [URL|PROFILE] [options]",
        *(f"ssewizard {command} [options]" for command in COMMANDS),
        ".fi",
        *_section("DESCRIPTION", wizard.description or "", *about),
        *_section("OPTIONS"),
        *_options(wizard),
        *_examples(examples),
    ]
    for command in COMMANDS:
        lines += _command(command)
    lines += [*_section("ENVIRONMENT", _ENVIRONMENT), *_section("FILES", _FILES)]
    return "\n".join(lines) + "\n"


def _command(command: str) -> Iterator[str]:
    parser = make_parser(command)
    about, examples = _parts(parser)
    yield from _section(f"SSEWIZARD {command.upper()}", parser.description or "", *about)
    yield from _options(parser)
    yield from _examples(examples)


def _parts(parser: argparse.ArgumentParser) -> tuple[list[str], str]:
    """The paragraphs below the options, and the lines of the examples."""
    text, _, examples = (parser.epilog or "").partition("examples:\n")
    return [part for part in text.split("\n\n") if part.strip()], examples


def _section(title: str, *paragraphs: str) -> Iterator[str]:
    yield f'.SH "{title}"'
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".PP"
        lines = paragraph.strip("\n").split("\n")
        yield from [".nf", *map(_roff, lines), ".fi"] if len(lines) > 1 else [_roff(paragraph)]


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """An entry for each option and argument."""
    formatter = parser._get_formatter()
    for action in parser._actions:
        choices = ", ".join(map(str, action.choices or ()))
        value = str(action.metavar or (f"{{{choices}}}" if choices else action.dest.upper()))
        takes_value = action.nargs != 0
        # argparse writes this in another way from Python 3.13 on.
        name = " ".join([", ".join(action.option_strings), value if takes_value else ""]).strip()
        text = formatter._get_help_string(action) or (choices and f"one of {choices}")
        yield from (".TP", f"\\fB{_roff(name)}\\fR", _roff(text or action.dest))


def _examples(text: str) -> Iterator[str]:
    if text:
        yield from (".PP", "Examples:", ".nf", *map(_roff, text.strip("\n").split("\n")), ".fi")


def _roff(text: str) -> str:
    """The text with what roff would read as its own escaped."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "\\[u2026]")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    text = text.replace("~", "\\(ti")
    return f"\\&{text}" if text.startswith((".", " ")) else text
