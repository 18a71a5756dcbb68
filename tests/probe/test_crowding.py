"""Which requests are made again alone, and how."""

import time

import pytest

from tests.probe.followups.servers import LIVE
from tests.probe.mcp.server import running, silence
from tests.rules.samples.build import make_case, make_follow_up
from wizard.model.case import Case
from wizard.model.probe import Probe
from wizard.model.timeline import is_live
from wizard.probe.crowding import ALONE, FREE_WORKER, crowded_probes, probe_alone
from wizard.probe.followups.followup import root_of
from wizard.probe.request import ProbeOptions


def labels(case: Case, root: int | None = None) -> list[str]:
    """The labels of the probes to make again; `root` is the status of `/` sent directly."""
    free_worker = make_follow_up(FREE_WORKER, root) if root is not None else None
    return [probe.label for probe in crowded_probes(case.proxy, case.direct, free_worker)]


@pytest.mark.parametrize("status", ["503", "429"])
def test_a_refused_request_beside_a_served_one(status: str) -> None:
    case = make_case(proxy="live", proxy_gzip=status, direct="live", settings={})
    assert labels(case) == ["sse-proxy h1 gzip"]


def test_all_refused_through_the_proxy_and_one_served_directly() -> None:
    case = make_case(proxy="503", direct="live", settings={})
    assert labels(case) == ["sse-proxy h1 identity", "sse-proxy h1 gzip"]


def test_a_server_that_refuses_everything_is_not_asked_again() -> None:
    assert labels(make_case(proxy="503", direct="503", settings={})) == []


def test_a_refused_direct_request() -> None:
    case = make_case(proxy="live", direct="live", direct_gzip="503", settings={})
    assert labels(case) == ["sse-direct h1 gzip"]


def test_silence_beside_a_backend_that_answers_is_held_by_the_proxy() -> None:
    case = make_case(proxy="held", direct="live", settings={})
    assert labels(case) == []
    assert labels(case, root=200) == []
    assert labels(case, root=404) == []


def test_silence_beside_a_backend_without_a_free_worker() -> None:
    case = make_case(proxy="held", direct="live", settings={})
    assert labels(case, root=0) == ["sse-proxy h1 identity", "sse-proxy h1 gzip"]


def test_silence_beside_a_direct_request_that_waits_too() -> None:
    case = make_case(proxy="held", direct="live", direct_gzip="held", settings={})
    assert labels(case) == ["sse-proxy h1 identity", "sse-proxy h1 gzip", "sse-direct h1 gzip"]


@pytest.mark.parametrize("status", ["502", "504", "401", "404"])
def test_other_failures_are_not_about_the_number_of_requests(status: str) -> None:
    assert labels(make_case(proxy="live", proxy_gzip=status, direct="live", settings={})) == []


async def test_a_live_request_is_made_twice() -> None:
    async with running({"GET": LIVE}) as server:
        timeline, alone = await probe_alone(
            Probe("sse-proxy", server.url), ProbeOptions(), 5.0, time.monotonic
        )
        await server.wait_until(lambda: server.closed_early == ["GET", "GET"])
    assert is_live(timeline)
    assert is_live(alone.timeline)
    assert alone.purpose == ALONE


async def test_a_silent_request_is_made_once() -> None:
    async with running({"GET": silence}) as server:
        timeline, alone = await probe_alone(
            Probe("sse-direct", server.url), ProbeOptions(), 0.2, time.monotonic
        )
        await server.wait_until(lambda: server.closed_early == ["GET"])
    assert timeline.headers_s is None
    assert alone.timeline is timeline


def test_the_root_path_of_the_backend() -> None:
    probe = Probe("sse-direct", "http://b:1/x/sse?t=1", vantage="web")
    assert (root_of(probe).url, root_of(probe).vantage) == ("http://b:1/", "web")
