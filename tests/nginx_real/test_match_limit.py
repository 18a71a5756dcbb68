"""Regular expressions that take PCRE too many steps, on a real Nginx: it answers 500."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.nginx_real.running import running_nginx
from wizard.lab.nginx_process import free_ports
from wizard.nginx.load import read_config
from wizard.nginx.resolve import request_for, resolve_request

pytestmark = pytest.mark.nginx

PATTERN = "^/(([a-z])+.)+[A-Z]([a-z])+$"
PATH = "/" + "a" * 60


@pytest.mark.parametrize(
    "line", [f"location ~ {PATTERN} {{ return 204; }}", f"rewrite {PATTERN} /x last;"]
)
async def test_a_pattern_beyond_the_limit_of_pcre(nginx: str, tmp_path: Path, line: str) -> None:
    (port,) = free_ports(1)
    locations = f"{line} location / {{ return 200; }}"
    async with running_nginx(nginx, tmp_path, port, locations) as conf:
        url = f"http://127.0.0.1:{port}{PATH}"
        answer = await asyncio.to_thread(httpx.get, url, trust_env=False)
        resolution = resolve_request(read_config(str(conf)), request_for(url))
    assert answer.status_code == 500
    assert resolution.doubt is not None
    assert resolution.doubt.kind == "limit"
