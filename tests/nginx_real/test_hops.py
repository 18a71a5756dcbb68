"""A stream during a reload of Nginx, and behind two proxies in a row."""

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

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

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
HOLDING = "proxy_buffering on; proxy_http_version 1.0;"


def scenario() -> Scenario:
    return Scenario("hops", "", "", LIVE, "fault", backend=Behaviour(ping_s=0.2))


async def diagnose_rest(investigation: Investigation) -> Diagnosis:
    await investigation.run("logs")
    await investigation.run("config")
    return diagnose(investigation.case)


async def wait_until_live(investigation: Investigation) -> None:
    """Wait until each probe is live, by polling: the investigation sends no notice."""
    outcomes: set[str] = set()
    while outcomes != {"live"}:
        await asyncio.sleep(0.01)
        case = investigation.case
        outcomes = {result.outcome for result in (*case.proxy, *case.direct)}


@asynccontextmanager
async def watched_investigation(lab: Lab) -> AsyncIterator[Investigation]:
    """An investigation whose streams are live when the block begins, and watched to their end."""
    investigation = Investigation(replace(lab.target, patience=6.0))
    await investigation.run("root")
    step = asyncio.create_task(investigation.run("proxy"))
    async with asyncio.timeout(20):
        await wait_until_live(investigation)
    yield investigation
    await step


@pytest.mark.parametrize(
    ("limit", "ids"), [("worker_shutdown_timeout 1s;", ["reload-cut"]), ("", [])]
)
@needs("ps")
async def test_a_reload_ends_streams_only_with_a_shutdown_timeout(
    nginx: str, limit: str, ids: list[str]
) -> None:
    async with Lab(scenario(), nginx=nginx) as lab:
        before = lab.conf.read_text("utf-8")
        lab.conf.write_text(f"{limit}\n{before.replace('error.log;', 'error.log notice;')}")
        await lab.reload()
        async with watched_investigation(lab) as investigation:
            await lab.reload()
        diagnosis = await diagnose_rest(investigation)
    assert [cause.id for cause in diagnosis.causes] == ids, diagnosis
    assert all(cause.confidence == "confirmed" for cause in diagnosis.causes)


@asynccontextmanager
async def two_proxies(
    nginx: str, edge: str, inner: str, backend: Behaviour = PINGS
) -> AsyncIterator[tuple[Lab, Target]]:
    """Run two proxies in a row with own settings; the target has the config of the inner one."""
    server = LIVE.replace("proxy_buffering off;", inner)
    scenario_of_two = Scenario("hops", "", "", server, "fault", http=EDGE % edge, backend=backend)
    async with Lab(scenario_of_two, nginx=nginx) as lab:
        text = lab.conf.read_text("utf-8")
        begin = text.index("    server {")
        at = text.index("listen", begin)
        port = text[at:].split(";")[0].rpartition(":")[2]
        inside = lab.directory / "inner.conf"
        inside.write_text(text[:begin] + text[text.index("    server {", at) :], "utf-8")
        url = f"http://127.0.0.1:{port}/sse"
        yield lab, replace(lab.target, url=url, conf=Source(str(inside)))


async def causes_of(target: Target) -> tuple[list[tuple[str, str]], Diagnosis]:
    investigation = Investigation(target)
    await investigation.run("root")
    await investigation.run("proxy")
    diagnosis = await diagnose_rest(investigation)
    return [(cause.id, cause.confidence) for cause in diagnosis.causes], diagnosis


def with_hops(lab: Lab, target: Target) -> Target:
    """The target with both proxies as hops, outermost first."""
    edge, inner = Hop("edge", Source(target.url)), Hop("inner", Source(lab.target.url))
    return replace(target, hops=(edge, inner))


async def test_a_proxy_in_front_holds_a_stream_that_this_nginx_delivers(nginx: str) -> None:
    async with two_proxies(nginx, edge="", inner="proxy_buffering off;") as (lab, target):
        without_hops, diagnosis = await causes_of(target)
        assert without_hops == [("outer-proxy-buffers", "likely")], diagnosis
        by_hops, diagnosis = await causes_of(with_hops(lab, target))
    assert by_hops == [("outer-proxy-buffers", "confirmed")], diagnosis


async def test_the_inner_of_two_proxies_holds(nginx: str) -> None:
    async with two_proxies(nginx, edge="proxy_buffering off;", inner=HOLDING) as (lab, target):
        causes, diagnosis = await causes_of(with_hops(lab, target))
    assert causes == [("proxy-buffering-hold", "confirmed")], diagnosis


async def test_the_outer_of_two_proxies_cuts(nginx: str) -> None:
    edge = "proxy_buffering off; proxy_read_timeout 1s;"
    async with two_proxies(nginx, edge=edge, inner="proxy_buffering off;", backend=SILENT) as (
        lab,
        target,
    ):
        causes, diagnosis = await causes_of(replace(with_hops(lab, target), patience=5.0, logs=()))
    assert causes == [("outer-timeout", "confirmed")], diagnosis


async def test_two_proxies_without_fault(nginx: str) -> None:
    unbuffered = "proxy_buffering off;"
    async with two_proxies(nginx, edge=unbuffered, inner=unbuffered) as (lab, target):
        causes, diagnosis = await causes_of(with_hops(lab, target))
    assert (diagnosis.verdict, causes) == ("healthy", [])
    assert [note for note in diagnosis.notes if "was watched for" not in note] == []
