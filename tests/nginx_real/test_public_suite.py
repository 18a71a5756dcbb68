"""What Nginx's own public test suite expects, on a real Nginx and of the resolution.

The facts stand in `public_suite.toml`. One Nginx serves all cases, each on a port of its own.
"""

import os
import re
import socket
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.nginx_real.test_server_and_location import running
from wizard.diagnose.diagnose import config_findings
from wizard.lab.nginx_process import Nginx, free_ports, version
from wizard.model.config import Config
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.nginx.settings import version_numbers

pytestmark = pytest.mark.nginx

CASES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("public_suite.toml").read_text("utf-8")
)["case"]
ECHO = """
server {
    listen 127.0.0.1:$PORT;
    location ~ /status/401 { return 401; }
    location ~ /status/404 { return 404; }
    location ~ /status/500 { return 500; }
    location / {
        add_header X-Uri $request_uri;
        add_header X-Got-X-Blah $http_x_blah;
        add_header X-Got-X-Other $http_x_other;
        add_header X-Got-Upgrade $http_upgrade;
        add_header X-Got-Connection $http_connection;
        return 200 backend;
    }
}
"""
FRAME = """
$USER daemon off; worker_processes 1; pid nginx.pid; error_log error.log crit;
events { worker_connections 64; }
http {
    access_log off; server_names_hash_bucket_size 64;
    client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4;
    scgi_temp_path t5;
    $HTTP
}
"""


@dataclass(frozen=True)
class Served:
    """A running Nginx with its config, and the port of each case."""

    config: Config
    ports: dict[str, int]
    version: str


@dataclass(frozen=True)
class Answer:
    """A response of the real Nginx."""

    status: int
    headers: dict[str, str]


def usable_cases(nginx_version: str) -> list[dict[str, Any]]:
    """The cases without those that concern other versions."""
    numbers = version_numbers(nginx_version)
    return [
        case
        for case in CASES
        if ("before" not in case or numbers < version_numbers(case["before"]))
    ]


@pytest.fixture
def served(nginx: str, tmp_path: Path) -> Iterator[Served]:
    """The real Nginx with all cases."""
    cases = usable_cases(version(nginx))
    folder = tmp_path / "root"
    (folder / "folder").mkdir(parents=True)
    (folder / "page.html").write_text("a page")
    for path in (tmp_path, folder, folder / "folder"):
        path.chmod(0o755)
    echo, *ports = free_ports(len(cases) + 1)
    blocks = [f"{case.get('http', '')}\n{case['conf']}" for case in cases]
    text = in_frame(blocks, echo, ports).replace("ROOT", str(folder))
    with running(nginx, text, [echo, *ports]) as conf:
        names = [case["source"] for case in cases]
        yield Served(read_config(str(conf)), dict(zip(names, ports, strict=True)), version(nginx))


def in_frame(blocks: Sequence[str], echo: int, ports: Sequence[int]) -> str:
    """The config with these blocks, each of which listens on a port of its own."""
    lines = [ECHO.replace("$PORT", str(echo))]
    for block, port in zip(blocks, ports, strict=True):
        text = block.replace("LISTEN", f"listen 127.0.0.1:{port};")
        lines.append(text.replace("BACKEND", f"127.0.0.1:{echo}"))
    text = re.sub(r"\bAT ([\w-]+);", r"add_header X-At \1 always;", "\n".join(lines))
    user = "user root;" if os.geteuid() == 0 else ""
    return FRAME.replace("$USER", user).replace("$HTTP", text)


def ask(port: int, expected: dict[str, Any], address: str = "127.0.0.1") -> Answer:
    """Send the request as it stands, byte for byte."""
    given = {"Host": expected.get("host", "a.test"), **expected.get("headers", {})}
    given["Content-Length"] = "0"
    lines = [f"{expected.get('method', 'GET')} {expected['ask']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in {"Connection": "close", **given}.items()]
    data = b""
    with closing(socket.create_connection((address, port), timeout=10)) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        # Nginx refuses a bad request before it has read all of it, and may then reset.
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                data += part
    status_line, *header_lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in header_lines)
    return Answer(int(status_line.split()[1]), {name.lower(): value for name, _, value in pairs})


def resolve(served: Served, port: int, expected: dict[str, Any]) -> RequestResolution:
    path, _, query = expected["ask"].partition("#")[0].partition("?")
    headers = tuple(expected.get("headers", {}).items())
    request = Request(
        path, expected.get("host", "a.test"), "http", port, query,
        expected.get("method", "GET"), headers,
    )  # fmt: skip
    return resolve_request(served.config, request, served.version)


def observed_faults(answer: Answer, expected: dict[str, Any]) -> list[str]:
    """In what the real Nginx differs from the expectation."""
    seen = {
        "at": answer.headers.get("x-at"), "status": answer.status, "answers": answer.status,
        "uri": answer.headers.get("x-uri"),
    }  # fmt: skip
    faults = [
        f"{key} {seen[key]}" for key in seen if key in expected and seen[key] != expected[key]
    ]
    for name, value in expected.get("sets", {}).items():
        if (got := answer.headers.get(f"x-got-{name.lower()}", "")) != value:
            faults.append(f"{name}: {got}")
    return faults


def resolved_faults(resolution: RequestResolution, expected: dict[str, Any]) -> list[str]:
    """In what the resolution differs from the expectation; an open question must be named."""
    doubts = [doubt for doubt in resolution.undecided if doubt.kind != "files"]
    if expected.get("undecided"):
        return [] if resolution.undecided else ["nothing is undecided"]
    if expected.get("status") == 400:
        return [] if any(doubt.kind == "refused-path" for doubt in doubts) else ["not refused"]
    seen: dict[str, object] = {}
    at = expected.get("backend_at", expected.get("at"))
    if at is not None and at != mark_of(resolution):
        seen["at"] = mark_of(resolution)
    upstream, answer = resolution.upstream, resolution.answer
    kind = upstream.kind if upstream else None
    uri = upstream.request_uri if upstream else None
    if "uri" in expected and (kind, uri) != ("proxy", expected["uri"]):
        seen["upstream"] = upstream
    if "status" in expected and (answer is None or answer.status != expected["status"]):
        seen["answer"] = answer
    if "file" in expected and (kind != "static" or answer is not None):
        seen["file"] = (kind, answer)
    for name, value in expected.get("effective", {}).items():
        if resolution.value(name) != value:
            seen[name] = resolution.value(name)
    masked = resolution.masked_statuses
    if "answers" in expected and masked != frozenset(expected.get("masks", ())):
        seen["masks"] = masked
    return [f"{name}: {value}" for name, value in seen.items()]


def mark_of(resolution: RequestResolution) -> str | None:
    """The name that the config gives to the block whose directives apply."""
    entries = resolution.settings["add_header"].entries
    return next((entry[1] for entry in entries if entry[:1] == ("X-At",)), None)


def test_nginx_and_the_resolution_agree_with_the_suite(served: Served) -> None:
    wrong = []
    for case in usable_cases(served.version):
        port = served.ports[case["source"]]
        for expected in case["expect"]:
            observed = observed_faults(ask(port, expected), expected)
            resolved = resolved_faults(resolve(served, port, expected), expected)
            if observed or resolved:
                wrong.append((case["source"], expected, observed, resolved))
    assert not wrong, "\n".join(map(str, wrong))


LISTENS = """
server {
    listen 127.0.0.1:$0; listen 127.0.0.1:$2-$3; listen $5-$6; listen [::1]:$2-$3;
    add_header X-At range always; return 204;
}
server {
    listen 127.0.0.1:$1; listen 127.0.0.1:$4; listen 127.0.0.1:$6; listen [::1]:$1;
    add_header X-At single always; return 204;
}
"""
RANGES = (
    ("127.0.0.1", ("range", "single", "range", "range", "single", "range", "single")),
    ("::1", (None, "single", "range", "range")),
)
"""`http_listen.t` and `http_listen_wildcard.t`: who answers at which address and port."""


def test_ranges_of_ports_are_listened_on(nginx: str) -> None:
    ports = adjacent_ports(7)
    listens = LISTENS if has_ipv6() else re.sub(r"listen \[.*?;", "", LISTENS)
    text = re.sub(r"\$(\d)", lambda match: str(ports[int(match[1])]), listens)
    user = "user root;" if os.geteuid() == 0 else ""
    with running(nginx, FRAME.replace("$USER", user).replace("$HTTP", text), ports[:6]) as conf:
        config = read_config(str(conf))
        for address, expected in RANGES if has_ipv6() else RANGES[:1]:
            for index, mark in enumerate(expected):
                if mark is None:
                    continue
                answer = ask(ports[index], {"ask": "/", "host": address}, address)
                request = Request("/", address, "http", ports[index])
                resolution = resolve_request(config, request)
                assert answer.headers["x-at"] == mark, (address, index)
                assert mark_of(resolution) == mark, (address, index)


def has_ipv6() -> bool:
    """True if loopback has an IPv6 address."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def adjacent_ports(count: int) -> list[int]:
    """Free ports that follow one another."""
    for first in range(18_100, 20_000, count):
        ports = list(range(first, first + count))
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in ports]
            try:
                for port, each in zip(ports, sockets, strict=True):
                    each.bind(("", port))
            except OSError:
                continue
            return ports
    raise AssertionError("no free ports")


async def test_a_reload_ends_open_connections_after_the_shutdown_timeout(
    nginx: str, tmp_path: Path
) -> None:
    """`worker_shutdown_timeout.t`: a connection that waits is closed, and `inspect` says so."""
    port, backend_port = free_ports(2)
    user = "user root;" if os.geteuid() == 0 else ""
    pass_on = f"proxy_pass http://127.0.0.1:{backend_port};"
    http = f"server {{ listen 127.0.0.1:{port}; location / {{ {pass_on} }} }}"
    text = FRAME.replace("$USER", f"{user} worker_shutdown_timeout 10ms;").replace("$HTTP", http)
    conf = tmp_path / "nginx.conf"
    conf.write_text(text)
    server = Nginx(nginx, conf, [port])
    await server.start()
    try:
        with (
            closing(socket.create_server(("127.0.0.1", backend_port))) as backend,
            closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection,
        ):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            backend.settimeout(10)
            with closing(backend.accept()[0]):
                await server.reload()
                assert connection.recv(1) == b""
    finally:
        server.stop()
    findings = config_findings(resolve_request(read_config(str(conf)), Request("/sse", port=port)))
    assert "reload-cut" in {finding.id for finding in findings}
