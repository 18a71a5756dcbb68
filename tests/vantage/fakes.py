"""Programs that have no server here, played by small scripts on PATH that record their words."""

import shlex
from pathlib import Path


class Fakes:
    """A folder that comes first on PATH, or is all of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def add(self, program: str, *answers: tuple[str, str], body: str = "") -> None:
        """A program that prints an answer where its words contain a text; else it is silent.

        Args:
            answers: Pairs of a text and what is printed, tried in order.
            body: Shell text to run instead.
        """
        cases = "".join(
            f"*{shlex.quote(words)}*) printf %s {shlex.quote(said)};;\n" for words, said in answers
        )
        self.write(program, body or f'case "$*" in\n{cases}esac')

    def failing(self, program: str, said: str, code: int = 1) -> None:
        """A program that says why it cannot, as the real one does."""
        self.write(program, f"printf '%s\\n' {shlex.quote(said)} >&2; exit {code}")

    def write(self, program: str, body: str) -> None:
        """Any shell text; it records its words first, one a line."""
        record = shlex.quote(str(self.folder / f"{program}.argv"))
        path = self.folder / program
        path.write_text(f'#!/bin/sh\nfor w in "$@"; do echo "$w"; done >>{record}\n{body}\n')
        path.chmod(0o755)

    def argv(self, program: str) -> list[str]:
        """All words that the program was given so far; none if it was not run."""
        path = self.folder / f"{program}.argv"
        return path.read_text().splitlines() if path.exists() else []

    def hanging(self, program: str) -> None:
        """A program that never ends by itself; `pid` tells which it is."""
        self.write(program, 'echo $$ >"$0.pid"; exec /bin/sleep 30')

    def pid(self, program: str) -> int:
        """The id of a hanging program; 0 until it runs."""
        path = self.folder / f"{program}.pid"
        return int((path.read_text() if path.exists() else "").strip() or 0)
