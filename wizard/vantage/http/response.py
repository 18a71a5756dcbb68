"""What a tool over there prints, read as an HTTP response: bytes in, its parts out."""

import asyncio
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
NO_ANSWER = "Server disconnected without sending a response."
"""As httpx says it."""


class Reading(Protocol):
    """How one kind of output is read."""

    @property
    def done(self) -> bool:
        """Whether the response told its own end."""
        ...

    @property
    def said(self) -> asyncio.Event | None:
        """Set once the head was said on standard error; None where it comes with the rest."""
        ...

    def hear(self, line: str) -> None:
        """Take a line of standard error."""
        ...

    def feed(self, data: bytes) -> Iterator[Part]:
        """What these bytes give. Raises `BadResponse`."""
        ...

    def end(self) -> Iterator[Part]:
        """What the end of the output gives. Raises `BadResponse` where that was too early."""
        ...


class Raw:
    """A whole HTTP message as it came on the wire, or HTTP/2 as curl writes it out."""

    said: asyncio.Event | None = None

    def __init__(self, method: str) -> None:
        self._method, self._begun = method, b""
        self._reading: Framed | Decoded | None = None

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
            raise BadResponse(NO_ANSWER)
        yield from self._reading.end()

    def hear(self, line: str) -> None:
        """Standard error says nothing of the response."""


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
            raise BadResponse(NO_ANSWER)
        self.done = True
        yield from ()


class Split:
    """The head on standard error, each of its lines two blanks in; the body, without its framing,
    is all of the output: wget."""

    def __init__(self, method: str) -> None:
        self._lines: list[str] = []
        self._size = 0
        self._told = False
        self.said = asyncio.Event()
        self.done = False

    def hear(self, line: str) -> None:
        """Take a line of standard error: the first that is not of the head ends it."""
        if self.said.is_set():
            return
        field = line.startswith("  ") and line.strip()
        if field and (self._lines or line.strip().startswith("HTTP/")):
            self._size += len(line)
            self._lines += [line.strip()] if self._size <= HEAD_LIMIT else []
        elif self._lines:
            self.said.set()

    def feed(self, data: bytes) -> Iterator[Part]:
        """What these bytes give; none are needed for the head. Raises `BadResponse`."""
        if self._lines and not self._told:
            self._told = True
            yield head_of("\n".join(self._lines).encode())
        if data:
            yield data

    def end(self) -> Iterator[Part]:
        """wget says whether that was the end."""
        if not self._lines:
            raise BadResponse(NO_ANSWER)
        yield from self.feed(b"")
        self.done = True


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
