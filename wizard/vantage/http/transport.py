"""A request made from another place, as a transport of httpx: whatever it does is the same."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx

from wizard.model.events import Ending
from wizard.text.display import safe
from wizard.text.errors import VantageError
from wizard.vantage.http.request import Notice, Notify, RemoteRequest, Tool
from wizard.vantage.http.response import NO_ANSWER, BadResponse, Head, Part, Reading
from wizard.vantage.http.tools import choose
from wizard.vantage.remote_process import RemoteProcess
from wizard.vantage.session import VantageSession

BEHIND = 0.05
"""How far, in seconds, standard error may be behind the output."""


class Notices:
    """Each thing told once, and in order: standard error may come before or after the rest."""

    def __init__(self, notify: Notify) -> None:
        self._notify, self._told = notify, set[Notice]()
        self._stands = asyncio.Event()
        self._limit: asyncio.Timeout | None = None

    @property
    def connected(self) -> bool:
        """Whether the connection stood."""
        return "connected" in self._told

    def tell(self, what: Notice, text: str) -> None:
        """Tell it, unless that was told, and what must have been before."""
        if what in self._told:
            return
        if what != "began":
            self.tell("began", "")
        if what == "secured":
            self.tell("connected", "")
        self._told.add(what)
        if what == "connected":
            self._stands.set()
            if self._limit and not self._limit.expired():
                self._limit.reschedule(None)
        self._notify(what, text)

    @asynccontextmanager
    async def ending(self, limit: asyncio.Timeout) -> AsyncGenerator[None, None]:
        """End that limit once the connection stands: not all tools give up by themselves."""
        self._limit = limit
        if self.connected:
            limit.reschedule(None)
        try:
            yield
        finally:
            self._limit = None

    async def heard(self) -> None:
        """Standard error may come a moment after what it came before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(BEHIND):
                await self._stands.wait()

    def answered(self, secure: bool) -> None:
        """There is an answer: the connection stands, whether the tool said so or not."""
        self.tell("secured" if secure else "connected", "")


SPARE = 2.0
"""How long, in seconds, beyond its own limits a tool may take to give up connecting."""


class VantageTransportError(httpx.TransportError):
    """How a request over there ended, other than well.

    Attributes:
        reason: As the probe's ending has it.
    """

    def __init__(self, reason: Ending, detail: str) -> None:
        super().__init__(detail)
        self.reason: Ending = reason


class VantageTransport(httpx.AsyncBaseTransport):
    """One request, made by what a place has; leaving the block ends it over there too.

    Every error is a `VantageTransportError`.
    """

    def __init__(
        self,
        vantage_session: VantageSession,
        notify: Notify,
        *,
        version: str = "1.1",
        insecure: bool = False,
        connect_to: tuple[str, int] | None = None,
    ) -> None:
        self._vantage_session, self._notices = vantage_session, Notices(notify)
        self._version, self._insecure, self._connect_to = version, insecure, connect_to
        self._stack = AsyncExitStack()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Begin it, and wait for status line and headers. Raises `VantageTransportError`."""
        asked = self._asked(request)
        tool = await self._choose(asked)
        reading = tool.reading(asked.method)
        remote = await self._begin(tool, asked, reading)
        parts = _parts(remote, tool, asked, self._notices, reading)
        self._stack.push_async_callback(parts.aclose)
        wait = 2 * asked.connect_timeout + SPARE if tool.tells else None
        try:
            async with asyncio.timeout(wait) as limit, self._notices.ending(limit):
                return await self._head(parts, tool, asked)
        except TimeoutError:
            raise VantageTransportError("timeout", "no TCP connection from there in time") from None

    async def _head(
        self, parts: AsyncGenerator[Part, None], tool: Tool, asked: RemoteRequest
    ) -> httpx.Response:
        async for part in parts:
            if isinstance(part, Head):
                if tool.tells:
                    await self._notices.heard()
                self._notices.answered(asked.secure)
                return _response(part, parts)
        raise VantageTransportError("reset", NO_ANSWER)

    async def aclose(self) -> None:
        """End it, here and over there."""
        await self._stack.aclose()

    def _asked(self, request: httpx.Request) -> RemoteRequest:
        headers = [(name.decode("ascii"), value.decode()) for name, value in request.headers.raw]
        return RemoteRequest(
            str(request.url.copy_with(userinfo=b"", fragment=None)),
            request.method,
            tuple(pair for pair in headers if pair[0].lower() != "content-length"),
            request.content,
            self._version,
            self._insecure,
            self._connect_to,
            float(request.extensions["timeout"]["connect"]),
        )

    async def _choose(self, asked: RemoteRequest) -> Tool:
        known = await self._vantage_session.capabilities()
        chosen = known.problem or choose(self._vantage_session.tools, asked)
        if isinstance(chosen, Tool):
            return chosen
        raise VantageTransportError("unreached", chosen)

    async def _begin(self, tool: Tool, asked: RemoteRequest, reading: Reading) -> RemoteProcess:
        def hear(line: str) -> None:
            reading.hear(line)
            tool.hear(line, self._notices.tell)

        session = self._vantage_session.session(
            tool.script, tool.told(asked), words=tool.words(asked), hold=tool.hold, hear=hear
        )
        try:
            remote = await self._stack.enter_async_context(session)
        except VantageError as error:
            raise VantageTransportError("unreached", str(error)) from None
        if not tool.slow:
            self._notices.tell("began", "")
        return remote


async def _parts(
    remote: RemoteProcess, tool: Tool, asked: RemoteRequest, notices: Notices, reading: Reading
) -> AsyncGenerator[Part, None]:
    """The response in its parts. Raises `VantageTransportError`."""
    try:
        if reading.said is not None:
            await remote.unless_over(reading.said)
            for part in reading.feed(b""):
                yield part
        while not reading.done and (data := await remote.stdout.read(1 << 16)):
            for part in reading.feed(data):
                yield part
        if not reading.done:
            await _check_end(remote, tool, asked, notices.connected)
            for part in reading.end():
                yield part
    except BadResponse as error:
        raise VantageTransportError("reset", safe(str(error))) from None


async def _check_end(
    remote: RemoteProcess, tool: Tool, asked: RemoteRequest, connected: bool
) -> None:
    """The output has ended: raises `VantageTransportError` where the tool reports a bad end."""
    code = await remote.wait()
    if code is None:
        raise VantageTransportError("unreached", remote.failure)
    stop = tool.stop(code, remote.stderr, asked, connected)
    if stop is not None:
        raise VantageTransportError(stop.reason, stop.detail)


class _Body(httpx.AsyncByteStream):
    """The body as it comes."""

    def __init__(self, parts: AsyncGenerator[Part, None]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            if isinstance(part, bytes):
                yield part


def _response(head: Head, parts: AsyncGenerator[Part, None]) -> httpx.Response:
    return httpx.Response(
        head.status,
        headers=list(head.headers),
        stream=_Body(parts),
        extensions={"http_version": head.version.encode("ascii")},
    )
