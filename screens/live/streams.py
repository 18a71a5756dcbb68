"""Keeps one stream for each side open while the user looks at it; bounded, and no evidence."""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from screens.live.buffer import Side
from wizard.model.events import Chunk, ProbeEvent
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.text.messages import tr

WATCH_S = 60.0
"""How long the streams stay open unless the user renews it, in seconds."""
MAX_STREAM_BYTES = 64 << 20
"""After how many bytes of a body a stream is left: a flood is not read for a minute."""
TURN_S = 0.001
"""After so much work in a flood the keys and the other stream have their turn, in seconds."""

Batch = tuple[ProbeEvent, ...]
Watch = Callable[[Probe], AsyncGenerator[Batch, None]]
"""Asks for a stream; yields the events of each arrival together."""


_NO_CONNECTION = frozenset({"refused", "tls", "dns", "timeout", "unreached", "bug"})


def may_show_more(timeline: Timeline) -> bool:
    """True unless the request has shown that no stream comes: an error, a page, no connection."""
    if timeline.headers_s is None:
        return timeline.ended not in _NO_CONNECTION
    return timeline.is_stream


class LiveStreams:
    """Opens streams, and hands over what comes of them."""

    def __init__(
        self, take: Callable[[Side, Batch], None], leave: Callable[[Side, str], None]
    ) -> None:
        """Prepare; nothing is open yet.

        Args:
            take: Takes the events of one arrival; must be quick.
            leave: Is told why this tool left a stream; may be told nothing else about it.
        """
        self._take, self._leave = take, leave
        self._tasks = dict[Side, asyncio.Task[None]]()
        self._closing = set[asyncio.Task[None]]()
        self._timeouts = dict[Side, asyncio.Timeout]()

    @property
    def is_open(self) -> bool:
        """True while a stream is open."""
        return any(not task.done() for task in self._tasks.values())

    def begin(self, probes: Mapping[Side, Probe], watch: Watch) -> None:
        """Ask for these streams; those of before must be closed."""
        assert not self.is_open
        if not gc.get_freeze_count():
            # All objects of the program would be looked through again and again in a flood of
            # events, for a tenth of a second each time.
            gc.freeze()
        self._timeouts = {}
        self._tasks = {
            side: asyncio.create_task(self._follow(side, probe, watch))
            for side, probe in probes.items()
        }

    def renew(self) -> None:
        """Keep what is open for another `WATCH_S` seconds."""
        until = asyncio.get_running_loop().time() + WATCH_S
        for side, timeout in self._timeouts.items():
            if not self._tasks[side].done():
                timeout.reschedule(until)

    def stop(self) -> None:
        """Begin to close every connection."""
        for side, task in self._tasks.items():
            if not task.done():
                self._leave(side, tr("closed"))
                task.cancel()
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)
        self._tasks = {}

    async def close(self) -> None:
        """Close every connection, and wait until that is done."""
        self.stop()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _follow(self, side: Side, probe: Probe, watch: Watch) -> None:
        size = 0
        try:
            async with asyncio.timeout(WATCH_S) as timeout, aclosing(watch(probe)) as batches:
                self._timeouts[side] = timeout
                turn_end = time.perf_counter() + TURN_S
                async for batch in batches:
                    self._take(side, batch)
                    if time.perf_counter() > turn_end:
                        await asyncio.sleep(0)
                        turn_end = time.perf_counter() + TURN_S
                    size += sum(event.size for event in batch if isinstance(event, Chunk))
                    if size > MAX_STREAM_BYTES:
                        self._leave(
                            side, tr("closed after {size} MB: o opens it again", size=size >> 20)
                        )
                        return
        except TimeoutError:
            self._leave(side, tr("closed, the time is up: o opens it again"))
