"""All that one probe has shown so far, folded from its events into one frozen value."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

from wizard.model.events import (
    Began,
    Chunk,
    Comment,
    Connected,
    Ended,
    Ending,
    Excess,
    Headers,
    ProbeEvent,
    Resolved,
    Secured,
    SseEvent,
    StreamItem,
)

Http = Literal["1.1", "2"]
Encoding = Literal["identity", "gzip"]
Framing = Literal["chunked", "length", "close", "h2"]

MAX_TAIL_ITEMS = 200
"""How many of the newest events a timeline keeps for display; all are counted."""
MAX_ITEM_CHARS = 1000
"""How many characters of one event a timeline keeps."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One request to make: from where, to what, and how.

    Attributes:
        name: The id of the check it belongs to: `root-proxy`, `sse-proxy`, `sse-hop`,
            `sse-direct`.
        vantage: The place it runs from; `local` is this machine.
        host: What the Host header says, where that is not the URL's own host and port.
        hop: Which of the proxies in a row it enters at; empty for the URL itself and direct probes.
        http: The HTTP version asked for (`2` over TLS by ALPN).
        encoding: What Accept-Encoding names.
    """

    name: str
    url: str
    http: Http = "1.1"
    encoding: Encoding = "identity"
    vantage: str = "local"
    hop: str = ""
    host: str = ""

    @property
    def label(self) -> str:
        """The probe as evidence names it: `sse-proxy h1 identity`."""
        place = "" if self.vantage == "local" else f" from {self.vantage}"
        name = f"{self.name} {self.hop}" if self.hop else self.name
        return f"{name} h{self.http[0]} {self.encoding}{place}"

    @property
    def enters_outside(self) -> bool:
        """Whether it enters where customers do, at the public URL's own host."""
        return self.name.endswith("-proxy")


@dataclass(frozen=True, slots=True)
class Timeline:
    """One probe so far. Times are seconds since the start of the request, None if not reached.

    Attributes:
        began_s: When the request began, in seconds since its probe did: from another vantage,
            reaching that place comes first, and counts for nothing else.
        bytes: Body bytes on the wire, before decompression.
        first_data_s: When the first body byte came that means something after decompression.
        last_byte_s: When the newest body byte came (the headers, if none has).
        excerpt: The beginning of a body that is not an event stream.
        longest_gap_s: The longest silence between two arrivals of body bytes.
        ping_gap_s: The longest silence between two neighbouring comments or events, once two came.
        ended: None while the probe runs.
        waited_s: How long the probe looked, set when it ended.
    """

    probe: Probe
    began_s: float = 0.0
    address: str | None = None
    dns_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    headers_s: float | None = None
    first_byte_s: float | None = None
    first_data_s: float | None = None
    first_event_s: float | None = None
    status: int | None = None
    http: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    bytes: int = 0
    events: int = 0
    comments: int = 0
    excess: int = 0
    last_byte_s: float | None = None
    last_item_s: float | None = None
    longest_gap_s: float = 0.0
    ping_gap_s: float | None = None
    tail: tuple[StreamItem, ...] = ()
    excerpt: str = ""
    ended: Ending | None = None
    detail: str = ""
    waited_s: float | None = None

    def header(self, name: str) -> str | None:
        """The value of a response header, or None. `name` in lower case."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def is_event_stream(self) -> bool:
        """Whether the answer is a 200 with an event stream's media type."""
        media = (self.header("content-type") or "").split(";")[0].strip().lower()
        return self.status == 200 and media == "text/event-stream"

    @property
    def framing(self) -> Framing | None:
        """How the end of the body is told (RFC 9112, section 6.3); None before the headers."""
        if self.headers_s is None:
            return None
        if self.http == "2":
            return "h2"
        if "chunked" in (self.header("transfer-encoding") or "").lower():
            return "chunked"
        return "close" if self.header("content-length") is None else "length"

    @property
    def silence_s(self) -> float | None:
        """Seconds from the last byte (the headers, if none came) to the end; None before it."""
        if self.waited_s is None or self.last_byte_s is None:
            return None
        return self.waited_s - self.last_byte_s

    def fold(self, events: Iterable[ProbeEvent]) -> "Timeline":
        """This timeline with more events applied."""
        return reduce(apply_event, events, self)


def apply_event(line: Timeline, event: ProbeEvent) -> Timeline:
    """The timeline after one more event."""
    match event:
        case Began(at):
            return replace(line, began_s=at)
        case Resolved(at, address):
            return replace(line, dns_s=at, address=address)
        case Connected(at):
            return replace(line, connect_s=at)
        case Secured(at):
            return replace(line, tls_s=at)
        case Headers(at, status, http, headers):
            return replace(
                line, headers_s=at, status=status, http=http, headers=headers, last_byte_s=at
            )
        case Chunk():
            return _with_bytes(line, event)
        case Ended(at, reason, detail):
            return replace(line, ended=reason, detail=detail, waited_s=at)
        case _:
            return _with_item(line, event)


def _with_bytes(line: Timeline, chunk: Chunk) -> Timeline:
    gap = chunk.at - (line.last_byte_s if line.last_byte_s is not None else chunk.at)
    return replace(
        line,
        bytes=line.bytes + chunk.size,
        first_byte_s=_first(line.first_byte_s, chunk.at),
        first_data_s=_first(line.first_data_s, chunk.at) if chunk.decoded else line.first_data_s,
        last_byte_s=chunk.at,
        longest_gap_s=max(line.longest_gap_s, gap),
        excerpt=chunk.excerpt or line.excerpt,
    )


def _first(known: float | None, at: float) -> float:
    return at if known is None else known


def _with_item(line: Timeline, item: StreamItem) -> Timeline:
    is_event = isinstance(item, SseEvent)
    gap = None if line.last_item_s is None else item.at - line.last_item_s
    gaps = [known for known in (gap, line.ping_gap_s) if known is not None]
    return replace(
        line,
        events=line.events + is_event,
        comments=line.comments + isinstance(item, Comment),
        excess=line.excess + (item.dropped if isinstance(item, Excess) else 0),
        first_event_s=_first(line.first_event_s, item.at) if is_event else line.first_event_s,
        last_item_s=item.at,
        ping_gap_s=max(gaps) if gaps else None,
        tail=(*line.tail[-MAX_TAIL_ITEMS + 1 :], _short(item)),
    )


def _short(item: StreamItem) -> StreamItem:
    """The item cut for display: two hundred events of a megabyte must not be kept."""
    match item:
        case SseEvent(data=data) if len(data) > MAX_ITEM_CHARS:
            return replace(item, data=data[:MAX_ITEM_CHARS] + "…")
        case Comment(text=text) if len(text) > MAX_ITEM_CHARS:
            return replace(item, text=text[:MAX_ITEM_CHARS] + "…")
        case _:
            return item


def is_live(line: Timeline) -> bool:
    """Whether stream data has arrived."""
    return line.is_event_stream and line.first_data_s is not None


def is_plain_response(line: Timeline) -> bool:
    """Whether the answer is complete in kind: it is no event stream, so no event is due."""
    return line.headers_s is not None and not line.is_event_stream


def connected_s(line: Timeline) -> float:
    """When the request could be sent: after TLS, TCP or (not yet) at the start; seconds."""
    return line.tls_s or line.connect_s or 0.0


def has_begun(line: Timeline) -> bool:
    """Whether the request was begun: from another vantage, that place is reached first."""
    return is_local(line.probe) or line.began_s > 0


def is_local(probe: Probe) -> bool:
    """Whether the probe runs from this machine."""
    return probe.vantage == "local"


def is_connected(line: Timeline) -> bool:
    """Whether the request could be sent."""
    return (line.tls_s if line.probe.url.startswith("https:") else line.connect_s) is not None
