"""Bugs of this tool that are confined to one part, so that the evidence of the others stays.

A probe, a step, a follow-up or a rule that raises an unexpected exception is reported as such: it
shows nothing, and everything else goes on.
"""

import os
from pathlib import Path

STRICT = "SSEWIZARD_STRICT"
"""Where this environment variable is set, as in the tests, a bug is raised and not confined."""
reported: list[str] = []
"""What was reported so far, one sentence each."""


def report_bug(part: str, error: Exception) -> str:
    """Note that a bug ended this part, and return the sentence for it.

    Raises the error itself where `STRICT` is set.
    """
    if os.environ.get(STRICT):
        raise error
    sentence = f"a bug in {part}, please report it: {describe_bug(error)}"
    if sentence not in reported:
        reported.append(sentence)
    return sentence


def describe_bug(error: Exception) -> str:
    """The error with the file and line where it was raised; of a group, its first error."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    group = getattr(error, "exceptions", ())
    text = describe_bug(group[0]) if group else f"{type(error).__name__} at {place}: {error}"
    return "; ".join((text, *getattr(error, "__notes__", ())))
