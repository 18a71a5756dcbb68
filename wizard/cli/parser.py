"""An `ArgumentParser` whose mistakes are one sentence, and whose help has examples."""

import argparse
import textwrap
from typing import Any, NoReturn

from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises `UsageError` instead of exiting."""

    def __init__(self, prog: str, **given: Any) -> None:
        super().__init__(prog, formatter_class=HelpFormatter, **given)

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            tr("{message} (see {prog} --help)", message=safe(message, 300), prog=self.prog)
        )


class HelpFormatter(argparse.HelpFormatter):
    """Keeps the lines of examples, and says which options may be given several times."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(
            textwrap.indent(part, indent)
            if "\n" in part
            else textwrap.fill(part, width, initial_indent=indent, subsequent_indent=indent)
            for part in text.split("\n\n")
        )

    def _get_help_string(self, action: argparse.Action) -> str | None:
        repeats = isinstance(action, argparse._AppendAction)
        return f"{action.help} (repeatable)" if repeats else action.help
