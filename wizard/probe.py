"""One leg: an async iterator from a request to what happens, as it happens.

The request is bounded by whoever iterates: leaving the loop closes the connection. HEAD is never
sent, redirects are not followed, cookies are not kept, and the proxy variables of the environment
are ignored, so that what is measured is the path that the URL names.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import httpx

from wizard import __version__
from wizard.events import (
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
from wizard.text import safe
from wizard.timeline import Leg

CONNECT_TIMEOUT = 10.0
"""How long, in seconds, a connection (TCP, then TLS) may take."""
BODY_LIMIT = 256 << 10
"""How much is read, in bytes, of a body that is not an event stream."""
EXCERPT = 400
"""How many bytes of such a body are kept for the reader."""
ADDRESSES = 4
"""How many addresses of a name are tried."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How requests are made: what all legs of a run share.

    Attributes:
        run: The token in the User-Agent by which the log step finds our own lines.
        headers: Added to each request; they replace ours of the same name.
        connect_to: Host and port to connect to instead of the URL's own.
        connect_timeout: Seconds for TCP and for TLS, each.
    """

    run: str = "0"
    headers: tuple[tuple[str, str], ...] = ()
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    connect_timeout: float = CONNECT_TIMEOUT
    clock: Callable[[], float] = time.monotonic


def user_agent(leg: Leg, run: str) -> str:
    """Our name in the logs, with the run token and the leg."""
    return f"ssewizard/{__version__} (run={run}; {leg.label.replace(' ', '-')})"


def request_headers(leg: Leg, manner: Manner) -> list[tuple[str, str]]:
    """The headers that a leg sends, besides Host."""
    accept = "*/*" if leg.name.startswith("root") else "text/event-stream"
    ours = [
        ("User-Agent", user_agent(leg, manner.run)),
        ("Accept", accept),
        ("Accept-Encoding", leg.encoding),
    ]
    given = {name.lower() for name, _ in manner.headers}
    return [pair for pair in ours if pair[0].lower() not in given] + list(manner.headers)


@lru_cache(maxsize=8)
def tls_context(http: str, insecure: bool) -> ssl.SSLContext:
    """A TLS context, made before the clock starts; one for each HTTP version, since ALPN is
    set on the context and legs run side by side."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and paths.capath is None:
        import certifi  # a Python without a system store (macOS): httpx brings this one

        context.load_verify_locations(certifi.where())
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def probe(leg: Leg, manner: Manner) -> AsyncGenerator[ProbeEvent, None]:
    """Make the request and report what happens until the stream ends.

    Yields:
        Events in the order in which they happen; the last is an `Ended`, unless the caller
        leaves first. No transport error is raised.
    """
    url = httpx.URL(leg.url)
    warm(url.scheme == "https", leg.http, manner.insecure)
    start = manner.clock()

    def now() -> float:
        return manner.clock() - start

    try:
        addresses = await _resolve(url, manner)
    except (OSError, UnicodeError) as error:
        yield Ended(now(), "dns", f"no address for {safe(_host(url, manner)[0])}: {plain(error)}")
        return
    resolved = now()
    for last, address in enumerate(addresses, 1 - len(addresses)):
        yield Resolved(resolved, address)
        async with aclosing(_connection(leg, manner, url, address, _Wire(now))) as events:
            async for event in events:
                refused = isinstance(event, Ended) and event.reason == "refused"
                # Another address may answer where this one refuses: localhost is ::1 first.
                if refused and last < 0:
                    break
                yield event
            else:
                return


def warm(secure: bool, http: str = "1.1", insecure: bool = False) -> None:
    """Load what a request needs, so that no import and no store of certificates is measured."""
    for name in ("anyio._backends._asyncio", "httpcore._backends.anyio"):
        import_module(name)
    if http == "2":
        import_module("h2.connection")
    if secure:
        tls_context(http, insecure)


def _host(url: httpx.URL, manner: Manner) -> tuple[str, int]:
    port = url.port or (443 if url.scheme == "https" else 80)
    return manner.connect_to or (url.raw_host.decode("ascii"), port)


async def _resolve(url: httpx.URL, manner: Manner) -> list[str]:
    host, port = _host(url, manner)
    loop = asyncio.get_running_loop()
    lookup = loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    found = await asyncio.wait_for(lookup, manner.connect_timeout)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))[:ADDRESSES]


class _Wire:
    """Where one connection reports to: the request's clock (seconds since its start), and a queue
    bounded so that a slow reader slows the server down instead of filling the memory."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.events: asyncio.Queue[ProbeEvent | None] = asyncio.Queue(maxsize=256)
        self.connected = False

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """Hears from httpcore when TCP and TLS stand."""
        if name == "connection.connect_tcp.complete":
            self.connected = True
            await self.events.put(Connected(self.now()))
        elif name == "connection.start_tls.complete":
            await self.events.put(Secured(self.now()))


async def _connection(
    leg: Leg, manner: Manner, url: httpx.URL, address: str, wire: _Wire
) -> AsyncGenerator[ProbeEvent, None]:
    task = asyncio.create_task(_drive(leg, manner, url, address, wire))
    try:
        while (event := await wire.events.get()) is not None:
            yield event
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _drive(leg: Leg, manner: Manner, url: httpx.URL, address: str, wire: _Wire) -> None:
    """Put what happens on one connection into the queue, then None."""
    async with _transport(leg, manner, url) as transport:
        try:
            response = await transport.handle_async_request(_build(leg, manner, url, address, wire))
            try:
                await _read(response, wire)
            finally:
                await response.aclose()
        except (httpx.TransportError, ssl.SSLError, OSError) as error:
            await wire.events.put(_ending(error, wire, address))
    await wire.events.put(None)


def _transport(leg: Leg, manner: Manner, url: httpx.URL) -> httpx.AsyncHTTPTransport:
    secure = url.scheme == "https"
    return httpx.AsyncHTTPTransport(
        verify=tls_context(leg.http, manner.insecure) if secure else _no_tls(),
        # Over TLS the server chooses by ALPN; without it HTTP/2 is spoken straight away.
        http1=secure or leg.http != "2",
        http2=leg.http == "2",
        trust_env=False,
    )


@lru_cache(maxsize=1)
def _no_tls() -> ssl.SSLContext:
    """An empty context: loading a store of certificates for plain HTTP would cost 20 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _build(leg: Leg, manner: Manner, url: httpx.URL, address: str, wire: _Wire) -> httpx.Request:
    """The request to a fixed address under the URL's own name (Host, SNI)."""
    timeout = {"connect": manner.connect_timeout, "read": None, "write": 10.0, "pool": None}
    headers = request_headers(leg, manner)
    if not any(key.lower() == "host" for key, _ in headers):
        headers.insert(0, ("Host", url.netloc.decode("ascii")))
    return httpx.Request(
        "GET",
        url.copy_with(host=address, port=_host(url, manner)[1]),
        headers=headers,
        extensions={
            "timeout": timeout,
            "sni_hostname": url.raw_host.decode("ascii"),
            "trace": wire.trace,
        },
    )


async def _read(response: httpx.Response, wire: _Wire) -> None:
    version = bytes(response.extensions.get("http_version", b"HTTP/1.1")).decode("ascii")
    headers = tuple((key.lower(), value) for key, value in response.headers.multi_items())
    await wire.events.put(
        Headers(wire.now(), response.status_code, version.removeprefix("HTTP/"), headers)
    )
    media = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if media == "text/event-stream" and response.status_code == 200:
        await _read_stream(response, wire)
    else:
        await _read_body(response, wire)


async def _read_stream(response: httpx.Response, wire: _Wire) -> None:
    decoder, inflate = Decoder(), decoder_for(response.headers.get("content-encoding"))
    async for raw in response.aiter_raw():
        at, data = wire.now(), inflate.feed(raw)
        await wire.events.put(Chunk(at, len(raw), len(data)))
        for item in decoder.feed(data, at):
            await wire.events.put(item)
    await wire.events.put(Ended(wire.now(), "eof", inflate.broken))


async def _read_body(response: httpx.Response, wire: _Wire) -> None:
    """The body of what is no event stream, of which only the beginning matters."""
    inflate, size = decoder_for(response.headers.get("content-encoding")), 0
    async for raw in response.aiter_raw():
        data = inflate.feed(raw)
        excerpt = data[:EXCERPT].decode("utf-8", "replace")
        await wire.events.put(Chunk(wire.now(), len(raw), len(data), excerpt))
        size += len(raw)
        if size > BODY_LIMIT:
            await wire.events.put(Ended(wire.now(), "open", f"left after {BODY_LIMIT} bytes"))
            return
    await wire.events.put(Ended(wire.now(), "eof"))


def _ending(error: Exception, wire: _Wire, address: str) -> Ended:
    """The transport error as an ending with one sentence."""
    if isinstance(error, httpx.ConnectTimeout):
        what = "TLS handshake" if wire.connected else "TCP connection"
        return Ended(wire.now(), "timeout", f"no {what} with {address} in time")
    if isinstance(error, httpx.ConnectError) and wire.connected:
        return Ended(wire.now(), "tls", f"TLS failed: {plain(error)}")
    if isinstance(error, httpx.ConnectError):
        return Ended(wire.now(), "refused", f"no connection to {address}: {plain(error)}")
    return Ended(wire.now(), "reset", plain(error))


def plain(error: BaseException) -> str:
    """The message of an error in the words of the system, without Python's decoration."""
    deepest: BaseException = error
    while (inner := deepest.__cause__ or deepest.__context__) is not None:
        deepest = inner
    if isinstance(deepest, ssl.SSLCertVerificationError):
        return f"the certificate does not verify: {safe(deepest.verify_message)}"
    if isinstance(deepest, ssl.SSLError):
        return safe((deepest.reason or str(deepest)).replace("_", " ").lower())
    if isinstance(deepest, socket.gaierror):
        return safe(str(deepest.strerror))
    if isinstance(deepest, OSError) and deepest.errno:
        return safe(os.strerror(deepest.errno))
    return safe(str(error) or type(error).__name__)
