"""A vantage whose command prints what the test says, when the test says it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from wizard.model.vantage import Vantage
from wizard.text.errors import VantageError
from wizard.vantage.session import VantageSession


class _Stream(asyncio.StreamReader):
    """Knows when all that was printed has been read."""

    def __init__(self) -> None:
        super().__init__()
        self.idle, self.fed = asyncio.Event(), 0

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]
        self.idle.clear()
        self.fed += len(data)
        super().feed_data(data)

    async def read(self, n: int = -1) -> bytes:
        if not self.fed:
            self.idle.set()
        data = await super().read(n)
        self.fed -= len(data)
        return data

    async def readline(self) -> bytes:
        line = await super().readline()
        self.fed -= len(line)
        return line


class Scripted(VantageSession):
    """An vantage session of which one command is heard.

    Attributes:
        reached: Set once a command of it has begun; `left`, once it was left.
        running: How many commands of it run now.
        asked: The words of each command that was run.
        stderr: What the command says on standard error.
        code: Its exit status.
        refused: Why the place cannot be reached; empty if it can.
    """

    failure = "the way there was lost: broken pipe"

    def __init__(self, name: str = "web") -> None:
        super().__init__(Vantage(name, ()))
        self.running, self.asked = 0, list[Sequence[str]]()
        self.stderr, self.refused = "", ""
        self.code: int | None = 0
        self.stdout = _Stream()
        self.reached, self.left = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def run(self, words: Sequence[str], **_: object) -> AsyncIterator["Scripted"]:  # type: ignore[override]
        """Itself is what runs there."""
        self.asked.append(words)
        if self.refused:
            raise VantageError(f"{self.vantage.name}: {self.refused}")
        self.running += 1
        self.reached.set()
        try:
            yield self
        finally:
            self.running -= 1
            self.left.set()

    async def wait(self) -> int | None:
        """Its exit status."""
        return self.code

    async def all_read(self) -> None:
        """Wait until what was printed, or the end, has been taken."""
        await (self.left if self.stdout.at_eof() else self.stdout.idle).wait()

    def prints(self, *lines: str | bytes) -> None:
        """Print these lines; bytes are printed as they are."""
        for one in lines:
            self.stdout.feed_data(one if isinstance(one, bytes) else f"{one}\n".encode())

    def ends(self, code: int | None = 0, said: str = "") -> None:
        """End."""
        self.code, self.stderr = code, said
        self.stdout.feed_eof()
