"""The lab's WebSocket server (RFC 6455): messages at the pace of the behaviour, and pings."""

import asyncio
import base64
import hashlib
import itertools
from collections.abc import Mapping

from wizard.lab.scenario import Behaviour
from wizard.lab.stream import Request

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def asks_for_websocket(headers: Mapping[str, str]) -> bool:
    """True if a request asks for the upgrade; header names are in lower case."""
    tokens = {token.strip().lower() for token in headers.get("connection", "").split(",")}
    return headers.get("upgrade", "").lower() == "websocket" and "upgrade" in tokens


async def serve_websocket(behaviour: Behaviour, request: Request) -> bool:
    """Open the WebSocket and send until the client leaves, or answer why not.

    Return True if the connection is kept alive.
    """
    if request.version != "HTTP/1.1":
        return request.reply(505, b"a WebSocket needs HTTP/1.1\n")
    key = request.headers.get("sec-websocket-key", "")
    digest = hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()
    accept = base64.b64encode(digest).decode()
    request.writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept.encode()
    )
    await request.writer.drain()
    senders = [_read_to_end(request.reader)]
    if behaviour.every_s is not None:
        senders.append(_send_messages(behaviour.every_s, request.writer))
    if behaviour.ping_s is not None:
        senders.append(_send_pings(behaviour.ping_s, request.writer))
    tasks = list(map(asyncio.ensure_future, senders))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return False


async def _read_to_end(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass


async def _send_messages(every_s: float, writer: asyncio.StreamWriter) -> None:
    for number in itertools.count(1):
        await _send_frame(writer, 1, f'{{"n": {number}}}'.encode())
        await asyncio.sleep(every_s)


async def _send_pings(every_s: float, writer: asyncio.StreamWriter) -> None:
    while True:
        await asyncio.sleep(every_s)
        await _send_frame(writer, 9, b"")


async def _send_frame(writer: asyncio.StreamWriter, opcode: int, payload: bytes) -> None:
    """Send a frame with a payload of less than 126 bytes."""
    writer.write(bytes((0x80 | opcode, len(payload))) + payload)
    await writer.drain()
