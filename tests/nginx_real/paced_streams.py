"""Streams through one real Nginx whose events are sent step by step, and what arrived after each.

No timeout decides. After each step, comments are sent on a control stream through the same Nginx,
one after the other. When some of them in a row have arrived while no other stream received
anything, what is missing is held.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trustme

from tests.nginx_real import delivery_conf, delivery_rows
from tests.nginx_real.delivery_rows import DeliveryRow, Location
from tests.nginx_real.paced_backend import FIRST, PacedBackend
from tests.nginx_real.parallel_requests import ParallelRequests, has_ended
from wizard.lab.nginx_process import Nginx, free_ports, version
from wizard.model.config import Config
from wizard.model.resolution import Delivery, RequestResolution
from wizard.model.timeline import Timeline
from wizard.nginx.load import read_config
from wizard.nginx.resolve import request_for, resolve_request

STEPS = 3
QUIET_PINGS = 8
"""The number of comments in a row during which no stream receives anything."""
TIMEOUT_S = 100.0
CONTROL = DeliveryRow(
    Location("control", "paced", "chunked", delivery_rows.V11 + delivery_rows.OFF), "h1"
)


@dataclass(frozen=True)
class PacedRow(DeliveryRow):
    """One stream: location, kind of client, Accept-Encoding, the size of its events, and whether
    Nginx gets each of them in two parts."""

    size: int = 300
    in_parts: bool = False

    @property
    def id(self) -> str:
        return f"{super().id}-{self._name}"

    def url(self, ports: Mapping[str, int]) -> str:
        return f"{super().url(ports).removesuffix('/sse')}/{self._name}"

    @property
    def _name(self) -> str:
        return f"{self.size}{'-in-parts' * self.in_parts}"


@dataclass(frozen=True)
class PacedObservation:
    """What arrived.

    Attributes:
        missing: By the row's id, the bytes that were sent and not received: after the first
            event, and after each of the larger ones. The bytes are those after decompression.
        received: By the row's id, the bytes on the wire at the same moments.
        headers: The ids of the rows whose response headers came.
    """

    version: str
    ports: Mapping[str, int]
    config: Config
    missing: Mapping[str, tuple[int, ...]]
    received: Mapping[str, tuple[int, ...]]
    headers: frozenset[str]

    def resolution(self, row: DeliveryRow) -> RequestResolution:
        """The resolution of this row's request."""
        return resolve_request(self.config, request_for(row.url(self.ports)), self.version)

    def predicted(self, row: DeliveryRow) -> Delivery:
        """The row of `inspect` for this request."""
        (delivery,) = (
            each
            for each in self.resolution(row).delivery
            if (each.client, each.encoding) == (row.client, row.encoding)
            and each.upstream == row.location.framing
        )
        return delivery


def observe_paced(
    binary: str, rows: tuple[PacedRow, ...], http: str = "", main: str = ""
) -> PacedObservation:
    """Run these rows at once on this Nginx.

    Args:
        http: Lines at the http level.
        main: Lines at the beginning of the config, such as `load_module`.
    """
    return asyncio.run(_observe(binary, rows, http, main))


async def _observe(
    binary: str, rows: tuple[PacedRow, ...], http: str, main: str
) -> PacedObservation:
    names = ("h1", "tls", "h2c", "paced")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    with tempfile.TemporaryDirectory(prefix="sse-paced-") as name:
        folder, nginx_version = Path(name), version(binary)
        certificate = trustme.CA().issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
        locations = dict.fromkeys(row.location for row in (*rows, CONTROL))
        text = delivery_conf.server_conf(nginx_version, ports, folder, locations, http)
        file = folder / "nginx.conf"
        file.write_text(main + text, "utf-8")
        config = read_config(str(file))
        async with asyncio.timeout(TIMEOUT_S), AsyncExitStack() as stack:
            backend = PacedBackend(ports["paced"])
            await backend.start()
            stack.push_async_callback(backend.stop)
            server = Nginx(binary, file, [ports["h1"]])
            stack.callback(server.stop)
            await server.start()
            requests = await stack.enter_async_context(aclosing(ParallelRequests(ports)))
            missing, received = await _run_steps(requests, backend, rows)
            headers = {row.id for row in rows if requests.timelines[row.id].headers_s is not None}
        return PacedObservation(nginx_version, ports, config, missing, received, frozenset(headers))


async def _run_steps(
    requests: ParallelRequests, backend: PacedBackend, rows: tuple[PacedRow, ...]
) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """The bytes that are missing and those received after each step, by the row's id."""
    requests.start(rows)
    requests.start([CONTROL])
    await backend.until_open(len(rows))
    missing: dict[str, tuple[int, ...]] = {row.id: () for row in rows}
    received = dict(missing)
    for step in range(STEPS + 1):
        if step:
            backend.send_events()
            await _until_quiet(requests, backend)
            backend.send_rests()
        await _until_quiet(requests, backend)
        for row in rows:
            timeline = requests.timelines[row.id]
            missing[row.id] += (len(FIRST) + step * row.size - timeline.decoded,)
            received[row.id] += (timeline.bytes,)
    return missing, received


async def _until_quiet(requests: ParallelRequests, backend: PacedBackend) -> None:
    """Send comments on the control stream until enough of them came while nothing else did."""
    received, quiet_pings = -1, 0
    while quiet_pings < QUIET_PINGS:
        control = requests.timelines[CONTROL.id]
        backend.send_ping()
        await requests.until([CONTROL.id], partial(_has_more, control))
        others = (each for id_, each in requests.timelines.items() if id_ != CONTROL.id)
        now = sum(timeline.bytes for timeline in others)
        received, quiet_pings = now, quiet_pings + 1 if now == received else 0


def _has_more(before: Timeline, after: Timeline) -> bool:
    assert not has_ended(after)
    return after.comments > before.comments
