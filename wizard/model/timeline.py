"""A probe (one request to make) and its timeline, folded from the events of that request."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby, pairwise
from typing import Literal, TypeGuard

from wizard.model.events import (
    Absent,
    Began,
    Chunk,
    Comment,
    Connected,
    Ended,
    Ending,
    Excess,
    Headers,
    HeadReceived,
    ProbeEvent,
    Resolved,
    Secured,
    Sending,
    Sent,
    SseEvent,
    StreamItem,
    StreamLimit,
    Undecodable,
    Upgraded,
    shortened,
)
from wizard.model.media_types import DECODED, STREAM_TYPES, WEB_PAGES
from wizard.model.probe import Probe, is_local
from wizard.model.wire import NOTHING_SEEN, Wire

Framing = Literal["chunked", "length", "close", "h2"]

MAX_TAIL_ITEMS = 200
"""The number of newest events that a timeline keeps for display; all events are counted."""
MAX_ARRIVALS = 200
"""The number of newest arrivals that a timeline keeps."""
MAX_ABSENCES = 200
"""The number of absences that a timeline keeps; beyond it, the shortest one is left out."""
AT_ONCE_S = 0.05
"""Within how many seconds a short answer without a length arrives."""
_EVENT_START = re.compile(r"\ufeff?(?:(?:event|id|retry)?:[^\r\n]*(?:\r\n?|\n)+)*data:")
"""The first fields of an event stream (https://html.spec.whatwg.org/#parsing-an-event-stream)."""
MERGE_S = 0.001
"""Bytes that follow within this time, in seconds, belong to the same arrival: the kernel may hand
over in two pieces what was sent in one."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Body bytes that arrived at one moment.

    Attributes:
        size: The number of bytes after decompression, if that was possible.
        items: The number of events and comments that these bytes completed.
        pending: The number of bytes of an event that was unfinished afterwards.
    """

    at: float
    size: int
    items: int = 0
    pending: int = 0

    def plus(self, later: "Arrival") -> "Arrival":
        """This arrival and a later one, as one at the time of this one."""
        size, items = self.size + later.size, self.items + later.items
        return Arrival(self.at, size, items, later.pending)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything one request has done so far.

    Times are seconds since the start of the request, and None until that point is reached.

    Attributes:
        began_s: When the request began, in seconds since its probe began: the time to connect to
            a vantage, which is part of no other value.
        address: The address that the URL's host resolved to.
        is_own_address: Whether that is an address of the machine that the wizard runs on.
        measured_round_trip_s: The network's round trip as the kernel measured it; None if it did
            not.
        first_data_s: When the first body byte came that gave data after decompression; of a
            WebSocket, when it was open, since it may be idle for as long as it lives.
        upgraded_s: When a WebSocket was open.
        http: The HTTP version of the response: `1.0`, `1.1` or `2`.
        headers: Response headers with names in lower case.
        header_bytes: The size of the response's header as received, in bytes: with its status line
            and the separators. A case file keeps it, while it masks values.
        bytes: The number of body bytes on the wire, before decompression; `decoded` after it.
        events: The number of events, `comments` that of comments (pings).
        excess: The number of bytes dropped from lines longer than the decoder holds.
        last_byte_s: When the newest body byte came; before any, when the headers came.
        longest_gap_s: The longest time between two arrivals of body bytes.
        ping_gap_s: The longest time between two successive events or comments; None before two.
        tail: The newest events and comments.
        arrivals: The newest arrivals of body bytes.
        excerpt: The beginning of a body without events.
        ended: How the request ended; None while it runs.
        detail: The reason for the end in one sentence, or empty.
        close_code: The code of the close frame that ended a WebSocket; None without one.
        waited_s: When the request ended.
        wire: What was seen of the request on its connection.
        absences: When this program did not run, and so read late: the longest of these times.
    """

    probe: Probe
    began_s: float = 0.0
    address: str | None = None
    is_own_address: bool = False
    dns_s: float | None = None
    connect_s: float | None = None
    measured_round_trip_s: float | None = None
    tls_s: float | None = None
    headers_s: float | None = None
    first_byte_s: float | None = None
    first_data_s: float | None = None
    first_event_s: float | None = None
    upgraded_s: float | None = None
    status: int | None = None
    http: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    header_bytes: int = 0
    bytes: int = 0
    decoded: int = 0
    events: int = 0
    comments: int = 0
    excess: int = 0
    last_byte_s: float | None = None
    last_item_s: float | None = None
    longest_gap_s: float = 0.0
    ping_gap_s: float | None = None
    tail: tuple[StreamItem, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    excerpt: str = ""
    ended: Ending | None = None
    detail: str = ""
    close_code: int | None = None
    waited_s: float | None = None
    wire: Wire = NOTHING_SEEN
    absences: tuple[Absent, ...] = ()

    def header(self, name: str) -> str | None:
        """The value of a response header, None if it is absent. `name` is in lower case."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def is_event_stream(self) -> bool:
        """True if the response is a 200 of type `text/event-stream`."""
        return self.status == 200 and self.media_type == "text/event-stream"

    @property
    def is_websocket(self) -> bool:
        """True if the response opened a WebSocket."""
        return self.upgraded_s is not None

    @property
    def media_type(self) -> str:
        """The media type of the response in lower case; empty without one."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()

    @property
    def is_stream(self) -> bool:
        """True for a WebSocket, and for a 200 whose body comes piece by piece, of whatever type.

        These are the types made for it (event streams, NDJSON, multipart, gRPC-Web), and any other
        body without a length (`text/plain`, a JSON array) unless it is a web page, or came at once.
        Where a WebSocket was asked for, nothing else is a stream.
        """
        if self.probe.upgrade:
            return self.is_websocket
        media_type = self.media_type
        if self.status != 200 or media_type in WEB_PAGES or self.wire.is_early:
            return False
        if media_type in STREAM_TYPES or "grpc" in media_type:
            return True
        return self.header("content-length") is None and not self.came_at_once

    @property
    def is_mislabeled(self) -> bool:
        """True if a 200 of another type begins as an event stream does, with a line of data."""
        is_other = self.status == 200 and not self.is_event_stream and not self.is_websocket
        return is_other and _EVENT_START.match(self.excerpt) is not None

    @property
    def is_opaque(self) -> bool:
        """True if the body has a Content-Encoding that could not be decoded."""
        coding = (self.header("content-encoding") or "identity").strip().lower()
        names = {name.strip() for name in coding.split(",")}
        return not names <= DECODED and not self.items

    @property
    def came_at_once(self) -> bool:
        """True if the response has ended and its whole body arrived within `AT_ONCE_S`."""
        arrivals = self.arrivals
        return self.ended == "eof" and (
            not arrivals or arrivals[-1].at - arrivals[0].at < AT_ONCE_S
        )

    @property
    def tail_events(self) -> list[SseEvent]:
        """The newest events, without comments."""
        return [item for item in self.tail if isinstance(item, SseEvent)]

    @property
    def framing(self) -> Framing | None:
        """How the response marks the end of its body (RFC 9112, section 6.3); None before the
        headers, and for a 101, which has none."""
        if self.headers_s is None or self.status == 101:
            return None
        if self.http == "2":
            return "h2"
        if "chunked" in (self.header("transfer-encoding") or "").lower():
            return "chunked"
        return "close" if self.header("content-length") is None else "length"

    @property
    def round_trip_s(self) -> float:
        """The network's round trip in seconds; if it was not measured, the time to connect."""
        if self.measured_round_trip_s is not None:
            return self.measured_round_trip_s
        return max(0.0, (self.connect_s or 0.0) - (self.dns_s or 0.0))

    @property
    def items(self) -> int:
        """The number of events and comments."""
        return self.events + self.comments

    @property
    def pending(self) -> int:
        """The number of decoded bytes of an event that has begun and not ended; 0 without one."""
        return self.arrivals[-1].pending if self.arrivals else 0

    @property
    def silence_s(self) -> float | None:
        """Seconds from the last byte (or from the headers) to the end; None while it runs."""
        if self.waited_s is None or self.last_byte_s is None:
            return None
        return self.waited_s - self.last_byte_s

    def fold(self, events: Iterable[ProbeEvent]) -> "Timeline":
        """The timeline after more events."""
        timeline = self
        for _, group in groupby(events, _is_item):
            alike = list(group)
            items = [event for event in alike if _is_item(event)]
            timeline = _with_items(timeline, items) if items else reduce(_apply, alike, timeline)
        return timeline


def _is_item(event: ProbeEvent) -> TypeGuard[StreamItem]:
    return isinstance(event, SseEvent | Comment | Excess)


def _apply(timeline: Timeline, event: ProbeEvent) -> Timeline:
    """The timeline after one more event that is no item of the stream."""
    match event:
        case Began() | Resolved() | Connected() | Secured():
            return _with_connection(timeline, event)
        case Headers(at, status, http, headers):
            return replace(
                timeline,
                headers_s=at,
                status=status,
                http=http,
                headers=headers,
                header_bytes=size_of_header(headers),
                last_byte_s=at,
                wire=timeline.wire.after(event),
            )
        case Upgraded(at):
            return replace(timeline, upgraded_s=at, first_data_s=at)
        case Chunk():
            return _with_bytes(timeline, event)
        case Sending() | Sent() | StreamLimit() | HeadReceived() | Undecodable():
            return replace(timeline, wire=timeline.wire.after(event))
        case Absent():
            return replace(timeline, absences=_with_absence(timeline.absences, event))
        case Ended(at, reason, detail, code):
            ended = replace(timeline, ended=reason, detail=detail, waited_s=at)
            return replace(ended, close_code=code) if code is not None else ended
        case _:
            return _with_items(timeline, [event])


def _with_connection(timeline: Timeline, event: Began | Resolved | Connected | Secured) -> Timeline:
    match event:
        case Began(at):
            return replace(timeline, began_s=at, absences=())
        case Resolved(at, address, is_own):
            return replace(timeline, dns_s=at, address=address, is_own_address=is_own)
        case Connected(at, round_trip_s):
            return replace(timeline, connect_s=at, measured_round_trip_s=round_trip_s)
        case Secured(at):
            return replace(timeline, tls_s=at)


def size_of_header(headers: Iterable[tuple[str, str]]) -> int:
    """The size of a response's header in bytes: status line, each header, and separators."""
    return 17 + sum(len(name) + len(value) + 4 for name, value in headers)


def _with_bytes(timeline: Timeline, chunk: Chunk) -> Timeline:
    gap = chunk.at - (timeline.last_byte_s if timeline.last_byte_s is not None else chunk.at)
    first_data_s = timeline.first_data_s
    return replace(
        timeline,
        bytes=timeline.bytes + chunk.size,
        decoded=timeline.decoded + chunk.decoded,
        arrivals=_with_arrival(timeline.arrivals, chunk),
        first_byte_s=_first(timeline.first_byte_s, chunk.at),
        first_data_s=_first(first_data_s, chunk.at) if chunk.decoded else first_data_s,
        last_byte_s=chunk.at,
        longest_gap_s=max(timeline.longest_gap_s, gap),
        excerpt=chunk.excerpt or timeline.excerpt,
    )


def _with_arrival(arrivals: tuple[Arrival, ...], chunk: Chunk) -> tuple[Arrival, ...]:
    last = arrivals[-1] if arrivals else None
    new = Arrival(chunk.at, chunk.decoded, chunk.items, chunk.pending)
    if last is None or chunk.at - last.at > MERGE_S:
        return (*arrivals[-MAX_ARRIVALS + 1 :], new)
    return (*arrivals[:-1], last.plus(new))


def _with_absence(absences: tuple[Absent, ...], new: Absent) -> tuple[Absent, ...]:
    if len(absences) < MAX_ABSENCES:
        return (*absences, new)
    shortest = min((*absences, new), key=lambda absent: absent.length_s)
    return tuple(absent for absent in (*absences, new) if absent is not shortest)


def _first(earlier: float | None, at: float) -> float:
    return at if earlier is None else earlier


def _with_items(timeline: Timeline, items: Sequence[StreamItem]) -> Timeline:
    """The timeline after these items, at a cost for each that a flood of them can bear."""
    events = [item for item in items if isinstance(item, SseEvent)]
    times = [at for at in (timeline.last_item_s, *(item.at for item in items)) if at is not None]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if timeline.ping_gap_s is not None:
        gaps.append(timeline.ping_gap_s)
    newest = tuple(map(shortened, items[-MAX_TAIL_ITEMS:]))
    first_event_s = timeline.first_event_s
    return replace(
        timeline,
        events=timeline.events + len(events),
        comments=timeline.comments + sum(isinstance(item, Comment) for item in items),
        excess=timeline.excess + sum(item.dropped for item in items if isinstance(item, Excess)),
        first_event_s=_first(first_event_s, events[0].at) if events else first_event_s,
        last_item_s=items[-1].at,
        ping_gap_s=max(gaps) if gaps else None,
        tail=(*timeline.tail, *newest)[-MAX_TAIL_ITEMS:],
    )


def is_live(timeline: Timeline) -> bool:
    """True if data of a stream has arrived."""
    return timeline.is_stream and timeline.first_data_s is not None


def is_success(timeline: Timeline) -> bool:
    """True if the status of the response is 2xx."""
    return timeline.status is not None and 200 <= timeline.status < 300


def is_plain_response(timeline: Timeline) -> bool:
    """True if the response is no stream, so that nothing more will come."""
    return timeline.headers_s is not None and not timeline.is_stream


def is_unanswered(timeline: Timeline) -> bool:
    """True if nothing came of an answer, not even a part of it, and the request was sent."""
    wire = timeline.wire
    return timeline.headers_s is None and not wire.has_answer and not wire.is_unsent


def connected_s(timeline: Timeline) -> float:
    """When the connection was ready for the request, in seconds; 0 if it is not ready."""
    return timeline.tls_s or timeline.connect_s or 0.0


def has_begun(timeline: Timeline) -> bool:
    """True if the request has begun; another vantage must be connected to first."""
    return is_local(timeline.probe) or timeline.began_s > 0


def is_connected(timeline: Timeline) -> bool:
    """True if the connection, with TLS for `https:`, is established."""
    is_tls = timeline.probe.url.startswith("https:")
    return (timeline.tls_s if is_tls else timeline.connect_s) is not None
