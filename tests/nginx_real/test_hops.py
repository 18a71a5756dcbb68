"""What happens to a stream around this Nginx: a reload of it, and another proxy in front of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from wizard.conclusion import Diagnosis
from wizard.diagnose import diagnose
from wizard.investigation import Investigation
from wizard.lab import Lab, Scenario
from wizard.lab.behaviour import Behaviour
from wizard.model import Place

pytestmark = pytest.mark.nginx

LIVE = """
listen $LISTEN;
location / {
    proxy_pass http://$BACKEND;
    proxy_buffering off;
    proxy_read_timeout 1h;
}
"""
EDGE = """
server {
    listen $CLOSED;
    location / {
        proxy_pass http://$LISTEN;
        proxy_http_version 1.0;
    }
}
"""


def scenario(http: str = "") -> Scenario:
    return Scenario("hops", "", "", LIVE, "fault", http=http, backend=Behaviour(ping_s=0.2))


async def concluded(investigation: Investigation) -> Diagnosis:
    await investigation.run("logs")
    await investigation.run("config")
    return diagnose(investigation.case)


async def live(investigation: Investigation) -> None:
    """Wait until each cell is live; the investigation tells nobody, so it is asked."""
    outcomes: set[str] = set()
    while outcomes != {"live"}:
        await asyncio.sleep(0.01)
        case = investigation.case
        outcomes = {cell.outcome for cell in (*case.proxy, *case.direct)}


@asynccontextmanager
async def watched(lab: Lab) -> AsyncIterator[Investigation]:
    """An investigation whose streams are live inside the block, and watched to their end."""
    investigation = Investigation(replace(lab.target, patience=3.0))
    await investigation.run("root")
    step = asyncio.create_task(investigation.run("proxy"))
    async with asyncio.timeout(20):
        await live(investigation)
    yield investigation
    await step


@pytest.mark.parametrize(
    ("limit", "ids"), [("worker_shutdown_timeout 1s;", ["reload-cut"]), ("", [])]
)
async def test_a_reload_cuts_only_what_it_may(nginx: str, limit: str, ids: list[str]) -> None:
    async with Lab(scenario(), nginx=nginx) as lab:
        before = lab.conf.read_text("utf-8")
        lab.conf.write_text(f"{limit}\n{before.replace('error.log;', 'error.log notice;')}")
        await lab.reload()
        async with watched(lab) as investigation:
            await lab.reload()
        diagnosis = await concluded(investigation)
    assert [cause.id for cause in diagnosis.causes] == ids, diagnosis
    assert all(cause.confidence == "confirmed" for cause in diagnosis.causes)


async def test_a_proxy_in_front_holds_what_this_nginx_passes_on(nginx: str) -> None:
    async with Lab(scenario(http=EDGE), nginx=nginx) as lab:
        text = lab.conf.read_text("utf-8")
        begin = text.index("    server {")
        edge = text.index("listen", begin)
        port = text[edge:].split(";")[0].rpartition(":")[2]
        inner = lab.directory / "inner.conf"
        inner.write_text(text[:begin] + text[text.index("    server {", edge) :], "utf-8")
        url = f"http://127.0.0.1:{port}/sse"
        target = replace(lab.target, url=url, conf=Place(str(inner)))
        investigation = Investigation(target)
        await investigation.run("root")
        await investigation.run("proxy")
        diagnosis = await concluded(investigation)
    found = [(cause.id, cause.confidence) for cause in diagnosis.causes]
    assert found == [("outer-proxy-buffers", "likely")], diagnosis
