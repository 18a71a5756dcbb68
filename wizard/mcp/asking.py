"""One request of a handshake, bounded, until enough was seen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from wizard.events import Ended, SseEvent
from wizard.mcp.messages import Reply, reply_in
from wizard.probe import GET, Ask, Manner, probe
from wizard.timeline import Leg, Timeline


async def ask(leg: Leg, manner: Manner, what: Ask, within: float) -> Timeline:
    """Send it and read until the reply, the end, or `within` seconds have passed."""
    line = Timeline(leg)
    try:
        async with asyncio.timeout(within), aclosing(probe(leg, manner, what)) as events:
            async for event in events:
                line = line.fold([event])
                if streamed_reply(line) is not None:
                    break
    except TimeoutError:
        return line.fold([Ended(within, "timeout", f"no answer within {within:g} s")])
    return line


def streamed_reply(line: Timeline) -> Reply | None:
    """The reply among the events that came."""
    for item in line.tail:
        if isinstance(item, SseEvent) and item.type == "message":
            reply = reply_in(item.data)
            if reply is not None:
                return reply
    return None


def reply_of(line: Timeline) -> Reply | None:
    """The reply, streamed or as the body."""
    return streamed_reply(line) if line.is_event_stream else reply_in(line.excerpt)


class Stream:
    """A GET stream that stays open while messages are posted.

    Attributes:
        line: What it has shown so far.
    """

    def __init__(self, leg: Leg) -> None:
        self.line = Timeline(leg)
        self._changed = asyncio.Event()

    async def follow(self, manner: Manner) -> None:
        """Fold what comes until the stream ends."""
        async with aclosing(probe(self.line.leg, manner, GET)) as events:
            async for event in events:
                self.line = self.line.fold([event])
                self._changed.set()

    async def until(self, enough: Callable[[Timeline], bool], within: float) -> bool:
        """Whether enough has come, or comes within that many seconds."""
        try:
            async with asyncio.timeout(within):
                while not enough(self.line) and self.line.ended is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return enough(self.line)


@asynccontextmanager
async def streaming(leg: Leg, manner: Manner) -> AsyncIterator[Stream]:
    """An open stream, closed when the block is left: with it the session ends."""
    stream = Stream(leg)
    task = asyncio.create_task(stream.follow(manner))
    try:
        yield stream
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
