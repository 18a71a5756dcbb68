"""A scripted MCP server on loopback: each request gets exactly the bytes that the test gives."""

import asyncio
import json
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.probe.scripted import CHUNKED, chunk, serving
from wizard.probe.mcp.exchange import Timeouts

SHORT_S = 0.2
"""The timeout of an exchange in which nothing will come, in seconds."""
MEDIUM_S = 1.0
"""The timeout of an exchange in which something will come and then nothing more, in seconds."""
LONG_S = 20.0
"""A timeout that is not reached even on a busy machine, in seconds."""
RESULT = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "serverInfo": {"name": "bot", "version": "7"},
}
DISCOVERED = {
    "supportedVersions": ["2026-07-28"],
    "capabilities": {},
    "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "bot", "version": "7"}},
}
Answer = bytes | Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """One request as it was received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    version: str = "HTTP/1.1"

    @property
    def name(self) -> str:
        """The JSON-RPC method of a POST, the HTTP method of any other request."""
        return str(json.loads(self.body)["method"]) if self.method == "POST" else self.method


@dataclass
class Server:
    """Answers each request by its name; what is not scripted gets a 404.

    Attributes:
        answers: The answer to each request, by name.
        requests: Every request, in order.
        closed_early: The names of the requests that the client left before the answer was complete.
        changed: Set with each change of the two.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    closed_early: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def names(self) -> list[str]:
        """The names of the requests, in order."""
        return [request.name for request in self.requests]

    def only(self, name: str) -> Request:
        """The only request of that name."""
        (request,) = (request for request in self.requests if request.name == name)
        return request

    async def wait_until(self, is_met: Callable[[], bool]) -> None:
        """Wait until the condition is met; the test's own timeout limits the wait."""
        while not is_met():
            self.changed.clear()
            await self.changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection with one request."""
        request = await read(reader)
        self.requests.append(request)
        self.changed.set()
        answer = self.answers.get(request.name, response(404, b"not found", kind="text/plain"))
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return
        answering = asyncio.ensure_future(answer(request, writer))
        closing = asyncio.ensure_future(reader.read())
        try:
            await asyncio.wait({answering, closing}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                self.closed_early.append(request.name)
                self.changed.set()
        finally:
            for task in (answering, closing):
                task.cancel()
            await asyncio.gather(answering, closing, return_exceptions=True)


async def read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, version = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body, version)


@asynccontextmanager
async def running(answers: Mapping[str, Answer]) -> AsyncIterator[Server]:
    """Run the server."""
    server = Server(dict(answers))
    async with serving(server.serve, read_first=False) as url:
        server.url = url
        yield server


def response(
    status: int, body: bytes = b"", kind: str = "application/json", **headers: str | bytes
) -> bytes:
    """A complete HTTP response; `mcp_session_id` is the header Mcp-Session-Id."""
    lines = [b"HTTP/1.1 %d X" % status, b"Connection: close", b"Content-Type: " + kind.encode()]
    for name, value in {"content_length": str(len(body)), **headers}.items():
        raw = value if isinstance(value, bytes) else value.encode()
        lines.append(name.replace("_", "-").encode() + b": " + raw)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def result(of: object, id: object = 1) -> bytes:
    """A JSON-RPC result."""
    return json.dumps({"jsonrpc": "2.0", "id": id, "result": of}).encode()


def error(code: int, message: str = "no", id: object = 1) -> bytes:
    """A JSON-RPC error."""
    body: dict[str, Any] = {"code": code, "message": message}
    return json.dumps({"jsonrpc": "2.0", "id": id, "error": body}).encode()


def event(data: bytes, kind: str = "message") -> bytes:
    """One event of a stream."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


def event_stream(*parts: bytes, session: str = "") -> Answer:
    """An event stream that sends each part as a chunk, and then stays open."""
    head = CHUNKED
    if session:
        head = head.replace(b"\r\n\r\n", b"\r\nMcp-Session-Id: %b\r\n\r\n" % session.encode())

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for part in parts:
            writer.write(chunk(part))
            await writer.drain()
        await silence(_request, writer)

    return answer


def finite_stream(*parts: bytes) -> bytes:
    """An event stream that ends."""
    return CHUNKED + b"".join(map(chunk, (*parts, b"")))


async def silence(_request: Request, _writer: asyncio.StreamWriter) -> None:
    """Send nothing."""
    await asyncio.Event().wait()


def one_short(index: int, timeout_s: float = SHORT_S) -> Timeouts:
    """Long timeouts, except for the exchange at this index, in which nothing will come."""
    left_s = iter([*[LONG_S] * index, timeout_s, *[LONG_S] * 9])
    return Timeouts(LONG_S, 0.0, lambda: -next(left_s))


def long_timeouts() -> Timeouts:
    """Timeouts that no test reaches."""
    return Timeouts(LONG_S, 0.0, lambda: -LONG_S)


def one_line(text: str) -> str:
    """Return the text; fail if it has control characters or line breaks."""
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return text


PONG = result({}, 2)
"""The reply to the ping that ends a handshake with a server without tools."""


class HttpSseScript:
    """HTTP+SSE: messages are answered over the stream.

    Attributes:
        answers: The answers for `running`.
    """

    def __init__(
        self,
        endpoint: bytes = b"/messages?sessionId=s3cr3t",
        *parts: bytes,
        stays_open: bool = True,
        accepted: bytes = b"",
        listed: bytes = b"",
    ) -> None:
        """The stream names the endpoint, and sends the parts once `initialize` was posted.

        A ping is answered over the stream too.

        Args:
            endpoint: The data of the `endpoint` event.
            parts: What the stream sends, each a chunk of its own.
            stays_open: False to end the stream after the last part.
            accepted: The response to `initialize`; a 202 by default.
            listed: What the stream sends once `tools/list` was posted; by default the reply to a
                ping.
        """
        self._endpoint, self._parts, self._stays_open = endpoint, parts, stays_open
        self._last = listed or event(PONG)
        self._accepted = accepted or response(202, b"Accepted", kind="text/plain")
        self._posted, self._asked = asyncio.Event(), asyncio.Event()

    @property
    def answers(self) -> dict[str, Answer]:
        """The answers by name."""
        return {
            "GET": self._stream,
            "initialize": self._accept,
            "notifications/initialized": response(202),
            "ping": self._accept_last,
            "tools/list": self._accept_last,
        }

    async def _accept_last(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(202))
        await writer.drain()
        self._asked.set()

    async def _accept(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(self._accepted)
        await writer.drain()
        self._posted.set()

    async def _stream(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(event(self._endpoint, "endpoint")))
        await writer.drain()
        await self._posted.wait()
        for part in self._parts:
            writer.write(chunk(part))
            await writer.drain()
        if self._stays_open:
            await self._asked.wait()
            writer.write(chunk(self._last))
            await writer.drain()
            await silence(request, writer)


class HttpSseSessions:
    """HTTP+SSE with a session for each stream, as the lab's backend and the SDKs have.

    It answers each request by name with a message over the stream of its session; or over those of
    all sessions, as gateways to one process do.
    """

    def __init__(self, replies: Mapping[str, bytes], *, to_all: bool = False) -> None:
        self._replies, self._to_all = replies, to_all
        self._sessions = list[asyncio.Queue[bytes]]()

    @property
    def answers(self) -> dict[str, Answer]:
        """The answers by name."""
        accepted = dict.fromkeys(self._replies, self._accept)
        return {"GET": self._stream, "notifications/initialized": response(202), **accepted}

    async def _accept(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(202))
        await writer.drain()
        own = self._sessions[int(request.path.rpartition("=")[2])]
        for session in self._sessions if self._to_all else [own]:
            session.put_nowait(self._replies[request.name])

    async def _stream(self, _request: Request, writer: asyncio.StreamWriter) -> None:
        queue = asyncio.Queue[bytes]()
        endpoint = b"/message?session=%d" % len(self._sessions)
        self._sessions.append(queue)
        writer.write(CHUNKED + chunk(event(endpoint, "endpoint")))
        while True:
            await writer.drain()
            writer.write(chunk(event(await queue.get())))


def streamable(stream: Answer) -> dict[str, Answer]:
    """Streamable HTTP with a session, as the SDKs have it: `stream` answers the session's GET."""

    async def answer_get(request: Request, writer: asyncio.StreamWriter) -> None:
        refused = response(400, error(-32000, "no session", None))
        chosen = stream if "mcp-session-id" in request.headers else refused
        if isinstance(chosen, bytes):
            writer.write(chosen)
            await writer.drain()
        else:
            await chosen(request, writer)

    return {
        "GET": answer_get,
        "initialize": response(200, result(RESULT), Mcp_Session_Id="s1"),
        "notifications/initialized": response(202),
        "ping": response(200, PONG),
        "DELETE": response(200),
    }
