"""Bugs of this tool that are confined to one part, so that the evidence of the others stays.

A probe, a step, a follow-up or a rule that raises an unexpected exception is reported as such: it
shows nothing, and everything else goes on.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from wizard.text.display import clauses, safe
from wizard.text.errors import SsewizardError
from wizard.text.messages import tr

STRICT = "SSEWIZARD_STRICT"
"""Where this environment variable is set, as in the tests, a bug is raised and not confined."""
MAX_MESSAGE_CHARS = 300
"""How much is shown of an error's message, which may hold what a server has sent."""
T = TypeVar("T")
reported: list[str] = []
"""What was reported so far, one sentence each."""


def report_bug(part: str, error: Exception) -> str:
    """Note that a bug ended this part, and return the sentence for it.

    Raises the error itself where `STRICT` is set.
    """
    if os.environ.get(STRICT):
        raise error
    sentence = tr(
        "a bug in {part}, please report it: {error}", part=part, error=describe_bug(error)
    )
    if sentence not in reported:
        reported.append(sentence)
    return sentence


def confine(part: str, call: Callable[[], T], otherwise: Callable[[str], T]) -> T:
    """What `call` returns; if a bug ends it, what `otherwise` makes of the sentence for that.

    An error that is meant for the user is raised.
    """
    try:
        return call()
    except SsewizardError:
        raise
    except Exception as error:  # noqa: BLE001
        return otherwise(report_bug(part, error))


def describe_bug(error: BaseException) -> str:
    """The error with the file and line where it was raised; of a group, its first error."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    group = getattr(error, "exceptions", ())
    message = safe(str(error), MAX_MESSAGE_CHARS)
    text = (
        describe_bug(group[0])
        if group
        else tr(
            "{error} at {place}: {message}",
            error=type(error).__name__,
            place=place,
            message=message,
        )
    )
    return clauses((text, *getattr(error, "__notes__", ())))
