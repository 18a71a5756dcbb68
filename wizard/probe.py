"""One leg: an async iterator from a request to what happens, as it happens.

The request is bounded by whoever iterates: leaving the loop closes the connection. HEAD is never
sent, redirects are not followed, cookies are not kept, and the proxy variables of the environment
are ignored, so that what is measured is the path that the URL names. From another vantage it is the
same with another transport: what that place has makes the request.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx

from wizard.ask import GET, Ask, Manner, request_headers
from wizard.events import (
    Began,
    Chunk,
    Connected,
    Ended,
    Headers,
    ProbeEvent,
    Resolved,
    Secured,
)
from wizard.inflate import decoder_for
from wizard.sse import Decoder
from wizard.stall import is_here
from wizard.text import safe
from wizard.timeline import Leg
from wizard.vantage.request import Notice
from wizard.vantage.transport import FarError, FarTransport
from wizard.wire import host_of, plain, resolve, transport, warm

BODY_LIMIT = 256 << 10
"""How much is read, in bytes, of a body that is not an event stream."""


async def probe(leg: Leg, manner: Manner, ask: Ask = GET) -> AsyncGenerator[ProbeEvent, None]:
    """Make the request and report what happens until the stream ends.

    Yields:
        Events in the order in which they happen; the last is an `Ended`, unless the caller
        leaves first. No transport error is raised.
    """
    request = _Request(leg, manner, ask)
    events = _from_here(request) if is_here(leg) else _from_afar(request)
    async with aclosing(events):
        async for event in events:
            yield event


async def _from_here(request: "_Request") -> AsyncGenerator[ProbeEvent, None]:
    warm(request.secure, request.leg.http, request.manner.insecure)
    wire = _Wire(request.manner.clock)
    try:
        addresses = await resolve(*request.host, request.manner.connect_timeout)
    except (OSError, UnicodeError) as error:
        yield Ended(wire.now(), "dns", f"no address for {safe(request.host[0])}: {plain(error)}")
        return
    resolved = wire.now()
    for last, address in enumerate(addresses, 1 - len(addresses)):
        yield Resolved(resolved, address)
        async with aclosing(_connection(request, address, wire.anew())) as events:
            async for event in events:
                refused = isinstance(event, Ended) and event.reason == "refused"
                # Another address may answer where this one refuses: localhost is ::1 first.
                if refused and last < 0:
                    break
                yield event
            else:
                return


async def _from_afar(request: "_Request") -> AsyncGenerator[ProbeEvent, None]:
    """Names are looked up over there, by what makes the request."""
    async with aclosing(_connection(request, "", _Wire(request.manner.clock))) as events:
        async for event in events:
            yield event


@dataclass(frozen=True)
class _Request:
    """All that one request is made from."""

    leg: Leg
    manner: Manner
    ask: Ask

    @property
    def url(self) -> httpx.URL:
        return httpx.URL(self.leg.url)

    @property
    def secure(self) -> bool:
        return self.url.scheme == "https"

    @property
    def host(self) -> tuple[str, int]:
        """Where to connect to."""
        return host_of(self.url, self.manner.connect_to)

    def to(self, address: str, wire: "_Wire") -> httpx.Request:
        """The request to a fixed address under the URL's own name (Host, SNI); an empty address
        leaves that to whoever looks the name up."""
        connect = self.manner.connect_timeout
        headers = request_headers(self.leg, self.manner, self.ask)
        if not any(key.lower() == "host" for key, _ in headers):
            headers.insert(0, ("Host", self.url.netloc.decode("ascii")))
        return httpx.Request(
            self.ask.method,
            self.url.copy_with(host=address, port=self.host[1]) if address else self.url,
            # As curl does: what the user typed goes out as UTF-8.
            headers=[(name.encode("ascii"), value.encode()) for name, value in headers],
            content=self.ask.content or None,
            extensions={
                "timeout": {"connect": connect, "read": None, "write": 10.0, "pool": None},
                "sni_hostname": self.url.raw_host.decode("ascii"),
                "trace": wire.trace,
            },
        )


class _Wire:
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

    def anew(self) -> "_Wire":
        """For one more connection of the same request."""
        return _Wire(self._clock, self._start)

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


async def _connection(
    request: _Request, address: str, wire: _Wire
) -> AsyncGenerator[ProbeEvent, None]:
    task = asyncio.create_task(_drive(request, address, wire))
    try:
        while (event := await wire.events.get()) is not None:
            yield event
        await task  # a bug of ours must not look like a silent server
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _drive(request: _Request, address: str, wire: _Wire) -> None:
    """Put what happens on one connection into the queue, then None, whatever ends it."""
    task = asyncio.current_task()
    try:
        await _exchange(request, address, wire)
    finally:
        if task is None or not task.cancelling():
            await wire.events.put(None)


async def _exchange(request: _Request, address: str, wire: _Wire) -> None:
    """One request and its response; a transport error is an event."""
    async with _way(request, wire) as way:
        try:
            response = await way.handle_async_request(request.to(address, wire))
            try:
                await _read(response, wire, request.ask.excerpt)
            finally:
                await response.aclose()
        except (httpx.TransportError, ssl.SSLError, OSError) as error:
            await wire.events.put(_ending(error, wire, address))


def _way(request: _Request, wire: _Wire) -> httpx.AsyncBaseTransport:
    leg, manner = request.leg, request.manner
    if is_here(leg):
        return transport(leg.http, secure=request.secure, insecure=manner.insecure)
    return FarTransport(
        manner.outposts[leg.vantage],
        wire.notice,
        version=leg.http,
        insecure=manner.insecure,
        connect_to=manner.connect_to,
    )


async def _read(response: httpx.Response, wire: _Wire, excerpt: int) -> None:
    version = bytes(response.extensions.get("http_version", b"HTTP/1.1")).decode("ascii")
    headers = tuple((key.lower(), value) for key, value in response.headers.multi_items())
    await wire.events.put(
        Headers(wire.now(), response.status_code, version.removeprefix("HTTP/"), headers)
    )
    media = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if media == "text/event-stream" and response.status_code == 200:
        await _read_stream(response, wire)
    else:
        await _read_body(response, wire, excerpt)


async def _read_stream(response: httpx.Response, wire: _Wire) -> None:
    decoder, inflate = Decoder(), decoder_for(response.headers.get("content-encoding"))
    async for raw in response.aiter_raw():
        at, data = wire.now(), inflate.feed(raw)
        await wire.events.put(Chunk(at, len(raw), len(data)))
        for item in decoder.feed(data, at):
            await wire.events.put(item)
    await wire.events.put(Ended(wire.now(), "eof", inflate.broken))


async def _read_body(response: httpx.Response, wire: _Wire, kept: int) -> None:
    """The body of what is no event stream, of which only the beginning matters."""
    inflate, size, begun = decoder_for(response.headers.get("content-encoding")), 0, b""
    async for raw in response.aiter_raw():
        data = inflate.feed(raw)
        begun += data[: kept - len(begun)]
        excerpt = begun.decode("utf-8", "replace")
        await wire.events.put(Chunk(wire.now(), len(raw), len(data), excerpt))
        size += len(raw)
        if size > BODY_LIMIT:
            await wire.events.put(Ended(wire.now(), "open", f"left after {BODY_LIMIT} bytes"))
            return
    await wire.events.put(Ended(wire.now(), "eof"))


def _ending(error: Exception, wire: _Wire, address: str) -> Ended:
    """The transport error as an ending with one sentence."""
    if isinstance(error, FarError):
        return Ended(wire.now(), error.reason, str(error))
    if isinstance(error, httpx.ConnectTimeout):
        what = "TLS handshake" if wire.connected else "TCP connection"
        return Ended(wire.now(), "timeout", f"no {what} with {address} in time")
    if isinstance(error, httpx.ConnectError) and wire.connected:
        return Ended(wire.now(), "tls", f"TLS failed: {plain(error)}")
    if isinstance(error, httpx.ConnectError):
        return Ended(wire.now(), "refused", f"no connection to {address}: {plain(error)}")
    return Ended(wire.now(), "reset", plain(error))
