"""The command as a user runs it: a process of its own, its output and exit status."""

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
class Ran:
    """What came of it."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on standard error; more, or a traceback, is a failure of the test."""
        assert "Traceback" not in self.err, self.err
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("ssewizard: ")
        assert self.err.rstrip("\n").isprintable()
        return self.err


def ran(*words: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Ran:
    """Run to the end."""
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
    return Ran(done.returncode, done.stdout, done.stderr)


async def checked(*words: str) -> Ran:
    """`check`, quick, while the test's own servers go on."""
    return await asyncio.to_thread(ran, "check", *words, *QUICK)
