"""A backend whose streams send their next event when a test says so."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

FIRST = b"data: first\n\n"
"""The event that each stream sends at once."""
PING = b": ping\n\n"


def event(size: int) -> bytes:
    """An event of that many bytes."""
    return b"data: " + b"x" * (size - len(b"data: \n\n")) + b"\n\n"


@dataclass
class _Stream:
    """One open stream: the size of its events, whether they are chunks, and whether each is sent
    in two parts."""

    writer: asyncio.StreamWriter
    size: int
    chunked: bool
    in_parts: bool

    def parts(self) -> tuple[bytes, bytes]:
        """The bytes of one event: those to send at first, and the rest."""
        data = _framed(event(self.size), self.chunked)
        middle = len(data) // 2 if self.in_parts else len(data)
        return data[:middle], data[middle:]


class PacedBackend:
    """Streams of events of the size that the path names: `/SIZE`, or `/SIZE-in-parts` for events
    that are sent in two parts. Any other path is the control stream.

    An HTTP/1.1 response is chunked, each event in one chunk; an HTTP/1.0 response ends by close.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: list[_Stream] = []
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
        """Send the next event on each stream, each in one write, or the first part of it."""
        for stream in self._streams:
            stream.writer.write(stream.parts()[0])

    def send_rests(self) -> None:
        """Send the second parts."""
        for stream in self._streams:
            stream.writer.write(stream.parts()[1])

    def send_ping(self) -> None:
        """Send a comment on the control stream."""
        assert self._control is not None
        self._control.write(_framed(PING, True))

    def _writers(self) -> Iterator[asyncio.StreamWriter]:
        yield from (stream.writer for stream in self._streams)
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
        size = name.removesuffix("-in-parts")
        if size.isdigit():
            self._streams.append(_Stream(writer, int(size), chunked, size != name))
        else:
            self._control = writer
        self._changed.set()


def _framed(data: bytes, chunked: bool) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if chunked else data
