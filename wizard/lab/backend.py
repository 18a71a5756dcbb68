"""A real event-stream backend, as the incident's: `/` answers, `/sse` streams, `/message` takes.

It does to the byte what its `Behaviour` says: what a backend can get wrong is what the lab shows.
"""

import asyncio
import json
import uuid
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import TextIO

from wizard.lab.behaviour import Behaviour
from wizard.lab.http import Request, read_head, send
from wizard.lab.stream import Out, messages, pings, replies, reply_to

CANCELED = (
    "ModelContextProtocol.Server.McpServer|Server (WebAPI 1.0.0.0) message processing canceled."
)


class Backend:
    """The server, from `start` to `stop`; runs in the caller's event loop."""

    def __init__(
        self, behaviour: Behaviour, port: int, log: Path | None = None, host: str = "127.0.0.1"
    ) -> None:
        self._behaviour, self._port, self._log_path, self._host = behaviour, port, log, host
        self._log: TextIO | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sessions: dict[str, asyncio.Queue[str]] = {}

    async def start(self) -> None:
        """Listen, on loopback unless told otherwise. Raises `OSError` if the port is in use."""
        if self._log_path is not None:
            self._log = self._log_path.open("a", encoding="utf-8", buffering=1)
        self._server = await asyncio.start_server(self._serve, self._host, self._port)

    async def stop(self) -> None:
        """Close everything."""
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
            while (request := await read_head(reader)) is not None:
                if not await self._answer(request, reader, writer):
                    break
        except (
            OSError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            asyncio.CancelledError,
        ):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether the connection stays."""
        path = request.path.partition("?")[0]
        if not self._admits(request):
            return send(writer, request, 401, b"no credential\n", "text/plain")
        if self._behaviour.posts and request.method == "POST" and path == "/sse":
            return await self._reply(request, reader, writer)
        if request.method == "GET" and path == "/sse":
            await self._stream(request, reader, writer)
            return False
        if request.method == "POST" and path == "/message":
            return await self._take(request, reader, writer)
        if path == "/":
            about = {"service": "svc-bot", "status": "ok"}
            return send(writer, request, 200, json.dumps(about).encode(), "application/json")
        return send(writer, request, 404, b"not found\n", "text/plain")

    def _admits(self, request: Request) -> bool:
        needed = self._behaviour.credential
        return not needed or request.headers.get("authorization") == needed

    async def _reply(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Streamable HTTP, 2025-03-26: it knows `initialize` and takes notifications."""
        body = await reader.readexactly(int(request.headers.get("content-length", "0")))
        if b'"initialize"' not in body and b'"id"' in body:
            return send(writer, request, 400, b"unknown method\n", "text/plain")
        reply = reply_to(body)
        if reply is None:
            return send(writer, request, 202, b"", "application/json")
        return send(writer, request, 200, reply.encode(), "application/json")

    async def _take(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """A message: 202 here, the reply over the stream."""
        body = await reader.readexactly(
            min(int(request.headers.get("content-length", "0")), 1 << 20)
        )
        if self._behaviour.refuses_upgrade and "upgrade" in request.headers.get("connection", ""):
            return send(writer, request, 400, b"unexpected upgrade\n", "text/plain")
        session = request.path.partition("sessionId=")[2]
        if not session:
            return send(writer, request, 400, b"sessionId is missing\n", "text/plain")
        queue = self._sessions.get(session)
        if queue is None:
            return send(writer, request, 404, b"session not found\n", "text/plain")
        reply = reply_to(body)
        if reply is not None:
            await asyncio.sleep(self._behaviour.message_s)
            queue.put_nowait(reply)
        return send(writer, request, 202, b"Accepted", "text/plain")

    async def _stream(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        out = Out(self._behaviour, request, writer)
        session = uuid.uuid4().hex
        queue = self._sessions[session] = asyncio.Queue()
        left = asyncio.ensure_future(reader.read())
        script = asyncio.ensure_future(self._play(out, session, queue))
        try:
            await asyncio.wait({left, script}, return_when=asyncio.FIRST_COMPLETED)
            if not script.done() or script.exception() is not None:
                self._say_canceled()
        finally:
            for task in (left, script):
                task.cancel()
            await asyncio.gather(left, script, return_exceptions=True)
            del self._sessions[session]

    async def _play(self, out: Out, session: str, queue: "asyncio.Queue[str]") -> None:
        """Send what the behaviour says, in its order."""
        how = self._behaviour
        if how.flush:
            await out.head()
        if how.first_s is None:
            await asyncio.Event().wait()
        await asyncio.sleep(how.first_s or 0.0)
        await out.event(f"event: endpoint\ndata: /message?sessionId={session}\n\n")
        going = [asyncio.ensure_future(work) for work in self._going(out, queue)]
        try:
            # Only a finite stream's messages ever end.
            await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            await out.end()
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)

    def _going(self, out: Out, queue: "asyncio.Queue[str]") -> list[Coroutine[None, None, None]]:
        """What goes on after the first event, side by side."""
        how, going = self._behaviour, [replies(out, queue)]
        if how.ping_s is not None:
            going.append(pings(out, how.ping_s))
        if how.every_s is not None:
            going.append(messages(out, how.every_s, how.events))
        return going

    def _say_canceled(self) -> None:
        if self._log is not None:
            now = datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-2]
            self._log.write(f"{now}|INFO|{CANCELED}\n")
