"""One leg: an async iterator from a request to what happens, as it happens.

The request is bounded by whoever iterates: leaving the loop closes the connection. HEAD is never
sent, redirects are not followed, cookies are not kept, and the proxy variables of the environment
are ignored, so that what is measured is the path that the URL names. From another vantage it is the
same with another transport: what that place has makes the request.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx

from wizard.model.events import Began, Chunk, Ended, Headers, ProbeEvent, Resolved
from wizard.model.timeline import Leg, is_here
from wizard.probe.connection import Request, Wire, way
from wizard.probe.network import resolve, warm
from wizard.probe.request import GET, Ask, Manner
from wizard.probe.sse import Decoder, decoder_for
from wizard.probe.timing import REACHING
from wizard.text.network_errors import plain
from wizard.text.text import safe
from wizard.vantage.http.transport import FarError

BODY_LIMIT = 256 << 10
"""How much is read, in bytes, of a body that is not an event stream."""


async def probe(leg: Leg, manner: Manner, ask: Ask = GET) -> AsyncGenerator[ProbeEvent, None]:
    """Make the request and report what happens until the stream ends.

    Yields:
        Events in the order in which they happen; the last is an `Ended`, unless the caller
        leaves first. No transport error is raised.
    """
    request = Request(leg, manner, ask)
    events = _from_here(request) if is_here(leg) else _from_afar(request)
    async with aclosing(events):
        async for event in events:
            yield event


async def probe_within(
    within: float, leg: Leg, manner: Manner, ask: Ask = GET
) -> AsyncGenerator[ProbeEvent, None]:
    """The same, for at most `within` seconds from when the request begins: what it takes to reach
    another vantage counts for nothing. Raises `TimeoutError` when they are over."""
    loop, reaching = asyncio.get_running_loop(), 0.0 if is_here(leg) else REACHING
    until = loop.time() + within + reaching
    async with aclosing(probe(leg, manner, ask)) as events:
        while True:
            async with asyncio.timeout_at(until):
                event = await anext(events, None)
            if event is None:
                return
            if isinstance(event, Began):
                until = loop.time() + within
            yield event


async def _from_here(request: Request) -> AsyncGenerator[ProbeEvent, None]:
    warm(request.secure, request.leg.http, request.manner.insecure)
    wire = Wire(request.manner.clock)
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


async def _from_afar(request: Request) -> AsyncGenerator[ProbeEvent, None]:
    """Names are looked up over there, by what makes the request."""
    async with aclosing(_connection(request, "", Wire(request.manner.clock))) as events:
        async for event in events:
            yield event


async def _connection(
    request: Request, address: str, wire: Wire
) -> AsyncGenerator[ProbeEvent, None]:
    task = asyncio.create_task(_drive(request, address, wire))
    try:
        while (event := await wire.events.get()) is not None:
            yield event
        await task  # a bug of ours must not look like a silent server
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _drive(request: Request, address: str, wire: Wire) -> None:
    """Put what happens on one connection into the queue, then None, whatever ends it."""
    task = asyncio.current_task()
    try:
        await _exchange(request, address, wire)
    finally:
        if task is None or not task.cancelling():
            await wire.events.put(None)


async def _exchange(request: Request, address: str, wire: Wire) -> None:
    """One request and its response; a transport error is an event."""
    async with way(request, wire) as there:
        try:
            response = await there.handle_async_request(request.to(address, wire))
            try:
                await _read(response, wire, request.ask.excerpt)
            finally:
                await response.aclose()
        except (httpx.TransportError, ssl.SSLError, OSError) as error:
            await wire.events.put(_ending(error, wire, address))


async def _read(response: httpx.Response, wire: Wire, excerpt: int) -> None:
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


async def _read_stream(response: httpx.Response, wire: Wire) -> None:
    decoder, inflate = Decoder(), decoder_for(response.headers.get("content-encoding"))
    async for raw in response.aiter_raw():
        at, data = wire.now(), inflate.feed(raw)
        await wire.events.put(Chunk(at, len(raw), len(data)))
        for item in decoder.feed(data, at):
            await wire.events.put(item)
    await wire.events.put(Ended(wire.now(), "eof", inflate.broken))


async def _read_body(response: httpx.Response, wire: Wire, kept: int) -> None:
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


def _ending(error: Exception, wire: Wire, address: str) -> Ended:
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
