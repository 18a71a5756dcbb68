"""httpx's transport for a request made at a vantage, with a tool that it has."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx

from wizard.model.events import Ending
from wizard.text.errors import VantageError, describe_error
from wizard.text.messages import tr
from wizard.vantage.http.request import Notice, Notify, RemoteRequest, Tool
from wizard.vantage.http.response import (
    NO_RESPONSE,
    BadResponseError,
    Head,
    Part,
    ResponseReader,
    is_disconnect,
)
from wizard.vantage.http.tools import choose_tool
from wizard.vantage.remote_process import RemoteProcess
from wizard.vantage.session import VantageSession

STDERR_DELAY_S = 0.05
"""How long, in seconds, a line of standard error may come after the output that it belongs to."""
ANSWER_TIMEOUT_S = 2.0
"""How long, in seconds, a tool that prints no HTTP is given to say that HTTP has come: what it
prints may be its own, such as a wrapper's warning."""
SIGNAL_STATUS = 128
"""A shell's exit status for a tool that a signal has ended is this and the signal's number."""
CONNECT_MARGIN_S = 2.0
"""How long, in seconds, a tool may need beyond its own connect timeout to give up."""


class VantageTransportError(httpx.TransportError):
    """A request at a vantage that failed.

    Attributes:
        reason: Its ending, as a probe event names it.
        is_invalid: Whether it failed because the answer is not valid HTTP.
    """

    def __init__(self, reason: Ending, detail: str, *, is_invalid: bool = False) -> None:
        super().__init__(detail)
        self.reason: Ending = reason
        self.is_invalid = is_invalid


class _Notices:
    """Passes on each notice once and in order, though standard error may come late."""

    def __init__(self, notify: Notify) -> None:
        self._notify, self._sent = notify, set[Notice]()
        self._connected = asyncio.Event()
        self._connect_timeout: asyncio.Timeout | None = None

    @property
    def is_connected(self) -> bool:
        """True once the connection is made."""
        return "connected" in self._sent

    def send(self, notice: Notice, text: str) -> None:
        """Pass a notice on, after those that must come before it; each only once."""
        if notice in self._sent:
            return
        if notice != "began":
            self.send("began", "")
        if notice == "secured":
            self.send("connected", "")
        self._sent.add(notice)
        if notice == "connected":
            self._connected.set()
            if self._connect_timeout and not self._connect_timeout.expired():
                self._connect_timeout.reschedule(None)
        self._notify(notice, text)

    @asynccontextmanager
    async def until_connected(self, limit: asyncio.Timeout) -> AsyncGenerator[None, None]:
        """Let a timeout apply only until the connection is made."""
        self._connect_timeout = limit
        if self.is_connected:
            limit.reschedule(None)
        try:
            yield
        finally:
            self._connect_timeout = None

    async def wait_for_stderr(self) -> None:
        """Wait for the tool's line about the connection, up to `STDERR_DELAY_S`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STDERR_DELAY_S):
                await self._connected.wait()


class VantageTransport(httpx.AsyncBaseTransport):
    """Makes one request with a tool at a vantage; closing it ends the tool.

    `observe` is shown the bytes of the answer as the tool prints them, with the headers; none from
    a tool that prints these apart. Every error is a `VantageTransportError`, or one that `observe`
    raises.
    """

    def __init__(
        self,
        vantage_session: VantageSession,
        notify: Notify,
        observe: Callable[[bytes], Awaitable[None]],
        *,
        version: str = "1.1",
        insecure: bool = False,
        connect_to: tuple[str, int] | None = None,
        socket_path: str = "",
    ) -> None:
        self._vantage_session, self._notices = vantage_session, _Notices(notify)
        self._observe = observe
        self._version, self._insecure, self._connect_to = version, insecure, connect_to
        self._socket_path = socket_path
        self._stack, self._has_answer = AsyncExitStack(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and wait for status line and headers.

        Raises:
            VantageTransportError: It could not be sent, or no response came.
        """
        remote_request = self._remote_request(request)
        tool = await self._choose_tool(remote_request)
        reader = tool.make_reader(remote_request.method)
        remote = await self._start(tool, remote_request, reader)
        parts = self._parts(remote, tool, remote_request, reader)
        self._stack.push_async_callback(parts.aclose)
        # A safety net: not every tool gives up by itself.
        limit = 2 * remote_request.connect_timeout + CONNECT_MARGIN_S
        try:
            async with (
                asyncio.timeout(limit if tool.reports_connection else None) as timeout,
                self._notices.until_connected(timeout),
            ):
                return await self._response(parts, tool, remote_request)
        except TimeoutError:
            detail = tr("the TCP connection from there timed out")
            raise VantageTransportError("timeout", detail) from None

    async def _response(
        self, parts: AsyncGenerator[Part, None], tool: Tool, request: RemoteRequest
    ) -> httpx.Response:
        async for part in parts:
            if isinstance(part, Head):
                if tool.reports_connection:
                    await self._notices.wait_for_stderr()
                # A response implies a connection, even if the tool has not reported it.
                self._notices.send("secured" if request.secure else "connected", "")
                return make_response(part, parts)
        raise VantageTransportError("reset", NO_RESPONSE)

    async def aclose(self) -> None:
        """End the request, here and at the vantage."""
        await self._stack.aclose()

    def _remote_request(self, request: httpx.Request) -> RemoteRequest:
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
            request.extensions.get("wire", b""),
            self._socket_path,
        )

    async def _choose_tool(self, request: RemoteRequest) -> Tool:
        capabilities = await self._vantage_session.discover()
        tool = capabilities.problem or choose_tool(self._vantage_session.tools, request)
        if not isinstance(tool, Tool):
            raise VantageTransportError("unreached", tool)
        return tool

    async def _start(
        self, tool: Tool, request: RemoteRequest, reader: ResponseReader
    ) -> RemoteProcess:
        def take_line(line: str) -> None:
            reader.take_stderr_line(line)
            if tool.answer_sign and line.startswith(tool.answer_sign):
                self._has_answer.set()
            tool.read_progress(line, self._notices.send)

        process = self._vantage_session.run_tool(
            tool.script,
            tool.stdin(request),
            words=tool.arguments(request),
            hold=tool.hold_stdin,
            on_stderr=take_line,
        )
        try:
            remote = await self._stack.enter_async_context(process)
        except VantageError as error:
            raise VantageTransportError("unreached", str(error)) from None
        if not tool.reports_start:
            self._notices.send("began", "")
        return remote

    async def _parts(
        self, remote: RemoteProcess, tool: Tool, request: RemoteRequest, reader: ResponseReader
    ) -> AsyncGenerator[Part, None]:
        """Yield the response's parts as they come. Raises `VantageTransportError`."""
        is_first = True
        try:
            if reader.head_on_stderr is not None:
                await remote.wait_for_event_or_end(reader.head_on_stderr)
                for part in reader.feed(b""):
                    yield part
            while not reader.done and (data := await remote.stdout.read(1 << 16)):
                if is_first and not b"HTTP/".startswith(data[:5]):
                    await self._check_first_output(remote, tool)
                is_first = False
                if reader.head_on_stderr is None:
                    await self._observe(data)
                for part in reader.feed(data):
                    yield part
            if not reader.done:
                await _check_end(remote, tool, request, self._notices.is_connected)
                for part in reader.end():
                    yield part
        except BadResponseError as error:
            is_invalid = not is_disconnect(str(error))
            detail = describe_error(error)
            raise VantageTransportError("reset", detail, is_invalid=is_invalid) from None

    async def _check_first_output(self, remote: RemoteProcess, tool: Tool) -> None:
        """Raise `VantageTransportError` for output that is the tool's own: a wrapper's warning.

        It is, if the tool says that an HTTP answer has come, within `ANSWER_TIMEOUT_S`.
        """
        if not tool.answer_sign:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await remote.wait_for_event_or_end(self._has_answer)
        if self._has_answer.is_set():
            detail = tr("{name} there prints something else before the answer", name=tool.name)
            raise VantageTransportError("unreached", detail)


async def _check_end(
    remote: RemoteProcess, tool: Tool, request: RemoteRequest, is_connected: bool
) -> None:
    """Wait for the tool's end. Raises `VantageTransportError` if the tool reports a failure."""
    code = await remote.wait()
    if code is None:
        raise VantageTransportError("unreached", remote.failure)
    if code > SIGNAL_STATUS:
        number = code - SIGNAL_STATUS
        problem = (
            tr("{name} there was ended by signal {number}", name=tool.name, number=number)
            if number < 65
            else tr("{name} there ended with status {code}", name=tool.name, code=code)
        )
        raise VantageTransportError("unreached", problem)
    failure = tool.explain_exit(code, remote.stderr, request, is_connected)
    if failure is not None:
        raise VantageTransportError(failure.reason, failure.detail, is_invalid=failure.is_invalid)


class _Body(httpx.AsyncByteStream):
    """The body as it comes."""

    def __init__(self, parts: AsyncGenerator[Part, None]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            if isinstance(part, bytes):
                yield part


def make_response(head: Head, parts: AsyncGenerator[Part, None]) -> httpx.Response:
    """The response with this head, whose body is read from the parts as they come."""
    return httpx.Response(
        head.status,
        headers=list(head.headers),
        stream=_Body(parts),
        extensions={"http_version": head.version.encode("ascii")},
    )
