"""One command run to a bound: no terminal to ask for a password on, no output without end."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wizard.text.display import safe
from wizard.text.errors import VantageError

GRACE = 1.0
"""How long, in seconds, a command may take to end by itself once its standard input is closed."""
LINE = 4000
"""How much of one line of its standard error is taken for one, in bytes."""
BUFFER = 64 << 10
"""How much of its output waits here to be read, in bytes."""
KEPT = 16 << 10
"""How much of its standard error is kept, in bytes; the rest is read and let go."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of a command.

    Attributes:
        code: Its exit status; None if it was ended here.
        timed_out: Whether it was ended for taking too long.
        truncated: Whether it printed more than was read.
    """

    code: int | None
    stdout: bytes
    stderr: str
    timed_out: bool = False
    truncated: bool = False


class Running:
    """A command under way; `run` makes one, and ends it.

    Attributes:
        stdout: What it prints, as it comes.
        stderr: What it said so far on standard error, bounded.
        unfinished: The line of it that has no end yet: a prompt.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        transport: asyncio.SubprocessTransport,
        hear: Callable[[str], None],
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process, self._transport, self._stdin = process, transport, process.stdin
        self.stdout, self.stderr, self.unfinished = process.stdout, "", ""
        self._listening = asyncio.create_task(self._listen(process.stderr, hear))

    @property
    def code(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.returncode

    async def tell(self, data: bytes) -> None:
        """Write to its standard input; a command that has ended hears nothing."""
        with contextlib.suppress(ConnectionError):
            self._stdin.write(data)
            await self._stdin.drain()

    def hush(self) -> None:
        """Close its standard input: for what runs over there, the sign to end."""
        self._stdin.close()

    async def ended(self) -> int:
        """Wait for its end and for all that it said. Returns its exit status."""
        code = await self._process.wait()
        await self._listening
        return code

    async def _listen(self, stderr: asyncio.StreamReader, hear: Callable[[str], None]) -> None:
        rest = b""
        while data := await stderr.read(LINE):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._keep(line, hear)
            self.unfinished = rest.decode("utf-8", "replace")
        if rest:
            self._keep(rest, hear)

    def _keep(self, line: bytes, hear: Callable[[str], None]) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        if len(self.stderr) < KEPT:
            self.stderr += f"{text}\n"
        hear(text)

    async def end(self) -> None:
        """Let it end by itself, which ends it on the far side too; then see to it."""
        self.hush()
        try:
            async with asyncio.timeout(GRACE):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            # What it started (a ProxyCommand, a wrapper) belongs to its group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._listening.cancel()
            self._let_go()
        await asyncio.gather(self._process.wait(), self._listening, return_exceptions=True)

    def _let_go(self) -> None:
        """Close its pipes: a process counts as ended once they are, and one whose output was not
        read to its end, or is held open by what it left behind, never would."""
        for number in range(3):
            pipe = self._transport.get_pipe_transport(number)
            if pipe is not None:
                pipe.close()


def _nobody(line: str) -> None:
    """Nobody listens."""


@asynccontextmanager
async def run(
    argv: Sequence[str], *, hear: Callable[[str], None] = _nobody, told: bytes = b""
) -> AsyncGenerator[Running, None]:
    """Start a command, and end it when the block is left.

    It has no terminal (a session of its own), so nothing can ask for a password and wait.

    Args:
        hear: Called with each line of standard error as it comes.
        told: Written to its standard input, which then stays open: whatever is run at a vantage
            ends when that is closed, also if this program is killed.

    Raises:
        VantageError: The program cannot be run on this machine.
    """
    try:
        running = await _start(argv, hear)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise VantageError(f"{safe(argv[0], 80)} cannot be run here: {why}") from None
    except ValueError as error:
        raise VantageError(f"{safe(argv[0], 80)} cannot be run here: {error}") from None
    try:
        await running.tell(told)
        yield running
    finally:
        await running.end()


async def _start(argv: Sequence[str], hear: Callable[[str], None]) -> Running:
    """As `asyncio.create_subprocess_exec`, which keeps the transport to itself."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: asyncio.subprocess.SubprocessStreamProtocol(limit=BUFFER, loop=loop),
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"},
    )
    return Running(asyncio.subprocess.Process(transport, protocol, loop), transport, hear)


async def collect(
    argv: Sequence[str], *, within: float, limit: int = 1 << 20, told: bytes | None = None
) -> CommandResult:
    """Run a command to its end: at most `within` seconds, at most `limit` bytes of output.

    Args:
        told: Its whole standard input; None leaves that open until the command has ended.

    Raises:
        VantageError: The program cannot be run on this machine.
    """
    out, late = b"", False
    async with run(argv, told=told or b"") as running:
        if told is not None:
            running.hush()
        try:
            async with asyncio.timeout(within):
                while len(out) <= limit and (data := await running.stdout.read(1 << 16)):
                    out += data
                if len(out) <= limit:
                    await running.ended()
        except TimeoutError:
            late = True
        code = running.code
    return CommandResult(code, out[:limit], running.stderr, late, len(out) > limit)
