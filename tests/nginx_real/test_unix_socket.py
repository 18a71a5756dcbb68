"""A backend behind a unix socket, as `proxy_pass http://unix:…` names it and as --direct does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.lab.backend import Backend
from wizard.lab.nginx_process import free_ports
from wizard.lab.scenario import Behaviour
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.parse import parse_url
from wizard.model.target import Source, Target
from wizard.recommend import recommend

pytestmark = pytest.mark.nginx

HELD = "proxy_http_version 1.0;"
LIVE = "proxy_buffering off;"


@dataclass
class Place:
    """A running Nginx and the socket of its backend; `location` is filled in by the test."""

    target: Target
    socket: str


@asynccontextmanager
async def running(
    nginx: str, folder: Path, settings: str, *, passed: str = "", path: str = "/sse"
) -> AsyncIterator[Place]:
    """Nginx in front of a backend on a unix socket; `passed` is the URI of `proxy_pass`."""
    (port,), socket = free_ports(1), str(folder / "app.sock")
    backend = Backend(Behaviour(), 0, socket_path=socket)
    await backend.start()
    proxy_pass = f"proxy_pass http://unix:{socket}{passed};"
    prefix = path.removesuffix("sse")
    location = f"location {prefix} {{ {proxy_pass} {settings} }}"
    try:
        async with running_nginx(nginx, folder, port, location) as conf:
            target = Target(
                f"http://127.0.0.1:{port}{path}",
                direct=(parse_url(f"unix:{socket}:/sse"),),
                conf=Source(str(conf)),
            )
            yield Place(target, socket)
    finally:
        await backend.stop()


async def examine(target: Target) -> tuple[Case, Diagnosis]:
    """All steps that collect evidence, and what is concluded."""
    investigation = Investigation(target)
    for step in ("root", "proxy", "direct", "config"):
        await investigation.run(step)
    case = investigation.case
    await investigation.close()
    return case, diagnose(case)


@pytest.mark.parametrize(
    ("passed", "path"), [("", "/sse"), pytest.param(":/", "/app/sse", marks=pytest.mark.slow)]
)
async def test_a_held_stream_with_the_socket_as_direct_url(
    nginx: str, tmp_path: Path, passed: str, path: str
) -> None:
    async with running(nginx, tmp_path, HELD, passed=passed, path=path) as place:
        case, diagnosis = await examine(place.target)
    assert [result.outcome for result in case.direct] == ["live", "live"]
    cause = diagnosis.causes[0]
    assert (cause.id, cause.confidence) == ("proxy-buffering-hold", "confirmed"), diagnosis
    assert place.socket in cause.distinguishes
    recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    assert f"proxy_pass http://unix:{place.socket}" in recommendation.block


async def test_a_session_over_the_socket_is_healthy(nginx: str, tmp_path: Path) -> None:
    async with running(nginx, tmp_path, LIVE) as place:
        case, diagnosis = await examine(place.target)
    direct = case.handshake("direct")
    assert direct is not None
    assert direct.is_complete
    assert direct.post_url.startswith(f"unix:{place.socket}:/message?sessionId=")
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ()), diagnosis


@pytest.mark.slow
async def test_the_socket_of_nginx_itself_is_not_direct(nginx: str, tmp_path: Path) -> None:
    own = tmp_path / "own.sock"
    async with running(nginx, tmp_path, f"{HELD} }} listen unix:{own}; location /x {{") as place:
        direct = (parse_url(f"unix:{own}:/sse"),)
        target = Target(place.target.url, direct=direct, conf=place.target.conf)
        _, diagnosis = await examine(target)
    assert any(f"Nginx itself listens on unix:{own}" in note for note in diagnosis.notes), diagnosis
