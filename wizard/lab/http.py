"""As much of HTTP/1.1 as the lab's backend needs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head; the names of headers in lower case."""

    method: str
    path: str
    version: str
    headers: Mapping[str, str]


async def read_head(reader: asyncio.StreamReader) -> Request | None:
    """The next request's head, None where the client has left."""
    try:
        raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = raw.split("\r\n")
    method, _, rest = first.partition(" ")
    path, _, version = rest.rpartition(" ")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return Request(method, path, version, {key.lower(): value.strip() for key, _, value in pairs})


def send(
    writer: asyncio.StreamWriter, request: Request, status: int, body: bytes, kind: str
) -> bool:
    """A whole answer; whether the connection stays."""
    stays = request.version == "HTTP/1.1" and request.headers.get("connection", "") != "close"
    words = {200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
    head = (
        f"HTTP/1.1 {status} {words[status]}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: {'keep-alive' if stays else 'close'}\r\n\r\n"
    )
    writer.write(head.encode() + (b"" if request.method == "HEAD" else body))
    return stays
