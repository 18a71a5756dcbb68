"""One connection: what is asked over it, and where it reports to."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from wizard.model.events import Began, Connected, ProbeEvent, Resolved, Secured
from wizard.model.timeline import Probe, is_here
from wizard.probe.network import connect_address, local_transport
from wizard.probe.request import ProbeOptions, RequestSpec, request_headers
from wizard.vantage.http.request import Notice
from wizard.vantage.http.transport import VantageTransport


@dataclass(frozen=True)
class Request:
    """All that one request is made from."""

    probe: Probe
    options: ProbeOptions
    spec: RequestSpec

    @property
    def url(self) -> httpx.URL:
        return httpx.URL(self.probe.url)

    @property
    def secure(self) -> bool:
        return self.url.scheme == "https"

    @property
    def host(self) -> tuple[str, int]:
        """Where to connect to."""
        return connect_address(self.url, self.connect_to)

    @property
    def connect_to(self) -> tuple[str, int] | None:
        """Where to connect instead: said of the public URL alone."""
        return self.options.connect_to if self.probe.enters_outside else None

    def to(self, address: str, channel: "ProbeChannel") -> httpx.Request:
        """The request to a fixed address under the URL's own name (Host, SNI); an empty address
        leaves that to whoever looks the name up."""
        connect = self.options.connect_timeout
        headers = request_headers(self.probe, self.options, self.spec)
        if not any(key.lower() == "host" for key, _ in headers):
            headers.insert(0, ("Host", self.url.netloc.decode("ascii")))
        return httpx.Request(
            self.spec.method,
            self.url.copy_with(host=address, port=self.host[1]) if address else self.url,
            # As curl does: what the user typed goes out as UTF-8.
            headers=[(name.encode("ascii"), value.encode()) for name, value in headers],
            content=self.spec.content or None,
            extensions={
                "timeout": {"connect": connect, "read": None, "write": 10.0, "pool": None},
                "sni_hostname": self.url.raw_host.decode("ascii"),
                "trace": channel.trace,
            },
        )


class ProbeChannel:
    """Where one connection reports to: the request's clock (seconds since its start), and a queue
    bounded so that a slow reader slows the server down instead of filling the memory."""

    def __init__(self, clock: Callable[[], float], start: float | None = None) -> None:
        self._clock = clock
        self._start = clock() if start is None else start
        self.events: asyncio.Queue[ProbeEvent | None] = asyncio.Queue(maxsize=256)
        self.connected = False

    def now(self) -> float:
        """Seconds since the request began."""
        return self._clock() - self._start

    def for_next_connection(self) -> "ProbeChannel":
        """For one more connection of the same request."""
        return ProbeChannel(self._clock, self._start)

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """Hears from httpcore when TCP and TLS stand."""
        if name == "connection.connect_tcp.complete":
            self.connected = True
            await self.events.put(Connected(self.now()))
        elif name == "connection.start_tls.complete":
            await self.events.put(Secured(self.now()))

    def notice(self, what: Notice, text: str) -> None:
        """Hears from another vantage. There are four of these at most, so the queue has room."""
        self.events.put_nowait(_NOTICED[what](self.now(), text))
        if what == "began":
            self._start = self._clock()


_NOTICED: Mapping[Notice, Callable[[float, str], ProbeEvent]] = {
    "began": lambda at, _: Began(at),
    "resolved": Resolved,
    "connected": lambda at, _: Connected(at),
    "secured": lambda at, _: Secured(at),
}


def make_transport(request: Request, channel: ProbeChannel) -> httpx.AsyncBaseTransport:
    """What makes the request: httpx from here, what the vantage has from there."""
    probe, options = request.probe, request.options
    if is_here(probe):
        return local_transport(probe.http, secure=request.secure, insecure=options.insecure)
    return VantageTransport(
        options.vantage_sessions[probe.vantage],
        channel.notice,
        version=probe.http,
        insecure=options.insecure,
        connect_to=request.connect_to,
    )
