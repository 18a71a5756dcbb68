"""A backend whose streams send their next event when a test says so."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FIRST = b"data: first\n\n"
"""The event that each stream sends at once."""
PING = b": ping\n\n"
_TYPE = b"Content-Type: text/event-stream\r\n"
_MAX_RECORD = 60_000
"""A FastCGI record has at most 65,535 bytes."""


def event(size: int) -> bytes:
    """An event of that many bytes."""
    return b"data: " + b"x" * (size - len(b"data: \n\n")) + b"\n\n"


@dataclass
class _Stream:
    """One open stream: the size of its events, how they are framed, and whether each is sent in two
    parts."""

    writer: asyncio.StreamWriter
    size: int
    frame: Callable[[bytes], bytes]
    in_parts: bool

    def parts(self) -> tuple[bytes, bytes]:
        """The bytes of one event: those to send at first, and the rest."""
        data = self.frame(event(self.size))
        middle = len(data) // 2 if self.in_parts else len(data)
        return data[:middle], data[middle:]


class PacedBackend:
    """Streams of events of the size that the path names: `/SIZE`, or `/SIZE-in-parts` for events
    that are sent in two parts. Any other path is the control stream.

    An HTTP/1.1 response is chunked, each event in one chunk; an HTTP/1.0 response ends by close. A
    FastCGI request has the path as its first parameter; each event is one record or several.
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
        self._control.write(_chunk(PING))

    def _writers(self) -> Iterator[asyncio.StreamWriter]:
        yield from (stream.writer for stream in self._streams)
        if self._control is not None:
            yield self._control

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path, head, frame = await _read_request(reader)
        except asyncio.IncompleteReadError:  # a connection that was only tried
            writer.close()
            return
        writer.write(head + frame(FIRST))
        name = path.rpartition("/")[2]
        size = name.removesuffix("-in-parts")
        if size.isdigit():
            self._streams.append(_Stream(writer, int(size), frame, size != name))
        else:
            self._control = writer
        self._changed.set()


async def _read_request(
    reader: asyncio.StreamReader,
) -> tuple[str, bytes, Callable[[bytes], bytes]]:
    """The path of a request, the header of the response, and how to frame its body."""
    begin = await reader.readexactly(1)
    if begin == b"\x01":
        fields = await _read_fastcgi(reader, begin)
        # The lengths of name and value come first, one byte each; the client's headers follow.
        path = fields[2 + fields[0] :][: fields[1]].decode()
        return path, _record(_TYPE + b"\r\n"), _record
    line = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]
    _, target, version = line.split(b" ")
    head = b"HTTP/1.1 200 OK\r\n" + _TYPE
    if version == b"HTTP/1.1":
        return target.decode(), head + b"Transfer-Encoding: chunked\r\n\r\n", _chunk
    return target.decode(), head + b"Connection: close\r\n\r\n", bytes


async def _read_fastcgi(reader: asyncio.StreamReader, begin: bytes) -> bytes:
    """The parameters of a FastCGI request, up to the end of its body (`FCGI_STDIN`, type 5)."""
    fields, kind, length = b"", 0, 1
    while (kind, length) != (5, 0):
        _, kind, _, length, padding, _ = struct.unpack(
            "!BBHHBB", begin + await reader.readexactly(8 - len(begin))
        )
        content, begin = await reader.readexactly(length + padding), b""
        fields += content[:length] if kind == 4 else b""
    return fields


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _record(data: bytes) -> bytes:
    """The records of type `FCGI_STDOUT` with this data."""
    parts = [data[at : at + _MAX_RECORD] for at in range(0, len(data), _MAX_RECORD)]
    return b"".join(struct.pack("!BBHHBB", 1, 6, 1, len(part), 0, 0) + part for part in parts)
