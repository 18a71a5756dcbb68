"""One connection: the request that is sent over it, and the channel for its events."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from wizard.model.events import (
    Absent,
    Began,
    Connected,
    HeadReceived,
    ProbeEvent,
    Resolved,
    Secured,
    Sending,
    Sent,
    StreamLimit,
)
from wizard.model.probe import Probe, is_local
from wizard.model.received import Received
from wizard.probe.head_watch import FrameHeadWatch, HeadWatch, TextHeadWatch
from wizard.probe.network import connect_address, local_transport, measured_round_trip
from wizard.probe.raw_request import RawTransport
from wizard.probe.request import ProbeOptions, RequestSpec, request_headers
from wizard.text.urls import http_url, socket_path
from wizard.vantage.http.request import Notice
from wizard.vantage.http.transport import VantageTransport

WRITE_TIMEOUT_S = 10.0
"""How long sending the request may take, in seconds."""


@dataclass(frozen=True)
class Request:
    """One request of a probe, from which `build` makes the one that httpx sends."""

    probe: Probe
    options: ProbeOptions
    spec: RequestSpec

    @property
    def url(self) -> httpx.URL:
        """The probe's URL, parsed."""
        return httpx.URL(http_url(self.probe.url))

    @property
    def socket_path(self) -> str:
        """The file name of the unix socket to connect to; empty for a host and port."""
        return socket_path(self.probe.url)

    @property
    def is_https(self) -> bool:
        """True if the request needs TLS."""
        return self.url.scheme == "https"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to connect to."""
        return connect_address(self.url, self.connect_to)

    @property
    def connect_to(self) -> tuple[str, int] | None:
        """Host and port that replace the URL's own; only probes of the public URL have them."""
        return self.options.connect_to if self.probe.enters_outside else None

    def build(self, ip_address: str, channel: "ProbeChannel") -> httpx.Request:
        """The request, with Host and SNI of the URL; TCP and TLS are reported to the channel.

        `ip_address` is the address to connect to; empty if the transport looks the name up.
        """
        connect_s = self.options.connect_timeout
        timeout = {"connect": connect_s, "read": None, "write": WRITE_TIMEOUT_S, "pool": None}
        headers = request_headers(self.probe, self.options, self.spec)
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", self.url.netloc.decode("ascii")))
        url, server_name = self.url, self.url.raw_host.decode("ascii")
        extensions = {"timeout": timeout, "sni_hostname": server_name, "trace": channel.trace}
        return httpx.Request(
            self.spec.method,
            url.copy_with(host=ip_address, port=self.address[1]) if ip_address else url,
            # As curl does: what the user typed is sent as UTF-8.
            headers=[(name.encode("ascii"), value.encode()) for name, value in headers],
            content=self.spec.content or None,
            extensions=extensions | ({"wire": self.spec.wire} if self.spec.wire else {}),
        )


_MAX_STREAMS = 0x3
"""SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113, section 6.5.2)."""
Reported = ProbeEvent | tuple[ProbeEvent, ...]
"""What is put into a channel at once: an event, or the arrival of bytes with all that they hold."""
QUEUE_SIZE = 16
"""How much of what was reported may wait for its reader; the four notices of a vantage fit."""


class ProbeChannel:
    """The clock and the event queue of one connection.

    The queue is bounded: a reader that is slow slows the server down instead of filling the memory.

    Attributes:
        events: The events that nobody has read yet; None marks the end.
        connected: True once the TCP connection is established.
    """

    def __init__(self, clock: Callable[[], float], start: float | None = None) -> None:
        """Count from `start` on `clock` (in seconds); without it, from now."""
        self._clock = clock
        self._start = clock() if start is None else start
        self.events: asyncio.Queue[Reported | None] = asyncio.Queue(maxsize=QUEUE_SIZE)
        self.connected = False
        self._plain_stream: Any = None
        self._is_early = False
        self._head: HeadWatch = TextHeadWatch()
        self._is_head_reported = self._is_body_reported = False
        self._received: Received | None = None
        self._absences: list[Absent] = []

    def now(self) -> float:
        """Seconds since the request began."""
        return self._clock() - self._start

    def note_absence(self, length_s: float) -> None:
        """Note for how long this program did not run until now; the reader takes it with the next
        event, or at once if it waits for one."""
        at = self.now()
        self._absences.append(Absent(at, min(length_s, at)))
        if self.events.empty():
            self.events.put_nowait(())

    def take_absences(self) -> tuple[Absent, ...]:
        """The absences that were noted since the last call."""
        taken, self._absences = tuple(self._absences), []
        return taken

    def for_next_connection(self) -> "ProbeChannel":
        """Return the channel of one more connection attempt of the same request."""
        return ProbeChannel(self._clock, self._start)

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """Report how far connecting and sending are: the `trace` callback of httpcore."""
        match name.partition(".")[2]:
            case "connect_tcp.complete" | "connect_unix_socket.complete":
                self.connected, self._plain_stream = True, info.get("return_value")
                round_trip_s = measured_round_trip(self._plain_stream)
                await self.events.put(Connected(self.now(), round_trip_s))
            case "start_tls.complete":
                self._plain_stream = None
                await self.events.put(Secured(self.now()))
            case "send_connection_init.started":
                self._head = FrameHeadWatch()
            case "send_request_headers.started":
                stream = self._plain_stream if isinstance(self._head, TextHeadWatch) else None
                self._is_early = bool(stream and stream.get_extra_info("is_readable"))
                await self.events.put(Sending(self.now()))
            case "send_request_body.complete":
                await self.events.put(Sent(self.now()))
            case "receive_remote_settings.complete":
                await self._report_settings(info.get("return_value"))

    async def _report_settings(self, event: Any) -> None:
        changed = getattr(event, "changed_settings", {}).get(_MAX_STREAMS)
        if changed is not None:
            await self.events.put(StreamLimit(self.now(), changed.new_value))

    async def receive(self, data: bytes) -> None:
        """Report bytes that came from the connection, until a part of the body was reported.

        Raises:
            httpx.RemoteProtocolError: They are not HTTP.
        """
        is_text = isinstance(self._head, TextHeadWatch)
        if not data or (self._is_body_reported and is_text):
            return
        self._head.feed(data)
        if not self._is_body_reported:
            await self._report_head(self._head.problem)
        if self._head.problem:
            raise httpx.RemoteProtocolError(self._head.problem)

    @property
    def is_http2(self) -> bool:
        """True once the connection was opened with HTTP/2 from this machine."""
        return isinstance(self._head, FrameHeadWatch)

    @property
    def has_received(self) -> bool:
        """True once bytes came from the connection."""
        return self._received is not None

    async def reject(self, problem: str) -> bool:
        """Report that what came is not HTTP, and why; False if the headers were reported."""
        if self._is_head_reported:
            return False
        await self._report_head(problem)
        return True

    async def _report_head(self, problem: str) -> None:
        now, start = (
            self.now(),
            "" if self._is_head_reported else self._head.start.decode("latin-1"),
        )
        first_s = self._received.first_s if self._received else now
        self._received = Received(
            self._head.size,
            start,
            first_s,
            now,
            self._head.interim,
            problem,
            self._is_early,
            self._head.body_size,
            isinstance(self._head, FrameHeadWatch),
        )
        # In a flood the newest is reported as soon as the earlier ones are read; the notices of a
        # vantage still fit.
        if problem or self.events.qsize() < QUEUE_SIZE // 2:
            await self.events.put(HeadReceived(now, self._received))

    def end_head(self) -> None:
        """Note that the headers of the final answer were reported."""
        self._is_head_reported = True

    def begin_body(self) -> None:
        """Note that a part of the body was reported."""
        self._is_body_reported = True

    def notice(self, what: Notice, text: str) -> None:
        """Report the progress of a request at a vantage; its four notices fit into the queue."""
        self.events.put_nowait(_VANTAGE_EVENTS[what](self.now(), text))
        if what == "began":
            self._start = self._clock()


_VANTAGE_EVENTS: Mapping[Notice, Callable[[float, str], ProbeEvent]] = {
    "began": lambda at, _: Began(at),
    "resolved": Resolved,
    "connected": lambda at, _: Connected(at),  # The socket is the tool's: no round trip.
    "secured": lambda at, _: Secured(at),
}


def make_transport(request: Request, channel: ProbeChannel) -> httpx.AsyncBaseTransport:
    """Return the transport of the request: httpx's own, or a tool at the probe's vantage."""
    probe, options = request.probe, request.options
    if is_local(probe) and request.spec.wire:
        return RawTransport(
            channel.receive, insecure=options.insecure, socket_path=request.socket_path
        )
    if is_local(probe):
        return local_transport(
            probe.http,
            channel.receive,
            is_https=request.is_https,
            insecure=options.insecure,
            socket_path=request.socket_path,
        )
    return VantageTransport(
        options.vantage_sessions[probe.vantage],
        channel.notice,
        channel.receive,
        version=probe.http,
        insecure=options.insecure,
        connect_to=request.connect_to,
        socket_path=request.socket_path,
    )
