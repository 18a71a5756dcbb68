"""The events of one request, in the order in which they happen.

Each has `at`: seconds since the start of the request (before name lookup).
A transport error is an `Ended` event, not an exception.
"""

from dataclasses import dataclass, replace
from typing import Literal

from wizard.model.received import Received

Ending = Literal["open", "eof", "reset", "timeout", "refused", "tls", "dns", "unreached", "bug"]
"""How a request ended.

`open`: the stream was still open when the probe closed it.
`eof`: the response ended properly; a WebSocket was closed by a close frame.
`reset`: the connection broke (RST, truncated chunk, invalid HTTP, a WebSocket without close frame).
`timeout`: there was no connection within the time limit (a silent stream is `open`).
`refused`, `tls`, `dns`: connecting, the TLS handshake or the name lookup failed.
`unreached`: the vantage could not make the request, or was lost; the server was not tested.
`bug`: an error of this tool ended the probe; what the server would have done is not known.
"""
MAX_ITEM_CHARS = 1000
"""The number of characters that a timeline keeps of one event."""


@dataclass(frozen=True, slots=True)
class Began:
    """The request begins, after a vantage was connected to; here `at` is in seconds since the probe
    began, and the times of all later events count from this moment."""

    at: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """The host name was looked up; `address` is tried first. `is_own` if it is this machine's."""

    at: float
    address: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Connected:
    """The TCP connection is established; `round_trip_s` is the network's round trip as the kernel
    measured it, in seconds, None if it does not tell."""

    at: float
    round_trip_s: float | None = None


@dataclass(frozen=True, slots=True)
class Secured:
    """The TLS handshake is complete."""

    at: float


@dataclass(frozen=True, slots=True)
class Sending:
    """Sending the request begins on a connection of this machine; at a vantage it is not seen."""

    at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """The request was written to the connection whole."""

    at: float


@dataclass(frozen=True, slots=True)
class StreamLimit:
    """An HTTP/2 server said how many requests it takes at a time (SETTINGS_MAX_CONCURRENT_STREAMS,
    RFC 9113, section 6.5.2)."""

    at: float
    limit: int


@dataclass(frozen=True, slots=True)
class HeadReceived:
    """Bytes came, and the headers of the final answer are not complete, or just became so."""

    at: float
    received: Received


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The body cannot be decoded as its Content-Encoding says; nothing more of it is read.

    Attributes:
        why: The reason in one sentence.
        start: The first bytes of the body as they came, each as the character of that number.
    """

    at: float
    why: str
    start: str


@dataclass(frozen=True, slots=True)
class Headers:
    """Status and response headers have arrived: HTTP version `1.0`, `1.1` or `2`; header names in
    lower case, in order of arrival."""

    at: float
    status: int
    http: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A WebSocket is open: the answer of status 101 is one that a client takes (RFC 6455, section
    4.1). Its messages follow as events of the type `text` or `binary`, pings and other control
    frames as comments."""

    at: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """Body bytes have arrived.

    Attributes:
        size: The number of bytes on the wire.
        decoded: The number of bytes after decompression, which can be 0 with gzip.
        items: The number of events and comments that these bytes complete.
        pending: The number of decoded bytes of an event that has begun and not ended by then.
        excerpt: The beginning of a body without events, for display.
    """

    at: float
    size: int
    decoded: int
    excerpt: str = ""
    items: int = 0
    pending: int = 0


class StreamItem:
    """What a stream consists of: an event, a comment, or the excess of a line; `at` is when it
    came, in seconds since the request began."""

    __slots__ = ()
    at: float


@dataclass(frozen=True, slots=True, init=False)
class SseEvent(StreamItem):
    """One event of the stream, dispatched as the WHATWG HTML standard defines it
    (https://html.spec.whatwg.org/multipage/server-sent-events.html); or one line of JSON lines."""

    at: float
    type: str
    data: str
    id: str

    # Half the time of the decoder is spent here, and the initializer of a frozen dataclass takes
    # twice as long.
    def __init__(self, at: float, type: str, data: str, id: str) -> None:
        _set_at(self, at)
        _set_type(self, type)
        _set_data(self, data)
        _set_id(self, id)


_set_at, _set_type, _set_data, _set_id = (
    vars(SseEvent)[name].__set__ for name in ("at", "type", "data", "id")
)


@dataclass(frozen=True, slots=True)
class Comment(StreamItem):
    """A line that begins with a colon; servers send it as a ping."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Excess(StreamItem):
    """A line was longer than the decoder holds; `dropped` bytes of it were discarded."""

    at: float
    dropped: int


@dataclass(frozen=True, slots=True)
class Absent:
    """This program did not run for the `length_s` seconds before `at`: the machine was busy, or the
    process was stopped. What came meanwhile is read only now."""

    at: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of every request. `detail` is one sentence, or empty.

    `close_code` is the code of a WebSocket's close frame (RFC 6455, section 7.4.1); None without
    one.
    """

    at: float
    reason: Ending
    detail: str = ""
    close_code: int | None = None


ProbeEvent = (
    Began | Resolved | Connected | Secured | Sending | Sent | StreamLimit | HeadReceived | Headers
    | Upgraded | Chunk | Undecodable | StreamItem | Absent | Ended
)  # fmt: skip


def shortened(item: StreamItem) -> StreamItem:
    """The item with its text cut, so that 200 events of a megabyte do not stay in memory."""
    match item:
        case SseEvent(data=data) if len(data) > MAX_ITEM_CHARS:
            return replace(item, data=data[:MAX_ITEM_CHARS] + "…")
        case Comment(text=text) if len(text) > MAX_ITEM_CHARS:
            return replace(item, text=text[:MAX_ITEM_CHARS] + "…")
        case _:
            return item
