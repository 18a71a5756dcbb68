"""Bounded reading of standard input, for options that take `-`."""

import sys

from wizard.text import files
from wizard.text.errors import UsageError
from wizard.text.messages import tr


def read_stdin(limit: int, option: str, what: str) -> bytes:
    """At most `limit + 1` bytes of standard input. Raises `UsageError` where that is a terminal, or
    cannot be read.

    Args:
        option: The option or file that is `-`, as the message names it.
        what: What is read: `a case`, `a body`.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        raise UsageError(
            tr(
                "{option}: {what} comes from a file or a pipe, not from a terminal",
                option=option,
                what=what,
            )
        )
    try:
        return files.read_stdin(limit)
    except OSError as error:
        raise UsageError(f"{option}: {files.describe_read_error(error)}") from None
