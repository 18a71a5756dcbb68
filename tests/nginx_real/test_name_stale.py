"""A backend whose name has another address than when a real Nginx looked it up.

Nginx runs in a mount namespace with an /etc/hosts of its own; the wizard's look-up is replaced.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import parse_version
from tests.nginx_real.bot import Bot, apply, causes, conclude, faults
from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_check import investigate
from tests.nginx_real.test_gates_and_limits import evidence_texts
from tests.probe.mcp.server import read, response
from tests.probe.scripted import serving
from tests.tools import needs
from wizard.diagnose.name_settings import RESOLVE_SINCE
from wizard.lab.nginx_process import free_ports, version
from wizard.model.target import Source, Target

pytestmark = [
    pytest.mark.nginx,
    pytest.mark.slow,
    needs("unshare", "mount"),
    pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root"),
]

NAME = "bot.test"
LIVE = "proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h;"
WRAPPER = """#!/bin/sh
exec unshare -m sh -c 'mount --bind {hosts} /etc/hosts && exec {nginx} "$@"' nginx "$@"
"""
LOG = """log_format tried '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "-"'
    ' "$http_user_agent" $upstream_addr';
access_log access.log tried;
"""


@pytest.fixture(autouse=True)
def resolve_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name lead to 127.0.0.1, as it does today."""
    original = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        return original("127.0.0.1" if host == NAME else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@asynccontextmanager
async def known_at(
    address: str, nginx: str, folder: Path, passed: str = "http://$NAME", http: str = ""
) -> AsyncIterator[Target]:
    """Run Nginx, which has looked the name up when it was this address; `$NAME` has its port."""
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{address} {NAME}\n")
    wrapper = folder / "nginx"
    wrapper.write_text(WRAPPER.format(hosts=folder / "hosts", nginx=nginx))
    wrapper.chmod(0o755)
    (listen,) = free_ports(1)
    async with serving(Bot().serve, read_first=False) as url:
        name = f"{NAME}:{urlsplit(url).port}"
        server = f"location / {{ proxy_pass {passed}; {LIVE} }}".replace("$NAME", name)
        http = LOG + http.replace("$NAME", name)
        async with running_nginx(str(wrapper), folder, listen, server, http) as conf:
            logs = tuple(Source(str(folder / file)) for file in ("access.log", "error.log"))
            public, direct = f"http://127.0.0.1:{listen}/events", f"http://{name}/events"
            yield Target(public, (Source(direct),), Source(str(conf)), logs, stall=4.0)


@pytest.mark.parametrize(
    ("passed", "http"),
    [("http://$NAME", ""), ("http://bot", "upstream bot { server $NAME; }\n")],
    ids=["proxy_pass", "upstream"],
)
async def test_nothing_listens_at_the_address_of_before(
    nginx: str, tmp_path: Path, passed: str, http: str
) -> None:
    async with known_at("127.0.0.2", nginx, tmp_path, passed, http) as target:
        _, diagnosis = await conclude(target)
        assert causes(diagnosis) == {"upstream-name-stale": "confirmed"}
        assert "leads to 127.0.0.1 today" in evidence_texts(diagnosis)
        _, diagnosis = await conclude(replace(target, logs=()))
        assert causes(diagnosis) == {"upstream-name-stale": "possible"}
        _, diagnosis = await conclude(replace(target, logs=(), conf=None))
        assert "upstream-name-stale" not in faults(diagnosis)


@pytest.mark.parametrize(
    ("passed", "http"),
    [("http://$NAME", ""), ("http://bot", "upstream bot { server $NAME; }\n")],
    ids=["proxy_pass", "upstream"],
)
async def test_nginx_takes_what_looks_the_name_up_again(
    nginx: str, tmp_path: Path, passed: str, http: str
) -> None:
    """With a resolver in the config; an upstream block needs an Nginx that has `resolve`."""
    http = f"resolver 127.0.0.1;\n{http}"
    async with known_at("127.0.0.2", nginx, tmp_path, passed, http) as target:
        recommendation = (await investigate(target)).recommendation
        assert recommendation is not None
        is_possible = passed != "http://bot" or parse_version(version(nginx)) >= RESOLVE_SINCE
        assert (recommendation.diff is not None) is is_possible
        assert any("nginx -s reload" in note for note in recommendation.adapt)
        if recommendation.diff is not None:
            await apply(str(tmp_path / "nginx"), target, recommendation.diff)


async def test_another_application_has_the_address_of_before(nginx: str, tmp_path: Path) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read(reader)
        writer.write(response(404, b"nothing here", kind="text/plain"))
        await writer.drain()
        writer.close()

    async with known_at("127.0.0.3", nginx, tmp_path) as target:
        port = urlsplit(target.direct[0].locator).port
        async with await asyncio.start_server(other, "127.0.0.3", port):
            _, diagnosis = await conclude(target)
    assert causes(diagnosis) == {"upstream-name-stale": "likely"}


async def test_the_address_of_today_is_not_stale(nginx: str, tmp_path: Path) -> None:
    """The same name, and a path at which the backend fails."""
    async with known_at("127.0.0.1", nginx, tmp_path) as target:
        _, healthy = await conclude(target)
        target = replace(target, url=target.url.replace("events", "none"))
        _, diagnosis = await conclude(target)
    assert (healthy.verdict, causes(healthy)) == ("healthy", {})
    assert "upstream-name-stale" not in causes(diagnosis)
