"""The whole incident on three hosts, from a client that reaches only the Nginx."""

import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hosts.hosts import BACKEND, NAME, Hosts, three_hosts
from tests.tools import needs
from tests.vantage.sshd import sshd
from wizard.diagnose.hops import describe_failing_hop
from wizard.investigation.investigation import Investigation
from wizard.model.steps import STEPS
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage

pytestmark = [pytest.mark.nginx, needs("ip", "patch")]


@pytest.fixture
async def hosts(nginx: str, tmp_path: Path) -> AsyncIterator[Hosts]:
    async with three_hosts(nginx, tmp_path) as running:
        yield running


def make_target(hosts: Hosts, web: list[str], svc: list[str]) -> Target:
    """Return what the engineer on call gives: the URL, and how to reach the two other hosts."""
    folder = hosts.conf.parent
    return Target(
        hosts.url,
        direct=(
            Source(f"http://{NAME}:{BACKEND}/sse", "web"),
            Source(f"http://127.0.0.1:{BACKEND}/sse", "svc"),
        ),
        conf=Source(str(hosts.conf), "web"),
        logs=(Source(str(folder / "access.log"), "web"), Source(str(folder / "error.log"), "web")),
        vantages=(Vantage("web", tuple(web)), Vantage("svc", tuple(svc))),
    )


def patch(folder: str, diff: str) -> None:
    """Apply the diff, as the engineer would."""
    words = ["patch", "-p0", "-d", folder]
    subprocess.run(words, input=diff.encode(), check=True, capture_output=True)


async def solve(target: Target, hosts: Hosts) -> None:
    """Run all steps, apply the fix, and verify it."""
    investigation = Investigation(target)
    try:
        for step in STEPS[:-1]:
            await investigation.run(step)
        diagnosis, recommendation = investigation.diagnosis, investigation.recommendation
        assert diagnosis is not None
        assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
            ("proxy-buffering-hold", "confirmed")
        ], diagnosis
        sentence = describe_failing_hop(investigation.case)
        assert sentence == "live direct from web, held outside: it is this Nginx"
        assert recommendation is not None
        assert recommendation.diff is not None
        patch(recommendation.directory or "", recommendation.diff)
        await hosts.nginx.reload()
        state = await investigation.run("verify")
    finally:
        await investigation.close()
    assert state.state == "pass", state
    assert state.why.startswith("fixed: 2 of 2 requests held before")


async def test_the_incident_is_solved_through_network_namespaces(hosts: Hosts) -> None:
    await solve(make_target(hosts, hosts.prefix(hosts.web), hosts.prefix(hosts.svc)), hosts)


async def test_the_config_of_a_running_nginx_is_fetched(hosts: Hosts) -> None:
    target = make_target(hosts, hosts.prefix(hosts.web), hosts.prefix(hosts.svc))
    investigation = Investigation(replace(target, conf=Source("", "web"), logs=()))
    try:
        state = await investigation.run("config")
    finally:
        await investigation.close()
    assert state.state == "warn", state
    assert str(hosts.conf) in state.why


async def test_the_incident_is_solved_over_ssh_through_a_jump_host(
    hosts: Hosts, tmp_path: Path
) -> None:
    """Only the Nginx's host reaches the backend's: a shell behind a shell."""
    web_keys, svc_keys = tmp_path / "web", tmp_path / "svc"
    web_keys.mkdir()
    svc_keys.mkdir()
    with (
        sshd(web_keys, inside=hosts.prefix(hosts.web), address=hosts.address, port=2201) as web,
        sshd(svc_keys, inside=hosts.prefix(hosts.svc), address=hosts.backend, port=2202) as svc,
    ):
        through_web = [*web.prefix(), *svc.prefix()]
        await solve(make_target(hosts, list(web.prefix()), through_web), hosts)
