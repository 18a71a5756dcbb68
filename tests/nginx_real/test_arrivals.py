"""Streams that look alive and are held, and streams that are well, on a real Nginx.

Each is judged by its arrivals. The expectation holds for every subset of evidence: a broken stream
is never healthy, a good one never at fault.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.probe.scripted import CHUNKED, HEAD, chunk, serving
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.lab.nginx_process import free_ports
from wizard.model.diagnosis import Diagnosis
from wizard.model.target import Source, Target

pytestmark = pytest.mark.nginx
PASS = "proxy_pass http://127.0.0.1:{port}; "
HTTP_1_1 = "proxy_http_version 1.1; proxy_set_header Connection ''; " + PASS
OFF = "proxy_buffering off; " + HTTP_1_1
OLD_DEFAULT = "proxy_http_version 1.0; " + PASS
LARGE = "proxy_buffer_size 128k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k; " + HTTP_1_1


@dataclass(frozen=True)
class Stream:
    """What the backend sends: events of this size, one after another, for ever or `count`."""

    size: int
    gap_s: float
    count: int = 0

    def writes(self) -> Iterator[tuple[bytes, float]]:
        """What is written, and how long the backend waits after it, in seconds."""
        numbers = range(self.count) if self.count else itertools.count()
        return ((event(number, self.size), self.gap_s) for number in numbers)


class Writes(Protocol):
    """A stream of any writes."""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        """What is written, and how long the backend waits after it, in seconds."""


def event(number: int, size: int) -> bytes:
    """An event of about this size, which names no time."""
    head = b"id: %d\ndata: " % number
    return head + b"x" * max(1, size - len(head) - 2) + b"\n\n"


@asynccontextmanager
async def proxied(
    stream: Writes, binary: str, folder: Path, directives: str
) -> AsyncIterator[Target]:
    """Run Nginx in front of a backend that sends this stream; yield the target."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if request.startswith(b"GET / "):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return
        is_chunked = b" HTTP/1.1" in request
        writer.write(CHUNKED if is_chunked else HEAD + b"\r\n")
        is_left = asyncio.ensure_future(reader.read())
        for data, pause_s in stream.writes():
            if is_left.done():
                break
            writer.write(chunk(data) if is_chunked else data)
            await asyncio.wait({is_left}, timeout=pause_s)
        if is_chunked:
            writer.write(b"0\r\n\r\n")
        is_left.cancel()
        await asyncio.gather(is_left, return_exceptions=True)

    (port,) = free_ports(1)
    async with serving(act, read_first=False) as url:
        backend = url.rsplit(":", 1)[1].partition("/")[0]
        location = f"location / {{ {directives.format(port=backend)} }}"
        async with running_nginx(binary, folder, port, location) as conf:
            yield Target(
                f"http://127.0.0.1:{port}/events", direct=(Source(url),), conf=Source(str(conf))
            )


BROKEN = {
    "tails of 7,000 bytes": (Stream(7000, 0.6), HTTP_1_1),
    "tails of 5,000 bytes, ten a second": (Stream(5000, 0.1), HTTP_1_1),
    "a tail after small buffers": (Stream(20_000, 0.6), HTTP_1_1),
    "900 bytes each 120 ms": (Stream(900, 0.12), OLD_DEFAULT),
    "300 bytes, a hundred a second": (Stream(300, 0.01), OLD_DEFAULT),
    "sixteen tokens that end": (Stream(80, 0.05, count=16), OLD_DEFAULT),
    "one event and an end": (Stream(40, 0.0, count=1), OFF),
}
WELL = {
    "large events": (Stream(7000, 0.3), OFF),
    "very large events": (Stream(200_000, 0.4), OFF),
    "below large buffers": (Stream(7000, 0.3), LARGE),
    "small events": (Stream(200, 0.2), HTTP_1_1),
    "a hundred a second": (Stream(300, 0.01), OFF),
    "sixteen tokens that end": (Stream(80, 0.05, count=16), OFF),
}


async def diagnoses(stream: Writes, nginx: str, folder: Path, directives: str) -> list[Diagnosis]:
    """With all evidence, without the config, and with the URL alone."""
    async with proxied(stream, nginx, folder, directives) as target:
        whole, _ = case_and_diagnosis(await investigate(target))
    # The same probes: without a direct one they are classified by themselves.
    no_config = replace(whole, resolution=None, root_resolution=None, predictions=())
    alone = tuple(classify(result.timeline) for result in whole.proxy)
    url_only = replace(no_config, direct=(), proxy=alone, target=replace(target, direct=()))
    return [diagnose(case) for case in (whole, no_config, url_only)]


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_stream_is_not_healthy(name: str, nginx: str, tmp_path: Path) -> None:
    stream, directives = BROKEN[name]
    whole, no_config, url_only = await diagnoses(stream, nginx, tmp_path, directives)
    assert "healthy" not in (whole.verdict, no_config.verdict, url_only.verdict)
    if directives != OFF:
        assert [(whole.causes[0].id, whole.verdict)] == [("proxy-buffering-hold", "fault")], whole


@pytest.mark.parametrize("name", WELL)
async def test_a_good_stream_is_never_at_fault(name: str, nginx: str, tmp_path: Path) -> None:
    stream, directives = WELL[name]
    whole, no_config, url_only = await diagnoses(stream, nginx, tmp_path, directives)
    assert (whole.verdict, whole.causes) == ("healthy", ()), whole
    assert (no_config.verdict, no_config.causes) == ("healthy", ()), no_config
    assert url_only.verdict != "fault"
