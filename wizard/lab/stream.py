"""The lab's event stream on the wire: framed, compressed, and what is said in it."""

import asyncio
import json
import zlib

from wizard.lab.behaviour import Behaviour
from wizard.lab.http import Request


class Out:
    """A response on the wire: framed, and compressed if the behaviour says so."""

    def __init__(self, how: Behaviour, request: Request, writer: asyncio.StreamWriter) -> None:
        self._writer, self._headers = writer, dict(how.headers)
        self._chunked = how.framing == "chunked" and request.version == "HTTP/1.1"
        wants = "gzip" in request.headers.get("accept-encoding", "")
        self._zip = zlib.compressobj(wbits=31) if how.gzip and wants else None
        self._sent_head = False

    async def head(self) -> None:
        """Status line and headers."""
        headers = {
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-cache",
            **self._headers,
        }
        if self._zip is not None:
            headers["Content-Encoding"] = "gzip"
        headers |= {"Transfer-Encoding": "chunked"} if self._chunked else {"Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._sent_head = True
        await self._write(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode())

    async def event(self, text: str) -> None:
        """One event or comment."""
        if not self._sent_head:
            await self.head()
        data = text.encode()
        await self._body(self._zip.compress(data) if self._zip else data)

    async def end(self) -> None:
        """The proper end."""
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


async def messages(out: Out, every_s: float, count: int | None) -> None:
    """Notifications at that pace; None never ends."""
    number = 0
    while count is None or number < count:
        await asyncio.sleep(every_s)
        number += 1
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"n": number}}
        await out.event(f"event: message\ndata: {json.dumps(note)}\n\n")


async def pings(out: Out, every_s: float) -> None:
    """Comments at that pace."""
    while True:
        await asyncio.sleep(every_s)
        await out.event(": ping\n\n")


async def replies(out: Out, queue: "asyncio.Queue[str]") -> None:
    """What was asked by POST, answered over the stream."""
    while True:
        await out.event(f"event: message\ndata: {await queue.get()}\n\n")


def reply_to(body: bytes) -> str | None:
    """A JSON-RPC answer that says little but is one; None to a notification."""
    try:
        id_ = json.loads(body).get("id")
    except (ValueError, AttributeError):
        id_ = None
    if id_ is None:
        return None
    info = {"name": "svc-bot", "version": "1.0.0.0"}
    result = {"protocolVersion": "2024-11-05", "capabilities": {}, "serverInfo": info}
    return json.dumps({"jsonrpc": "2.0", "id": id_, "result": result})
