"""A backend whose streams send their next event when a test says so."""

import asyncio
from collections.abc import Iterator

FIRST = b"data: first\n\n"
"""The event that each stream sends at once."""
PING = b": ping\n\n"


def event(size: int) -> bytes:
    """An event of that many bytes."""
    return b"data: " + b"x" * (size - len(b"data: \n\n")) + b"\n\n"


class PacedBackend:
    """Streams of events of the size that the path names (`/SIZE`); other paths are `control`.

    An HTTP/1.1 response is chunked, each event in one chunk; an HTTP/1.0 response ends by close.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: list[tuple[asyncio.StreamWriter, int, bool]] = []
        self._control: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Listen on the port."""
        self._server = await asyncio.start_server(self._respond, "127.0.0.1", self._port)

    async def stop(self) -> None:
        """Close all connections."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers():
            writer.transport.abort()

    async def until_open(self, count: int) -> None:
        """Wait until that many streams, and the control stream, are open."""
        while len(self._streams) < count or self._control is None:
            self._changed.clear()
            await self._changed.wait()

    def send_events(self) -> None:
        """Send the next event on each stream, each in one write."""
        for writer, size, chunked in self._streams:
            writer.write(_framed(event(size), chunked))

    def send_ping(self) -> None:
        """Send a comment on the control stream."""
        assert self._control is not None
        self._control.write(_framed(PING, True))

    def _writers(self) -> Iterator[asyncio.StreamWriter]:
        yield from (writer for writer, _, _ in self._streams)
        if self._control is not None:
            yield self._control

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]
        except asyncio.IncompleteReadError:  # a connection that was only tried
            writer.close()
            return
        _, path, version = line.split(b" ")
        chunked = version == b"HTTP/1.1"
        framing = b"Transfer-Encoding: chunked" if chunked else b"Connection: close"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(framing + b"\r\n\r\n" + _framed(FIRST, chunked))
        name = path.rpartition(b"/")[2].decode()
        if name.isdigit():
            self._streams.append((writer, int(name), chunked))
        else:
            self._control = writer
        self._changed.set()


def _framed(data: bytes, chunked: bool) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if chunked else data
