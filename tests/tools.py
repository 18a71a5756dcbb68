"""Programs that tests run: skip a test whose program is missing, and find running processes."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = "SSEWIZARD_REQUIRE_TOOLS"
"""Where this environment variable is set, as in `.ci/run`, a skipped test counts as failed."""


def missing_tools(*names: str) -> str:
    """Return the reason to skip, such as `needs busybox, ip`; empty if all programs exist."""
    missing = [name for name in dict.fromkeys(names) if shutil.which(name) is None]
    return f"needs {', '.join(missing)}" if missing else ""


def needs(*names: str) -> pytest.MarkDecorator:
    """Mark a test or a module that runs these programs."""
    reason = missing_tools(*names)
    return pytest.mark.skipif(bool(reason), reason=reason or "no program is missing")


def require(*names: str) -> None:
    """Skip the running test if one of these programs is missing."""
    if reason := missing_tools(*names):
        pytest.skip(reason)


DOES_NOT_APPLY = "does not apply: "


def skip_inapplicable(reason: str) -> NoReturn:
    """Skip the running test, also in CI: its question does not arise with these parameters."""
    pytest.skip(DOES_NOT_APPLY + reason)


def fail_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure if `REQUIRED` is set; an expected failure stays one, and so does
    the skip of a test that does not apply."""
    if os.environ.get(REQUIRED) and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if DOES_NOT_APPLY in str(reason):
            return
        report.outcome, report.longrepr = "failed", f"{REQUIRED} is set, but: {reason}"


def processes_naming(word: str) -> list[str]:
    """Return the command lines of all processes, other than this one, that contain the word."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if word.encode() in command and int(path.parent.name) != os.getpid():
            commands.append(command.decode(errors="replace"))
    return commands
