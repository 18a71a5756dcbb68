"""A proxy of another make in front of a real Nginx that compresses the stream."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.nginx_real.bot import Bot, behind_nginx, causes, conclude, faults, peers
from tests.servers.fronts import Front, haproxy
from tests.servers.running import fill, running
from tests.tools import needs
from wizard.lab.nginx_process import free_ports
from wizard.model.target import Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow, needs("haproxy")]

LIVE = "proxy_pass http://$BOT1; proxy_http_version 1.1; proxy_buffering off;"
SERVER = f"location / {{ {LIVE} proxy_read_timeout 1h; }}"
GZIP = "option http-no-delay\n    compression algo gzip\n    compression type {}"
EVENTS, OTHERS = haproxy("", GZIP.format("text/event-stream")), haproxy("", GZIP.format("text/css"))


@contextmanager
def in_front(front: Front, folder: Path, behind: str) -> Iterator[str]:
    """Run the front before the server of this URL; gives the same path at the front."""
    (port,) = free_ports(1)
    values = {"PORT": str(port), "BACKEND": str(urlsplit(behind).port)}
    conf = folder / "front.conf"
    conf.write_text(fill(front.conf, values))
    with running(front.command(conf, folder, port), port, folder, {}, folder / "front.log"):
        yield f"http://127.0.0.1:{port}{urlsplit(behind).path}"


def without_config(target: Target) -> Target:
    return replace(target, conf=None, logs=())


async def test_a_front_that_compresses_event_streams(nginx: str, tmp_path: Path) -> None:
    async with behind_nginx(nginx, tmp_path, peers(Bot()), SERVER, path="/events") as target:
        with in_front(EVENTS, tmp_path, target.url) as url:
            _, diagnosis = await conclude(replace(target, url=url))
            assert causes(diagnosis) == {"outer-compression": "likely"}
            assert "Content-Encoding: gzip" in str(diagnosis.causes[0].evidence)
        with in_front(EVENTS, tmp_path, target.direct[0].locator) as url:
            _, diagnosis = await conclude(without_config(replace(target, url=url)))
            assert causes(diagnosis) == {"outer-compression": "likely"}
        with in_front(OTHERS, tmp_path, target.url) as url:
            _, diagnosis = await conclude(replace(target, url=url))
            assert not faults(diagnosis)


async def test_the_gzip_of_this_nginx_is_not_blamed_on_another(nginx: str, tmp_path: Path) -> None:
    server = SERVER.replace("proxy_buffering off;", "gzip on; gzip_types text/event-stream;")
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server, path="/events") as target:
        for each in (target, without_config(target)):
            _, diagnosis = await conclude(each)
            assert "outer-compression" not in causes(diagnosis)
