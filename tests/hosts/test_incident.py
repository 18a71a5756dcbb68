"""The whole incident, from a client that reaches nothing but the Nginx: three hosts, each looked
from with what is there."""

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
    async with three_hosts(nginx, tmp_path) as made:
        yield made


def target(hosts: Hosts, web: list[str], svc: list[str]) -> Target:
    """What the engineer on call knows: the URL, and how to get to the two other hosts."""
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
    """What the engineer does with the diff."""
    words = ["patch", "-p0", "-d", folder]
    subprocess.run(words, input=diff.encode(), check=True, capture_output=True)


async def solved(known: Target, hosts: Hosts) -> None:
    """From the symptom to the proof."""
    investigation = Investigation(known)
    try:
        for step in STEPS[:-1]:
            await investigation.run(step)
        diagnosis, made = investigation.diagnosis, investigation.recommendation
        assert diagnosis is not None
        assert [(one.id, one.confidence) for one in diagnosis.causes] == [
            ("proxy-buffering-hold", "confirmed")
        ], diagnosis
        sentence = describe_failing_hop(investigation.case)
        assert sentence == "live direct from web, held outside: it is this Nginx"
        assert made is not None
        assert made.diff is not None
        patch(made.directory or "", made.diff)
        await hosts.nginx.reload()
        state = await investigation.run("verify")
    finally:
        await investigation.close()
    assert state.state == "pass", state
    assert state.why.startswith("fixed: 2 probes were held")


async def test_from_network_namespace_to_namespace(hosts: Hosts) -> None:
    await solved(target(hosts, hosts.on(hosts.web), hosts.on(hosts.svc)), hosts)


async def test_the_running_nginx_says_itself_what_it_runs(hosts: Hosts) -> None:
    known = target(hosts, hosts.on(hosts.web), hosts.on(hosts.svc))
    investigation = Investigation(replace(known, conf=Source("", "web"), logs=()))
    try:
        state = await investigation.run("config")
    finally:
        await investigation.close()
    assert state.state == "warn", state
    assert str(hosts.conf) in state.why


async def test_over_ssh_and_from_there_over_ssh_again(hosts: Hosts, tmp_path: Path) -> None:
    """The service's host is known to the Nginx's alone: a shell behind a shell."""
    near, remote = tmp_path / "web", tmp_path / "svc"
    near.mkdir()
    remote.mkdir()
    with (
        sshd(near, inside=hosts.on(hosts.web), address=hosts.address, port=2201) as web,
        sshd(remote, inside=hosts.on(hosts.svc), address=hosts.backend, port=2202) as svc,
    ):
        there = [*web.prefix(), *svc.prefix()]
        await solved(target(hosts, list(web.prefix()), there), hosts)
