"""What can go wrong outside this program, each said in one sentence.

SsewizardError
├── UsageError        wrong options or an input that cannot be read: exit 2
│   └── ConfigError   an Nginx config that cannot be read or parsed, with file and line
├── VantageError      a place that cannot be looked from: no such command, refused, no answer
└── LabError          the lab cannot start: no Nginx, a port in use
"""

import os
import re
import socket
import ssl

from wizard.text.text import safe


class SsewizardError(Exception):
    """A message for the user in one sentence; never a traceback."""


class UsageError(SsewizardError):
    """Wrong options, or an input that cannot be read. Exit status 2."""


class ConfigError(UsageError):
    """An Nginx config that cannot be read or parsed.

    Attributes:
        file: The file at fault, as the user would name it.
        line: The line, counted from 1, or None where the file itself is at fault.
    """

    def __init__(self, message: str, file: str, line: int | None = None) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {message}")
        self.file = file
        self.line = line


class VantageError(SsewizardError):
    """A place that cannot be looked from: its command fails, asks for a password, hangs."""


class LabError(SsewizardError):
    """The lab cannot start."""


def plain(error: BaseException) -> str:
    """The message of an error in the words of the system, without Python's decoration."""
    deepest: BaseException = error
    while (inner := deepest.__cause__ or deepest.__context__) is not None:
        deepest = inner
    if isinstance(deepest, ssl.SSLCertVerificationError):
        return f"the certificate does not verify: {safe(deepest.verify_message)}"
    if isinstance(deepest, ssl.SSLError):
        return safe((deepest.reason or str(deepest)).replace("_", " ").lower())
    if isinstance(deepest, socket.gaierror):
        return safe(str(deepest.strerror))
    if isinstance(deepest, OSError) and deepest.errno:
        return safe(os.strerror(deepest.errno))
    said = re.sub(r"bytearray\(b(['\"])(.*)\1\)", r"\2", str(error))
    return safe(said or type(error).__name__)
