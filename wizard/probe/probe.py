"""One probe: an async iterator from a request to what happens, as it happens.

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
from wizard.model.timeline import Probe, is_here
from wizard.probe.connection import ProbeChannel, Request, make_transport
from wizard.probe.network import preload, resolve_host
from wizard.probe.request import GET, ProbeOptions, RequestSpec
from wizard.probe.sse import SseDecoder, decoder_for
from wizard.probe.timing import REACH_TIMEOUT_S
from wizard.text.display import safe
from wizard.text.errors import describe_error
from wizard.vantage.http.transport import VantageTransportError

BODY_LIMIT = 256 << 10
"""How much is read, in bytes, of a body that is not an event stream."""


async def run_probe(
    probe: Probe, options: ProbeOptions, spec: RequestSpec = GET
) -> AsyncGenerator[ProbeEvent, None]:
    """Make the request and report what happens until the stream ends.

    Yields:
        Events in the order in which they happen; the last is an `Ended`, unless the caller
        leaves first. No transport error is raised.
    """
    request = Request(probe, options, spec)
    events = _from_here(request) if is_here(probe) else _from_afar(request)
    async with aclosing(events):
        async for event in events:
            yield event


async def run_probe_within(
    within: float, probe: Probe, options: ProbeOptions, spec: RequestSpec = GET
) -> AsyncGenerator[ProbeEvent, None]:
    """The same, for at most `within` seconds from when the request begins: what it takes to reach
    another vantage counts for nothing. Raises `TimeoutError` when they are over."""
    loop, reaching = asyncio.get_running_loop(), 0.0 if is_here(probe) else REACH_TIMEOUT_S
    until = loop.time() + within + reaching
    async with aclosing(run_probe(probe, options, spec)) as events:
        while True:
            async with asyncio.timeout_at(until):
                event = await anext(events, None)
            if event is None:
                return
            if isinstance(event, Began):
                until = loop.time() + within
            yield event


async def _from_here(request: Request) -> AsyncGenerator[ProbeEvent, None]:
    preload(request.secure, request.probe.http, request.options.insecure)
    channel = ProbeChannel(request.options.clock)
    try:
        addresses = await resolve_host(*request.host, request.options.connect_timeout)
    except (OSError, UnicodeError) as error:
        yield Ended(
            channel.now(), "dns", f"no address for {safe(request.host[0])}: {describe_error(error)}"
        )
        return
    resolved = channel.now()
    for last, address in enumerate(addresses, 1 - len(addresses)):
        yield Resolved(resolved, address)
        async with aclosing(_connection(request, address, channel.for_next_connection())) as events:
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
    async with aclosing(_connection(request, "", ProbeChannel(request.options.clock))) as events:
        async for event in events:
            yield event


async def _connection(
    request: Request, address: str, channel: ProbeChannel
) -> AsyncGenerator[ProbeEvent, None]:
    task = asyncio.create_task(_drive(request, address, channel))
    try:
        while (event := await channel.events.get()) is not None:
            yield event
        await task  # a bug of ours must not look like a silent server
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _drive(request: Request, address: str, channel: ProbeChannel) -> None:
    """Put what happens on one connection into the queue, then None, whatever ends it."""
    task = asyncio.current_task()
    try:
        await _exchange(request, address, channel)
    finally:
        if task is None or not task.cancelling():
            await channel.events.put(None)


async def _exchange(request: Request, address: str, channel: ProbeChannel) -> None:
    """One request and its response; a transport error is an event."""
    async with make_transport(request, channel) as there:
        try:
            response = await there.handle_async_request(request.to(address, channel))
            try:
                await _read(response, channel, request.spec.excerpt)
            finally:
                await response.aclose()
        except (httpx.TransportError, ssl.SSLError, OSError) as error:
            await channel.events.put(_ending(error, channel, address))


async def _read(response: httpx.Response, channel: ProbeChannel, excerpt: int) -> None:
    version = bytes(response.extensions.get("http_version", b"HTTP/1.1")).decode("ascii")
    headers = tuple((key.lower(), value) for key, value in response.headers.multi_items())
    await channel.events.put(
        Headers(channel.now(), response.status_code, version.removeprefix("HTTP/"), headers)
    )
    media = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if media == "text/event-stream" and response.status_code == 200:
        await _read_stream(response, channel)
    else:
        await _read_body(response, channel, excerpt)


async def _read_stream(response: httpx.Response, channel: ProbeChannel) -> None:
    decoder, inflate = SseDecoder(), decoder_for(response.headers.get("content-encoding"))
    async for raw in response.aiter_raw():
        at, data = channel.now(), inflate.feed(raw)
        await channel.events.put(Chunk(at, len(raw), len(data)))
        for item in decoder.feed(data, at):
            await channel.events.put(item)
    await channel.events.put(Ended(channel.now(), "eof", inflate.broken))


async def _read_body(response: httpx.Response, channel: ProbeChannel, kept: int) -> None:
    """The body of what is no event stream, of which only the beginning matters."""
    inflate, size, begun = decoder_for(response.headers.get("content-encoding")), 0, b""
    async for raw in response.aiter_raw():
        data = inflate.feed(raw)
        begun += data[: kept - len(begun)]
        excerpt = begun.decode("utf-8", "replace")
        await channel.events.put(Chunk(channel.now(), len(raw), len(data), excerpt))
        size += len(raw)
        if size > BODY_LIMIT:
            await channel.events.put(Ended(channel.now(), "open", f"left after {BODY_LIMIT} bytes"))
            return
    await channel.events.put(Ended(channel.now(), "eof"))


def _ending(error: Exception, channel: ProbeChannel, address: str) -> Ended:
    """The transport error as an ending with one sentence."""
    if isinstance(error, VantageTransportError):
        return Ended(channel.now(), error.reason, str(error))
    if isinstance(error, httpx.ConnectTimeout):
        what = "TLS handshake" if channel.connected else "TCP connection"
        return Ended(channel.now(), "timeout", f"no {what} with {address} in time")
    if isinstance(error, httpx.ConnectError) and channel.connected:
        return Ended(channel.now(), "tls", f"TLS failed: {describe_error(error)}")
    if isinstance(error, httpx.ConnectError):
        return Ended(
            channel.now(), "refused", f"no connection to {address}: {describe_error(error)}"
        )
    return Ended(channel.now(), "reset", describe_error(error))
