"""Several probes side by side; each is ended as soon as it has shown its behaviour."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress

from wizard.model.absences import MIN_ABSENCE_S, extra_wait_s
from wizard.model.events import Ended
from wizard.model.probe import Encoding, Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.target import Http
from wizard.model.timeline import Timeline, connected_s, is_connected, is_live
from wizard.probe.own_delay import SETTLE_S
from wizard.probe.probe import run_probe_in_batches
from wizard.probe.request import ProbeOptions
from wizard.probe.waits import (
    ANSWER_WATCH_S,
    MIN_WATCH_S,
    held_at,
    is_decided,
    is_watched_enough,
    may_show_its_end,
    silence_limit,
    watch_limit,
)
from wizard.text.messages import tr

CHECK_INTERVAL_S = 0.25
"""How often the probes are checked if nothing happens, in seconds."""
ENCODINGS: tuple[Encoding, ...] = ("identity", "gzip")


def probes_for_url(
    name: str,
    url: str,
    vantage: str = "local",
    *,
    http: Http | None = None,
    once: bool = False,
    accepted: Encoding = "identity",
) -> tuple[Probe, ...]:
    """The probes of one URL: HTTP/1.1 and, over TLS, HTTP/2, each plain and with gzip.

    Args:
        http: The only HTTP version to use, if the URL allows it; None for all that it allows.
        once: Only one probe: over HTTP/1.1 unless `http` is another version, as `accepted`.
        accepted: What the client accepts; a variant of its own if it is not among the usual ones.
    """
    versions: tuple[Http, ...] = ("1.1", "2") if url.lower().startswith("https:") else ("1.1",)
    versions = (http,) if http in versions else versions
    if once:
        return (Probe(name, url, versions[0], accepted, vantage, once=True),)
    return tuple(
        Probe(name, url, http, encoding, vantage)
        for http in versions
        for encoding in dict.fromkeys((*ENCODINGS, accepted))
    )


def uncompressed(results: Sequence[ProbeResult]) -> ProbeResult | None:
    """The first probe without compression, as the MCP SDKs send it, or else the first one; None if
    there is none."""
    plain = [result for result in results if result.timeline.probe.encoding == "identity"]
    return next(iter((*plain, *results)), None)


class Matrix:
    """Proxied and direct probes that run side by side.

    Attributes:
        timelines: The timeline of each probe so far, updated while the matrix runs; the caller may
            read it at any time.
        started: When the matrix began, on its clock.
    """

    def __init__(
        self,
        proxied: Sequence[Probe],
        direct: Sequence[Probe],
        timelines: dict[Probe, Timeline],
        *,
        options: ProbeOptions,
        stall: float,
        patience: float = 0.0,
        max_watch_s: float | None = None,
        min_wait: Callable[[], float] = lambda: 0.0,
        known: Sequence[Timeline] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the probes; `run` runs them.

        Args:
            direct: The probes that set how long the proxied ones may be silent.
            stall: The longest wait for a silent stream, in seconds.
            patience: How long live streams are watched at least, in seconds. Where no direct probe
                shows that the backend sends, held probes are watched as long: what comes when the
                proxy gives up reading tells who is silent.
            max_watch_s: How long they are watched at most beyond that, in seconds, to see more of
                them; by default `watch_limit`.
            min_wait: Returns how long a proxied probe may be silent at least, in seconds, from what
                other probes have shown of this proxy.
            known: Direct streams of before to compare with, in place of direct probes.
        """
        self.timelines = timelines
        self._proxied, self._direct = tuple(proxied), tuple(direct)
        self._probes = (*self._proxied, *self._direct)
        self._options, self._stall, self._patience = options, stall, patience
        self._max_watch_s = watch_limit(stall) if max_watch_s is None else max_watch_s
        self._min_wait, self._clock, self._known = min_wait, clock, tuple(known)
        self.started = clock()
        self._changed = asyncio.Event()
        self._overdue = set[Probe]()

    @property
    def max_duration_s(self) -> float:
        """Seconds from the start to the end of the matrix, as far as is known now."""
        if undecided := self._undecided():
            decided_at = max(map(self._held_at, undecided))
            return decided_at + max(self._max_watch_s, self._patience)
        until = map(self._watched_until, self._own_timelines())
        return max(self._now(), *until, *self._awaited_ends())

    @property
    def waiting_for(self) -> str:
        """What the matrix waits for, in a few words."""
        undecided = self._undecided()
        if not undecided:
            held = any(self._is_held(timeline) for timeline in self._own_timelines())
            live = (
                tr("waiting for the end")
                if self._awaited_ends()
                else tr("watching the live streams")
            )
            return tr("watching the held stream") if held else live
        if not all(is_connected(timeline) for timeline in undecided):
            return "connecting"
        return tr("waiting for the first event")

    async def run(self) -> None:
        """Run all probes until each is decided. Leaving early closes every connection."""
        self.started = self._clock()
        self.timelines.update({probe: Timeline(probe) for probe in self._probes})
        async with asyncio.TaskGroup() as group:
            tasks = {probe: group.create_task(self._follow(probe)) for probe in self._probes}
            group.create_task(self._end_probes(tasks))

    def _own_timelines(self) -> list[Timeline]:
        return [self.timelines[probe] for probe in self._probes if probe in self.timelines]

    def _undecided(self) -> list[Timeline]:
        return [timeline for timeline in self._own_timelines() if not self._is_decided(timeline)]

    def _now(self) -> float:
        """Seconds since the matrix began."""
        return self._clock() - self.started

    async def _follow(self, probe: Probe) -> None:
        try:
            async with aclosing(run_probe_in_batches(probe, self._options)) as batches:
                async for events in batches:
                    before = self.timelines[probe]
                    self.timelines[probe] = before.fold(events)
                    if _progress(before) != _progress(self.timelines[probe]):
                        self._changed.set()
        finally:
            timeline = self.timelines[probe]
            # A probe that is interrupted before it is decided is not held: it stays without end.
            if timeline.ended is None and self._is_decided(timeline):
                at = self._now() - timeline.began_s
                self.timelines[probe] = timeline.fold([Ended(at, "open")])
            self._changed.set()

    async def _end_probes(self, tasks: Mapping[Probe, "asyncio.Task[None]"]) -> None:
        """End proxied probes once they are held, and all probes once all are decided."""
        while (pause := self._pause()) > 0:
            self._end_held_probes(tasks)
            await self._wait_for_change(pause)
        self._end_held_probes(tasks)
        await self._watch_open_streams()
        for task in tasks.values():
            task.cancel()

    def _end_held_probes(self, tasks: Mapping[Probe, "asyncio.Task[None]"]) -> None:
        """End proxied probes; direct ones go on, as their data sets the proxied ones' wait."""
        for probe in self._proxied:
            if self._is_held(self.timelines[probe]) and not self._is_kept_open(probe):
                tasks[probe].cancel()

    def _is_held(self, timeline: Timeline) -> bool:
        is_silent = timeline.ended is None and timeline.first_data_s is None
        return is_silent and self._is_decided(timeline)

    def _is_kept_open(self, probe: Probe) -> bool:
        """True if this held probe is watched for the user's patience; it is noted as overdue."""
        if not self._patience or any(map(is_live, self._direct_timelines())):
            return False
        if self.timelines[probe].headers_s is None:
            self._overdue.add(probe)
        return probe in self._overdue

    def _is_decided(self, timeline: Timeline) -> bool:
        now, wait = self._now() - timeline.began_s, self._wait(timeline)
        return is_decided(timeline, now, wait, self._options.connect_timeout)

    def _held_at(self, timeline: Timeline) -> float:
        """When this probe's silence counts as held, in seconds since the matrix began."""
        wait = self._wait(timeline)
        return timeline.began_s + held_at(timeline, wait, self._options.connect_timeout)

    def _wait(self, timeline: Timeline) -> float:
        """How long this probe may be silent, as far as is known now, in seconds."""
        if timeline.probe in self._direct:
            return self._stall
        limit = silence_limit(self._direct_timelines(), self._stall)
        return max(limit, min(self._min_wait(), self._stall))

    def _pause(self) -> float:
        """Seconds until the next check; 0 once all probes are decided."""
        undecided = self._undecided()
        if not undecided:
            return 0.0
        # `min_wait` may return something else without `_changed` being set.
        next_held_at = min(map(self._held_at, undecided))
        return min(CHECK_INTERVAL_S, max(0.01, next_held_at - self._now()))

    async def _watch_open_streams(self) -> None:
        """Wait until every stream was watched enough, and for the user's patience if longer."""
        while not self._all_ended():
            until = max(map(self._watched_until, self._own_timelines()))
            awaited = self._now() >= until and self._awaited_ends()
            if awaited:
                await self._wait_for_change(min(CHECK_INTERVAL_S, max(awaited) - self._now()))
                continue
            if self._now() >= until and all(map(self._is_watched_enough, self._proxied)):
                return
            remaining = until - self._now()
            await self._wait_for_change(remaining if remaining > 0 else CHECK_INTERVAL_S / 5)

    def _awaited_ends(self) -> list[float]:
        """Until when each open answer of a request that is sent once is watched for its end, in
        seconds since the matrix began; empty where a proxied one is held or failed."""
        if not all(map(self._may_show_its_end, self._proxied)):
            return []
        watch_s = max(ANSWER_WATCH_S, self._patience)
        answers = (each for each in self._own_timelines() if each.probe.once and is_live(each))
        until = [
            each.began_s + (each.first_data_s or 0.0) + watch_s
            for each in answers
            if each.ended is None
        ]
        return [at for at in until if at > self._now()]

    def _may_show_its_end(self, probe: Probe) -> bool:
        timeline = self.timelines[probe]
        now = self._now() - timeline.began_s
        return may_show_its_end(timeline, self._direct_timelines(), now)

    def _watched_until(self, timeline: Timeline) -> float:
        """How long this stream is watched at least, in seconds since the matrix began."""
        since = timeline.began_s + connected_s(timeline)
        data_at = timeline.first_data_s
        if timeline.probe in self._overdue:
            settled = timeline.began_s + data_at + MIN_WATCH_S if data_at is not None else 0.0
            return max(since + self._patience, settled)
        if data_at is None:
            return 0.0
        watch_s = MIN_WATCH_S + extra_wait_s(timeline, data_at, MIN_WATCH_S)
        return timeline.began_s + data_at + max(watch_s, self._patience)

    def _is_watched_enough(self, probe: Probe) -> bool:
        timeline = self.timelines[probe]
        now = self._now() - timeline.began_s
        return is_watched_enough(timeline, self._direct_timelines(), now, self._max_watch_s)

    def _direct_timelines(self) -> list[Timeline]:
        return [*self._known, *(self.timelines[probe] for probe in self._direct)]

    def _all_ended(self) -> bool:
        return all(timeline.ended is not None for timeline in self._own_timelines())

    async def _wait_for_change(self, timeout_s: float) -> None:
        """Wait until something changes, for at most `timeout_s` seconds.

        If this program did not run for a while, what has come meanwhile is read before the probes
        are judged by the time that has passed.
        """
        due = self._now() + timeout_s
        self._changed.clear()
        # Not wait_for: up to Python 3.11 it loses a Ctrl-C that comes just as it returns.
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        if self._now() > due + MIN_ABSENCE_S:
            await asyncio.sleep(SETTLE_S)


def _progress(timeline: Timeline) -> tuple[bool, ...]:
    """How far a probe is: while this does not change, no event decides the probe."""
    facts = (timeline.headers_s, timeline.first_data_s, timeline.ended)
    return (is_connected(timeline), *(fact is None for fact in facts))
