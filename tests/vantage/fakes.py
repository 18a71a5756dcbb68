"""Fake programs: small scripts on PATH that record their arguments."""

import shlex
from pathlib import Path


class Fakes:
    """A folder of fake programs, to be put on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def add(self, program: str, *answers: tuple[str, str], body: str = "") -> None:
        """Add a program that prints an answer if its arguments contain a text.

        Args:
            answers: Pairs of the text and the answer; the first that matches is printed.
            body: Shell text to run instead.
        """
        cases = "".join(
            f"*{shlex.quote(words)}*) printf %s {shlex.quote(answer)};;\n"
            for words, answer in answers
        )
        self.write(program, body or f'case "$*" in\n{cases}esac')

    def failing(self, program: str, message: str, code: int = 1) -> None:
        """Add a program that prints an error and fails."""
        self.write(program, f"printf '%s\\n' {shlex.quote(message)} >&2; exit {code}")

    def write(self, program: str, body: str) -> None:
        """Add a program with this shell text, which first records its arguments, one per line."""
        record = shlex.quote(str(self.folder / f"{program}.argv"))
        path = self.folder / program
        path.write_text(f'#!/bin/sh\nfor w in "$@"; do echo "$w"; done >>{record}\n{body}\n')
        path.chmod(0o755)

    def argv(self, program: str) -> list[str]:
        """Return all arguments that the program was given so far."""
        path = self.folder / f"{program}.argv"
        return path.read_text().splitlines() if path.exists() else []

    def hanging(self, program: str) -> None:
        """Add a program that does not end by itself; `pid` returns its process id."""
        self.write(program, 'echo $$ >"$0.pid"; exec /bin/sleep 30')

    def pid(self, program: str) -> int:
        """Return the process id of a hanging program; 0 until it runs."""
        path = self.folder / f"{program}.pid"
        return int((path.read_text() if path.exists() else "").strip() or 0)
