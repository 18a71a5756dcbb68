"""Run the command in a process of its own, as a user does."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

COMMAND = (sys.executable, "-m", "screens")
QUICK = ("--stall", "5")
"""A limit in seconds that a live or refused stream stays far below, even on a busy machine."""


@dataclass(frozen=True)
class CommandResult:
    """The exit status, standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on standard error; fails the test for more lines or a traceback."""
        assert "Traceback" not in self.err, self.err
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("ssewizard: ")
        assert self.err.rstrip("\n").isprintable()
        return self.err


def run_command(
    *words: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> CommandResult:
    """Run the command to its end."""
    done = subprocess.run(
        [*COMMAND, *words],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=150,
        env={**os.environ, **(env or {})},
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)


async def run_check(*words: str) -> CommandResult:
    """Run `check` with a short wait, while the servers of the test go on."""
    return await asyncio.to_thread(run_command, "check", *words, *QUICK)
