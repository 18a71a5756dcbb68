"""One request of a handshake and the messages in its response; the timeouts of a handshake."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from wizard.model.absences import MIN_ABSENCE_S, absent_s
from wizard.model.events import Ended, ProbeEvent, SseEvent
from wizard.model.handshake import Exchange, Handshake
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline, has_begun, is_success
from wizard.probe.mcp.messages import (
    FOLLOWING_ID,
    OPENING_ID,
    REPLY_LIMIT_BYTES,
    Reply,
    describe_answer,
    reply_in,
)
from wizard.probe.own_delay import SETTLE_S
from wizard.probe.probe import run_probe, run_probe_within
from wizard.probe.request import EXCERPT_BYTES, GET, ProbeOptions, RequestSpec
from wizard.probe.waits import REACH_TIMEOUT_S
from wizard.text.messages import tr

ENDPOINT_LIMIT_CHARS = 4096
"""The longest endpoint that is accepted, in characters; Nginx accepts request lines up to 8 KiB."""
HANDSHAKE_TIMEOUT_S = 8.0
"""How long all exchanges together may take, in seconds."""
MAX_EXCHANGES = 8
"""How many exchanges a handshake has at most."""
MIN_EXCHANGE_TIMEOUT_S = 0.1
"""How long an exchange may take even if the time of the handshake is over, in seconds."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a handshake may take.

    Attributes:
        exchange_s: The limit of each exchange, in seconds.
        ends_at: When the handshake is over, on the clock.
        post_s: The limit of the POST of `initialize`, in seconds, if longer than the others.
        patience_s: How long the GET stream of a session is watched, in seconds.
    """

    exchange_s: float
    ends_at: float
    clock: Callable[[], float]
    post_s: float = 0.0
    patience_s: float = 0.0

    def next_s(self) -> float:
        """How long the next exchange may take, in seconds."""
        return max(MIN_EXCHANGE_TIMEOUT_S, min(self.exchange_s, self.ends_at - self.clock()))

    def next_post_s(self) -> float:
        """How long the POST of `initialize` may take, in seconds."""
        return max(self.post_s, self.next_s())


def handshake_timeouts(
    options: ProbeOptions,
    exchange_s: float,
    *,
    post_s: float = 0.0,
    reach_s: float = 0.0,
    patience_s: float = 0.0,
) -> Timeouts:
    """The timeouts of a handshake that begins now; for most of them see `Timeouts`.

    The connect timeout, which follows `--stall`, limits each exchange too. `reach_s` is how long
    each exchange takes to reach its vantage, in seconds; it is added.
    """
    exchange_s = min(exchange_s, options.connect_timeout)
    duration_s = max(HANDSHAKE_TIMEOUT_S, post_s) + MAX_EXCHANGES * reach_s
    return Timeouts(exchange_s, options.clock() + duration_s, options.clock, post_s, patience_s)


class MessageReader:
    """Reads the messages in a response: whole, while its timeline cuts or drops long events.

    Attributes:
        timeline: The timeline so far.
        endpoint: The data of the first `endpoint` event, None before it.
        reply: The reply to our message, from the stream or the body, None before it.
        replied_s: When that reply was whole, in seconds since the request began; None before it.
    """

    def __init__(self, probe: Probe, message_id: int = OPENING_ID) -> None:
        self.timeline = Timeline(probe)
        self.endpoint: str | None = None
        self.expect(message_id)

    def expect(self, message_id: int) -> None:
        """Wait for the reply to this message from now on."""
        self._message_id = message_id
        self.reply: Reply | None = None
        self.replied_s: float | None = None

    @property
    def reply_bytes(self) -> int:
        """The size of the reply in bytes; of one that is not whole, how many bytes came."""
        if self.reply is not None:
            return self.reply.size
        if self.timeline.is_event_stream:
            return self.timeline.pending
        is_cut = self.timeline.status == 200 and self.timeline.ended != "eof"
        return self.timeline.bytes if is_cut else 0

    def add(self, event: ProbeEvent) -> None:
        """Add the next event of the response."""
        self.timeline = self.timeline.fold([event])
        if isinstance(event, SseEvent):
            self._read_message(event)
        elif isinstance(event, Ended) and not self.timeline.is_event_stream:
            self._read_body(event)

    def _read_message(self, event: SseEvent) -> None:
        if event.type == "endpoint" and self.endpoint is None:
            self.endpoint = event.data[: ENDPOINT_LIMIT_CHARS + 1]
        elif event.type == "message" and self.reply is None:
            self._keep(reply_in(event.data, self._message_id), event.at)

    def _read_body(self, end: Ended) -> None:
        reply = reply_in(self.timeline.excerpt, self._message_id)
        is_left = end.reason == "open" and self.timeline.status == 200
        if reply is None and is_left and self._message_id == FOLLOWING_ID:
            reply = Reply(self.timeline.bytes)  # longer than what is read, so it cannot be parsed
        self._keep(reply, end.at)

    def _keep(self, reply: Reply | None, at: float) -> None:
        self.reply, self.replied_s = reply, None if reply is None else at

    async def send(
        self,
        options: ProbeOptions,
        spec: RequestSpec,
        timeout_s: float,
        is_enough: "Condition | None" = None,
    ) -> Timeline:
        """Send the request and read its response.

        Stops at the reply (or when `is_enough`), at the end, or `timeout_s` seconds after the
        request began; then the timeline has the end `timeout`.
        """
        is_enough, probe = is_enough or has_reply, self.timeline.probe
        try:
            async with aclosing(run_probe_within(probe, options, spec, timeout_s)) as events:
                async for event in events:
                    self.add(event)
                    if is_enough(self):
                        break
        except TimeoutError:
            self.add(
                Ended(
                    timeout_s,
                    "timeout",
                    tr("no answer within {timeout_s:.2g} s", timeout_s=timeout_s),
                )
            )
        return self.timeline


Condition = Callable[[MessageReader], bool]


def has_reply(reader: MessageReader) -> bool:
    """True once the reply to our message was read."""
    return reader.reply is not None


def has_endpoint(reader: MessageReader) -> bool:
    """True once the stream has named its endpoint."""
    return reader.endpoint is not None


def has_event(reader: MessageReader) -> bool:
    """True once the stream has sent an event; the first one of HTTP+SSE names the endpoint."""
    return reader.timeline.events > 0


def is_accepted(reader: MessageReader) -> bool:
    """True once a notification was accepted: no reply to it follows."""
    return is_success(reader.timeline)


def has_headers(reader: MessageReader) -> bool:
    """True once the headers of the response are here."""
    return reader.timeline.headers_s is not None


async def send_request(
    probe: Probe, options: ProbeOptions, spec: RequestSpec, timeout_s: float
) -> Timeline:
    """Send one request and read until the reply, the end, or the timeout; see `send`."""
    return await MessageReader(probe).send(options, spec, timeout_s)


def with_exchange(handshake: Handshake, exchange: Exchange) -> Handshake:
    """The handshake with one more exchange; one of the same name is replaced."""
    exchanges = {each.name: each for each in handshake.exchanges} | {exchange.name: exchange}
    return replace(handshake, exchanges=tuple(exchanges.values()))


def exchange_of(name: str, reader: MessageReader, spec: RequestSpec) -> Exchange:
    """The exchange of a request whose response holds its reply."""
    # Of a reply that was read nothing else is needed, and a list of tools is long.
    limit = EXCERPT_BYTES if reader.reply else REPLY_LIMIT_BYTES
    timeline = replace(reader.timeline, excerpt=reader.timeline.excerpt[:limit])
    return Exchange(name, timeline, len(spec.content), reader.reply_bytes, reader.replied_s)


async def notify(
    handshake: Handshake, options: ProbeOptions, spec: RequestSpec, timeout_s: float
) -> Handshake:
    """POST `notifications/initialized`: with another status than 2xx it is where the handshake
    fails."""
    reader = MessageReader(handshake.probe(handshake.post_url))
    answer = await reader.send(options, spec, timeout_s, is_accepted)
    handshake = with_exchange(handshake, Exchange("initialized", answer, len(spec.content)))
    if is_accepted(reader):
        return handshake
    why = describe_answer(answer, tr("POST of notifications/initialized"))
    return replace(handshake, stage="initialized", why=why)


class OpenStream:
    """A GET stream that stays open while messages are posted; `reader` reads its events."""

    def __init__(self, probe: Probe, options: ProbeOptions, spec: RequestSpec = GET) -> None:
        self.reader = MessageReader(probe)
        self._options, self._spec, self._started = options, spec, options.clock()
        self._changed = asyncio.Event()

    @property
    def timeline(self) -> Timeline:
        """The stream's timeline so far."""
        return self.reader.timeline

    def leave(self) -> Timeline:
        """The timeline as it is if the stream is left now: still open, unless it has ended."""
        if self.timeline.ended is None:
            at = self._options.clock() - self._started - self.timeline.began_s
            self.reader.add(Ended(at, "open"))
        return self.timeline

    @property
    def replied_at(self) -> float | None:
        """When the whole reply was here, on the clock of the options; None before it."""
        if self.reader.replied_s is None:
            return None
        return self._started + self.timeline.began_s + self.reader.replied_s

    async def follow(self) -> None:
        """Read the stream until it ends."""
        probe = self.timeline.probe
        async with aclosing(run_probe(probe, self._options, self._spec)) as events:
            async for event in events:
                self.reader.add(event)
                self._changed.set()

    async def wait_for(self, is_enough: Condition, timeout_s: float) -> bool:
        """Wait until `is_enough`, or the stream ends; return whether it is.

        The timeout counts from when the request begins: reaching a vantage is not included.
        """
        if not await self._wait_for(lambda reader: has_begun(reader.timeline), REACH_TIMEOUT_S):
            return False
        return await self._wait_for(is_enough, timeout_s)

    async def _wait_for(self, is_enough: Condition, timeout_s: float) -> bool:
        """The same; for as long as this program did not run it is waited longer, at most as long
        again."""
        before = absent_s(self.timeline, 0.0)
        if await self._wait_at_most(is_enough, timeout_s):
            return True
        more_s = min(absent_s(self.timeline, 0.0) - before, timeout_s)
        return more_s > 0 and await self._wait_at_most(is_enough, more_s)

    async def _wait_at_most(self, is_enough: Condition, timeout_s: float) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        try:
            async with asyncio.timeout_at(until):
                while not is_enough(self.reader) and self.timeline.ended is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            if loop.time() > until + MIN_ABSENCE_S:
                await asyncio.sleep(SETTLE_S)
        return is_enough(self.reader)


@asynccontextmanager
async def open_stream(
    probe: Probe, options: ProbeOptions, spec: RequestSpec = GET
) -> AsyncIterator[OpenStream]:
    """Open a stream; leaving the block closes it, and with it the session of HTTP+SSE."""
    stream = OpenStream(probe, options, spec)
    task = asyncio.create_task(stream.follow())
    try:
        yield stream
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
