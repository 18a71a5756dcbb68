"""A scripted MCP server on loopback: each request gets what the test says, byte for byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.probe.scripted import CHUNKED, chunk, serving
from wizard.probe.mcp.exchange import Timeouts

BRISK = 0.2
"""What an exchange is given, in seconds, where nothing at all will come."""
FAIR = 1.0
"""The same where something will come first, and then no more."""
PATIENT = 20.0
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
Answer = bytes | Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def what(self) -> str:
        """The JSON-RPC method of a POST, the HTTP method of all else."""
        return str(json.loads(self.body)["method"]) if self.method == "POST" else self.method


@dataclass
class Server:
    """Answers by what is asked; what is not scripted gets 404.

    Attributes:
        asked: Every request, in order.
        left: What the client had asked when it closed a connection that was still being served.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def whats(self) -> list[str]:
        """What was asked, in order."""
        return [one.what for one in self.asked]

    def only(self, what: str) -> Asked:
        """The one request of that kind."""
        (found,) = (one for one in self.asked if one.what == what)
        return found

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the server has seen it; the test's own timeout ends a wait in vain."""
        while not holds():
            self.changed.clear()
            await self.changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        asked = await _read(reader)
        self.asked.append(asked)
        self.changed.set()
        answer = self.answers.get(asked.what, http(404, b"not found", kind="text/plain"))
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return
        work = asyncio.ensure_future(answer(asked, writer))
        gone = asyncio.ensure_future(reader.read())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.left.append(asked.what)
                self.changed.set()
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Asked(
        method, path, headers, await reader.readexactly(int(headers.get("content-length", "0")))
    )


@asynccontextmanager
async def running(answers: Mapping[str, Answer]) -> AsyncIterator[Server]:
    """The server, listening."""
    server = Server(dict(answers))
    async with serving(server.serve, read_first=False) as url:
        server.url = url
        yield server


def http(
    status: int, body: bytes = b"", kind: str = "application/json", **headers: str | bytes
) -> bytes:
    """A whole answer; `mcp_session_id` is the header Mcp-Session-Id."""
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
    said: dict[str, Any] = {"code": code, "message": message}
    return json.dumps({"jsonrpc": "2.0", "id": id, "error": said}).encode()


def event(data: bytes, kind: str = "message") -> bytes:
    """One event of a stream."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


def streamed(*parts: bytes, session: str = "") -> Answer:
    """An event stream of these parts, each a chunk of its own, that stays open."""
    head = CHUNKED
    if session:
        head = head.replace(b"\r\n\r\n", b"\r\nMcp-Session-Id: %b\r\n\r\n" % session.encode())

    async def answer(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for part in parts:
            writer.write(chunk(part))
            await writer.drain()
        await silence(_asked, writer)

    return answer


async def silence(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()


def hurried(at: int, by: float = BRISK) -> Timeouts:
    """Patient, so that a busy machine does not matter, but for one exchange in vain."""
    waits = iter([*[PATIENT] * at, by, *[PATIENT] * 9])
    return Timeouts(PATIENT, 0.0, lambda: -next(waits))


def patient() -> Timeouts:
    """A pace that no test should need."""
    return Timeouts(PATIENT, 0.0, lambda: -PATIENT)


class Legacy:
    """HTTP+SSE: what is posted is answered over the stream.

    Attributes:
        parts: What the stream says once `initialize` was posted, each a chunk of its own.
    """

    def __init__(
        self,
        endpoint: bytes = b"/messages?sessionId=s3cr3t",
        *parts: bytes,
        after: bool = True,
        taken: bytes = b"",
    ) -> None:
        self._endpoint, self._parts, self._after = endpoint, parts, after
        self._taken = taken or http(202, b"Accepted", kind="text/plain")
        self._posted = asyncio.Event()

    @property
    def answers(self) -> dict[str, Answer]:
        """The script."""
        return {
            "GET": self._stream,
            "initialize": self._take,
            "notifications/initialized": http(202),
        }

    async def _take(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(self._taken)
        await writer.drain()
        self._posted.set()

    async def _stream(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(event(self._endpoint, "endpoint")))
        await writer.drain()
        await self._posted.wait()
        for part in self._parts:
            writer.write(chunk(part))
            await writer.drain()
        if self._after:
            await silence(asked, writer)
