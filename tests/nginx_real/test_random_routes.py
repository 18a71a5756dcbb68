"""Random rewrites, error pages and named locations: a real Nginx and the resolution agree."""

import pytest

from tests.nginx_real.random_routes import MAPS, REQUESTS, RouteWriter
from tests.nginx_real.test_public_suite import Answer, ask, in_frame, mark_of
from tests.nginx_real.test_server_and_location import running
from wizard.lab.nginx_process import free_ports, version
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

SERVERS = 25


@pytest.mark.parametrize("seed", [1, 2])
def test_random_routes_end_where_nginx_ends_them(nginx: str, seed: int) -> None:
    writer = RouteWriter(seed)
    servers = [writer.server() for _ in range(SERVERS)]
    echo, *ports = free_ports(SERVERS + 1)
    text = in_frame([f"{MAPS}\n{servers[0]}", *servers[1:]], echo, ports)
    wrong, decided = [], 0
    with running(nginx, text, [echo, *ports]) as conf:
        config = read_config(str(conf))
        for server, port in zip(servers, ports, strict=True):
            for target in REQUESTS:
                path, _, query = target.partition("?")
                request = Request(path, "a.test", "http", port, query)
                resolution = resolve_request(config, request, version(nginx))
                answer = ask(port, {"ask": target})
                decided += not resolution.is_undecided
                if fault := difference(answer, resolution):
                    wrong.append(f"{fault}\n{target}: {answer}\n{server}")
    assert not wrong, "\n".join(wrong[:3])
    assert decided > 0.9 * SERVERS * len(REQUESTS)


def difference(answer: Answer, resolution: RequestResolution) -> str:
    """In what the resolution differs from the real answer; empty if it claims nothing else."""
    upstream, own = resolution.upstream, resolution.answer
    assert upstream is not None
    if resolution.is_undecided:
        return ""
    if any(doubt.kind == "circle" for doubt in resolution.undecided):
        return "" if answer.status == 500 else "no circle"
    uri = answer.headers.get("x-uri")
    if upstream.kind == "proxy":
        expected = (upstream.request_uri, mark_of(resolution))
        return "" if (uri, answer.headers.get("x-at")) == expected else f"passed as {expected}"
    if uri is not None:
        return "not passed on"
    is_claimed = own is not None and own.status is not None
    return f"answered {own}" if own and is_claimed and own.status != answer.status else ""
