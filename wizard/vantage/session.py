"""A vantage in use: discovered once, then shared by all commands and tools that run there."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from wizard.model.vantage import Capabilities, Vantage
from wizard.text.errors import VantageError
from wizard.vantage.discover import DISCOVERY_COMMAND, Discovery, discover
from wizard.vantage.process import CommandResult, OnLine, ignore_line, read_to_end
from wizard.vantage.remote_process import RemoteProcess, start_remote
from wizard.vantage.scripts import frame_request, new_mark, with_watchdog

MAX_STARTING = 6
"""How many commands may be starting at once: sshd accepts ten connections that have not yet logged
in (MaxStartups). Commands that have started do not count: an open stream must not block others."""


class VantageSession:
    """A vantage in use.

    Attributes:
        discovered: Its capabilities; None before `discover` was first called.
        tools: Its HTTP tools by name, each with its version output.
    """

    def __init__(self, vantage: Vantage) -> None:
        self.vantage = vantage
        self.discovered: Capabilities | None = None
        self.tools: Mapping[str, str] = {}
        self._starting = asyncio.Semaphore(MAX_STARTING)
        self._discovering = asyncio.Lock()

    async def discover(self) -> Capabilities:
        """Return the vantage's capabilities, discovered at the first call and after a failure.

        Never raises: `problem` says why the vantage cannot be used. Calls made during a discovery
        wait for its result.
        """
        has_waited = self._discovering.locked()
        async with self._discovering:
            if self.discovered is None or (self.discovered.problem and not has_waited):
                discovery = await self._run_discovery()
                self.discovered, self.tools = discovery.capabilities, discovery.tools
        return self.discovered

    async def _run_discovery(self) -> Discovery:
        vantage, words, mark = self.vantage, DISCOVERY_COMMAND, new_mark()
        stdin = f"{mark}\n".encode()
        process = start_remote(vantage, words, mark, stdin, self._starting, ignore_line)
        try:
            async with process as remote:
                return await discover(remote, vantage.name)
        except VantageError as error:
            return Discovery(Capabilities(self.vantage.name, problem=str(error)), {})

    def run_tool(
        self,
        tool: str,
        request: bytes = b"",
        *,
        words: Sequence[str] = (),
        hold: bool = False,
        on_stderr: OnLine = ignore_line,
    ) -> AbstractAsyncContextManager[RemoteProcess]:
        """Start a tool; its watchdog ends it when the block is left or this program is killed.

        Args:
            tool: Constant shell text, in which `"$@"` stands for the words.
            request: The tool's standard input.
            hold: Keep its standard input open after the request.

        Raises:
            VantageError: It cannot be started; the message begins with the vantage's name.
        """
        mark = new_mark()
        argv = [*with_watchdog(tool, hold=hold), "sh", *words]
        stdin = frame_request(mark, request)
        return start_remote(self.vantage, argv, mark, stdin, self._starting, on_stderr)

    def run(
        self, words: Sequence[str], *, on_stderr: OnLine = ignore_line
    ) -> AbstractAsyncContextManager[RemoteProcess]:
        """Start a command; see `run_tool`."""
        return self.run_tool('"$@"', words=words, on_stderr=on_stderr)

    async def collect(
        self, words: Sequence[str], *, within: float, limit: int = 1 << 20
    ) -> CommandResult:
        """Run a command to its end and return its output.

        Args:
            within: The time limit from its start, in seconds.
            limit: How many bytes of its output are read at most.

        Raises:
            VantageError: It cannot be started, or the connection was lost.
        """
        async with self.run(words) as remote:
            output, code, timed_out = await read_to_end(remote.stdout, remote.wait, within, limit)
            truncated = len(output) > limit
            if code is None and not (timed_out or truncated):
                raise VantageError(f"{self.vantage.name}: {remote.failure}")
            return CommandResult(code, output[:limit], remote.stderr, timed_out, truncated)
