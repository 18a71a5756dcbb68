"""A command under way over there: reached, on its leash, and heard apart from what leads there."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from wizard.model.vantage import Vantage
from wizard.text.errors import VantageError
from wizard.vantage import failures
from wizard.vantage.process import KEPT, Running, run

REACH = 10.0
"""How long, in seconds, it may take to reach a place."""
ENDING = 5.0
"""How long, in seconds, a command that printed all may take to end."""


def _nobody(line: str) -> None:
    """Nobody listens."""


class RemoteProcess:
    """What runs over there.

    Attributes:
        stdout: What it prints, as it comes, without what the way there printed before.
        stderr: What it said so far on standard error, bounded.
        before: What was said on standard error before it began: by ssh, by a login script.
    """

    def __init__(self, prefix: Sequence[str], mark: str, hear: Callable[[str], None]) -> None:
        self._prefix = prefix
        self.stderr = self.before = ""
        self._begin, self._end, self._hear = f"{mark}+", f"{mark}-", hear
        self._begun = False
        self._status: int | None = None
        self._running: Running | None = None

    @property
    def stdout(self) -> asyncio.StreamReader:
        """What it prints, as it comes."""
        assert self._running is not None
        return self._running.stdout

    def hear(self, line: str) -> None:
        """Take a line of standard error."""
        if line == self._begin:
            self._begun = True
        elif line.startswith(self._end):
            # The mark is on a line of its own, whatever was said before.
            self.stderr = self.stderr.removesuffix("\n")
            status = line.removeprefix(self._end)
            self._status = int(status) if status.isdigit() else None
        elif not self._begun:
            self.before += f"{line}\n" if len(self.before) < KEPT else ""
        else:
            self.stderr += f"{line}\n" if len(self.stderr) < KEPT else ""
            self._hear(line)

    async def reach(self, running: Running) -> None:
        """Wait until it begins. Raises `VantageError` where it cannot."""
        self._running = running
        try:
            await running.stdout.readuntil(f"{self._begin}\n".encode())
        except asyncio.LimitOverrunError:
            raise VantageError(failures.ENDLESS) from None
        except asyncio.IncompleteReadError as error:
            code = await self._ended(running)
            printed = error.partial.decode("utf-8", "replace")
            raise VantageError(
                failures.sentence(code, self.before, printed, prefix=self._prefix)
            ) from None

    async def tell(self, data: bytes) -> None:
        """Write to its standard input."""
        assert self._running is not None
        await self._running.tell(data)

    @property
    def heard(self) -> str:
        """What was said before it began, with what is a prompt, perhaps."""
        return self.before + (self._running.unfinished if self._running else "")

    async def unless_over(self, event: asyncio.Event) -> None:
        """Wait for that, or for its end."""
        assert self._running is not None
        waiting = [asyncio.create_task(event.wait()), asyncio.create_task(self._running.ended())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def wait(self) -> int | None:
        """Wait for its end. Returns its exit status; None if the way there was lost before."""
        assert self._running is not None
        await self._ended(self._running)
        return self._status

    @property
    def failure(self) -> str:
        """Why the way there was lost, in one sentence, once it has ended without a status."""
        code = self._running.code if self._running else None
        return failures.failing(code, self.stderr)

    async def _ended(self, running: Running) -> int | None:
        try:
            async with asyncio.timeout(ENDING):
                return await running.ended()
        except TimeoutError:
            return None


@asynccontextmanager
async def reached(
    vantage: Vantage,
    words: Sequence[str],
    mark: str,
    told: bytes,
    reaching: asyncio.Semaphore,
    hear: Callable[[str], None] = _nobody,
) -> AsyncGenerator[RemoteProcess, None]:
    """Run a script over there that prints the mark once it begins.

    Args:
        told: Written to its standard input, which stays open until the block is left.
        reaching: Held until it has begun.
        hear: Called with each line of its standard error.

    Raises:
        VantageError: The place cannot be reached; the message begins with its name.
    """
    remote = RemoteProcess(vantage.prefix, mark, hear)
    async with AsyncExitStack() as stack:
        try:
            async with reaching, asyncio.timeout(REACH):
                way = run(vantage.argv(words), hear=remote.hear, told=told)
                await remote.reach(await stack.enter_async_context(way))
        except TimeoutError:
            why = failures.late(REACH, remote.heard, prefix=vantage.prefix)
            raise VantageError(f"{vantage.name}: {why}") from None
        except VantageError as error:
            raise VantageError(f"{vantage.name}: {error}") from None
        yield remote
