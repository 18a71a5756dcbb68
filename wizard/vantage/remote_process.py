"""A command that runs at a vantage, its start, and its output without that of ssh or kubectl."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from wizard.model.vantage import Vantage
from wizard.text.errors import VantageError
from wizard.vantage import failures
from wizard.vantage.process import MAX_STDERR_CHARS, LocalProcess, OnLine, start_process

START_TIMEOUT_S = 10.0
"""How long, in seconds, it may take until a command at a vantage has started."""
END_TIMEOUT_S = 5.0
"""How long, in seconds, a command may take to end once its output has ended."""


class RemoteProcess:
    """A command at a vantage, run by a local process: ssh, kubectl, docker, ….

    The command's script prints a mark when it starts and another with its exit status when it
    ends. Output before the first mark is from the prefix: ssh's messages, a login banner.

    Attributes:
        stderr: The beginning of the command's standard error so far.
        banner: What was printed on standard error before the command started.
    """

    def __init__(self, prefix: Sequence[str], mark: str, on_stderr: OnLine) -> None:
        self._prefix = prefix
        self.stderr = self.banner = ""
        self._start_mark, self._end_mark, self._on_stderr = f"{mark}+", f"{mark}-", on_stderr
        self._has_started = False
        self._status: int | None = None
        self._process: LocalProcess | None = None

    @property
    def _local(self) -> LocalProcess:
        assert self._process is not None
        return self._process

    @property
    def stdout(self) -> asyncio.StreamReader:
        """The command's output as it arrives, without output from before its start."""
        return self._local.stdout

    def take_stderr_line(self, line: str) -> None:
        """Sort a line of standard error: a mark, a banner, or a line of the command."""
        if line == self._start_mark:
            self._has_started = True
        elif line.startswith(self._end_mark):
            # The script prints a newline before this mark, to have it on a line of its own.
            self.stderr = self.stderr.removesuffix("\n")
            status = line.removeprefix(self._end_mark)
            self._status = int(status) if status.isdigit() else None
        elif not self._has_started:
            self.banner += f"{line}\n" if len(self.banner) < MAX_STDERR_CHARS else ""
        else:
            self.stderr += f"{line}\n" if len(self.stderr) < MAX_STDERR_CHARS else ""
            self._on_stderr(line)

    def is_start_mark(self, line: str) -> bool:
        """True for the mark that the command's script prints when it starts."""
        return line == self._start_mark

    async def wait_for_start(self, process: LocalProcess) -> None:
        """Wait until the command has started. Raises `VantageError` if it cannot start."""
        self._process = process
        try:
            await process.stdout.readuntil(self._start_mark.encode())
            if await process.stdout.readexactly(1) != b"\n":
                raise VantageError(failures.TERMINAL)
        except asyncio.LimitOverrunError:
            raise VantageError(failures.ENDLESS_OUTPUT) from None
        except asyncio.IncompleteReadError as error:
            code = await self._wait_for_exit()
            stdout = error.partial.decode("utf-8", "replace")
            reason = failures.not_started(code, self.banner, stdout, prefix=self._prefix)
            raise VantageError(reason) from None

    async def write(self, data: bytes) -> None:
        """Write to the command's standard input."""
        await self._local.write(data)

    @property
    def output_before_start(self) -> str:
        """The banner and the line without end after it, perhaps a prompt."""
        return self.banner + (self._process.partial_line if self._process else "")

    async def wait_for_event_or_end(self, event: asyncio.Event) -> None:
        """Wait until the event is set or the command has ended."""
        tasks = [asyncio.create_task(event.wait()), asyncio.create_task(self._local.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def wait(self) -> int | None:
        """Wait for the end. Returns the command's exit status, or None if the connection broke."""
        await self._wait_for_exit()
        return self._status

    @property
    def failure(self) -> str:
        """Why the connection was lost, once the command has ended without an exit status."""
        code = self._process.code if self._process else None
        return failures.connection_lost(code, self.stderr)

    async def _wait_for_exit(self) -> int | None:
        """Return the local process's exit status, or None if it does not end."""
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                return await self._local.wait()
        except TimeoutError:
            return None


@asynccontextmanager
async def start_remote(
    vantage: Vantage,
    words: Sequence[str],
    mark: str,
    stdin: bytes,
    starting: asyncio.Semaphore,
    on_stderr: OnLine,
) -> AsyncGenerator[RemoteProcess, None]:
    """Start a script at a vantage; it is killed when the block is left.

    Args:
        words: The script's command, which prints `mark` when it has started.
        stdin: Written to its standard input, which stays open until the block is left.
        starting: Held until it has started.
        on_stderr: Called with each line of the command's standard error.

    Raises:
        VantageError: It cannot be started; the message begins with the vantage's name.
    """
    remote = RemoteProcess(vantage.prefix, mark, on_stderr)
    process = start_process(vantage.argv(words), on_stderr=remote.take_stderr_line, stdin=stdin)
    async with AsyncExitStack() as stack:
        try:
            async with starting, asyncio.timeout(START_TIMEOUT_S):
                await remote.wait_for_start(await stack.enter_async_context(process))
        except TimeoutError:
            output = remote.output_before_start
            reason = failures.no_answer(START_TIMEOUT_S, output, prefix=vantage.prefix)
            raise VantageError(f"{vantage.name}: {reason}") from None
        except VantageError as error:
            raise VantageError(f"{vantage.name}: {error}") from None
        yield remote
