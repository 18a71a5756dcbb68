"""Run all delivery rows against one real Nginx at once, once for each Nginx.

No timeout decides. Once every row's connection is established, control requests of live rows are
made to the same Nginx. When each of them has received `CONTROL_PINGS` pings, a row without a byte
is held.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import trustme

from tests.nginx_real import delivery_conf, delivery_rows
from tests.nginx_real.delivery_rows import DeliveryRow
from tests.nginx_real.parallel_requests import ParallelRequests, has_ended
from wizard.lab.backend import Backend
from wizard.lab.nginx_process import Nginx, free_ports, version
from wizard.model.config import Config
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline, is_connected
from wizard.nginx.load import read_config
from wizard.nginx.resolve import request_for, resolve_request

CONTROL_PINGS = 4
"""The number of pings that each control row receives before silence counts as held."""
TIMEOUT_S = 100.0
"""The time limit of the whole observation in seconds."""


@dataclass(frozen=True)
class AccessEntry:
    """The access log entry of one request."""

    status: int
    bytes: int
    upstream_status: str
    upstream_header_time: str


@dataclass(frozen=True)
class Observation:
    """One Nginx: its config as the wizard reads it, the timelines and the logs.

    Attributes:
        timelines: Each row's timeline when the controls had their pings, by the row's id.
        logged: Each row's access log entry, by the row's id.
        access: The text of access.log in the usual format.
    """

    version: str
    ports: Mapping[str, int]
    config: Config
    timelines: Mapping[str, Timeline]
    logged: Mapping[str, AccessEntry]
    access: str
    errors: str

    def resolution(self, row: DeliveryRow) -> RequestResolution:
        """The resolution of this row's request."""
        return resolve_request(self.config, request_for(row.url(self.ports)), self.version)


@dataclass(frozen=True)
class Plan:
    """What to run: the config, the rows, the control rows, and the rows that Nginx ends."""

    write: Callable[[str, Mapping[str, int], Path], str]
    rows: tuple[DeliveryRow, ...]
    controls: tuple[DeliveryRow, ...]
    timed: tuple[DeliveryRow, ...] = ()


def _model(version: str, ports: Mapping[str, int], folder: Path) -> str:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    return delivery_conf.model_conf(version, ports, folder)


def _levels(_version: str, ports: Mapping[str, int], _folder: Path) -> str:
    return delivery_conf.levels_conf(ports)


MODEL = Plan(_model, delivery_rows.ALL_ROWS, delivery_rows.CONTROL_ROWS, delivery_rows.TIMEOUT_ROWS)
LEVELS = Plan(_levels, delivery_rows.LEVEL_ROWS, delivery_rows.LEVEL_CONTROL_ROWS)


@lru_cache
def observe(binary: str, plan: Plan = MODEL) -> Observation:
    """Run the plan on this Nginx."""
    return asyncio.run(_observe(binary, plan))


async def _observe(binary: str, plan: Plan) -> Observation:
    names = ("h1", "tls", "h2c", "other", *delivery_rows.BACKENDS)
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    with tempfile.TemporaryDirectory(prefix="sse-rows-") as name:
        folder, nginx_version = Path(name), version(binary)
        file = folder / "nginx.conf"
        file.write_text(plan.write(nginx_version, ports, folder), "utf-8")
        config = read_config(str(file))
        async with asyncio.timeout(TIMEOUT_S), _running(binary, file, ports):
            timelines = await _observe_rows(ports, plan)
            timelines |= await _observe_timeouts(ports, plan.timed)
            logged = await _logged(folder / "rows.log", timelines)
        access, errors = (folder / f"{kind}.log" for kind in ("access", "error"))
        return Observation(
            nginx_version, ports, config, timelines, logged, access.read_text(), errors.read_text()
        )


@asynccontextmanager
async def _running(binary: str, file: Path, ports: Mapping[str, int]) -> AsyncIterator[None]:
    """Run the backends, and Nginx in front of them."""
    async with AsyncExitStack() as stack:
        for name, behaviour in delivery_rows.BACKENDS.items():
            backend = Backend(behaviour, ports[name])
            await backend.start()
            stack.push_async_callback(backend.stop)
        server = Nginx(binary, file, [ports["h1"]])
        stack.callback(server.stop)
        await server.start()
        yield


async def _observe_rows(ports: Mapping[str, int], plan: Plan) -> dict[str, Timeline]:
    """The timelines of the rows and of the controls, which start after them, once each control has
    had its pings."""
    async with aclosing(ParallelRequests(ports)) as requests:
        await requests.until(
            requests.start(plan.rows),
            lambda timeline: is_connected(timeline) or has_ended(timeline),
        )
        await requests.until(
            requests.start(plan.controls), lambda timeline: timeline.comments >= CONTROL_PINGS
        )
        return dict(requests.timelines)


async def _observe_timeouts(
    ports: Mapping[str, int], timed: tuple[DeliveryRow, ...]
) -> dict[str, Timeline]:
    """The timelines once Nginx has ended the silent rows, and has had time to end the others."""
    async with aclosing(ParallelRequests(ports)) as requests:
        requests.start(timed)
        silent_ids = {row.id for row in timed if row.location.is_silent}
        await requests.until(silent_ids, has_ended)
        await requests.until(
            requests.timelines.keys() - silent_ids,
            lambda timeline: (
                timeline.comments >= delivery_rows.PINGS_BEYOND_TIMEOUT or has_ended(timeline)
            ),
        )
        return dict(requests.timelines)


async def _logged(log: Path, ids: Iterable[str]) -> dict[str, AccessEntry]:
    """The access log entries, once there is one of each row; Nginx writes it at the end."""
    wanted = set(ids)
    while True:
        entries = _read(log)
        if wanted <= entries.keys():
            return entries
        await asyncio.sleep(0.005)


def _read(log: Path) -> dict[str, AccessEntry]:
    """The last entry of each row; of a request that Nginx makes to itself, only the outer one."""
    lines = log.read_text().splitlines()
    fields = [line.split("|") for line in lines if line.count("|") == 5]
    return {
        row_id_of(agent): AccessEntry(int(status), int(size), upstream, header_time)
        for uri, agent, status, size, upstream, header_time in fields
        if row_id_of(agent).startswith(f"{uri.split('/')[1]}-h")
    }


def row_id_of(agent: str) -> str:
    """The row's id, which is the run token in the User-Agent."""
    return agent.partition("run=")[2].partition(";")[0]
