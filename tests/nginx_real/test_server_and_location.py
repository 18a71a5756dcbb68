"""The chosen server, location and URI of random requests, compared with a real Nginx."""

import asyncio
import http.client
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.nginx.random_configs import RandomServer, deterministic, render, requests, server_lists
from tests.recommend.real_nginx import RequestSpec, answer, backend
from wizard.lab.nginx_process import Nginx, free_ports
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.nginx.upstream import upstream_block_of

pytestmark = pytest.mark.nginx


@dataclass(frozen=True)
class Answer:
    """The answer: its kind, and the config lines of its server and location."""

    kind: str
    server: int | None
    location: int | None


@contextmanager
def running(binary: str, text: str, ports: Sequence[int]) -> Iterator[Path]:
    """Run Nginx with this config; yield the config's path."""
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder) / "nginx.conf"
        conf.write_text(text, "utf-8")
        server = Nginx(binary, conf, ports)
        asyncio.run(server.start())
        try:
            yield conf
        finally:
            server.stop()


def request_answer(port: int, host: str, path: str) -> Answer:
    """The answer of Nginx."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        response = connection.getresponse()
        if response.status == 400:
            return Answer("refused", None, None)
        kind = "redirect" if response.status == 301 else "answer"
        return Answer(kind, _line(response, "X-Server"), _line(response, "X-Location"))


def _line(response: http.client.HTTPResponse, name: str) -> int | None:
    value = response.getheader(name)
    return int(value) if value else None


def resolved_answer(resolution: RequestResolution) -> Answer:
    """The answer according to the resolution."""
    kinds = {doubt.kind for doubt in resolution.undecided}
    if "refused-path" in kinds:
        return Answer("refused", None, None)
    kind = "redirect" if "redirect" in kinds else "answer"
    assert resolution.server is not None
    location = resolution.location.directive.where.line if resolution.location else None
    return Answer(kind, resolution.server.directive.where.line, location)


def request_of(port: int, host: str, path: str) -> Request:
    bare_path, _, query = path.partition("?")
    return Request(bare_path, host, "http", port, query)


@given(servers=server_lists(), drawn_requests=requests())
@settings(
    **deterministic(
        max_examples=40, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
)
def test_nginx_chooses_the_resolved_server_and_location(
    nginx: str, servers: list[RandomServer], drawn_requests: list[tuple[int, str, str]]
) -> None:
    ports = free_ports(3)
    text = render(servers, ports)
    used = sorted({ports[port] for server in servers for port in server.ports})
    with running(nginx, text, used) as conf:
        config = read_config(str(conf))
        observed, expected = {}, {}
        for index, host, path in drawn_requests:
            if (port := ports[index]) not in used:
                continue
            observed[index, host, path] = request_answer(port, host, path)
            expected[index, host, path] = resolved_answer(
                resolve_request(config, request_of(port, host, path))
            )
    wrong = {
        key: (answer, expected[key]) for key, answer in observed.items() if answer != expected[key]
    }
    assert not wrong, f"{wrong}\n{text}"


PASSING = """\
location /plain/ { proxy_pass http://$BACKEND; }
location /cut/ { proxy_pass http://$BACKEND/; }
location /cut/deep/ { proxy_pass http://$BACKEND/a/b; }
location = /exact { proxy_pass http://$BACKEND/other; }
location /named/ { proxy_pass http://Svc.Test/x/; }
location /block/ { set $to SVC.test; proxy_pass http://$to$request_uri; }
location /var/ { set $to $BACKEND; proxy_pass http://$to; }
location /whole/ { set $to $BACKEND; proxy_pass http://$to$request_uri; }
location /broken/ { rewrite ^/broken/(.*)$ /new/$1 break; proxy_pass http://$BACKEND/gone/; }
location /stays/ { break; proxy_pass http://$BACKEND/here/; }
location /last/ { rewrite ^/last/(?<rest>.*)$ /cut/$rest last; return 500; }
location /chain/ { rewrite ^/chain/ /last/x; rewrite ^/last/ /plain/y; }
location /undone/ { rewrite ^/undone/(.*) /undone/$1/z; break; proxy_pass http://$BACKEND; }
location /query/ { rewrite ^/query/(.*)$ /plain/q?id=1 last; }
location /drop/ { rewrite ^ /plain/q? last; }
location /both/ { rewrite ^ /plain/q?a=b? last; }
location /files/ { try_files /none @named; }
location /index/ { try_files /none /plain/index; }
location @named { proxy_pass http://$BACKEND; }
location ~ ^/(\\w+)[.]sse$ { proxy_pass http://$BACKEND; }
rewrite ^/early/(.*) /plain/$1;
rewrite ^/stop/(.*) /cut/$1 break;
"""
PREFIXES = (
    "plain", "cut", "cut/deep", "named", "block", "var", "whole", "broken", "stays", "last",
    "chain", "undone", "query", "drop", "both", "files", "index", "early", "stop",
)  # fmt: skip
ENDS = (
    "x", "x?a=1&b=%20", "", "?q", "a%20b%25c%3Fd%23e", "%C3%A9", "a//b", "a/../b",
    "<>|^`{}\"\\~!$&'", "a+b", "(1);2,[3]@:", "%7f%01", "%2e%2e/plain/u",
)  # fmt: skip
OTHERS = ("/exact", "/exact?y", "/bot.sse?z", "/cut", "/cut/deep")


def test_the_backend_gets_the_resolved_uri(nginx: str) -> None:
    paths = (*(f"/{prefix}/{end}" for prefix in PREFIXES for end in ENDS), *OTHERS)
    with backend() as backend_port:
        [port] = free_ports(1)
        with running(nginx, in_frame(PASSING, port, f"127.0.0.1:{backend_port}"), [port]) as conf:
            config = read_config(str(conf))
            observed = {path: _passed(port, path) for path in paths}
    resolutions = {
        path: resolve_request(config, request_of(port, "a.test", path)) for path in paths
    }
    expected = {
        path: resolution.upstream.request_uri
        for path, resolution in resolutions.items()
        if resolution.upstream
    }
    assert expected == observed


@pytest.mark.parametrize("target", ["svc.test:80", "SVC.test:81"])
def test_nginx_refuses_a_port_beside_the_name_of_an_upstream_block(
    nginx: str, tmp_path: Path, target: str
) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(in_frame(f"location / {{ proxy_pass http://{target}; }}", 80, "127.0.0.1:1"))
    words = [nginx, "-t", "-p", str(tmp_path), "-c", str(conf)]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "may not have port" in result.stderr
    assert upstream_block_of(resolve_request(read_config(str(conf)), Request("/", port=80))) is None


@pytest.mark.parametrize("path", ["/named/x", "/block/x"])
def test_an_upstream_block_is_found_in_any_case_and_by_variable(path: str, tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(in_frame(PASSING, 80, "127.0.0.1:1"))
    resolution = resolve_request(read_config(str(conf)), request_of(80, "a.test", path))
    assert resolution.upstream is not None
    assert resolution.upstream.peers == ("127.0.0.1:1",)
    assert upstream_block_of(resolution) is not None


def in_frame(server: str, port: int, address: str) -> str:
    """A whole config around the directives of a server."""
    frame = render([], []).removesuffix("}\n")
    upstream = f"upstream svc.test {{ server {address}; }}"
    whole = f"{frame}{upstream}\nserver {{ listen 127.0.0.1:{port};\n{server}}}\n}}\n"
    return whole.replace("$BACKEND", address)


def _passed(port: int, path: str) -> object:
    """The URI that the backend got; None if Nginx answers itself."""
    status, body, _ = answer(port, RequestSpec(path))
    return body["uri"] if isinstance(body, dict) else None if status in (301, 400) else status
