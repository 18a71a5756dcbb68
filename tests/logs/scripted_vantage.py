"""A vantage whose command prints what the test says, when the test says it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from wizard.model.vantage import Vantage
from wizard.text.errors import VantageError
from wizard.vantage.session import VantageSession


class _Output(asyncio.StreamReader):
    """A stream that knows when all that was printed has been read.

    Attributes:
        idle: Set while the reader waits for more.
        unread: How many bytes were printed and not read yet.
    """

    def __init__(self) -> None:
        super().__init__()
        self.idle, self.unread = asyncio.Event(), 0

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]
        self.idle.clear()
        self.unread += len(data)
        super().feed_data(data)

    async def read(self, n: int = -1) -> bytes:
        if not self.unread:
            self.idle.set()
        data = await super().read(n)
        self.unread -= len(data)
        return data

    async def readline(self) -> bytes:
        line = await super().readline()
        self.unread -= len(line)
        return line


class ScriptedVantage(VantageSession):
    """A vantage session whose only command is scripted; it is its own remote process too.

    Attributes:
        reached: Set once a command has begun.
        left: Set once a command was left.
        running: How many commands run now.
        commands: The words of each command that was run.
        stderr: What the command prints on standard error.
        code: Its exit status, None if the connection was lost.
        refused: Why the place cannot be reached; empty if it can.
    """

    failure = "the connection was lost: broken pipe"

    def __init__(self, name: str = "web") -> None:
        super().__init__(Vantage(name, ()))
        self.running, self.commands = 0, list[Sequence[str]]()
        self.stderr, self.refused = "", ""
        self.code: int | None = 0
        self.stdout = _Output()
        self.reached, self.left = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def run(  # type: ignore[override]
        self, words: Sequence[str], **_: object
    ) -> AsyncIterator["ScriptedVantage"]:
        """Run the scripted command."""
        self.commands.append(words)
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
        """Return the exit status."""
        return self.code

    async def all_read(self) -> None:
        """Wait until all that was printed, or the end, has been read."""
        await (self.left if self.stdout.at_eof() else self.stdout.idle).wait()

    def prints(self, *lines: str | bytes) -> None:
        """Print these lines; bytes are printed as they are."""
        for line in lines:
            self.stdout.feed_data(line if isinstance(line, bytes) else f"{line}\n".encode())

    def ends(self, code: int | None = 0, stderr: str = "") -> None:
        """End the command."""
        self.code, self.stderr = code, stderr
        self.stdout.feed_eof()
