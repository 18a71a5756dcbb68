"""Sources of log lines: a local file, or the output of a command, here or at a vantage."""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from wizard.text.display import safe
from wizard.text.errors import VantageError, describe_error
from wizard.text.files import read_part, stat_regular
from wizard.text.messages import tr
from wizard.vantage.remote_process import RemoteProcess
from wizard.vantage.scripts import strip_shell_prefix
from wizard.vantage.session import VantageSession

LOG_LIMIT_BYTES = 1 << 20
"""How many bytes of old and of new lines are kept of one log: the newest ones."""


class FollowedLog(Protocol):
    """One log, followed from before the first probe.

    Lines are old (`past`) up to when `begin` returns, and new from then on.

    Attributes:
        name: Its name in reports.
        problem: Why not all of it can be read, in one sentence; empty otherwise.
        began: When the past ended, in seconds since the epoch.
        arrives_late: True if a command fetches the lines: one may arrive long after it was
            written, so that a new line may be an old one.
    """

    name: str
    problem: str
    began: float
    arrives_late: bool

    @property
    def older(self) -> bool:
        """True if the log reaches back further than `past` does."""
        ...

    @property
    def failed(self) -> bool:
        """True if no more lines will come because of `problem`."""
        ...

    async def begin(self) -> None:
        """Start to follow, and wait for the old lines. Does nothing if it has begun already."""

    async def close(self) -> None:
        """Stop following; no process is left running. `begin` may be called again."""

    def past(self) -> bytes:
        """Return the old lines, at most the newest `LOG_LIMIT_BYTES` of them."""
        ...

    def new(self) -> bytes:
        """Return the new lines, at most the newest `LOG_LIMIT_BYTES` of them."""
        ...


_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
)
"""How the files of each kind begin, as log rotation leaves them."""
_MAGIC_BYTES = 8


class FollowedFile:
    """A `FollowedLog` of a local file; what was written since its creation is new."""

    arrives_late = False

    def __init__(self, path: str, now: Callable[[], float]) -> None:
        self.name = path
        self.began, self.older, self.problem = now(), False, ""
        self._start, self._inode, self._past = 0, 0, b""
        self._has_begun, self._now = False, now
        try:
            status, beginning = stat_regular(path), read_part(path, 0, _MAGIC_BYTES)
        except OSError as error:
            self.problem = tr(
                "{path}: cannot be read: {error}", path=path, error=describe_error(error)
            )
            return
        if packed := next((kind for mark, kind in _PACKED if beginning.startswith(mark)), ""):
            self.problem = tr(
                "{path}: compressed with {packed}, so not read: name the uncompressed log",
                path=path,
                packed=packed,
            )
        self._start, self._inode = status.st_size, status.st_ino

    async def begin(self) -> None:
        """Read the old lines, before log rotation can take them away."""
        if self._has_begun or self.problem:
            return
        self._has_begun, self.began = True, self._now()
        self.older = self._start > LOG_LIMIT_BYTES
        size = min(self._start, LOG_LIMIT_BYTES)
        self._past = self._read(self._start - size, size)

    async def close(self) -> None:
        """Do nothing: the file is only open while it is read."""

    @property
    def failed(self) -> bool:
        return bool(self.problem)

    def past(self) -> bytes:
        return self._past

    def new(self) -> bytes:
        """After log rotation (another file of that name, or a shorter one), read from the start."""
        if self.problem:
            return b""
        try:
            status = stat_regular(self.name)
        except OSError as error:
            return self._fail(error)
        if status.st_ino != self._inode or status.st_size < self._start:
            self._start, self._inode = 0, status.st_ino
        return self._read(max(self._start, status.st_size - LOG_LIMIT_BYTES), LOG_LIMIT_BYTES)

    def _read(self, offset: int, size: int) -> bytes:
        try:
            return read_part(self.name, offset, size)
        except OSError as error:
            return self._fail(error)

    def _fail(self, error: OSError) -> bytes:
        self.problem = tr(
            "{name}: cannot be read any more: {error}", name=self.name, error=describe_error(error)
        )
        return b""


class ByteBuffer:
    """Keeps the newest `limit` bytes of those put in; `dropped` is true once there were more."""

    def __init__(self, limit: int = LOG_LIMIT_BYTES) -> None:
        self.dropped = False
        self._limit, self._data = limit, bytearray()

    def put(self, data: bytes) -> None:
        """Append these bytes, and drop the oldest ones beyond the limit."""
        self._data += data
        excess = len(self._data) - self._limit
        self.dropped |= excess > 0
        if excess > self._limit // 4:  # Not after every small write: it moves the whole buffer.
            del self._data[:excess]

    def bytes(self) -> bytes:
        """Return the kept bytes."""
        return bytes(self._data[-self._limit :])


FIRST_OUTPUT_TIMEOUT_S = 2.0
"""How long the first output is waited for, in seconds: a command may have to ask a cluster."""
QUIET_S = 0.3
"""The past is complete once the command prints nothing for this long, in seconds."""
PAST_TIMEOUT_S = 3.0
"""How long the past may take after the first output, in seconds: a busy log is never quiet."""
PAST_LIMIT_BYTES = 16 << 20
"""How many bytes the past may have: a command that prints more at once prints without end."""
BEGIN_TIMEOUT_S = 20.0
"""How long reaching the vantage and reading the past may take together, in seconds."""
READ_BYTES = 1 << 16
"""How many bytes are read at once."""
FLOOD_PAUSE_S = 0.01
"""The pause after each full read of new lines, in seconds: a flood must not slow the probes."""
_SIZES = re.compile(rb"(\d{1,7}) (\d{1,18})\n")
_FOLLOW_OPTION = re.compile(r"--follow(=true)?$|-[a-zA-Z]*[fF]")


class FollowedCommand:
    """A `FollowedLog` of a command's output.

    The past is as long as the command itself says in its first line (see `watch.FOLLOW_SCRIPT`), or
    else ends with the first silence.
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
        """Prepare to run `words` at the vantage; `begin` runs them.

        Args:
            sizes_first: True if the first line of the output says how many bytes of the past
                follow, and how large the log is.
            now: Returns seconds since the epoch.
        """
        self.name, self.arrives_late = name, not sizes_first
        self._vantage_session, self._words, self._now = vantage_session, words, now
        self._task: asyncio.Task[None] | None = None
        self._reset()

    def _reset(self) -> None:
        self.problem, self.began = "", self._now()
        self._past, self._new = ByteBuffer(), ByteBuffer()
        self._log_bytes = self._past_bytes_due = self._past_bytes = 0
        self._past_is_complete = self._has_ended = False
        self._reached, self._progress = asyncio.Event(), asyncio.Event()

    async def begin(self) -> None:
        """Start the command, and wait until the past is complete or takes too long."""
        if self._task is not None:
            return
        self._reset()
        self._task = asyncio.create_task(self._follow())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEGIN_TIMEOUT_S):
                    await self._wait_for_past()
        finally:
            self._past_is_complete, self.began = True, self._now()

    async def _wait_for_past(self) -> None:
        """Return once the past is complete. Raises `TimeoutError` if that takes too long."""
        await self._reached.wait()
        if not self.arrives_late:
            await self._wait_while_printing(None)
            return
        async with asyncio.timeout(FIRST_OUTPUT_TIMEOUT_S):
            await self._progress.wait()
        async with asyncio.timeout(PAST_TIMEOUT_S):
            await self._wait_while_printing(QUIET_S)

    async def _wait_while_printing(self, quiet_s: float | None) -> None:
        """Return once the past is complete. Raises `TimeoutError` after `quiet_s` of silence."""
        while not self._past_is_complete and not self._has_ended:
            self._progress.clear()
            async with asyncio.timeout(quiet_s):
                await self._progress.wait()

    async def _follow(self) -> None:
        """Run the command and keep its output; set `problem` to why it ended."""
        try:
            async with self._vantage_session.run(self._words) as remote:
                await self._read(remote)
                self.problem = self._end_problem(await remote.wait(), remote)
        except VantageError as error:
            self.problem = str(error)
        finally:
            self._has_ended = True
            self._reached.set()
            self._progress.set()

    async def _read(self, remote: RemoteProcess) -> None:
        if not self.arrives_late:
            await self._read_sizes(remote)
        self._reached.set()
        while data := await remote.stdout.read(READ_BYTES):
            self._keep(data)
            if len(data) >= READ_BYTES:
                await asyncio.sleep(FLOOD_PAUSE_S if self._past_is_complete else 0)

    async def _read_sizes(self, remote: RemoteProcess) -> None:
        """Read the first line: the sizes, or (then nothing is of the past) an error message."""
        with contextlib.suppress(ValueError):
            if match := _SIZES.match(await remote.stdout.readline()):
                self._past_bytes_due, self._log_bytes = int(match[1]), int(match[2])
                self._past_is_complete = not self._past_bytes_due

    def _keep(self, data: bytes) -> None:
        """Add these bytes to the past or to the new lines."""
        if self.arrives_late:
            (self._new if self._past_is_complete else self._past).put(data)
            self._past_bytes += len(data)
            self._past_is_complete |= self._past_bytes >= PAST_LIMIT_BYTES
        else:
            self._past.put(data[: self._past_bytes_due])
            self._new.put(data[self._past_bytes_due :])
            self._past_bytes_due -= min(self._past_bytes_due, len(data))
            self._past_is_complete = not self._past_bytes_due
        self._progress.set()

    def _end_problem(self, code: int | None, remote: RemoteProcess) -> str:
        """Why the command ended, in one sentence; empty if it was expected to end by itself.

        `code` is its exit status, None if the vantage was lost.
        """
        stderr = [line for line in remote.stderr.splitlines() if line.strip()]
        last = safe(strip_shell_prefix(stderr[-1]), 200) if stderr else ""
        if code is None:
            return f"{self.name}: {remote.failure}"
        if code:
            status = tr("exit status {code}", code=code)
            end = f"{last} ({status})" if last else tr("ended with {status}", status=status)
            return f"{self.name}: {end}"
        follows = any(_FOLLOW_OPTION.match(word) for word in self._words)
        return (
            tr("{name}: its command has ended; later lines are missing", name=self.name)
            if follows
            else ""
        )

    async def close(self) -> None:
        """Stop the command, also at the vantage."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def failed(self) -> bool:
        return self._has_ended and bool(self.problem)

    @property
    def older(self) -> bool:
        return self._past.dropped or self._log_bytes > len(self._past.bytes())

    def past(self) -> bytes:
        return self._past.bytes()

    def new(self) -> bytes:
        return self._new.bytes()
