"""What one probe of one URL reports, in the order in which it happens.

Every event carries `at`: seconds since the start of the request (before name lookup).
A transport error is an `Ended`, not an exception.
"""

from dataclasses import dataclass
from typing import Literal

Ending = Literal["open", "eof", "reset", "timeout", "refused", "tls", "dns", "unreached"]
"""How a probe ended. `open`: the stream was still open when the probe hung up.
`timeout`: no connection within the time allowed (a silent stream is `open`, not `timeout`).
`reset`: cut without a proper end (RST, truncated chunk, broken HTTP).
`unreached`: the vantage could not make the request, or was lost: nothing is said of the server."""


@dataclass(frozen=True, slots=True)
class Began:
    """The request begins now, at another vantage that had to be reached first.

    Attributes:
        at: Seconds since the probe began; the times of all later events count from here.
    """

    at: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """The name was looked up; `address` is the one that will be tried first."""

    at: float
    address: str


@dataclass(frozen=True, slots=True)
class Connected:
    """The TCP connection stands."""

    at: float


@dataclass(frozen=True, slots=True)
class Secured:
    """The TLS handshake is done."""

    at: float


@dataclass(frozen=True, slots=True)
class Headers:
    """Status line and response headers have arrived.

    Attributes:
        http: The version spoken, `1.0`, `1.1` or `2`.
        headers: Names in lower case, in order of arrival.
    """

    at: float
    status: int
    http: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Body bytes have arrived.

    Attributes:
        size: How many bytes, as they came on the wire.
        decoded: How many bytes that gave after decompression: gzip can take bytes and give none.
        excerpt: The beginning of a body that is not an event stream, for the reader.
    """

    at: float
    size: int
    decoded: int
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event of the stream, dispatched as the WHATWG text says."""

    at: float
    type: str
    data: str
    id: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with a colon: a ping."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Excess:
    """A line was longer than the decoder holds; `dropped` bytes of it were let go."""

    at: float
    dropped: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of every probe. `detail` is one sentence, or empty."""

    at: float
    reason: Ending
    detail: str = ""


StreamItem = SseEvent | Comment | Excess
ProbeEvent = Began | Resolved | Connected | Secured | Headers | Chunk | StreamItem | Ended
