"""Requests that run in parallel until a condition holds for all of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Literal, cast

from tests.nginx_real.delivery_rows import DeliveryRow
from wizard.model.probe import Probe
from wizard.model.target import Http
from wizard.model.timeline import Timeline
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions


def has_ended(timeline: Timeline) -> bool:
    """True if the request has ended by itself."""
    return timeline.ended is not None


class ParallelRequests:
    """Requests that run until `aclose`; `timelines` has the timeline of each row so far."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.timelines: dict[str, Timeline] = {}
        self._ports, self._tasks = ports, list[asyncio.Task[None]]()
        self._changed = asyncio.Event()

    def start(self, rows: Iterable[DeliveryRow]) -> list[str]:
        """Start the requests of these rows; return their ids."""
        probes = [(row, self._probe(row)) for row in rows]
        for row, probe in probes:
            self.timelines[row.id] = Timeline(probe)
            self._tasks.append(asyncio.create_task(self._follow(row, probe)))
        return [row.id for row, _ in probes]

    def _probe(self, row: DeliveryRow) -> Probe:
        http: Http = "2" if row.client in ("h2", "h2c") else "1.1"
        # The wizard's own probes never accept br.
        encoding = cast(Literal["identity", "gzip"], row.encoding)
        return Probe("sse-proxy", row.url(self._ports), http, encoding)

    async def _follow(self, row: DeliveryRow, probe: Probe) -> None:
        headers = (("Via", "1.1 outer"),) if row.via else ()
        options = ProbeOptions(run=row.id, insecure=True, headers=headers)
        async with aclosing(run_probe(probe, options)) as events:
            async for event in events:
                self.timelines[row.id] = self.timelines[row.id].fold([event])
                self._changed.set()

    async def until(self, ids: Iterable[str], condition: Callable[[Timeline], bool]) -> None:
        """Wait until the condition holds for each of these rows."""
        wanted = list(ids)
        while not all(condition(self.timelines[id_]) for id_ in wanted):
            self._changed.clear()
            await self._changed.wait()

    async def aclose(self) -> None:
        """Close all connections. Raises the first error of a request."""
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
