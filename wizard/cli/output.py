"""Where reports go: standard output, or a file. Loads nothing else."""

import os
import sys
from collections.abc import Callable

from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import require_writable, write_file


def write_report(text: str, output: str | None = None) -> None:
    """To the file, or to standard output where none is named. Raises `UsageError`."""
    if output is None:
        _print(text)
        return
    try:
        write_file(output, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(_cannot(output, error)) from None


def deliver(report: str, output: str | None) -> None:
    """Write a report that cost time to make: where the file fails, it still comes to light."""
    try:
        write_report(report, output)
    except UsageError:
        if output is not None:
            _print(report)
        raise


def hand_in(made: Callable[[], str], format: str, output: str | None, *, whole: bool) -> None:
    """Write the report on a run that is over.

    Args:
        whole: Whether it came to its end. Metrics of one that did not would look as fresh and as
            complete as any, and alerts would resolve: none are written, and the old ones get old.
    """
    if whole or format != "prometheus":
        deliver(made(), output)
        return
    kept = f": {output} is as it was" if output else ""
    say(f"ssewizard: not all was checked, so no metrics are written{kept}")


def check_writable(output: str | None) -> None:
    """Raise `UsageError` before the probes run, not after, where no report can be written."""
    if output is None:
        return
    try:
        require_writable(output)
    except OSError as error:
        raise UsageError(_cannot(output, error)) from None


def _print(text: str) -> None:
    if sys.stdout is None:
        raise UsageError("standard output is closed, and no file was named (-o FILE)")
    try:
        sys.stdout.write(fitting(text, sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        raise UsageError(_cannot("standard output", error)) from None


_PLAIN = {"–": "-", "…": "...", **dict(zip("▁▂▃▄▅▆▇█", "01234567", strict=True))}
"""What stands for the characters that we draw with: as wide, wherever columns depend on it."""


def fitting(text: str, encoding: str) -> str:
    """The text in characters that the encoding has: a terminal that is not UTF-8 must cost neither
    the report nor its columns. What else it lacks is written out as an escape."""
    lacking = {ord(drawn): plain for drawn, plain in _PLAIN.items() if not _has(encoding, drawn)}
    known = text.translate(lacking) if lacking else text
    return known.encode(encoding, "backslashreplace").decode(encoding)


def _has(encoding: str, char: str) -> bool:
    return char.encode(encoding, "replace").decode(encoding) == char


def drop_stdout() -> None:
    """Python would complain once more, while it shuts down, of what is still in its buffer."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(sentence: str) -> None:
    """One line on standard error, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(safe(sentence) + "\n")


def _cannot(place: str, error: OSError) -> str:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"{place}: cannot be written: {reason}"
