"""One vantage in use: what the place has is found out once, and shared by all that look from it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from wizard.model.vantage import Capabilities, Vantage
from wizard.text.errors import VantageError
from wizard.vantage.discover import QUESTIONS, Found, discover
from wizard.vantage.process import CommandResult
from wizard.vantage.remote_process import RemoteProcess, reached
from wizard.vantage.scripts import new_mark, told, with_watchdog

AT_ONCE = 6
"""How many commands may be on their way there at once: sshd takes ten unknown ones (MaxStartups).
Those that have begun do not count, or a stream that stays open would keep the next one waiting."""


def _nobody(line: str) -> None:
    """Nobody listens."""


class VantageSession:
    """A vantage in use.

    Attributes:
        discovered: What was found out there; None until somebody asked.
        tools: The tools there by name, each with what it says of its version.
    """

    def __init__(self, vantage: Vantage) -> None:
        self.vantage = vantage
        self.discovered: Capabilities | None = None
        self.tools: Mapping[str, str] = {}
        self._reaching = asyncio.Semaphore(AT_ONCE)
        self._asking = asyncio.Lock()

    async def capabilities(self) -> Capabilities:
        """What the place has; whoever asks while that is being found out waits for the same.

        Never raises: why the place cannot be used stands in `problem`. A place that could not be
        used is asked again.
        """
        waited = self._asking.locked()
        async with self._asking:
            if self.discovered is None or (self.discovered.problem and not waited):
                found = await self._find_out()
                self.discovered, self.tools = found.capabilities, found.tools
        return self.discovered

    async def _find_out(self) -> Found:
        mark = new_mark()
        try:
            way = reached(self.vantage, QUESTIONS, mark, f"{mark}\n".encode(), self._reaching)
            async with way as remote:
                return await discover(remote, self.vantage.name)
        except VantageError as error:
            return Found(Capabilities(self.vantage.name, problem=str(error)), {})

    def session(
        self,
        tool: str,
        request: bytes = b"",
        *,
        words: Sequence[str] = (),
        hold: bool = False,
        hear: Callable[[str], None] = _nobody,
    ) -> AbstractAsyncContextManager[RemoteProcess]:
        """Run a tool over there on a leash: it is ended there too when the block is left.

        Args:
            tool: Static shell text; `"$@"` in it are the words.
            request: Its standard input.
            hold: Whether that stays open after the request.
            hear: Called with each line of its standard error.

        Raises:
            VantageError: The place cannot be reached; the message begins with its name.
        """
        mark = new_mark()
        argv = [*with_watchdog(tool, hold=hold), "sh", *words]
        return reached(self.vantage, argv, mark, told(mark, request), self._reaching, hear)

    def run(
        self, words: Sequence[str], *, hear: Callable[[str], None] = _nobody
    ) -> AbstractAsyncContextManager[RemoteProcess]:
        """Run a command over there; see `session`."""
        return self.session('"$@"', words=words, hear=hear)

    async def collect(
        self, words: Sequence[str], *, within: float, limit: int = 1 << 20
    ) -> CommandResult:
        """Run a command over there to its end: at most `limit` bytes of its output, at most
        `within` seconds from when it began.

        Raises:
            VantageError: The place cannot be reached, or was lost.
        """
        async with self.run(words) as remote:
            done = await _collected(remote, within, limit)
            if done.code is None and not (done.timed_out or done.truncated):
                raise VantageError(f"{self.vantage.name}: {remote.failure}")
            return replace(done, stderr=remote.stderr)


async def _collected(remote: RemoteProcess, within: float, limit: int) -> CommandResult:
    out = b""
    try:
        async with asyncio.timeout(within):
            while len(out) <= limit and (data := await remote.stdout.read(1 << 16)):
                out += data
            code = await remote.wait() if len(out) <= limit else None
    except TimeoutError:
        return CommandResult(None, out[:limit], "", timed_out=True, truncated=len(out) > limit)
    return CommandResult(code, out[:limit], "", truncated=len(out) > limit)
