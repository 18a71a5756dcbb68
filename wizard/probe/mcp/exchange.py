"""One request of a handshake, bounded, until enough was seen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from wizard.model.events import Ended, ProbeEvent, SseEvent
from wizard.model.timeline import Probe, Timeline, has_begun
from wizard.probe.mcp.messages import Reply, reply_in
from wizard.probe.probe import run_probe, run_probe_within
from wizard.probe.request import GET, ProbeOptions, RequestSpec
from wizard.probe.timing import REACH_TIMEOUT_S

ENDPOINT_LIMIT = 4096
"""The longest endpoint, in characters, that is taken for one; Nginx takes lines up to 8 KiB."""
TOTAL = 8.0
"""How long, in seconds, all exchanges together may take."""
EXCHANGES = 6
"""How many exchanges a handshake has at the most."""
LEAST_WAIT = 0.1
"""What an exchange is given, in seconds, even when the handshake's time is up."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a handshake may take: each exchange, and all of them.

    Attributes:
        each: Seconds.
        ends: When all is over, on the clock.
        post: What the POST of `initialize` is given, in seconds, where that is more.
    """

    each: float
    ends: float
    clock: Callable[[], float]
    post: float = 0.0

    def wait(self) -> float:
        """How long the next exchange may take, in seconds."""
        return max(LEAST_WAIT, min(self.each, self.ends - self.clock()))

    def post_wait(self) -> float:
        """How long the POST of `initialize` may take, in seconds: a timeout on its way is met."""
        return max(self.post, self.wait())


def handshake_timeouts(
    options: ProbeOptions, each: float, *, post: float = 0.0, reach: float = 0.0
) -> Timeouts:
    """The pace of a handshake that begins now; `reach` is what reaching its vantage takes each
    time, in seconds, which counts for nothing."""
    # The connect timeout follows --stall: who will not wait long will not wait here either.
    each = min(each, options.connect_timeout)
    return Timeouts(
        each, options.clock() + max(TOTAL, post) + EXCHANGES * reach, options.clock, post
    )


class MessageReader:
    """What one request has shown. It hears events whole, where a timeline cuts and forgets them.

    Attributes:
        line: What it has shown so far.
        endpoint: The data of the first event that names an endpoint.
        reply: The reply to our message, streamed or as the body.
    """

    def __init__(self, probe: Probe) -> None:
        self.line = Timeline(probe)
        self.endpoint: str | None = None
        self.reply: Reply | None = None

    def take(self, event: ProbeEvent) -> None:
        """Take one more event."""
        self.line = self.line.fold([event])
        if isinstance(event, SseEvent):
            self._read(event)
        elif isinstance(event, Ended) and not self.line.is_event_stream:
            self.reply = reply_in(self.line.excerpt)

    def _read(self, event: SseEvent) -> None:
        if event.type == "endpoint" and self.endpoint is None:
            self.endpoint = event.data[: ENDPOINT_LIMIT + 1]
        elif event.type == "message" and self.reply is None:
            self.reply = reply_in(event.data)

    async def send(
        self,
        options: ProbeOptions,
        what: RequestSpec,
        within: float,
        enough: "Callable[[MessageReader], bool] | None" = None,
    ) -> Timeline:
        """Send it and read until the reply (or `enough`), the end, or `within` seconds after it
        began."""
        try:
            async with aclosing(run_probe_within(within, self.line.probe, options, what)) as got:
                async for event in got:
                    self.take(event)
                    if (enough or _is_answered)(self):
                        break
        except TimeoutError:
            self.take(Ended(within, "timeout", f"no answer within {within:.2g} s"))
        return self.line


def _is_answered(heard: MessageReader) -> bool:
    return heard.reply is not None


def _has_begun(heard: MessageReader) -> bool:
    return has_begun(heard.line)


async def send_request(
    probe: Probe, options: ProbeOptions, what: RequestSpec, within: float
) -> Timeline:
    """Send it and read until the reply, the end, or `within` seconds have passed."""
    return await MessageReader(probe).send(options, what, within)


class OpenStream:
    """A GET stream that stays open while messages are posted.

    Attributes:
        heard: What it has shown so far.
    """

    def __init__(self, probe: Probe) -> None:
        self.heard = MessageReader(probe)
        self._changed = asyncio.Event()

    @property
    def line(self) -> Timeline:
        """Its timeline so far."""
        return self.heard.line

    async def follow(self, options: ProbeOptions) -> None:
        """Hear what comes until the stream ends."""
        async with aclosing(run_probe(self.line.probe, options, GET)) as events:
            async for event in events:
                self.heard.take(event)
                self._changed.set()

    async def until(self, enough: Callable[[MessageReader], bool], within: float) -> bool:
        """Whether enough has come, or comes within that many seconds (from when the stream's
        request begins, where its vantage is still on the way to be reached)."""
        begun = has_begun(self.line) or await self._until(_has_begun, REACH_TIMEOUT_S)
        return begun and await self._until(enough, within)

    async def _until(self, enough: Callable[[MessageReader], bool], within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                while not enough(self.heard) and self.line.ended is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return enough(self.heard)


@asynccontextmanager
async def open_stream(probe: Probe, options: ProbeOptions) -> AsyncIterator[OpenStream]:
    """An open stream, closed when the block is left: with it the session ends."""
    stream = OpenStream(probe)
    task = asyncio.create_task(stream.follow(options))
    try:
        yield stream
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
