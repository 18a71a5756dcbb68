"""What a command prints, here or at a vantage: begun before the probes, ended with them."""

import asyncio
import contextlib
import os
import re
import stat
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from wizard.text.display import safe
from wizard.text.errors import VantageError, describe_error
from wizard.vantage.remote_process import RemoteProcess
from wizard.vantage.scripts import own_words
from wizard.vantage.session import VantageSession

LOG_LIMIT_BYTES = 1 << 20
"""How much of a log is kept in memory, in bytes; of more, the newest."""


class ByteBuffer:
    """The last bytes that were put in.

    Attributes:
        dropped: Whether more was put in than is kept.
    """

    def __init__(self, limit: int = LOG_LIMIT_BYTES) -> None:
        self.dropped = False
        self._limit, self._data = limit, bytearray()

    def put(self, data: bytes) -> None:
        """Add these; the oldest go."""
        self._data += data
        over = len(self._data) - self._limit
        self.dropped |= over > 0
        if over > self._limit // 4:  # Not at each of many small pieces: all would be moved.
            del self._data[:over]

    def bytes(self) -> bytes:
        """All that is kept."""
        return bytes(self._data[-self._limit :])


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


class FollowedCommand:
    """The output of a command. A `LogSource`.

    Args:
        words: What is run there.
        sizes_first: Whether it first prints how many bytes are of the past, and how many there are.
        now: Seconds since the epoch.
    """

    def __init__(
        self,
        name: str,
        vantage_session: VantageSession,
        words: Sequence[str],
        *,
        sizes_first: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.printed = name, not sizes_first
        self._vantage_session, self._words, self._now = vantage_session, words, now
        self._task: asyncio.Task[None] | None = None
        self._forget()

    def _forget(self) -> None:
        self.problem, self.began = "", self._now()
        self._past, self._new = ByteBuffer(), ByteBuffer()
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
            async with self._vantage_session.run(self._words) as remote:
                await self._read(remote)
                self.problem = self._why(await remote.ended(), remote)
        except VantageError as error:
            self.problem = str(error)
        finally:
            self._ended = True
            self._reached.set()
            self._some.set()

    async def _read(self, remote: RemoteProcess) -> None:
        if not self.printed:
            await self._count(remote)
        self._reached.set()
        while data := await remote.stdout.read(PIECE):
            self._take(data)
            if len(data) >= PIECE:
                await asyncio.sleep(BREATH if self._settled else 0)

    async def _count(self, remote: RemoteProcess) -> None:
        """How much of what comes is of the past: the first line says it, or why there is none."""
        with contextlib.suppress(ValueError):
            if found := _COUNT.match(await remote.stdout.readline()):
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

    def _why(self, code: int | None, remote: RemoteProcess) -> str:
        """Why it is over; nothing where it was to end by itself."""
        said = [line for line in remote.said.splitlines() if line.strip()]
        last = safe(own_words(said[-1]), 200) if said else ""
        if code is None:
            return f"{self.name}: {remote.failing}"
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


class FollowedFile:
    """A file: what is in it, and what is appended after this was made. A `LogSource`."""

    printed = False

    def __init__(self, path: str, now: Callable[[], float]) -> None:
        self.name = path
        self.began, self.older, self.problem = now(), False, ""
        self._at, self._inode, self._past = 0, 0, b""
        self._begun, self._now = False, now
        try:
            known = self._stat()
        except OSError as error:
            self.problem = f"{path}: cannot be read: {describe_error(error)}"
            return
        self._at, self._inode = known.st_size, known.st_ino

    def _stat(self) -> os.stat_result:
        found = os.stat(self.name)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("not a regular file")
        if not os.access(self.name, os.R_OK):
            raise PermissionError(13, "Permission denied")
        return found

    async def begin(self) -> None:
        """Read what is there already, before a rotation can take it away."""
        if self._begun or self.problem:
            return
        self._begun, self.began, self.older = True, self._now(), self._at > LOG_LIMIT_BYTES
        self._past = self._read(max(self._at - LOG_LIMIT_BYTES, 0), min(self._at, LOG_LIMIT_BYTES))

    async def close(self) -> None:
        """There is nothing to leave."""

    @property
    def failed(self) -> bool:
        """Whether it cannot be read."""
        return bool(self.problem)

    def past(self) -> bytes:
        """The end of what was there before."""
        return self._past

    def new(self) -> bytes:
        """All that was appended since this was made, at most `LOG_LIMIT_BYTES` bytes of it.

        Survives rotation: a new file of that name, or one that was cut, is read from its start.
        """
        if self.problem:
            return b""
        try:
            found = self._stat()
        except OSError as error:
            self.problem = f"{self.name}: cannot be read any more: {describe_error(error)}"
            return b""
        if found.st_ino != self._inode or found.st_size < self._at:
            self._at, self._inode = 0, found.st_ino
        return self._read(max(self._at, found.st_size - LOG_LIMIT_BYTES), LOG_LIMIT_BYTES)

    def _read(self, at: int, size: int) -> bytes:
        try:
            with open(self.name, "rb") as file:
                file.seek(at)
                return file.read(size)
        except OSError as error:
            self.problem = f"{self.name}: cannot be read any more: {describe_error(error)}"
            return b""


class LogSource(Protocol):
    """One log, from before the probes on.

    Attributes:
        name: What to call it.
        problem: Why not all of it can be read, in one sentence; empty otherwise.
        began: When its past ended, in seconds since the epoch.
        printed: Whether its lines come in the order in which they are fetched, not written: what
            arrives after the beginning may still be of the past.
    """

    name: str
    problem: str
    began: float
    printed: bool

    @property
    def older(self) -> bool:
        """Whether it reaches back further than `past` does."""
        ...

    @property
    def failed(self) -> bool:
        """Whether nothing comes from it any more, and that was not meant."""
        ...

    async def begin(self) -> None:
        """Begin to follow; has its past once this returns. Does nothing once it has begun."""

    async def close(self) -> None:
        """Leave it; nothing is left running. It can begin again."""

    def past(self) -> bytes:
        """What was there before it began: the newest of it."""
        ...

    def new(self) -> bytes:
        """What has come since: the newest of it."""
        ...
