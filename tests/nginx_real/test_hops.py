"""What happens to a stream around this Nginx: a reload of it, and another proxy in front of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.tools import needs
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.lab import Lab, Scenario
from wizard.lab.scenario import Behaviour
from wizard.model.diagnosis import Diagnosis
from wizard.model.target import Hop, Source, Target

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
        %s
    }
}
"""
PINGS = Behaviour(ping_s=0.2)
SILENT = Behaviour(every_s=None)
HOLDS = "proxy_buffering on; proxy_http_version 1.0;"


def scenario() -> Scenario:
    return Scenario("hops", "", "", LIVE, "fault", backend=Behaviour(ping_s=0.2))


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
        outcomes = {result.outcome for result in (*case.proxy, *case.direct)}


@asynccontextmanager
async def watched(lab: Lab) -> AsyncIterator[Investigation]:
    """An investigation whose streams are live inside the block, and watched to their end."""
    investigation = Investigation(replace(lab.target, patience=6.0))
    await investigation.run("root")
    step = asyncio.create_task(investigation.run("proxy"))
    async with asyncio.timeout(20):
        await live(investigation)
    yield investigation
    await step


@pytest.mark.parametrize(
    ("limit", "ids"), [("worker_shutdown_timeout 1s;", ["reload-cut"]), ("", [])]
)
@needs("ps")
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


@asynccontextmanager
async def chained(
    nginx: str, edge: str, inner: str, backend: Behaviour = PINGS
) -> AsyncIterator[tuple[Lab, Target]]:
    """Two proxies in a row, each with its own settings; the config given is the inner one's."""
    server = LIVE.replace("proxy_buffering off;", inner)
    made = Scenario("hops", "", "", server, "fault", http=EDGE % edge, backend=backend)
    async with Lab(made, nginx=nginx) as lab:
        text = lab.conf.read_text("utf-8")
        begin = text.index("    server {")
        at = text.index("listen", begin)
        port = text[at:].split(";")[0].rpartition(":")[2]
        inside = lab.directory / "inner.conf"
        inside.write_text(text[:begin] + text[text.index("    server {", at) :], "utf-8")
        url = f"http://127.0.0.1:{port}/sse"
        yield lab, replace(lab.target, url=url, conf=Source(str(inside)))


async def followed(target: Target) -> tuple[list[tuple[str, str]], Diagnosis]:
    investigation = Investigation(target)
    await investigation.run("root")
    await investigation.run("proxy")
    diagnosis = await concluded(investigation)
    return [(cause.id, cause.confidence) for cause in diagnosis.causes], diagnosis


def hops(lab: Lab, target: Target) -> Target:
    """With both proxies named, outermost first."""
    edge, inner = Hop("edge", Source(target.url)), Hop("inner", Source(lab.target.url))
    return replace(target, hops=(edge, inner))


async def test_a_proxy_in_front_holds_what_this_nginx_passes_on(nginx: str) -> None:
    async with chained(nginx, edge="", inner="proxy_buffering off;") as (lab, target):
        alone, diagnosis = await followed(target)
        assert alone == [("outer-proxy-buffers", "likely")], diagnosis
        by_hops, diagnosis = await followed(hops(lab, target))
    assert by_hops == [("outer-proxy-buffers", "confirmed")], diagnosis


async def test_the_inner_of_two_proxies_holds(nginx: str) -> None:
    async with chained(nginx, edge="proxy_buffering off;", inner=HOLDS) as (lab, target):
        found, diagnosis = await followed(hops(lab, target))
    assert found == [("proxy-buffering-hold", "confirmed")], diagnosis


async def test_the_outer_of_two_proxies_cuts(nginx: str) -> None:
    edge = "proxy_buffering off; proxy_read_timeout 1s;"
    async with chained(nginx, edge=edge, inner="proxy_buffering off;", backend=SILENT) as (
        lab,
        target,
    ):
        found, diagnosis = await followed(replace(hops(lab, target), patience=5.0, logs=()))
    assert found == [("outer-timeout", "confirmed")], diagnosis


async def test_two_proxies_that_are_well(nginx: str) -> None:
    off = "proxy_buffering off;"
    async with chained(nginx, edge=off, inner=off) as (lab, target):
        found, diagnosis = await followed(hops(lab, target))
    assert (diagnosis.verdict, found, diagnosis.notes) == ("healthy", [], ())
