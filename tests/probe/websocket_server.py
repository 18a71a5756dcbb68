"""The server's side of a WebSocket: the answer of status 101, then exactly the bytes given."""

import asyncio
from collections.abc import Sequence

from tests.probe.scripted import Act
from wizard.probe.websocket import accept_of


def frame(opcode: int, payload: bytes = b"", first: int = 0x80) -> bytes:
    """A frame of a server, with the shortest length that is allowed."""
    size = len(payload)
    if size < 126:
        head = bytes((first | opcode, size))
    elif size < 1 << 16:
        head = bytes((first | opcode, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first | opcode, 127)) + size.to_bytes(8, "big")
    return head + payload


def accepting(
    *parts: bytes,
    then: str = "close",
    heads: list[bytes] | None = None,
    received: list[bytes] | None = None,
    headers: Sequence[str] = (),
    accept: str = "",
) -> Act:
    """An `act` that accepts the upgrade and sends the parts, then does `close`, or stays `open`
    until the client leaves. `heads` gets each request, `received` what follows it."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heads is not None:
            heads.append(head)
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Accept: {accept or accept_of(_key(head))}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + b"".join(parts[:1]))
        for part in parts[1:]:
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(part)
        await writer.drain()
        if then == "open":
            sent = await reader.read()
            if received is not None:
                received.append(sent)

    return act


def _key(head: bytes) -> str:
    lines = head.decode().split("\r\n")
    return next(x.partition(":")[2].strip() for x in lines if x.startswith("Sec-WebSocket-Key:"))
