"""Limits on the number of connections: of an upstream's peers, and of a worker of Nginx."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.nginx_real.test_gates_and_limits import HEALTHY, only_cause
from wizard.lab import Lab
from wizard.lab.scenario import Behaviour
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

PASS = "proxy_pass http://bot; proxy_buffering off; proxy_read_timeout 1h;"


@asynccontextmanager
async def open_stream(url: str) -> AsyncIterator[None]:
    """A stream of a customer, whose first event has arrived."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"data:")
    try:
        yield
    finally:
        writer.close()


async def investigate_beside(nginx: str, streams: int, server: str) -> tuple[Case, Diagnosis]:
    """The case and diagnosis while so many customers have a stream open."""
    http = f"upstream bot {{ zone bot 64k; {server} }}"
    text = f"listen $LISTEN; error_log error.log info; location / {{ {PASS} }}"
    scenario = replace(HEALTHY, server=text, http=http, backend=Behaviour(ping_s=0.2))
    async with Lab(scenario, nginx=nginx) as lab, AsyncExitStack() as stack:
        for _ in range(streams):
            await stack.enter_async_context(open_stream(lab.target.url))
        return case_and_diagnosis(await investigate(lab.target))


async def test_customers_have_all_connections_of_the_only_peer(nginx: str) -> None:
    case, diagnosis = await investigate_beside(nginx, 2, "server $BACKEND weight=2 max_conns=2;")

    assert only_cause(diagnosis) == ("limits", "confirmed")
    assert "max_conns=2" in str(diagnosis.causes[0].evidence)
    diff = recommend(case, diagnosis).diff or ""  # type: ignore[union-attr]
    (line,) = [row for row in diff.splitlines() if row.startswith("+ ") and "server" in row]
    assert "weight=2" in line
    assert "max_conns" not in line


async def test_a_limit_that_leaves_room_is_no_cause(nginx: str) -> None:
    _, diagnosis = await investigate_beside(nginx, 1, "server $BACKEND max_conns=20;")
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
