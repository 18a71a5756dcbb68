"""The exception classes, each with a message of one sentence for the user, and network errors.

SsewizardError
├── UsageError        wrong options or an input that cannot be read: exit 2
│   └── ConfigError   an Nginx config that cannot be read or parsed, with file and line
├── VantageError      a vantage that cannot be used: no such command, refused, no answer
└── LabError          the lab cannot start: no Nginx, a port in use
"""

import os
import re

from wizard.text.display import safe
from wizard.text.messages import tr


class SsewizardError(Exception):
    """An error that is shown to the user as its message, without a traceback."""


class UsageError(SsewizardError):
    """Wrong options, or an input that cannot be read. Exit status 2."""


class ConfigError(UsageError):
    """An Nginx config that cannot be read or parsed.

    Attributes:
        file: The file's name as the user would write it.
        line: The line, counted from 1, or None for an error of the file as a whole.
    """

    def __init__(self, message: str, file: str, line: int | None = None) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {message}")
        self.file = file
        self.line = line


class VantageError(SsewizardError):
    """A vantage that cannot be used: its command fails, asks for a password, or hangs."""


class LabError(SsewizardError):
    """The lab cannot start."""


def describe_error(error: BaseException) -> str:
    """Return the system's message for a network, TLS or file error, without Python's decoration.

    Takes the innermost cause: libraries wrap the system's error in their own.
    """
    # Imported here: commands that make no connection start faster without them.
    import socket
    import ssl

    cause = error
    while (inner := _cause_of(cause)) is not None:
        cause = inner
    if isinstance(cause, ssl.SSLCertVerificationError):
        return tr(
            "the certificate does not verify: {verify_message}",
            verify_message=safe(cause.verify_message.rstrip(".")),
        )
    if isinstance(cause, ssl.SSLError):
        return safe((cause.reason or str(cause)).replace("_", " ").lower())
    if isinstance(cause, socket.gaierror):
        return safe(str(cause.strerror))
    if isinstance(cause, OSError) and cause.errno:
        return safe(os.strerror(cause.errno))
    return safe(_in_words(str(error)) or type(error).__name__)


_BYTES = re.compile(r"bytearray\(b(['\"])(.*?)\1\)|\bb(['\"])(.*?)\3")
_CLASS = re.compile(r"^\w+Error: ")
"""The name of an exception, which h2 puts before its message."""
_ADDRESS = re.compile(r":? ?<[^<>]* at 0x[0-9a-f]+>")
"""Where Python keeps an object."""


def _in_words(message: str) -> str:
    """The message of a library without Python's way to write bytes and objects."""
    return _ADDRESS.sub("", _BYTES.sub(r"\2\4", _CLASS.sub("", message)))


def _cause_of(error: BaseException) -> BaseException | None:
    # `from None` ends the search only for an OSError: httpcore raises its errors `from None`, but
    # their context is the system's error, which we want.
    is_final = isinstance(error, OSError) and error.__suppress_context__
    return error.__cause__ or (None if is_final else error.__context__)
