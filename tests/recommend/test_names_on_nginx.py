"""A backend whose name leads elsewhere since Nginx was started: looked up again after the patch."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.recommend.builders import apply_diff, case_of
from tests.recommend.config_layouts import conf
from tests.recommend.real_nginx import BINARIES, RequestSpec, accepts, answer, free_port, nginx
from wizard.diagnose.name_settings import find_without_variable, look_up_again
from wizard.diagnose.rule_settings import NginxSettings, Settings
from wizard.model.diagnosis import Recommendation
from wizard.model.resolution import Request
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.nginx.settings import version_numbers
from wizard.recommend.from_config import recommend_from_config
from wizard.recommend.settings import WantedSettings

pytestmark = [pytest.mark.nginx, pytest.mark.slow, pytest.mark.parametrize("binary", BINARIES)]
OLD_ADDRESS, NEW_ADDRESS = "127.0.0.1", "127.0.0.2"


class _Named(BaseHTTPRequestHandler):
    """Answers with its own address and the URI."""

    def do_GET(self) -> None:
        address = self.connection.getsockname()[0]
        body = f"data: {json.dumps([address, self.path])}\n\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def _backends() -> Iterator[int]:
    """A backend at each of the two addresses, at one port, which is yielded."""
    with ExitStack() as stack:
        first = stack.enter_context(ThreadingHTTPServer((OLD_ADDRESS, 0), _Named))
        port = first.server_port
        second = stack.enter_context(ThreadingHTTPServer((NEW_ADDRESS, port), _Named))
        for server in (first, second):
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield port


@contextmanager
def _dns() -> Iterator[int]:
    """A DNS server that has the new address for every name, and no IPv6 address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((OLD_ADDRESS, 0))
        thread = threading.Thread(target=_answer_queries, args=(server,))
        thread.start()
        yield int(server.getsockname()[1])
        server.sendto(b"", server.getsockname())
        thread.join()


def _answer_queries(server: socket.socket) -> None:
    """RFC 1035, section 4.1. An empty datagram ends it."""
    while True:
        query, client = server.recvfrom(512)
        if not query:
            return
        question = query[12 : query.index(b"\0", 12) + 5]
        is_ipv4 = question[-4:-2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x01\0\x04" + socket.inet_aton(NEW_ADDRESS)
        counts = b"\0\1\0" + (b"\1" if is_ipv4 else b"\0") + b"\0\0\0\0"
        head = query[:2] + b"\x81\x80" + counts
        server.sendto(head + question + (record if is_ipv4 else b""), client)


def _version(binary: str) -> str:
    run = subprocess.run([binary, "-v"], capture_output=True, text=True, check=True)
    return run.stderr.rpartition("/")[2].split()[0]


def _recommended(
    folder: Path, port: int, binary: str, settings: Settings = look_up_again
) -> Recommendation:
    config = read_config(str(folder / "nginx.conf"))
    request = Request("/sse", "127.0.0.1", port=port)
    resolution = resolve_request(config, request, _version(binary))
    wanted = WantedSettings((NginxSettings(both=settings),))
    case = case_of(resolution)
    return recommend_from_config(case, resolution, wanted, reveal=False, with_diff=True)


RESOLVER = "resolver 127.0.0.1:@DNS@ valid=1s ipv6=off;"
OTHER_SERVER = f"server {{ listen 127.0.0.1:@OTHER@; {RESOLVER} location / {{ return 418; }} }}\n"
CONFIGS = {
    "the resolver of another server": (
        conf("location / { proxy_pass http://localhost:@BACKEND@; }\n", OTHER_SERVER),
        "/sse?a=b",
    ),
    "the resolver of the http block": (
        conf("location = /sse { proxy_pass http://localhost:@BACKEND@/v1; }\n", RESOLVER),
        "/v1?a=b",
    ),
    "a prefix that stays": (
        conf("location /sse { proxy_pass http://localhost:@BACKEND@/sse; }\n", RESOLVER),
        "/sse?a=b",
    ),
}


@pytest.mark.parametrize(("text", "uri"), CONFIGS.values(), ids=CONFIGS)
def test_a_name_is_looked_up_again(text: str, uri: str, binary: str, tmp_path: Path) -> None:
    assert _answers_after_patch(text, binary, tmp_path) == (
        [OLD_ADDRESS, uri],
        [NEW_ADDRESS, uri],
    )


WITHOUT_RESOLVER = {
    "in the location": "location / { set $bot localhost; proxy_pass http://$bot:@BACKEND@; }\n",
    "in the server": "set $bot http://localhost:@BACKEND@;\n"
    "location = /sse {\n    deny 10.0.0.1;\n    proxy_pass $bot;\n}\n",
}


@pytest.mark.parametrize("server", WITHOUT_RESOLVER.values(), ids=WITHOUT_RESOLVER)
def test_the_resolver_of_another_server_is_used(server: str, binary: str, tmp_path: Path) -> None:
    """Without it Nginx answers 502 to each request."""
    text = conf(server, OTHER_SERVER)
    before, after = _answers_after_patch(text, binary, tmp_path, find_without_variable)
    assert before == b"<html>\r\n"
    assert after == [NEW_ADDRESS, "/sse?a=b"]


UPSTREAM = "upstream bots {{ server localhost:@BACKEND@ weight=2; {} keepalive 2; }}\n"


@pytest.mark.parametrize("zone", ["", "zone bots 128k;"])
@pytest.mark.parametrize("around", [RESOLVER, OTHER_SERVER])
def test_the_servers_of_an_upstream_block(
    zone: str, around: str, binary: str, tmp_path: Path
) -> None:
    """An old Nginx has no `resolve`: nothing is written, and the reader is told to reload."""
    text = conf("location / { proxy_pass http://bots; }\n", around + UPSTREAM.format(zone))
    if version_numbers(_version(binary)) < (1, 27, 3):
        _write(text, tmp_path, free_port(), 1, 2)
        assert _recommended(tmp_path, 80, binary).diff is None
        return
    assert _answers_after_patch(text, binary, tmp_path) == (
        [OLD_ADDRESS, "/sse?a=b"],
        [NEW_ADDRESS, "/sse?a=b"],
    )


def _write(text: str, folder: Path, port: int, backend: int, dns: int) -> None:
    ports = {"@NGINX@": port, "@BACKEND@": backend, "@DNS@": dns, "@OTHER@": free_port()}
    for mark, number in ports.items():
        text = text.replace(mark, str(number))
    (folder / "nginx.conf").write_text(text)


def _answers_after_patch(
    text: str, binary: str, folder: Path, settings: Settings = look_up_again
) -> tuple[object, object]:
    """Who answers before the patch, and who after it."""
    with _backends() as backend, _dns() as dns:
        port = free_port()
        _write(text, folder, port, backend, dns)
        recommendation = _recommended(folder, port, binary, settings)
        with nginx(binary, folder):
            before = answer(port, RequestSpec("/sse?a=b"))[1]
        apply_diff(recommendation)
        accepted, output = accepts(binary, folder)
        assert accepted, output
        assert "warn" not in output
        with nginx(binary, folder):
            return before, _first_answer(port)


def _first_answer(port: int) -> object:
    """The first answer by a backend: until `resolve` has an address, Nginx answers 502."""
    until = time.monotonic() + 20
    while (given := answer(port, RequestSpec("/sse?a=b")))[0] == 502 and time.monotonic() < until:
        pass
    return given[1]
