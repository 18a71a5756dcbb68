"""`--save FILE`: the case file, written while the checks run."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

from wizard.cli.output import check_writable
from wizard.investigation import casefile
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import record_of
from wizard.model.steps import StepState
from wizard.text.display import safe
from wizard.text.errors import UsageError, describe_error

Progress = Callable[[Investigation, StepState], None]


def saving(save: str | None, progress: Progress) -> Progress:
    """The progress that also saves the case after each step: what comes later may fail."""
    if save is None:
        return progress

    def both(investigation: Investigation, state: StepState) -> None:
        progress(investigation, state)
        with contextlib.suppress(UsageError):  # the last one says it
            save_case(investigation, save)

    return both


def check_save(path: str | None) -> None:
    """Raise `UsageError` before anything is asked, where no case could be written."""
    if path == "":
        raise UsageError("--save names no file")
    if path == "-":
        raise UsageError("--save -: a case goes to a file, not to standard output")
    check_writable(path)


def save_case(
    investigation: Investigation, path: str | None, elapsed_s: float | None = None
) -> None:
    """Write the case file, where one is wanted. Raises `UsageError`."""
    if path is None:
        return
    record = record_of(investigation)
    if elapsed_s is not None:
        record = replace(record, elapsed_s=elapsed_s)
    try:
        casefile.write(path, record)
    except OSError as error:
        raise UsageError(f"{safe(path, 200)}: cannot be written: {describe_error(error)}") from None
