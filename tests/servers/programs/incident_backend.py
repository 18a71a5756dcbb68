"""A backend made of routes: `python incident_backend.py PORT ROUTES`, the routes as JSON.

A route is an object with a `path` and a `kind`; the other keys are arguments of the kind's
function. The answer to an unknown path is 404.
"""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

STREAM = "text/event-stream"
JSON = "application/json"
Options = dict[str, Any]


@dataclass
class Exchange:
    """One request, and the connection on which it is answered."""

    method: str
    path: str
    query: str
    version: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    more_headers: dict[str, str] = field(default_factory=dict)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        lines = [f"HTTP/1.1 {status} Status"]
        lines += [f"{name}: {value}" for name, value in {**headers, **self.more_headers}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def answer(self, status: int, body: bytes = b"", type: str = "text/plain") -> None:
        size = str(len(body))
        headers = {"Content-Type": type, "Content-Length": size, "Connection": "close"}
        await self.send(self._head(status, headers) + body)

    @property
    def asks_to_close(self) -> bool:
        return self.version == "HTTP/1.0" or "close" in self.headers.get("connection", "").lower()

    async def start_stream(self) -> None:
        framing = {"Connection": "close"}
        if self.version != "HTTP/1.0":
            framing = {"Transfer-Encoding": "chunked"}
        await self.send(self._head(200, {"Content-Type": STREAM, **framing}))

    async def event(self, text: str) -> None:
        data = text.encode()
        chunked = self.version != "HTTP/1.0"
        await self.send(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)

    async def client_left(self) -> None:
        await self.reader.read(1)


def rpc(text: bytes, tools: int = 1) -> tuple[Any, str | None]:
    """Return the method of a JSON-RPC message, and its answer (None for a notification)."""
    message = json.loads(text)
    method, id = message.get("method"), message.get("id")
    if id is None:
        return method, None
    tool = {"name": "echo", "description": "x" * 400, "inputSchema": {"type": "object"}}
    results: dict[str, Any] = {
        "initialize": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "incident", "version": "1"},
        },
        "tools/list": {"tools": [tool] * tools},
        "ping": {},
    }
    answer: Options = {"jsonrpc": "2.0", "id": id}
    if method in results:
        answer["result"] = results[method]
    else:
        answer["error"] = {"code": -32601, "message": "Method not found"}
    return method, json.dumps(answer)


async def fixed(
    exchange: Exchange, status: int = 200, body: str = "ok\n", type: str = "text/plain", **_: Any
) -> None:
    """Answer the same to everyone."""
    await exchange.answer(status, body.encode(), type)


async def events(
    exchange: Exchange,
    every: float = 0.5,
    size: int = 40,
    count: int = 0,
    ends_on_close: bool = False,
    **_: Any,
) -> None:
    """Stream events that say when they were sent."""
    await exchange.start_stream()
    number = 0
    gone = asyncio.ensure_future(exchange.client_left())
    while not gone.done() and (count == 0 or number < count):
        number += 1
        data = {"number": number, "sent_at": time.time(), "filling": "x" * size}
        await exchange.event(f"id: {number}\ndata: {json.dumps(data)}\n\n")
        if ends_on_close and exchange.asks_to_close:
            break
        await asyncio.wait({gone}, timeout=every)
    if exchange.version != "HTTP/1.0":
        await exchange.send(b"0\r\n\r\n")
    gone.cancel()


SESSIONS: dict[str, "asyncio.Queue[str]"] = {}


async def mcp_stream(
    exchange: Exchange, messages: str = "/messages", ping: float = 5.0, **_: Any
) -> None:
    """The stream of HTTP+SSE: the endpoint event, then the answers to what is POSTed there."""
    session = uuid.uuid4().hex
    answers = SESSIONS[session] = asyncio.Queue()
    await exchange.start_stream()
    await exchange.event(f"event: endpoint\ndata: {messages}?session_id={session}\n\n")
    gone = asyncio.ensure_future(exchange.client_left())
    while not gone.done():
        waiting = asyncio.ensure_future(answers.get())
        await asyncio.wait({gone, waiting}, timeout=ping, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            await exchange.event(f"event: message\ndata: {waiting.result()}\n\n")
        else:
            waiting.cancel()
            await exchange.event(": ping\n\n")
    del SESSIONS[session]


async def mcp_messages(
    exchange: Exchange, tools: int = 1, call_s: float = 0.0, accepts_all: bool = False, **_: Any
) -> None:
    """Take the messages of HTTP+SSE."""
    session = exchange.query.partition("session_id=")[2]
    if session not in SESSIONS and not accepts_all:
        await exchange.answer(404, b"Could not find session")
        return
    method, answer = rpc(exchange.body, tools)
    if method == "tools/call":
        await asyncio.sleep(call_s)
    await exchange.answer(202, b"Accepted")
    if answer is not None and session in SESSIONS:
        SESSIONS[session].put_nowait(answer)


HTTP_SESSIONS: set[str] = set()


async def streamable_http(exchange: Exchange, get: str = "405", **_: Any) -> None:
    """Streamable HTTP with sessions; `get` is `405`, or `stream` for a silent stream."""
    session = exchange.headers.get("mcp-session-id", "")
    if exchange.method == "GET" and get == "405":
        await exchange.answer(405)
        return
    method, answer = rpc(exchange.body) if exchange.method == "POST" else ("", None)
    if method == "initialize":
        session = uuid.uuid4().hex
        HTTP_SESSIONS.add(session)
        exchange.more_headers["Mcp-Session-Id"] = session
    elif session not in HTTP_SESSIONS:
        error = {"code": -32600, "message": "Session not found"}
        body = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        await exchange.answer(404 if session else 400, body, JSON)
        return
    if exchange.method == "GET":
        await exchange.start_stream()
        await exchange.client_left()
    elif answer is None:
        await exchange.answer(202 if exchange.method == "POST" else 200)
    else:
        await exchange.answer(200, answer.encode(), JSON)


KINDS: dict[str, Callable[..., Awaitable[None]]] = {
    "fixed": fixed,
    "events": events,
    "mcp-stream": mcp_stream,
    "mcp-messages": mcp_messages,
    "streamable-http": streamable_http,
}


async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, version = line.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = target.partition("?")
    return Exchange(method, path, query, version, headers, body, reader, writer)


async def route(exchange: Exchange, routes: list[Options]) -> None:
    for options in routes:
        if options["path"] != exchange.path:
            continue
        exchange.more_headers = dict(options.get("headers", {}))
        required = options.get("requires", "")
        if required and required not in exchange.headers:
            exchange.more_headers["WWW-Authenticate"] = options.get("challenge", "Bearer")
            await exchange.answer(401, b'{"error": "unauthorized"}', JSON)
            return
        await KINDS[options["kind"]](exchange, **options)
        return
    await exchange.answer(404, b"not found\n")


async def main(port: int, routes: list[Options]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await route(await read(reader, writer), routes)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), json.loads(sys.argv[2])))
