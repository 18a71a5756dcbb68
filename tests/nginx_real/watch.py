"""Requests that run side by side until enough was seen of all of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing

from tests.nginx_real.cells import Cell
from wizard.model.timeline import Http, Leg, Timeline
from wizard.probe.probe import probe
from wizard.probe.request import Manner


def is_over(line: Timeline) -> bool:
    """Whether the leg has ended without our doing."""
    return line.ended is not None


class Watch:
    """Requests that run until closed; `lines` is what each has shown so far."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.lines: dict[str, Timeline] = {}
        self._ports, self._tasks = ports, list[asyncio.Task[None]]()
        self._changed = asyncio.Event()

    def ask(self, asked: Iterable[Cell]) -> list[str]:
        """Make these requests; their ids."""
        found = [(cell, self._leg(cell)) for cell in asked]
        for cell, leg in found:
            self.lines[cell.id] = Timeline(leg)
            self._tasks.append(asyncio.create_task(self._follow(cell, leg)))
        return [cell.id for cell, _ in found]

    def _leg(self, cell: Cell) -> Leg:
        http: Http = "2" if cell.client in ("h2", "h2c") else "1.1"
        return Leg("sse-proxy", cell.url(self._ports), http, cell.encoding)

    async def _follow(self, cell: Cell, leg: Leg) -> None:
        headers = (("Via", "1.1 outer"),) if cell.via else ()
        manner = Manner(run=cell.id, insecure=True, headers=headers)
        async with aclosing(probe(leg, manner)) as events:
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
