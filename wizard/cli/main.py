"""Which command was asked for, and what it exits with."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.cli.hooks import OpenWizard
from wizard.cli.options import parser, target_of
from wizard.cli.output import drop_stdout, say
from wizard.text.errors import SsewizardError, UsageError

if TYPE_CHECKING:
    pass

COMMANDS = ("check", "inspect", "explain", "lab", "open")
USAGE, BUG, INTERRUPTED = 2, 70, 130
PARALLEL = 4
"""How many targets are checked at a time."""


def main(argv: Sequence[str] | None, *, open_wizard: OpenWizard) -> int:
    """Run one command; its exit status. The only place that reports a bug of the tool."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words, open_wizard)
    except SsewizardError as error:
        return _say(f"ssewizard: {error}", USAGE)
    except KeyboardInterrupt:
        return _say("ssewizard: interrupted", INTERRUPTED)
    except BrokenPipeError:
        drop_stdout()  # whoever read the report has left
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001
        return _say(f"ssewizard: a bug of this tool, please report it: {_at(error)}", BUG)


def _run(words: list[str], open_wizard: OpenWizard) -> int:
    """Each command imports what it needs: wrong usage is said before anything is loaded."""
    command = words.pop(0) if words and words[0] in COMMANDS else ""
    given = parser(command).parse_args(words)
    if getattr(given, "no_color", False):
        os.environ["NO_COLOR"] = "1"
    if command == "check":
        return _check(given)
    if command == "inspect":
        from wizard.cli.inspect import inspect

        return inspect(given)
    if command == "explain":
        from wizard.cli.explain import explain

        return explain(given.id)
    if command == "lab":
        from wizard.cli.lab import lab

        return lab(given, open_wizard)
    if command == "open":
        from wizard.cli.open import open_case

        return open_case(given, open_wizard)
    if given.url is None and (given.direct or given.conf or given.log):
        raise UsageError("options need a URL: ssewizard URL [options] (see ssewizard --help)")
    return open_wizard(target_of(given) if given.url else None, None)


def _check(given: Namespace) -> int:
    """One target or many."""
    if given.targets is not None:
        if given.save is not None:
            raise UsageError("--save goes with one URL (see ssewizard check --help)")
        from wizard.cli.targets import check_files, read_targets

        targets = read_targets(given)
        check_files(given.targets, targets)
        from wizard.cli.batch import check_several

        return check_several(targets, given.parallel or PARALLEL, given.format, given.output)
    if given.url is None or given.parallel:
        wrong = "--parallel goes with" if given.url else "give a URL, or many in"
        raise UsageError(f"{wrong} --targets FILE (see ssewizard check --help)")
    target = target_of(given)
    from wizard.cli.check import check

    return check(target, given.format, given.output, given.save)


def _say(sentence: str, status: int) -> int:
    say(sentence)
    return status


def _at(error: Exception) -> str:
    """The error with the place in our own code where it was raised."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    inner = getattr(error, "exceptions", ())
    said = _at(inner[0]) if inner else f"{type(error).__name__} at {place}: {error}"
    return "; ".join((said, *getattr(error, "__notes__", ())))
