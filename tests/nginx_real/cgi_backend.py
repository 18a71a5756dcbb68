"""A backend that speaks FastCGI, uwsgi or SCGI: `/` answers, any other path is an event stream."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.probe.scripted import serving

FIRST = b"event: endpoint\ndata: /message\n\n"
PARAMS = {
    "fastcgi": "fastcgi_param REQUEST_URI $request_uri;",
    "uwsgi": "uwsgi_param REQUEST_URI $request_uri;",
    "scgi": "scgi_param CONTENT_LENGTH 0; scgi_param SCGI 1; scgi_param REQUEST_URI $request_uri;",
}
"""What a location needs beside `fastcgi_pass` and its counterparts."""
_END = struct.pack("!BBHHBBIB3x", 1, 3, 1, 8, 0, 0, 0, 0)
"""FCGI_END_REQUEST."""


@asynccontextmanager
async def cgi_backend(protocol: str, *, answers: bool = True) -> AsyncIterator[str]:
    """Run the backend; give its host and port. Without `answers` a stream never gets a header."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(protocol, reader)
        is_stream = b"/sse" in request
        media_type = b"text/event-stream" if is_stream else b"text/plain"
        status = b"HTTP/1.1 200 OK" if protocol == "uwsgi" else b"Status: 200 OK"
        head = status + b"\r\nContent-Type: " + media_type + b"\r\n\r\n"
        frame = _record if protocol == "fastcgi" else bytes
        if answers or not is_stream:
            writer.write(frame(head) + frame(FIRST if is_stream else b"ok\n"))
        if is_stream:
            await reader.read()
        elif protocol == "fastcgi":
            writer.write(_END)

    async with serving(respond, read_first=False) as url:
        yield url.split("/")[2]


async def _read_request(protocol: str, reader: asyncio.StreamReader) -> bytes:
    """The parameters of the request."""
    if protocol == "uwsgi":
        _, size, _ = struct.unpack("<BHB", await reader.readexactly(4))
        return await reader.readexactly(size)
    if protocol == "scgi":
        size = int((await reader.readuntil(b":"))[:-1])
        return await reader.readexactly(size + 1)
    params, kind, length = b"", 0, 1
    while (kind, length) != (5, 0):
        header = await reader.readexactly(8)
        _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", header)
        content = await reader.readexactly(length + padding)
        params += content[:length] if kind == 4 else b""
    return params


def _record(data: bytes) -> bytes:
    return struct.pack("!BBHHBB", 1, 6, 1, len(data), 0, 0) + data
