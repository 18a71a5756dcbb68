"""The lab's event-stream backend: `/` answers, `/sse` streams, `/message` takes POSTs."""

import asyncio
import json
import uuid
from asyncio import CancelledError, IncompleteReadError, LimitOverrunError
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import TextIO

from wizard.lab.scenario import Behaviour
from wizard.lab.stream import (
    EventStream,
    Request,
    read_request,
    reply_to,
    send_messages,
    send_pings,
    send_replies,
)
from wizard.lab.websocket import asks_for_websocket, serve_websocket

_SOURCE = "ModelContextProtocol.Server.McpServer|Server (WebAPI 1.0.0.0)"
CANCELED = f"{_SOURCE} message processing canceled."
"""What the incident's backend logged when a client left."""


class Backend:
    """The server, from `start` to `stop`, in the caller's event loop."""

    def __init__(
        self,
        behaviour: Behaviour,
        port: int,
        log: Path | None = None,
        host: str = "127.0.0.1",
        socket_path: str = "",
    ) -> None:
        """Prepare the server; with `socket_path` it listens on that unix socket instead."""
        self._behaviour, self._port, self._log_path, self._host = behaviour, port, log, host
        self._socket_path = socket_path
        self._log: TextIO | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sessions: dict[str, asyncio.Queue[str]] = {}

    async def start(self) -> None:
        """Listen on the host, by default loopback. Raises `OSError` if the port is in use."""
        if self._log_path is not None:
            self._log = self._log_path.open("a", encoding="utf-8", buffering=1)
        if self._socket_path:
            self._server = await asyncio.start_unix_server(self._serve, self._socket_path)
        else:
            self._server = await asyncio.start_server(self._serve, self._host, self._port)

    async def stop(self) -> None:
        """Close the listener, every connection and the log."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._log is not None:
            self._log.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await read_request(reader, writer)) is not None:
                if not await self._answer(request):
                    break
        except (OSError, IncompleteReadError, LimitOverrunError, CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, request: Request) -> bool:
        """Answer one request. Return True if the connection is kept alive."""
        path, credential = request.path.partition("?")[0], self._behaviour.credential
        if credential and request.headers.get("authorization") != credential:
            return request.reply(401, b"no credential\n")
        if self._behaviour.websocket and request.method == "GET" and path == "/sse":
            if asks_for_websocket(request.headers):
                return await serve_websocket(self._behaviour, request)
            if self._behaviour.websocket == "only":
                return request.reply(426, b"this is a WebSocket\n")
        if self._behaviour.posts and request.method == "POST" and path == "/sse":
            return await self._answer_post(request)
        if request.method == "GET" and path == "/sse":
            await self._stream(request)
            return False
        if request.method == "POST" and path == "/message":
            return await self._accept_message(request)
        if path == "/":
            about = {"service": "svc-bot", "status": "ok"}
            return request.reply(200, json.dumps(about).encode(), "application/json")
        return request.reply(404, b"not found\n")

    async def _answer_post(self, request: Request) -> bool:
        """Answer as Streamable HTTP does (MCP 2025-03-26): `initialize` and notifications."""
        body = await request.body()
        is_known = any(name in body for name in (b'"initialize"', b'"ping"', b'"tools/list"'))
        if not is_known and b'"id"' in body:
            return request.reply(400, b"unknown method\n")
        reply = reply_to(body, self._behaviour.tools_bytes)
        if reply is None:
            return request.reply(202, b"", "application/json")
        return request.reply(200, reply.encode(), "application/json")

    async def _accept_message(self, request: Request) -> bool:
        """Answer 202 and queue the reply for the session's stream (MCP 2024-11-05)."""
        body = await request.body()
        if self._behaviour.refuses_upgrade and "upgrade" in request.headers.get("connection", ""):
            return request.reply(400, b"unexpected upgrade\n")
        session = request.path.partition("sessionId=")[2]
        if not session:
            return request.reply(400, b"sessionId is missing\n")
        replies = self._sessions.get(session)
        if replies is None:
            return request.reply(404, b"session not found\n")
        reply = reply_to(body, self._behaviour.tools_bytes)
        if reply is not None:
            await asyncio.sleep(self._behaviour.message_s)
            replies.put_nowait(reply)
        return request.reply(202, b"Accepted")

    async def _stream(self, request: Request) -> None:
        """Stream until the behaviour ends it or the client leaves; a leaving client is logged."""
        stream = EventStream(self._behaviour, request)
        session = uuid.uuid4().hex
        replies = self._sessions[session] = asyncio.Queue()
        client_left = asyncio.ensure_future(request.reader.read())
        is_short = self._behaviour.ends_early and not request.keeps_connection
        sending = asyncio.ensure_future(self._send_stream(stream, session, replies, is_short))
        try:
            await asyncio.wait({client_left, sending}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done() or sending.exception() is not None:
                self._log_canceled()
        finally:
            for task in (client_left, sending):
                task.cancel()
            await asyncio.gather(client_left, sending, return_exceptions=True)
            del self._sessions[session]

    async def _send_stream(
        self, stream: EventStream, session: str, replies: "asyncio.Queue[str]", is_short: bool
    ) -> None:
        """Send headers, the endpoint event, then (unless it is to be short) messages, pings and
        replies."""
        behaviour = self._behaviour
        if behaviour.flush:
            await stream.head()
        if behaviour.first_s is None:
            await asyncio.Event().wait()
        await asyncio.sleep(behaviour.first_s or 0.0)
        await stream.event(f"event: endpoint\ndata: /message?sessionId={session}\n\n")
        if is_short:
            return await stream.end()
        senders = [asyncio.ensure_future(sender) for sender in self._senders(stream, replies)]
        try:
            # Only `send_messages` of a finite stream ever ends.
            await asyncio.wait(senders, return_when=asyncio.FIRST_COMPLETED)
            await stream.end()
        finally:
            for task in senders:
                task.cancel()
            await asyncio.gather(*senders, return_exceptions=True)

    def _senders(
        self, stream: EventStream, replies: "asyncio.Queue[str]"
    ) -> list[Coroutine[None, None, None]]:
        """Return what is sent after the first event, to be run concurrently."""
        behaviour, senders = self._behaviour, [send_replies(stream, replies)]
        if behaviour.ping_s is not None:
            senders.append(send_pings(stream, behaviour.ping_s))
        if behaviour.every_s is not None:
            senders.append(send_messages(stream, behaviour))
        return senders

    def _log_canceled(self) -> None:
        if self._log is not None:
            now = datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-2]
            self._log.write(f"{now}|INFO|{CANCELED}\n")
