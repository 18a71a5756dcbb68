"""Three hosts on one machine, in network namespaces: a client, an Nginx, and a backend.

As in the incident: the client reaches the Nginx alone, the Nginx knows the backend by a name that
nobody else knows, and on the backend's own host it answers on 127.0.0.1.
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
from wizard.lab.nginx import Nginx

PORT, BACKEND, NAME = 8081, 12213, "svc-bot-prod"
WITHIN = 30.0
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
    """The hosts and what runs on them.

    Attributes:
        nginx: The Nginx, to be reloaded.
        web: The namespace of the Nginx, and `svc` that of the backend.
        address: The Nginx's host as the client sees it, and `backend` the other as that one does.
        url: The stream as the client reaches it.
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
    def on(host: str) -> list[str]:
        """The words in front of a command that is to run there."""
        return ["ip", "netns", "exec", host]


class There(Nginx):
    """The lab's Nginx, on another host."""

    def __init__(self, binary: str, conf: Path, inside: Sequence[str]) -> None:
        super().__init__(binary, conf, ())
        self._inside = list(inside)

    def _command(self) -> list[str]:
        return [*self._inside, *super()._command()]


def run(words: Sequence[str]) -> None:
    """Run a command that must succeed."""
    subprocess.run(words, check=True, capture_output=True, timeout=WITHIN)


def require() -> None:
    """Skip if this machine cannot make network namespaces."""
    tools.require("ip")
    listing = ["ip", "netns", "list"]
    if os.geteuid() != 0 or subprocess.run(listing, capture_output=True).returncode != 0:
        pytest.skip("needs network namespaces, and root to make them")


_NUMBERS = itertools.count(16 * os.getpid())
"""Names and addresses of each stage: a deleted namespace lets its cables go some time later, and
another process may stand up its own hosts meanwhile."""


@asynccontextmanager
async def three_hosts(nginx: str, folder: Path) -> AsyncIterator[Hosts]:
    """The incident on three hosts; all of it is gone when the block is left."""
    require()
    number = next(_NUMBERS) % 25_000
    net = f"10.{100 + number // 250}.{number % 250}"
    web, svc = f"ssewizard-web-{number}", f"ssewizard-svc-{number}"
    with ExitStack() as stack:
        for host in (web, svc):
            stack.enter_context(_namespace(host))
        stack.enter_context(_names(web, f"{net}.6 {NAME}\n127.0.0.1 localhost\n"))
        _channel(f"sw{number}", None, f"{net}.1/30", web, f"{net}.2/30")
        _channel(f"sv{number}", web, f"{net}.5/30", svc, f"{net}.6/30")
        conf = folder / "nginx.conf"
        conf.write_text(CONF.format(port=PORT, name=NAME, backend=BACKEND), "utf-8")
        there = There(nginx, conf, Hosts.on(web))
        url = f"http://{net}.2:{PORT}/sse"
        serve = [sys.executable, "-m", "tests.hosts.backend", str(BACKEND)]
        stack.enter_context(_process([*Hosts.on(svc), *serve, str(folder / "backend.log")]))
        stack.callback(there.stop)
        await there.start()
        _accepts(Hosts.on(web), NAME, BACKEND)
        _accepts([], f"{net}.2", PORT)
        yield Hosts(there, web, svc, f"{net}.2", f"{net}.6", url, conf)


@contextmanager
def _namespace(name: str) -> Iterator[None]:
    run(["ip", "netns", "add", name])
    try:
        run(["ip", "netns", "exec", name, "ip", "link", "set", "lo", "up"])
        yield
    finally:
        run(["ip", "netns", "delete", name])


@contextmanager
def _names(host: str, text: str) -> Iterator[None]:
    """What /etc/hosts says in that namespace alone (ip-netns(8))."""
    folder = Path("/etc/netns") / host
    folder.mkdir(parents=True)
    (folder / "hosts").write_text(text, "utf-8")
    try:
        yield
    finally:
        shutil.rmtree(folder)


def _channel(name: str, left: str | None, here: str, right: str, there: str) -> None:
    """A cable between two hosts; None is the client's, which is this machine."""
    run(["ip", "link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b"])
    for end, host, address in ((f"{name}a", left, here), (f"{name}b", right, there)):
        inside = ["ip", "netns", "exec", host] if host else []
        if host:
            run(["ip", "link", "set", end, "netns", host])
        run([*inside, "ip", "address", "add", address, "dev", end])
        run([*inside, "ip", "link", "set", end, "up"])


@contextmanager
def _process(words: Sequence[str]) -> Iterator[None]:
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


_TRY = "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).close()"


def _accepts(inside: Sequence[str], host: str, port: int) -> None:
    """Wait until a server accepts there."""
    until = time.monotonic() + WITHIN
    words = [*inside, sys.executable, "-S", "-c", _TRY, host, str(port)]
    while subprocess.run(words, check=False, capture_output=True).returncode:
        assert time.monotonic() < until, f"nothing accepts at {host}:{port}"
