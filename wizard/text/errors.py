"""What can go wrong outside this program, each said in one sentence.

SsewizardError
├── UsageError        wrong options or an input that cannot be read: exit 2
│   └── ConfigError   an Nginx config that cannot be read or parsed, with file and line
├── VantageError      a place that cannot be looked from: no such command, refused, no answer
└── LabError          the lab cannot start: no Nginx, a port in use
"""


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
