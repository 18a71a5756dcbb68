"""Several probes side by side, each left as soon as it has shown what it does."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing

from wizard.model.events import Ended
from wizard.model.timeline import Encoding, Http, Probe, Timeline, is_connected
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions
from wizard.probe.timing import SETTLE_S, held_at, is_decided, silence_limit

ROUND = 0.25
"""How often, in seconds, the probes are looked at where nothing happens."""
ENCODINGS: tuple[Encoding, ...] = ("identity", "gzip")


def probes_for_url(name: str, url: str, vantage: str = "local") -> tuple[Probe, ...]:
    """The probes for one URL: HTTP/1.1 and, over TLS, HTTP/2, each plain and with gzip."""
    versions: tuple[Http, ...] = ("1.1", "2") if url.lower().startswith("https:") else ("1.1",)
    return tuple(
        Probe(name, url, http, encoding, vantage) for http in versions for encoding in ENCODINGS
    )


class Matrix:
    """Probes that run side by side, proxied ones and direct ones.

    `least` says how long, in seconds, a proxied probe may be silent at the least, by what else is
    known of this proxy.

    Attributes:
        lines: Each probe's timeline as it is now, kept up to date here; safe to read at any time.
    """

    def __init__(
        self,
        proxied: Sequence[Probe],
        direct: Sequence[Probe],
        lines: dict[Probe, Timeline],
        *,
        options: ProbeOptions,
        stall: float,
        patience: float = 0.0,
        least: Callable[[], float] = lambda: 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lines = lines
        self._proxied, self._direct = tuple(proxied), tuple(direct)
        self._options, self._stall, self._patience = options, stall, patience
        self._least = least
        self._clock = clock
        self._started = clock()
        self._changed = asyncio.Event()

    @property
    def started(self) -> float:
        """When it began, on the clock."""
        return self._started

    @property
    def max_duration_s(self) -> float:
        """Seconds from the start until this has ended, as far as is known now."""
        waiting = [self._due(line) for line in self._mine() if not self._decided(line)]
        return max(waiting, default=self._now()) + max(SETTLE_S, self._patience)

    @property
    def waiting_for(self) -> str:
        """What is being waited for, in a few words."""
        undecided = [line for line in self._mine() if not self._decided(line)]
        if not undecided:
            return "watching the live streams"
        if not all(is_connected(line) for line in undecided):
            return "connecting"
        return "waiting for the first event"

    async def run(self) -> None:
        """Run all probes until each is decided. Leaving early closes every connection."""
        self._started = self._clock()
        self.lines.update({probe: Timeline(probe) for probe in (*self._proxied, *self._direct)})
        async with asyncio.TaskGroup() as group:
            tasks = {
                line.probe: group.create_task(self._follow(line.probe)) for line in self._mine()
            }
            group.create_task(self._leave(tasks))

    def _mine(self) -> list[Timeline]:
        return [
            self.lines[probe] for probe in (*self._proxied, *self._direct) if probe in self.lines
        ]

    def _now(self) -> float:
        return self._clock() - self._started

    async def _follow(self, probe: Probe) -> None:
        try:
            async with aclosing(run_probe(probe, self._options)) as events:
                async for event in events:
                    known, self.lines[probe] = self.lines[probe], self.lines[probe].fold([event])
                    if _stage(known) != _stage(self.lines[probe]):
                        self._changed.set()
        finally:
            # Interrupted before it has shown what it does, it is not held: it stays as it is.
            if self.lines[probe].ended is None and self._decided(self.lines[probe]):
                at = self._now() - self.lines[probe].began_s
                self.lines[probe] = self.lines[probe].fold([Ended(at, "open")])
            self._changed.set()

    async def _leave(self, tasks: Mapping[Probe, "asyncio.Task[None]"]) -> None:
        """End the held probes when they are due, and all when enough was seen."""
        while (pause := self._pause()) > 0:
            for probe in self._proxied:
                # A direct probe is left with the others: its data sets their wait.
                if self._is_held(self.lines[probe]):
                    tasks[probe].cancel()
            await self._change_within(pause)
        await self._watch()
        for task in tasks.values():
            task.cancel()

    def _is_held(self, line: Timeline) -> bool:
        return line.ended is None and line.first_data_s is None and self._decided(line)

    def _decided(self, line: Timeline) -> bool:
        now = self._now() - line.began_s
        return is_decided(line, now, self._wait(line), self._options.connect_timeout)

    def _due(self, line: Timeline) -> float:
        return line.began_s + held_at(line, self._wait(line), self._options.connect_timeout)

    def _wait(self, line: Timeline) -> float:
        """How long this probe may be silent, as far as is known now; seconds."""
        if line.probe in self._direct:
            return self._stall
        adapted = silence_limit([self.lines[probe] for probe in self._direct], self._stall)
        return max(adapted, min(self._least(), self._stall))

    def _pause(self) -> float:
        """Seconds until something can change by time alone; 0 once all probes are decided."""
        undecided = [line for line in self._mine() if not self._decided(line)]
        if not undecided:
            return 0.0
        # What `least` says may change without a word to us.
        return min(ROUND, max(0.01, min(map(self._due, undecided)) - self._now()))

    async def _watch(self) -> None:
        """Look on at what is live: for a moment, or as long as the user has patience."""
        lines = [line for line in self._mine() if line.first_data_s is not None]
        begun = [line.began_s + (line.first_data_s or 0.0) for line in lines]
        until = max(begun, default=0.0) + max(SETTLE_S, self._patience)
        while self._now() < until and any(line.ended is None for line in self._mine()):
            await self._change_within(until - self._now())

    async def _change_within(self, pause: float) -> None:
        self._changed.clear()
        try:
            # Not wait_for: up to Python 3.11 that loses a Ctrl-C that comes just as it returns.
            async with asyncio.timeout(pause):
                await self._changed.wait()
        except TimeoutError:
            return


def _stage(line: Timeline) -> tuple[bool, bool, bool, bool]:
    """How far a probe is; only a change of this can change what is decided."""
    return is_connected(line), line.headers_s is None, line.first_data_s is None, line.ended is None
