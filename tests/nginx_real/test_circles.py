"""Rewrites, files, error pages and named locations that lead in a circle, on a real Nginx."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.nginx_real.running import running_nginx
from wizard.lab.nginx_process import free_ports
from wizard.nginx.load import read_config
from wizard.nginx.resolve import request_for, resolve_request

pytestmark = pytest.mark.nginx

CIRCLES = {
    "rewrites": "rewrite ^ /rewrites/x last;",
    "two": "rewrite ^ /other/x last; } location /other { rewrite ^ /two/x last;",
    "break": "rewrite ^ /break/x break; return 204;",
    "ten": "rewrite '^/ten(y{0,8})$' /ten$1y last; return 204;",
    "eleven": "rewrite '^/eleven(y{0,10})$' /eleven$1y last; return 204;",
    "files": "try_files /none /files/x;",
    "named": "try_files /none @a; } location @a { try_files /none @b; } "
    "location @b { try_files /none @a;",
    "page": "error_page 418 /page/x; return 418;",
    "pages": "recursive_error_pages on; error_page 418 /pages/x; return 418;",
    "status": "recursive_error_pages on; error_page 418 = @s; return 418; } location @s { "
    "recursive_error_pages on; error_page 418 = @s; return 418;",
    "itself": "set $a x$a; set $a $a$a; if ($a = xx) { return 204; } return 400;",
}
MAPS = "map $m2 $m1 { default $m2; } map $m1 $m2 { default $m1; }"


async def test_the_status_is_that_of_nginx(nginx: str, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    locations = "".join(f"location /{name} {{ {lines} }} " for name, lines in CIRCLES.items())
    async with running_nginx(nginx, tmp_path, port, locations, http=MAPS) as conf:
        config = read_config(str(conf))
        for name in CIRCLES:
            url = f"http://127.0.0.1:{port}/{name}"
            answer = await asyncio.to_thread(httpx.get, url, trust_env=False)
            resolution = resolve_request(config, request_for(url))
            predicted = resolution.answer.status if resolution.answer else 404  # no such file
            assert not resolution.is_undecided
            assert (name, predicted) == (name, answer.status_code)
