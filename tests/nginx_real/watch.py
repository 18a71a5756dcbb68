"""Requests that run side by side until enough was seen of all of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing

from tests.nginx_real.cells import Cell
from wizard.model.timeline import Http, Probe, Timeline
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions


def is_over(line: Timeline) -> bool:
    """Whether the leg has ended without our doing."""
    return line.ended is not None


class Watch:
    """Requests that run until closed; `lines` is what each has shown so far."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.lines: dict[str, Timeline] = {}
        self._ports, self._tasks = ports, list[asyncio.Task[None]]()
        self._changed = asyncio.Event()

    def spec(self, asked: Iterable[Cell]) -> list[str]:
        """Make these requests; their ids."""
        found = [(cell, self._probe(cell)) for cell in asked]
        for cell, probe in found:
            self.lines[cell.id] = Timeline(probe)
            self._tasks.append(asyncio.create_task(self._follow(cell, probe)))
        return [cell.id for cell, _ in found]

    def _probe(self, cell: Cell) -> Probe:
        http: Http = "2" if cell.client in ("h2", "h2c") else "1.1"
        return Probe("sse-proxy", cell.url(self._ports), http, cell.encoding)

    async def _follow(self, cell: Cell, probe: Probe) -> None:
        headers = (("Via", "1.1 outer"),) if cell.via else ()
        options = ProbeOptions(run=cell.id, insecure=True, headers=headers)
        async with aclosing(run_probe(probe, options)) as events:
            async for event in events:
                self.lines[cell.id] = self.lines[cell.id].fold([event])
                self._changed.set()

    async def until(self, ids: Iterable[str], is_so: Callable[[Timeline], bool]) -> None:
        """Wait until it is so for each of them."""
        wanted = list(ids)
        while not all(is_so(self.lines[id_]) for id_ in wanted):
            self._changed.clear()
            await self._changed.wait()

    async def aclose(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
