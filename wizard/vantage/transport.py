"""A request made from another place, as a transport of httpx: whatever it does is the same."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack

import httpx

from wizard.errors import VantageError
from wizard.events import Ending
from wizard.text import safe
from wizard.vantage.far import Far
from wizard.vantage.notices import Notices
from wizard.vantage.outpost import Outpost
from wizard.vantage.request import FarRequest, Notify
from wizard.vantage.response import NO_ANSWER, BadResponse, Head, Part, Reading
from wizard.vantage.tool import Tool
from wizard.vantage.tools import choose

SPARE = 2.0
"""How long, in seconds, beyond its own limits a tool may take to give up connecting."""


class FarError(httpx.TransportError):
    """How a request over there ended, other than well.

    Attributes:
        reason: As the leg's ending has it.
    """

    def __init__(self, reason: Ending, detail: str) -> None:
        super().__init__(detail)
        self.reason: Ending = reason


class FarTransport(httpx.AsyncBaseTransport):
    """One request, made by what a place has; leaving the block ends it over there too.

    Every error is a `FarError`.
    """

    def __init__(
        self,
        outpost: Outpost,
        notify: Notify,
        *,
        version: str = "1.1",
        insecure: bool = False,
        connect_to: tuple[str, int] | None = None,
    ) -> None:
        self._outpost, self._notices = outpost, Notices(notify)
        self._version, self._insecure, self._connect_to = version, insecure, connect_to
        self._stack = AsyncExitStack()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Begin it, and wait for status line and headers. Raises `FarError`."""
        asked = self._asked(request)
        tool = await self._choose(asked)
        reading = tool.reading(asked.method)
        far = await self._begin(tool, asked, reading)
        parts = _parts(far, tool, asked, self._notices, reading)
        self._stack.push_async_callback(parts.aclose)
        wait = 2 * asked.connect_timeout + SPARE if tool.tells else None
        try:
            async with asyncio.timeout(wait) as limit, self._notices.ending(limit):
                return await self._head(parts, tool, asked)
        except TimeoutError:
            raise FarError("timeout", "no TCP connection from there in time") from None

    async def _head(
        self, parts: AsyncGenerator[Part, None], tool: Tool, asked: FarRequest
    ) -> httpx.Response:
        async for part in parts:
            if isinstance(part, Head):
                if tool.tells:
                    await self._notices.heard()
                self._notices.answered(asked.secure)
                return _response(part, parts)
        raise FarError("reset", NO_ANSWER)

    async def aclose(self) -> None:
        """End it, here and over there."""
        await self._stack.aclose()

    def _asked(self, request: httpx.Request) -> FarRequest:
        headers = [(name.decode("ascii"), value.decode()) for name, value in request.headers.raw]
        return FarRequest(
            str(request.url.copy_with(userinfo=b"", fragment=None)),
            request.method,
            tuple(pair for pair in headers if pair[0].lower() != "content-length"),
            request.content,
            self._version,
            self._insecure,
            self._connect_to,
            float(request.extensions["timeout"]["connect"]),
        )

    async def _choose(self, asked: FarRequest) -> Tool:
        known = await self._outpost.equipment()
        chosen = known.problem or choose(self._outpost.tools, asked)
        if isinstance(chosen, Tool):
            return chosen
        raise FarError("unreached", chosen)

    async def _begin(self, tool: Tool, asked: FarRequest, reading: Reading) -> Far:
        def hear(line: str) -> None:
            reading.hear(line)
            tool.hear(line, self._notices.tell)

        session = self._outpost.session(
            tool.script, tool.told(asked), words=tool.words(asked), hold=tool.hold, hear=hear
        )
        try:
            far = await self._stack.enter_async_context(session)
        except VantageError as error:
            raise FarError("unreached", str(error)) from None
        if not tool.slow:
            self._notices.tell("began", "")
        return far


async def _parts(
    far: Far, tool: Tool, asked: FarRequest, notices: Notices, reading: Reading
) -> AsyncGenerator[Part, None]:
    """The response in its parts. Raises `FarError`."""
    try:
        if reading.said is not None:
            await far.unless_over(reading.said)
            for part in reading.feed(b""):
                yield part
        while not reading.done and (data := await far.stdout.read(1 << 16)):
            for part in reading.feed(data):
                yield part
        if not reading.done:
            await _check_end(far, tool, asked, notices.connected)
            for part in reading.end():
                yield part
    except BadResponse as error:
        raise FarError("reset", safe(str(error))) from None


async def _check_end(far: Far, tool: Tool, asked: FarRequest, connected: bool) -> None:
    """The output has ended: raises `FarError` where the tool says that this is no good end."""
    code = await far.ended()
    if code is None:
        raise FarError("unreached", far.lost)
    stop = tool.stop(code, far.said, asked, connected)
    if stop is not None:
        raise FarError(stop.reason, stop.detail)


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
