"""What a command prints, here or at a vantage: begun before the probes, ended with them."""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Sequence

from wizard.errors import VantageError
from wizard.logs.ring import Ring
from wizard.text import safe
from wizard.vantage.far import Far
from wizard.vantage.outpost import Outpost
from wizard.vantage.packed import own_words

FIRST = 2.0
"""How long, in seconds, the first of what is printed is waited for: a cluster has to be asked."""
QUIET = 0.3
"""How long, in seconds, nothing may come until all that was there already has come."""
REST = 3.0
"""How long, in seconds, it may go on coming: a busy log is never quiet."""
FLOOD = 16 << 20
"""How much of it there may be, in bytes: what prints more at once prints without end."""
MOST = 20.0
"""How long, in seconds, reaching it and all that may last altogether."""
PIECE = 1 << 16
"""How much is read at once, in bytes."""
BREATH = 0.01
"""How long, in seconds, a flood is left waiting after each piece, once they have begun: the probes
come first."""
_COUNT = re.compile(rb"(\d{1,7}) (\d{1,18})\n")
_FOLLOWS = re.compile(r"--follow(=true)?$|-[a-zA-Z]*[fF]")


class Follower:
    """The output of a command. A `Source`.

    Args:
        words: What is run there.
        counted: Whether it first prints how many bytes are of the past, and how many there are.
        now: Seconds since the epoch.
    """

    def __init__(
        self,
        name: str,
        outpost: Outpost,
        words: Sequence[str],
        *,
        counted: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.printed = name, not counted
        self._outpost, self._words, self._now = outpost, words, now
        self._task: asyncio.Task[None] | None = None
        self._forget()

    def _forget(self) -> None:
        self.problem, self.began = "", self._now()
        self._past, self._new = Ring(), Ring()
        self._size = self._due = self._came = 0
        self._settled = self._ended = False
        self._reached, self._some = asyncio.Event(), asyncio.Event()

    async def begin(self) -> None:
        """Start it, and wait until what was there already has come, or that takes too long."""
        if self._task is not None:
            return
        self._forget()
        self._task = asyncio.create_task(self._follow())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOST):
                    await self._wait_for_the_past()
        finally:
            self._settled, self.began = True, self._now()

    async def _wait_for_the_past(self) -> None:
        await self._reached.wait()
        if not self.printed:
            await self._wait_while_it_comes(None)
            return
        async with asyncio.timeout(FIRST):
            await self._some.wait()
        async with asyncio.timeout(REST):
            await self._wait_while_it_comes(QUIET)

    async def _wait_while_it_comes(self, quiet: float | None) -> None:
        while not self._settled and not self._ended:
            self._some.clear()
            async with asyncio.timeout(quiet):
                await self._some.wait()

    async def _follow(self) -> None:
        try:
            async with self._outpost.run(self._words) as far:
                await self._read(far)
                self.problem = self._why(await far.ended(), far)
        except VantageError as error:
            self.problem = str(error)
        finally:
            self._ended = True
            self._reached.set()
            self._some.set()

    async def _read(self, far: Far) -> None:
        if not self.printed:
            await self._count(far)
        self._reached.set()
        while data := await far.stdout.read(PIECE):
            self._take(data)
            if len(data) >= PIECE:
                await asyncio.sleep(BREATH if self._settled else 0)

    async def _count(self, far: Far) -> None:
        """How much of what comes is of the past: the first line says it, or why there is none."""
        with contextlib.suppress(ValueError):
            if found := _COUNT.match(await far.stdout.readline()):
                self._due, self._size = int(found[1]), int(found[2])
                self._settled = not self._due

    def _take(self, data: bytes) -> None:
        if self.printed:
            (self._new if self._settled else self._past).put(data)
            self._came += len(data)
            self._settled |= self._came >= FLOOD
        else:
            self._past.put(data[: self._due])
            self._new.put(data[self._due :])
            self._due -= min(self._due, len(data))
            self._settled = not self._due
        self._some.set()

    def _why(self, code: int | None, far: Far) -> str:
        """Why it is over; nothing where it was to end by itself."""
        said = [line for line in far.said.splitlines() if line.strip()]
        last = safe(own_words(said[-1]), 200) if said else ""
        if code is None:
            return f"{self.name}: {far.lost}"
        if code:
            status = f"exit status {code}"
            return f"{self.name}: {f'{last} ({status})' if last else f'ended with {status}'}"
        followed = any(_FOLLOWS.match(word) for word in self._words)
        return f"{self.name}: its command has ended; later lines are missing" if followed else ""

    async def close(self) -> None:
        """End it, there too."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def failed(self) -> bool:
        """Whether it has ended without being meant to."""
        return self._ended and bool(self.problem)

    @property
    def older(self) -> bool:
        """Whether more was there than is kept of the past."""
        return self._past.dropped or self._size > len(self._past.bytes())

    def past(self) -> bytes:
        """What it printed at first."""
        return self._past.bytes()

    def new(self) -> bytes:
        """What it printed since it had begun."""
        return self._new.bytes()
