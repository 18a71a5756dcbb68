"""Local commands with bounded output and time, and without a terminal to ask for a password."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wizard.text.display import safe
from wizard.text.errors import VantageError
from wizard.text.messages import tr

END_GRACE_S = 1.0
"""How long, in seconds, a command may take to end once its standard input is closed."""
MAX_LINE_BYTES = 4000
"""Where a line of standard error is split if it has no end, in bytes."""
STDOUT_BUFFER_BYTES = 64 << 10
"""How much output waits to be read, in bytes; then the command is held up."""
MAX_STDERR_CHARS = 16 << 10
"""How much of standard error is kept, in characters; the rest is read and discarded."""

OnLine = Callable[[str], None]
"""Called with each line of standard error, without its end."""


def ignore_line(line: str) -> None:
    """Do nothing: the default where nobody reads standard error line by line."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command printed and how it ended.

    Attributes:
        code: The exit status, or None if the command was stopped.
        timed_out: True if it was stopped because it took too long.
        truncated: True if it printed more than was read.
    """

    code: int | None
    stdout: bytes
    stderr: str
    timed_out: bool = False
    truncated: bool = False


class LocalProcess:
    """A running command, started and stopped by `start_process`.

    Attributes:
        stderr: The beginning of its standard error so far.
        partial_line: The last line of standard error, if it has no end yet: perhaps a prompt.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        transport: asyncio.SubprocessTransport,
        on_stderr: OnLine,
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process, self._transport, self._stdin = process, transport, process.stdin
        self.stdout, self.stderr, self.partial_line = process.stdout, "", ""
        self._stderr_task = asyncio.create_task(self._read_stderr(process.stderr, on_stderr))

    @property
    def code(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.returncode

    async def write(self, data: bytes) -> None:
        """Write to its standard input. Does nothing if it has ended."""
        with contextlib.suppress(ConnectionError):
            self._stdin.write(data)
            await self._stdin.drain()

    def close_stdin(self) -> None:
        """Close its standard input, which also ends a command at a vantage."""
        self._stdin.close()

    async def wait(self) -> int:
        """Wait until it has ended and its standard error is read. Returns the exit status."""
        code = await self._process.wait()
        await self._stderr_task
        return code

    async def _read_stderr(self, stderr: asyncio.StreamReader, on_line: OnLine) -> None:
        rest = b""
        while data := await stderr.read(MAX_LINE_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > MAX_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._keep_line(line, on_line)
            self.partial_line = rest.decode("utf-8", "replace")
        if rest:
            self._keep_line(rest, on_line)

    def _keep_line(self, line: bytes, on_line: OnLine) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        if len(self.stderr) < MAX_STDERR_CHARS:
            self.stderr += f"{text}\n"
        on_line(text)

    async def stop(self) -> None:
        """Close its standard input, so that it ends, also at a vantage; kill it if it does not."""
        self.close_stdin()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_GRACE_S):
                    await self._process.wait()
        finally:
            # Its children (a ProxyCommand, a wrapper) are in its process group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._stderr_task.cancel()
            self._close_pipes()
        await asyncio.gather(self._process.wait(), self._stderr_task, return_exceptions=True)

    def _close_pipes(self) -> None:
        """Close the pipes: `Process.wait` waits for their end.

        That does not come if output is left unread or a child still holds a pipe open.
        """
        for number in range(3):
            pipe = self._transport.get_pipe_transport(number)
            if pipe is not None:
                pipe.close()


@asynccontextmanager
async def start_process(
    argv: Sequence[str], *, on_stderr: OnLine = ignore_line, stdin: bytes = b""
) -> AsyncGenerator[LocalProcess, None]:
    """Start a command on this machine, and stop it when the block is left.

    It runs in a session of its own, without a terminal: nothing can wait for a password.

    Args:
        stdin: Written to its standard input, which then stays open. A command at a vantage ends
            when it is closed, also because this program was killed.

    Raises:
        VantageError: The program cannot be run.
    """
    try:
        process = await _start(argv, on_stderr)
    except (OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else error
        raise VantageError(
            tr("{argv} cannot be run here: {reason}", argv=safe(argv[0], 80), reason=reason)
        ) from None
    try:
        await process.write(stdin)
        yield process
    finally:
        await process.stop()


async def _start(argv: Sequence[str], on_stderr: OnLine) -> LocalProcess:
    """Do what `asyncio.create_subprocess_exec` does, which does not give access to the pipes."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: asyncio.subprocess.SubprocessStreamProtocol(limit=STDOUT_BUFFER_BYTES, loop=loop),
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"},
    )
    return LocalProcess(asyncio.subprocess.Process(transport, protocol, loop), transport, on_stderr)


async def read_to_end(
    stdout: asyncio.StreamReader,
    wait: Callable[[], Awaitable[int | None]],
    within: float,
    limit: int,
) -> tuple[bytes, int | None, bool]:
    """Read a command's output, and then `wait` for its exit status, for at most `within` seconds.

    Returns:
        The output, the exit status, and True if the time is over. Output of more than `limit` bytes
        is not read to its end, and the exit status is None then.
    """
    output = bytearray()
    try:
        async with asyncio.timeout(within):
            while len(output) <= limit and (data := await stdout.read(1 << 16)):
                output += data
            return bytes(output), await wait() if len(output) <= limit else None, False
    except TimeoutError:
        return bytes(output), None, True


async def run_command(
    argv: Sequence[str], *, within: float, limit: int = 1 << 20, stdin: bytes | None = None
) -> CommandResult:
    """Run a command on this machine to its end.

    Args:
        within: The time limit, in seconds.
        limit: How many bytes of its output are read at most.
        stdin: All of its standard input. With None, that stays open until the command has ended.

    Raises:
        VantageError: The program cannot be run.
    """
    async with start_process(argv, stdin=stdin or b"") as process:
        if stdin is not None:
            process.close_stdin()
        output, _, timed_out = await read_to_end(process.stdout, process.wait, within, limit)
        code = process.code
    return CommandResult(code, output[:limit], process.stderr, timed_out, len(output) > limit)
