"""Three hosts on one machine, in network namespaces: a client, an Nginx, and a backend.

As in the incident: the client reaches only the Nginx, only the Nginx can resolve the backend's
name, and on its own host the backend answers on 127.0.0.1.
"""

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import tools
from wizard.lab.nginx_process import Nginx

PORT, BACKEND, NAME = 8081, 12213, "svc-bot-prod"
TIMEOUT_S = 30.0
"""How long, in seconds, a command or a server may take."""

CONF = """
daemon off;
user root;
pid nginx.pid;
events {{}}
http {{
    access_log access.log;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{
        listen {port};
        location / {{
            proxy_pass http://{name}:{backend};
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_connect_timeout 300; proxy_send_timeout 300; proxy_read_timeout 300;
            proxy_http_version 1.0;
            proxy_buffer_size 128k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Hosts:
    """The three hosts.

    Attributes:
        nginx: The running Nginx.
        web: The namespace of the Nginx.
        svc: The namespace of the backend.
        address: The address of the Nginx's host, for the client.
        backend: The address of the backend's host, for the Nginx.
        url: The stream's URL, for the client.
        conf: The Nginx's config, with `access.log` and `error.log` beside it.
    """

    nginx: Nginx
    web: str
    svc: str
    address: str
    backend: str
    url: str
    conf: Path

    @staticmethod
    def prefix(host: str) -> list[str]:
        """Return the prefix of a command on that host."""
        return ["ip", "netns", "exec", host]


class NamespacedNginx(Nginx):
    """The lab's Nginx in a network namespace."""

    def __init__(self, binary: str, conf: Path, prefix: Sequence[str]) -> None:
        super().__init__(binary, conf, ())
        self._prefix = list(prefix)

    def _command(self) -> list[str]:
        return [*self._prefix, *super()._command()]


def run(words: Sequence[str]) -> None:
    """Run a command that must succeed."""
    subprocess.run(words, check=True, capture_output=True, timeout=TIMEOUT_S)


def require() -> None:
    """Skip the test unless network namespaces can be created."""
    tools.require("ip")
    listing = ["ip", "netns", "list"]
    if os.geteuid() != 0 or subprocess.run(listing, capture_output=True).returncode != 0:
        pytest.skip("needs network namespaces, and root to make them")


_NUMBERS = itertools.count(16 * os.getpid())
"""For unique names and addresses: a deleted namespace releases its interfaces only later, and other
processes may create hosts at the same time."""


@asynccontextmanager
async def three_hosts(nginx: str, folder: Path) -> AsyncIterator[Hosts]:
    """Run the incident on three hosts, and remove them when the block is left."""
    require()
    number = next(_NUMBERS) % 25_000
    net = f"10.{100 + number // 250}.{number % 250}"
    web, svc = f"ssewizard-web-{number}", f"ssewizard-svc-{number}"
    with ExitStack() as stack:
        for host in (web, svc):
            stack.enter_context(_namespace(host))
        stack.enter_context(_etc_hosts(web, f"{net}.6 {NAME}\n127.0.0.1 localhost\n"))
        _connect(f"sw{number}", None, f"{net}.1/30", web, f"{net}.2/30")
        _connect(f"sv{number}", web, f"{net}.5/30", svc, f"{net}.6/30")
        conf = folder / "nginx.conf"
        conf.write_text(CONF.format(port=PORT, name=NAME, backend=BACKEND), "utf-8")
        server = NamespacedNginx(nginx, conf, Hosts.prefix(web))
        url = f"http://{net}.2:{PORT}/sse"
        serve = [sys.executable, "-m", "tests.hosts.backend", str(BACKEND)]
        stack.enter_context(_process([*Hosts.prefix(svc), *serve, str(folder / "backend.log")]))
        stack.callback(server.stop)
        await server.start()
        _wait_until_accepting(Hosts.prefix(web), NAME, BACKEND)
        _wait_until_accepting([], f"{net}.2", PORT)
        yield Hosts(server, web, svc, f"{net}.2", f"{net}.6", url, conf)


@contextmanager
def _namespace(name: str) -> Iterator[None]:
    run(["ip", "netns", "add", name])
    try:
        run(["ip", "netns", "exec", name, "ip", "link", "set", "lo", "up"])
        yield
    finally:
        run(["ip", "netns", "delete", name])


@contextmanager
def _etc_hosts(host: str, text: str) -> Iterator[None]:
    """Give a namespace its own /etc/hosts (ip-netns(8))."""
    folder = Path("/etc/netns") / host
    folder.mkdir(parents=True)
    (folder / "hosts").write_text(text, "utf-8")
    try:
        yield
    finally:
        shutil.rmtree(folder)


def _connect(
    name: str, left: str | None, left_address: str, right: str, right_address: str
) -> None:
    """Connect two namespaces by a pair of interfaces; None is this machine's, the client's."""
    run(["ip", "link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b"])
    for end, host, address in (
        (f"{name}a", left, left_address),
        (f"{name}b", right, right_address),
    ):
        prefix = ["ip", "netns", "exec", host] if host else []
        if host:
            run(["ip", "link", "set", end, "netns", host])
        run([*prefix, "ip", "address", "add", address, "dev", end])
        run([*prefix, "ip", "link", "set", end, "up"])


@contextmanager
def _process(words: Sequence[str]) -> Iterator[None]:
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


_CONNECT_PROGRAM = (
    "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).close()"
)


def _wait_until_accepting(prefix: Sequence[str], host: str, port: int) -> None:
    """Wait until a server accepts connections."""
    deadline = time.monotonic() + TIMEOUT_S
    words = [*prefix, sys.executable, "-S", "-c", _CONNECT_PROGRAM, host, str(port)]
    while subprocess.run(words, check=False, capture_output=True).returncode:
        assert time.monotonic() < deadline, f"nothing accepts at {host}:{port}"
