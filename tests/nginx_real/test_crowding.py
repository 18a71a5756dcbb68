"""Backends with few workers behind a real Nginx: our own probes must not be what breaks them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_check import investigate
from tests.probe.scripted import CHUNKED, HEAD, Act, chunk, serving
from wizard.diagnose.diagnose import diagnose
from wizard.lab.nginx_process import free_ports
from wizard.model.target import Source, Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
EVENT = b"data: %d\n\n"
PASS = "proxy_pass http://127.0.0.1:{port}; "
GOOD = "proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering off; " + PASS
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
FULL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull"


@dataclass
class Pool:
    """A backend with some workers; each serves one request at a time, a stream until it is left.

    Attributes:
        refuses: True answers 503 if no worker is free; False lets the request wait.
        largest: The largest number of requests that were open at once.
    """

    workers: int
    refuses: bool = False
    largest: int = 0

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.workers)
        self._open = 0

    def act(self) -> Act:
        """The behaviour for one connection, whose request is read here."""
        return self._serve

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if self.refuses and self._free.locked():
            writer.write(FULL)
            return
        async with self._free:
            self._open += 1
            self.largest = max(self.largest, self._open)
            try:
                await self._answer(request, reader, writer)
            finally:
                self._open -= 1

    async def _answer(
        self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if request.startswith(b"GET / "):
            writer.write(TEXT)
            return
        is_chunked = b" HTTP/1.1" in request
        writer.write(CHUNKED if is_chunked else HEAD + b"\r\n")
        is_left = asyncio.ensure_future(reader.read())
        number = 0
        while not is_left.done():
            event = EVENT % number
            writer.write(chunk(event) if is_chunked else event)
            number += 1
            await asyncio.wait({is_left}, timeout=0.1)
        await asyncio.gather(is_left, return_exceptions=True)


@asynccontextmanager
async def proxied_pool(
    pool: Pool, binary: str, folder: Path, directives: str = GOOD
) -> AsyncIterator[Target]:
    """Run Nginx in front of the pool; yield the target."""
    (port,) = free_ports(1)
    async with serving(pool.act(), read_first=False) as url:
        backend = url.rsplit(":", 1)[1].partition("/")[0]
        location = f"location / {{ {directives.format(port=backend)} }}"
        async with running_nginx(binary, folder, port, location) as conf:
            yield Target(
                f"http://127.0.0.1:{port}/sse", direct=(Source(url),), conf=Source(str(conf))
            )


@asynccontextmanager
async def customers(target: Target, count: int) -> AsyncIterator[None]:
    """Hold streams of other clients open, through the proxy."""
    port = int(target.url.rsplit(":", 1)[1].partition("/")[0])
    streams, writers = [], []
    for _ in range(count):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /sse HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"data: ")
        writers.append(writer)
        streams.append(asyncio.ensure_future(drain(reader)))
    try:
        yield
    finally:
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
        for writer in writers:
            writer.close()


async def drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


@pytest.mark.parametrize("refuses", [False, True], ids=["waits", "refuses"])
@pytest.mark.parametrize(("workers", "others"), [(4, 2), (3, 0)])
async def test_a_small_pool_is_healthy(
    workers: int, others: int, refuses: bool, nginx: str, tmp_path: Path
) -> None:
    pool = Pool(workers, refuses)
    async with proxied_pool(pool, nginx, tmp_path) as target, customers(target, others):
        case = (await investigate(target)).case
    diagnosis = diagnose(case)
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ()), diagnosis
    assert "backend-blocked" in [risk.id for risk in diagnosis.risks]


async def test_a_pool_behind_buffering_is_still_held(nginx: str, tmp_path: Path) -> None:
    directives = "proxy_http_version 1.0; " + PASS
    async with proxied_pool(Pool(5), nginx, tmp_path, directives) as target:
        case = (await investigate(target)).case
    diagnosis = diagnose(case)
    assert diagnosis.causes[0].id == "proxy-buffering-hold"


async def test_a_pool_without_a_free_worker_is_not_called_buffering(
    nginx: str, tmp_path: Path
) -> None:
    async with proxied_pool(Pool(2), nginx, tmp_path) as target, customers(target, 2):
        case = (await investigate(target)).case
    diagnosis = diagnose(case)
    assert [cause.id for cause in diagnosis.causes] == ["backend-blocked"]
