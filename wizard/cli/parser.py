"""An `ArgumentParser` whose mistakes are one sentence, and whose help has examples."""

import argparse
import textwrap
from typing import Any, NoReturn

from wizard.text import columns
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import language, tr


class OptionError(UsageError):
    """A mistake in the options: `reason` is its sentence without the hint to the help."""

    def __init__(self, reason: str, prog: str) -> None:
        super().__init__(tr("{message} (see {prog} --help)", message=reason, prog=prog))
        self.reason = reason


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises `UsageError` instead of exiting."""

    def __init__(self, prog: str, **given: Any) -> None:
        super().__init__(prog, formatter_class=HelpFormatter, **given)
        self._positionals.title = tr("positional arguments")
        self._optionals.title = tr("options")
        for action in self._actions:
            if action.dest == "help":
                action.help = tr("show this help message and exit")

    def error(self, message: str) -> NoReturn:
        raise OptionError(safe(message, 300), self.prog)


class HelpFormatter(argparse.HelpFormatter):
    """Keeps the lines of examples, and says which options may be given several times."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(
            textwrap.indent(part, indent)
            if "\n" in part
            else "\n".join(
                textwrap.indent(line, indent) for line in self._lines(part, width, indent)
            )
            for part in text.split("\n\n")
        )

    def _lines(self, text: str, width: int, indent: str = "") -> list[str]:
        text = " ".join(text.split())
        room = width - len(indent)
        return textwrap.wrap(text, room) if language() == "en" else columns.wrap(text, room)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return self._lines(text, width)

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        given = tr("usage: ") if prefix is None else prefix
        return super()._format_usage(usage, actions, groups, given)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        repeats = isinstance(action, argparse._AppendAction)
        return tr("{help} (repeatable)", help=action.help) if repeats else action.help
