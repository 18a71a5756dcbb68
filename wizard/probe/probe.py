"""One probe: an async iterator over the events of one request, as they happen.

The caller bounds the request: leaving the loop closes the connection. HEAD is never sent, redirects
are not followed, cookies are not kept, and the proxy variables of the environment are ignored, so
that the measured path is the one that the URL names. A probe from another vantage yields the same
events; a tool at the vantage sends its request.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import httpx

from wizard.model.absences import MIN_ABSENCE_S
from wizard.model.events import (
    Absent,
    Began,
    Chunk,
    Ended,
    Excess,
    Headers,
    ProbeEvent,
    Resolved,
    SseEvent,
    Undecodable,
)
from wizard.model.media_types import JSON_LINES
from wizard.model.probe import Probe, is_local
from wizard.model.received import MAX_START_BYTES
from wizard.model.timeline import Timeline
from wizard.probe.connection import ProbeChannel, Reported, Request, make_transport
from wizard.probe.content_encoding import PlainDecoder, decoder_for
from wizard.probe.json_lines import BytesDecoder, JsonLinesDecoder
from wizard.probe.network import (
    is_own_address,
    preload,
    resolve_host,
    transport_errors,
)
from wizard.probe.own_delay import SETTLE_S, noting_absences
from wizard.probe.probe_end import _BROKEN_FRAMING, _CLEARER, end_of_error, is_invalid_answer
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.sse import SseDecoder
from wizard.probe.waits import REACH_TIMEOUT_S
from wizard.probe.websocket_connection import watch_websocket
from wizard.text.bugs import report_bug
from wizard.text.display import safe
from wizard.text.errors import describe_error
from wizard.text.marks import MARKS
from wizard.text.messages import tr
from wizard.text.redaction import redact

BODY_LIMIT_BYTES = 256 << 10
"""How many bytes are read of a body that is no stream."""
VERSIONS = frozenset({"1.0", "1.1", "2", "2.0", "3"})
"""The versions of HTTP in which an answer can come; httpcore and curl write the newer ones so."""
SLICE_BYTES = 16 << 10
"""How much of a body is decoded before its events are passed on, in bytes after decompression: a
few bytes may expand to megabytes, and each nine of these may be an event."""


async def run_probe(
    probe: Probe, options: ProbeOptions, spec: RequestSpec | None = None
) -> AsyncGenerator[ProbeEvent, None]:
    """Send the request and report what happens until the response ends.

    Without a `spec` it is the stream's own request, or the GET of the root path.

    Yields:
        Events in the order in which they happen; the last is an `Ended`, unless the caller
        leaves first. A transport error is an `Ended` too, not an exception.
    """
    async with aclosing(run_probe_in_batches(probe, options, spec)) as batches:
        async for batch in batches:
            for event in batch:
                yield event


async def run_probe_in_batches(
    probe: Probe, options: ProbeOptions, spec: RequestSpec | None = None
) -> AsyncGenerator[tuple[ProbeEvent, ...], None]:
    """Like `run_probe`, but yields the events of one arrival together: of a flood of small events
    thousands come at once."""
    started = options.clock()
    request = Request(probe, options, spec or options.spec_for(probe))
    if is_local(probe):
        preload(request.is_https, probe.http, options.insecure)
    if is_local(probe) and not request.socket_path:
        events = _run_locally(request)
    else:  # A unix socket has no name to look up, and the tool at the vantage looks the name up.
        events = _run_connection(request, "", ProbeChannel(options.clock))
    async with aclosing(events):
        try:
            if options.budget:
                options.budget.take()
            async for event in events:
                for each in event if isinstance(event, tuple) else (event,):
                    _register_secrets(each)
                yield event if isinstance(event, tuple) else (event,)
        except Exception as error:  # noqa: BLE001
            at = options.clock() - started
            yield (Ended(at, "bug", report_bug(tr("the probe {label}", label=probe.label), error)),)


def _register_secrets(event: ProbeEvent) -> None:
    """Note the secrets of an answer: other texts may have only their values."""
    match event:
        case Headers(headers=headers):
            for name, value in headers:
                redact(f"{name}: {value}", MARKS.mark_answer)
        case SseEvent(type="endpoint", data=url):
            MARKS.add_session_ids(url)
            redact(url, MARKS.mark_answer)


async def run_probe_within(
    probe: Probe, options: ProbeOptions, spec: RequestSpec | None, timeout_s: float
) -> AsyncGenerator[ProbeEvent, None]:
    """Like `run_probe`, for at most `timeout_s` seconds from when the request begins.

    The time to reach a vantage is not counted; it may take `REACH_TIMEOUT_S`. For as long as this
    program did not run it is waited longer, at most as long again.

    Raises:
        TimeoutError: The request has taken longer.
    """
    loop, reach_s = asyncio.get_running_loop(), 0.0 if is_local(probe) else REACH_TIMEOUT_S
    until, extra_s = loop.time() + timeout_s + reach_s, timeout_s
    async with aclosing(run_probe_in_batches(probe, options, spec)) as batches:
        while (batch := await _next_before(batches, until)) is not None:
            for event in batch:
                if isinstance(event, Began):
                    until = loop.time() + timeout_s
                elif isinstance(event, Absent):
                    more_s = min(event.length_s, extra_s)
                    until, extra_s = until + more_s, extra_s - more_s
                yield event


Batch = tuple[ProbeEvent, ...]


async def _next_before(batches: AsyncGenerator[Batch, None], until: float) -> Batch | None:
    """The next events; None at the end. What came while this program did not run is read first.

    Raises:
        TimeoutError: It is later than `until` on the loop's clock.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(_next(batches))
    try:
        await asyncio.wait({task}, timeout=max(0.0, until - loop.time()))
        if not task.done() and loop.time() > until + MIN_ABSENCE_S:
            await asyncio.wait({task}, timeout=SETTLE_S)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _next(batches: AsyncGenerator[Batch, None]) -> Batch | None:
    return await anext(batches, None)


async def _run_locally(request: Request) -> AsyncGenerator[Reported, None]:
    """Look the name up and try its addresses in turn until a connection is not refused."""
    channel = ProbeChannel(request.options.clock)
    host, port = request.address
    try:
        addresses = await resolve_host(host, port, request.options.connect_timeout)
    except (OSError, UnicodeError) as error:
        detail = tr("no address for {host}: {error}", host=safe(host), error=describe_error(error))
        yield Ended(channel.now(), "dns", detail)
        return
    resolved_at = channel.now()
    for address in addresses:
        yield Resolved(resolved_at, address, is_own_address(address))
        next_channel = channel.for_next_connection()
        async with aclosing(_run_connection(request, address, next_channel)) as events:
            async for event in events:
                is_refused = isinstance(event, Ended) and event.reason == "refused"
                # Another address may answer: localhost is ::1 first.
                if is_refused and address != addresses[-1]:
                    break
                yield event
            else:
                return


async def _run_connection(
    request: Request, address: str, channel: ProbeChannel
) -> AsyncGenerator[Reported, None]:
    task = asyncio.create_task(_fill_channel(request, address, channel))
    try:
        with noting_absences(channel.note_absence):
            while (event := await channel.events.get()) is not None:
                if absences := channel.take_absences():
                    yield absences
                if event:
                    yield event
        await task  # Raises its exception: a bug of ours must not look like a silent server.
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _fill_channel(request: Request, address: str, channel: ProbeChannel) -> None:
    """Put the events of one connection into the channel, and None at the end."""
    task = asyncio.current_task()
    try:
        await _exchange(request, address, channel)
    finally:
        if task is None or not task.cancelling():
            await channel.events.put(None)


async def _exchange(request: Request, address: str, channel: ProbeChannel) -> None:
    """Send the request and read its response; a transport error becomes an event."""
    async with make_transport(request, channel) as transport:
        try:
            sent = request.build(address, channel)
            response = await _send(transport, sent, channel)
            try:
                answer = await _report_headers(response, channel, request)
                if response.status_code == 101:
                    await watch_websocket(response, sent, channel)
                else:
                    await _read_response(response, channel, answer, request.spec.excerpt)
            finally:
                await response.aclose()
        except transport_errors() as error:
            end = end_of_error(error, channel, request, address)
            if is_invalid_answer(error, channel):
                problem = _CLEARER.get(end.detail, end.detail)
                if not await channel.reject(problem):
                    why = f"{_BROKEN_FRAMING}: {problem}"
                    await channel.events.put(Undecodable(end.at, why, ""))
            await channel.events.put(end)


async def _send(
    transport: httpx.AsyncBaseTransport, sent: httpx.Request, channel: ProbeChannel
) -> httpx.Response:
    """Send the request and wait for the headers. Raises `httpx.TransportError`.

    Over HTTP/2, httpcore takes any number for a status and raises ValueError for what is none.
    """
    try:
        response = await transport.handle_async_request(sent)
        if _FIRST_STATUS <= response.status_code <= _LAST_STATUS:
            return response
        await response.aclose()
    except ValueError:
        if not channel.is_http2:
            raise
    raise httpx.RemoteProtocolError(tr("the status is no number of three digits"))


_FIRST_STATUS, _LAST_STATUS = 100, 999
"""The numbers of three digits (RFC 9110, section 15)."""


async def _report_headers(
    response: httpx.Response, channel: ProbeChannel, request: Request
) -> Timeline:
    """Report status and headers, and return the timeline that they make."""
    version = bytes(response.extensions.get("http_version", b"HTTP/1.1"))
    http = version.decode("ascii").removeprefix("HTTP/")
    if http not in VERSIONS:
        raise httpx.RemoteProtocolError(tr("there is no HTTP/{http}", http=safe(http, 20)))
    headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
    event = Headers(channel.now(), response.status_code, http, headers)
    await channel.events.put(event)
    channel.end_head()
    return Timeline(request.probe).fold([event])


async def _read_response(
    response: httpx.Response, channel: ProbeChannel, answer: Timeline, excerpt_bytes: int
) -> None:
    if answer.is_stream:
        await _read_stream(response, channel, _items_decoder(answer), excerpt_bytes)
    else:
        # An endless stream in place of a WebSocket has said enough with its first bytes.
        is_other = answer.probe.upgrade and answer.framing in ("chunked", "close")
        limit = 0 if is_other and answer.status == 200 else BODY_LIMIT_BYTES
        await _read_body(response, channel, excerpt_bytes, limit)


Decoder = SseDecoder | JsonLinesDecoder | BytesDecoder


def _items_decoder(answer: Timeline) -> Decoder:
    if answer.is_event_stream:
        return SseDecoder()
    return JsonLinesDecoder() if answer.media_type in JSON_LINES else BytesDecoder()


async def _read_stream(
    response: httpx.Response, channel: ProbeChannel, decoder: Decoder, excerpt_bytes: int
) -> None:
    """Report the bytes and the items of a stream until it ends; without items, also its start.

    Of a body that cannot be decoded here only the arrivals are reported.
    """
    coding, start = response.headers.get("content-encoding"), b""
    content = decoder_for(coding)
    if content is None:
        content, decoder, excerpt_bytes = PlainDecoder(), BytesDecoder(), 0
    has_items = not isinstance(decoder, BytesDecoder)
    raw_start = b""
    async for raw in response.aiter_raw():
        channel.begin_body()
        at, data = channel.now(), content.feed(raw)
        start += b"" if has_items else data[: excerpt_bytes - len(start)]
        raw_start += raw[: MAX_START_BYTES - len(raw_start)]
        excerpt, size = start.decode("utf-8", "replace"), len(raw)
        if content.broken:
            data = data[:SLICE_BYTES]  # What a few bytes expand to without end says no more.
        for part in _slices(data):
            items = decoder.feed(part, at)
            completed = sum(not isinstance(item, Excess) for item in items)
            chunk = Chunk(at, size, len(part), excerpt, completed, decoder.pending)
            await channel.events.put((chunk, *items))
            size = 0  # All slices are of the same arrival.
        if content.broken:
            shown = raw_start.decode("latin-1")
            await channel.events.put(Undecodable(at, content.broken, shown))
            await channel.events.put(Ended(channel.now(), "open", content.broken))
            return
    await channel.events.put(Ended(channel.now(), "eof"))


def _slices(data: bytes) -> Iterator[bytes]:
    """The data in slices; one that is empty if there is none."""
    for start in range(0, len(data) or 1, SLICE_BYTES):
        yield data[start : start + SLICE_BYTES]


async def _read_body(
    response: httpx.Response, channel: ProbeChannel, excerpt_bytes: int, limit: int
) -> None:
    """Report the bytes of any other body, up to a limit in bytes, and an excerpt of its start."""
    content, size, start = decoder_for(response.headers.get("content-encoding")), 0, b""
    async for raw in response.aiter_raw():
        channel.begin_body()
        data = content.feed(raw) if content else b""
        start += data[: excerpt_bytes - len(start)]
        excerpt = start.decode("utf-8", "replace")
        await channel.events.put(Chunk(channel.now(), len(raw), len(data), excerpt))
        size += len(raw)
        if size > limit:
            detail = tr("closed by us after {limit} bytes", limit=limit or size)
            await channel.events.put(Ended(channel.now(), "open", detail))
            return
    await channel.events.put(Ended(channel.now(), "eof"))
