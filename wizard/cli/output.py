"""Write reports to standard output or to a file, and errors to standard error."""

import os
import sys
from collections.abc import Callable

from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import require_writable, write_file
from wizard.text.marks import MARKS
from wizard.text.messages import tr


def write_report(text: str, output: str | None = None) -> None:
    """Write to the file, or print if there is none. Raises `UsageError`."""
    is_json = text.startswith("{")
    text = MARKS.redact_known_json(text) if is_json else MARKS.redact_known(text)
    if output is None:
        _print(text)
        return
    try:
        write_file(output, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise cannot_write(output, error) from None


def write_final_report(
    make_report: Callable[[], str], format: str, output: str | None, *, complete: bool
) -> None:
    """Write the report of a run, unless it is empty; print it if its file cannot be written.

    After an interrupted run (not `complete`) no metrics are written: they would look as fresh and
    complete as those of a whole run, and alerts would resolve.
    """
    if not complete and format == "prometheus":
        unchanged = tr(": {output} is unchanged", output=output) if output else ""
        print_error(
            tr(
                "ssewizard: not all targets were checked, so no metrics are written{unchanged}",
                unchanged=unchanged,
            )
        )
        return
    report = make_report()
    if not report:
        return
    try:
        write_report(report, output)
    except UsageError:
        if output is not None:
            _print(report)
        raise


def check_writable(output: str | None) -> None:
    """Raise `UsageError` before the probes run if no report could be written to that file."""
    if output is None:
        return
    try:
        require_writable(output)
    except OSError as error:
        raise cannot_write(output, error) from None


def cannot_write(name: str, error: OSError) -> UsageError:
    """A `UsageError` with the file's name and the system's reason."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return UsageError(tr("{name}: cannot be written: {reason}", name=name, reason=reason))


def _print(text: str) -> None:
    if sys.stdout is None:
        raise UsageError(tr("standard output is closed, and no file was named (-o FILE)"))
    try:
        sys.stdout.write(fit_encoding(text, sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        raise cannot_write(tr("standard output"), error) from None


_SUBSTITUTES = {"–": "-", "…": "...", **dict(zip("▁▂▃▄▅▆▇█", "01234567", strict=True))}
"""ASCII for the characters that reports draw with; bars keep their width, as columns need it."""


def fit_encoding(text: str, encoding: str) -> str:
    """The text with substitutes or escapes for the characters that the encoding lacks."""
    lacking = {
        ord(char): plain
        for char, plain in _SUBSTITUTES.items()
        if char.encode(encoding, "replace").decode(encoding) != char
    }
    return text.translate(lacking).encode(encoding, "backslashreplace").decode(encoding)


def drop_stdout() -> None:
    """Discard what is still buffered: Python would report the same error again on exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_error(sentence: str) -> None:
    """Write one line to standard error, if it is open."""
    if sys.stderr is not None:
        sys.stderr.write(safe(sentence) + "\n")
