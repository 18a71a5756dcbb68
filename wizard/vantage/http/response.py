"""Readers that turn the output of a tool at a vantage into the parts of an HTTP response."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import h11

from wizard.text.messages import tr

_VERSION = re.compile(rb"HTTP/[0-9](\.[0-9])?")
_STATUS = re.compile(rb"[1-9][0-9]{2}")
MAX_HEAD_BYTES = 100 << 10
"""The longest header block, in bytes. The same limit as httpx has."""


class BadResponseError(Exception):
    """The output is not HTTP, or it ends too early. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers; `version` is such as `HTTP/1.1` or `HTTP/2`."""

    status: int
    version: str
    headers: tuple[tuple[bytes, bytes], ...]


Part = Head | bytes
"""The head, then the body in pieces."""
NO_RESPONSE = "Server disconnected without sending a response."
"""httpx's message for a connection that ends without a response."""
_DISCONNECTS = ("Server disconnected", "peer closed connection")
"""What the messages of httpx and h11 begin with where the connection ended too early."""


def is_disconnect(message: str) -> bool:
    """True if the message says that the connection ended, not that the answer is invalid."""
    return message.startswith(_DISCONNECTS)


def describe_end(message: str) -> str:
    """Return in our words what such a message says; any other message as it is."""
    if message.startswith(_DISCONNECTS[0]):
        return tr("the connection was closed")
    if not message.startswith(_DISCONNECTS[1]):
        return message
    _, _, how = message.rstrip(")").partition("(")
    text = tr("the connection was closed before the end of the body")
    return tr("{text} ({note})", text=text, note=how) if how else text


class ResponseReader(Protocol):
    """Reads one form of output."""

    @property
    def done(self) -> bool:
        """True once the response is complete, by its own framing."""
        ...

    @property
    def head_on_stderr(self) -> asyncio.Event | None:
        """Set once the head has come on standard error. None if it comes on standard output."""
        ...

    def take_stderr_line(self, line: str) -> None:
        """Read a line of standard error."""
        ...

    def feed(self, data: bytes) -> Iterator[Part]:
        """Yield the parts in these bytes. Raises `BadResponseError`."""
        ...

    def end(self) -> Iterator[Part]:
        """Yield the parts that the end of the output gives. Raises `BadResponseError`."""
        ...


class RawReader:
    """Reads an HTTP/1 message with its framing, or HTTP/2 in the form that curl prints."""

    head_on_stderr: asyncio.Event | None = None

    def __init__(self, method: str) -> None:
        self._method, self._start = method, b""
        self._reader: FramedReader | DecodedReader | None = None

    @property
    def done(self) -> bool:
        return self._reader is not None and self._reader.done

    def feed(self, data: bytes) -> Iterator[Part]:
        if self._reader is None:
            self._start += data
            if len(self._start) < len(b"HTTP/2"):
                return
            is_decoded = self._start.startswith((b"HTTP/2", b"HTTP/3"))
            self._reader = DecodedReader() if is_decoded else FramedReader(self._method)
            data, self._start = self._start, b""
        yield from self._reader.feed(data)

    def end(self) -> Iterator[Part]:
        if self._reader is None:
            raise BadResponseError(NO_RESPONSE)
        yield from self._reader.end()

    def take_stderr_line(self, line: str) -> None:
        """Ignore it: standard error has no part of the response."""


class FramedReader:
    """Reads HTTP/1 with its framing, which shows whether the body is complete.

    What follows an answer of status 101 is passed on as it is.
    """

    def __init__(self, method: str) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        # h11 needs the method: responses to HEAD and CONNECT are framed differently. It takes a 101
        # only as the answer to a request with Upgrade.
        headers = [("Host", "-"), ("Upgrade", "websocket")]
        self._h11.send(h11.Request(method=method, target="/", headers=headers))
        self._h11.send(h11.EndOfMessage())
        self._is_upgraded = False
        self.done = False

    def feed(self, data: bytes) -> Iterator[Part]:
        if self._is_upgraded:
            yield data
        elif data and not self.done:
            yield from self._parts(data)

    def end(self) -> Iterator[Part]:
        if self._h11.their_state is h11.SEND_RESPONSE:
            raise BadResponseError(NO_RESPONSE)
        if not self.done and not self._is_upgraded:
            yield from self._parts(b"")

    def _parts(self, data: bytes) -> Iterator[Part]:
        try:
            self._h11.receive_data(data)
            while (event := self._h11.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Response):
                    yield _head_of(event)
                elif isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                    self._is_upgraded = True
                    yield _head_of(event)
                elif isinstance(event, h11.Data):
                    yield bytes(event.data)
                elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                    self.done = True
                    return
        except h11.RemoteProtocolError as error:
            raise BadResponseError(str(error)) from None
        if self._is_upgraded and (frames := self._h11.trailing_data[0]):
            yield frames


def _head_of(event: h11.Response | h11.InformationalResponse) -> Head:
    version = f"HTTP/{event.http_version.decode('ascii')}"
    return Head(event.status_code, version, tuple(event.headers.raw_items()))


class DecodedReader:
    """Reads a header block as text and a body without framing: HTTP/2 as curl prints it."""

    def __init__(self) -> None:
        self._head: bytes | None = b""
        self.done = False

    def feed(self, data: bytes) -> Iterator[Part]:
        while self._head is not None:
            block, blank, data = (self._head + data).partition(b"\r\n\r\n")
            if not blank:
                if len(block) > MAX_HEAD_BYTES:
                    raise BadResponseError(tr("the header block does not end"))
                self._head = block
                return
            head, self._head = parse_head(block), b""
            if head.status >= 200:
                self._head = None
                yield head
        if data:
            yield data

    def end(self) -> Iterator[Part]:
        """Yield nothing: only the tool's exit status shows whether the body is complete."""
        if self._head is not None:
            raise BadResponseError(NO_RESPONSE)
        self.done = True
        yield from ()


class SplitReader:
    """Reads what wget prints: the head on standard error, the body without framing on the other.

    Each line of the head begins with two spaces.
    """

    def __init__(self, method: str) -> None:
        self._lines: list[str] = []
        self._size = 0
        self._head_sent = False
        self.head_on_stderr = asyncio.Event()
        self.done = False

    def take_stderr_line(self, line: str) -> None:
        """Read a line of standard error. The first other line after the head ends it."""
        if self.head_on_stderr.is_set():
            return
        field = line.strip() if line.startswith("  ") else ""
        if field and (self._lines or field.startswith("HTTP/")):
            self._size += len(line)
            self._lines += [field] if self._size <= MAX_HEAD_BYTES else []
        elif self._lines:
            self.head_on_stderr.set()

    def feed(self, data: bytes) -> Iterator[Part]:
        """Yield the head, even without bytes, then the bytes. Raises `BadResponseError`."""
        if self._lines and not self._head_sent:
            self._head_sent = True
            yield parse_head("\n".join(self._lines).encode("utf-8", "surrogateescape"))
        if data:
            yield data

    def end(self) -> Iterator[Part]:
        """Yield the head, if not done yet. Only the exit status shows if the body is complete."""
        if not self._lines:
            raise BadResponseError(NO_RESPONSE)
        yield from self.feed(b"")
        self.done = True


def parse_head(block: bytes) -> Head:
    """Parse a header block. Raises `BadResponseError`."""
    first, *rest = block.replace(b"\r\n", b"\n").split(b"\n")
    version, _, after = first.strip().partition(b" ")
    status = after.split(b" ")[0]
    if not _VERSION.fullmatch(version) or not _STATUS.fullmatch(status):
        raise BadResponseError(tr("illegal status line"))
    fields = (line.partition(b":") for line in rest if b":" in line)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in fields)
    return Head(int(status), version.decode("ascii"), headers)
