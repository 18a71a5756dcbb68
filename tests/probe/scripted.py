"""A server on loopback that sends exactly the bytes that the test gives it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@asynccontextmanager
async def serving(
    act: Act, *, read_first: bool = True, socket_path: str = ""
) -> AsyncIterator[str]:
    """Run a server that calls `act` for each connection once the request is read; gives its URL.

    With `socket_path` it listens on a unix socket with that file name.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(task := cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            if read_first:
                await reader.readuntil(b"\r\n\r\n")
            await act(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    if socket_path:
        server, url = (
            await asyncio.start_unix_server(serve, socket_path),
            f"unix:{socket_path}:/sse",
        )
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/sse"
    try:
        yield url
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(*parts: bytes, then: str = "close") -> Act:
    """Return an `act` that sends the parts, then does `close`, `reset`, or stays `open` until the
    client leaves."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then == "open":
            await reader.read()
        elif then == "reset":
            writer.transport.abort()

    return act
