"""What a tool over there prints, read as an HTTP response: bytes in, its parts out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import h11

HEAD_LIMIT = 100 << 10
"""The longest header block, in bytes, as httpx has it for a request from here."""


class BadResponse(Exception):
    """What came is no HTTP, or it broke off; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers.

    Attributes:
        version: `HTTP/1.1`, `HTTP/2`.
    """

    status: int
    version: str
    headers: tuple[tuple[bytes, bytes], ...]


Part = Head | bytes


class Reading(Protocol):
    """How one kind of output is read."""

    @property
    def done(self) -> bool:
        """Whether the response told its own end."""
        ...

    def feed(self, data: bytes) -> Iterator[Part]:
        """What these bytes give. Raises `BadResponse`."""
        ...

    def end(self) -> Iterator[Part]:
        """What the end of the output gives. Raises `BadResponse` where that was too early."""
        ...


class Raw:
    """A whole HTTP message as it came on the wire, or HTTP/2 as curl writes it out."""

    def __init__(self, method: str) -> None:
        self._method, self._begun = method, b""
        self._reading: Reading | None = None

    @property
    def done(self) -> bool:
        """Whether the response told its own end."""
        return self._reading is not None and self._reading.done

    def feed(self, data: bytes) -> Iterator[Part]:
        """What these bytes give. Raises `BadResponse`."""
        if self._reading is None:
            self._begun += data
            if len(self._begun) < len(b"HTTP/2"):
                return
            decoded = self._begun.startswith((b"HTTP/2", b"HTTP/3"))
            self._reading = Decoded() if decoded else Framed(self._method)
            data, self._begun = self._begun, b""
        yield from self._reading.feed(data)

    def end(self) -> Iterator[Part]:
        """What the end of the output gives. Raises `BadResponse` where that was too early."""
        if self._reading is None:
            raise BadResponse("Server disconnected without sending a response.")
        yield from self._reading.end()


class Framed:
    """HTTP/1 with its framing, so that a body cut short is told from a whole one."""

    def __init__(self, method: str) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        # Only the method matters here: the answer to a HEAD or a CONNECT is framed otherwise.
        self._h11.send(h11.Request(method=method, target="/", headers=[("Host", "-")]))
        self._h11.send(h11.EndOfMessage())
        self.done = False

    def feed(self, data: bytes) -> Iterator[Part]:
        """What these bytes give. Raises `BadResponse`."""
        if self.done or not data:
            return
        yield from self._parts(data)

    def end(self) -> Iterator[Part]:
        """What the end of the output gives. Raises `BadResponse` where that was too early."""
        if not self.done:
            yield from self._parts(b"")

    def _parts(self, data: bytes) -> Iterator[Part]:
        try:
            self._h11.receive_data(data)
            while (event := self._h11.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Response):
                    version = f"HTTP/{event.http_version.decode('ascii')}"
                    yield Head(event.status_code, version, tuple(event.headers.raw_items()))
                elif isinstance(event, h11.Data):
                    yield bytes(event.data)
                elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                    self.done = True
                    return
        except h11.RemoteProtocolError as error:
            raise BadResponse(str(error)) from None


class Decoded:
    """A header block as text, then the body without its framing: HTTP/2 as curl writes it."""

    def __init__(self) -> None:
        self._head: bytes | None = b""
        self.done = False

    def feed(self, data: bytes) -> Iterator[Part]:
        """What these bytes give. Raises `BadResponse`."""
        while self._head is not None:
            block, blank, data = (self._head + data).partition(b"\r\n\r\n")
            if not blank:
                if len(block) > HEAD_LIMIT:
                    raise BadResponse("the header block does not end")
                self._head = block
                return
            head = head_of(block)
            final = head.status >= 200
            self._head = None if final else b""
            if final:
                yield head
        if data:
            yield data

    def end(self) -> Iterator[Part]:
        """The tool says whether that was the end."""
        if self._head is not None:
            raise BadResponse("Server disconnected without sending a response.")
        self.done = True
        yield from ()


def head_of(block: bytes) -> Head:
    """Status line and headers of a block of text. Raises `BadResponse`."""
    first, *rest = block.replace(b"\r\n", b"\n").split(b"\n")
    version, _, after = first.strip().partition(b" ")
    status = after.split(b" ")[0]
    if not version.startswith(b"HTTP/") or not (status.isdigit() and len(status) == 3):
        raise BadResponse("illegal status line")
    fields = (line.partition(b":") for line in rest if b":" in line)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in fields)
    return Head(int(status), version.decode("ascii", "replace"), headers)
