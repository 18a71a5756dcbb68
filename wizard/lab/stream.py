"""Requests, responses and event streams over HTTP/1.1, as far as the lab's backend needs them."""

import asyncio
import itertools
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from wizard.lab.scenario import Behaviour

MAX_BODY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head, with its connection; header names are in lower case."""

    method: str
    path: str
    version: str
    headers: Mapping[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def body(self) -> bytes:
        """Read the body, at most `MAX_BODY_BYTES` of it."""
        length = int(self.headers.get("content-length", "0"))
        return await self.reader.readexactly(min(length, MAX_BODY_BYTES))

    @property
    def keeps_connection(self) -> bool:
        """True if the client keeps the connection after the response."""
        return self.version == "HTTP/1.1" and self.headers.get("connection", "") != "close"

    def reply(self, status: int, body: bytes, content_type: str = "text/plain") -> bool:
        """Send a whole response. Return True if the connection is kept alive."""
        keep_alive = self.keeps_connection
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
        )
        self.writer.write(head.encode() + (b"" if self.method == "HEAD" else body))
        return keep_alive


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    """Read the head of the next request; None if the client closed the connection."""
    try:
        raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = raw.split("\r\n")
    method, _, rest = first.partition(" ")
    path, _, version = rest.rpartition(" ")
    pairs = (line.partition(":") for line in lines if ":" in line)
    headers = {key.lower(): value.strip() for key, _, value in pairs}
    return Request(method, path, version, headers, reader, writer)


class EventStream:
    """The response with the events, framed and compressed as the behaviour says."""

    def __init__(self, behaviour: Behaviour, request: Request) -> None:
        self._writer, self._headers = request.writer, behaviour.headers
        self._chunked = behaviour.framing == "chunked" and request.version == "HTTP/1.1"
        accepts = "gzip" in request.headers.get("accept-encoding", "")
        self._zip = zlib.compressobj(wbits=31) if behaviour.gzip and accepts else None
        self._sent_head = False

    async def head(self) -> None:
        """Send the status line and the headers."""
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        headers |= self._headers
        if self._zip is not None:
            headers["Content-Encoding"] = "gzip"
        headers |= {"Transfer-Encoding": "chunked"} if self._chunked else {"Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._sent_head = True
        await self._write(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode())

    async def event(self, text: str) -> None:
        """Send one event or comment, after the head if that was not sent yet."""
        if not self._sent_head:
            await self.head()
        data = text.encode()
        await self._body(self._zip.compress(data) if self._zip else data)

    async def end(self) -> None:
        """End the body as its framing requires."""
        if self._zip is not None:
            await self._body(self._zip.flush())
        if self._chunked:
            await self._write(b"0\r\n\r\n")

    async def _body(self, data: bytes) -> None:
        if data:
            await self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


async def send_messages(stream: EventStream, behaviour: Behaviour) -> None:
    """Send notifications one by one, at the pace and up to the number of the behaviour."""
    every_s, count = behaviour.every_s or 0.0, behaviour.events
    for number in itertools.count(1) if count is None else range(1, count + 1):
        await asyncio.sleep(every_s)
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"n": number}}
        text = json.dumps(note)
        await stream.event(f"event: message\ndata: {text:<{behaviour.message_bytes}}\n\n")


async def send_pings(stream: EventStream, every_s: float) -> None:
    """Send a comment each `every_s` seconds."""
    while True:
        await asyncio.sleep(every_s)
        await stream.event(": ping\n\n")


async def send_replies(stream: EventStream, replies: "asyncio.Queue[str]") -> None:
    """Send the replies to POSTed requests over the stream."""
    while True:
        await stream.event(f"event: message\ndata: {await replies.get()}\n\n")


def reply_to(body: bytes, tools_bytes: int = 0) -> str | None:
    """Return a JSON-RPC response with the result of the request; None for a notification."""
    try:
        message = json.loads(body)
        request_id, method = message.get("id"), message.get("method")
    except (ValueError, AttributeError):
        request_id = method = None
    if request_id is None:
        return None
    result = _tools(tools_bytes) if method == "tools/list" else _INITIALIZED
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "result": result})


_INITIALIZED = {
    "protocolVersion": "2024-11-05",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "svc-bot", "version": "1.0.0.0"},
}


def _tools(size: int) -> dict[str, object]:
    """One tool, whose description has this size in bytes."""
    schema = {"type": "object"}
    return {"tools": [{"name": "search", "description": "x" * size, "inputSchema": schema}]}
