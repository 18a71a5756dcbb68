"""All cells asked of one real Nginx at once, and what each one showed: made once for each Nginx.

Nothing is decided by the clock. Once every cell's connection stands, live control requests are
made to the same Nginx; when each of them has had `TICKS` pings, a cell without a byte is held.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import trustme

from tests.nginx_real import cells, conf
from tests.nginx_real.cells import Cell
from tests.nginx_real.watch import Watch, is_over
from wizard.lab.backend import Backend
from wizard.lab.nginx import Nginx, free_ports, version
from wizard.model.config import Config
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline, is_connected
from wizard.nginx.load import read_config
from wizard.nginx.resolve import request_for, resolve_request

TICKS = 4
"""How many pings each control sees before silence counts as held."""
PATIENCE = 100.0
"""How long anything may take, in seconds, before the whole observation is given up."""


@dataclass(frozen=True)
class Logged:
    """What the access log says of one request."""

    status: int
    bytes: int
    upstream_status: str
    upstream_header_time: str


@dataclass(frozen=True)
class Observed:
    """One Nginx: its config as the wizard reads it, and what was seen and logged.

    Attributes:
        lines: Each cell's timeline, by the cell's id, as it was when the controls had ticked.
        access: access.log in the usual form.
    """

    version: str
    ports: Mapping[str, int]
    config: Config
    lines: Mapping[str, Timeline]
    logged: Mapping[str, Logged]
    access: str
    errors: str

    def resolution(self, cell: Cell) -> RequestResolution:
        """The wizard's reading of the config for this request."""
        return resolve_request(self.config, request_for(cell.url(self.ports)), self.version)


@dataclass(frozen=True)
class Plan:
    """What to run: the config, the cells, the controls, and what Nginx itself is to end."""

    write: Callable[[str, Mapping[str, int], Path], str]
    asked: tuple[Cell, ...]
    controls: tuple[Cell, ...]
    timed: tuple[Cell, ...] = ()


def _model(version: str, ports: Mapping[str, int], folder: Path) -> str:
    made = trustme.CA().issue_cert("127.0.0.1")
    made.private_key_pem.write_to_path(str(folder / "key.pem"))
    made.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    return conf.model_conf(version, ports, folder)


def _levels(_version: str, ports: Mapping[str, int], _folder: Path) -> str:
    return conf.levels_conf(ports)


MODEL = Plan(_model, cells.RESULTS, cells.CONTROLS, cells.TIMED)
LEVELS = Plan(_levels, cells.LEVEL_CELLS, cells.LEVEL_CONTROLS)


@lru_cache
def observe(binary: str, plan: Plan = MODEL) -> Observed:
    """This plan on this Nginx."""
    return asyncio.run(_observe(binary, plan))


async def _observe(binary: str, plan: Plan) -> Observed:
    names = ("h1", "tls", "h2c", "other", *cells.BACKENDS)
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    with tempfile.TemporaryDirectory(prefix="sse-cells-") as name:
        folder, known = Path(name), version(binary)
        file = folder / "nginx.conf"
        file.write_text(plan.write(known, ports, folder), "utf-8")
        config = read_config(str(file))
        async with asyncio.timeout(PATIENCE), _running(binary, file, ports):
            lines = await _held_or_live(ports, plan) | await _timed_out(ports, plan.timed)
            logged = await _logged(folder / "cells.log", lines)
        access, errors = (folder / f"{kind}.log" for kind in ("access", "error"))
        return Observed(known, ports, config, lines, logged, access.read_text(), errors.read_text())


@asynccontextmanager
async def _running(binary: str, file: Path, ports: Mapping[str, int]) -> AsyncIterator[None]:
    """The backends, and Nginx in front of them."""
    async with AsyncExitStack() as stack:
        for name, behaviour in cells.BACKENDS.items():
            backend = Backend(behaviour, ports[name])
            await backend.start()
            stack.push_async_callback(backend.stop)
        server = Nginx(binary, file, [ports["h1"]])
        stack.callback(server.stop)
        await server.start()
        yield


async def _held_or_live(ports: Mapping[str, int], plan: Plan) -> dict[str, Timeline]:
    """What each cell has shown when the controls, begun after all of them, have ticked."""
    async with aclosing(Watch(ports)) as watch:
        await watch.until(watch.spec(plan.asked), lambda line: is_connected(line) or is_over(line))
        await watch.until(watch.spec(plan.controls), lambda line: line.comments >= TICKS)
        return dict(watch.lines)


async def _timed_out(ports: Mapping[str, int], timed: tuple[Cell, ...]) -> dict[str, Timeline]:
    """What each has shown when the quiet ones have been ended by Nginx, and the others could."""
    async with aclosing(Watch(ports)) as watch:
        watch.spec(timed)
        quiet = {cell.id for cell in timed if cell.location.quiet}
        await watch.until(quiet, is_over)
        await watch.until(
            watch.lines.keys() - quiet,
            lambda line: line.comments >= cells.OUTLIVED or is_over(line),
        )
        return dict(watch.lines)


async def _logged(log: Path, ids: Iterable[str]) -> dict[str, Logged]:
    """The access log, once it has a line of each: Nginx writes it when the request ends."""
    wanted = set(ids)
    while True:
        found = _read(log)
        if wanted <= found.keys():
            return found
        await asyncio.sleep(0.005)


def _read(log: Path) -> dict[str, Logged]:
    """The last line of each cell; of a request that Nginx made to itself, only the outer one."""
    rows = [line.split("|") for line in log.read_text().splitlines() if line.count("|") == 5]
    return {
        run_of(agent): Logged(int(status), int(size), upstream, header_time)
        for uri, agent, status, size, upstream, header_time in rows
        if run_of(agent).startswith(f"{uri.split('/')[1]}-h")
    }


def run_of(agent: str) -> str:
    """The cell's id, which is the run token in the User-Agent."""
    return agent.partition("run=")[2].partition(";")[0]
