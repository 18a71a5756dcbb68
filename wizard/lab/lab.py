"""Run one scenario on loopback: a real Nginx in front of a real backend."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wizard.lab.backend import Backend
from wizard.lab.folders import lab_folder
from wizard.lab.nginx_process import Nginx, free_ports, require_nginx, require_patch, version
from wizard.lab.scenario import Scenario, nginx_conf
from wizard.model.target import Source, Target
from wizard.text.display import safe
from wizard.text.errors import LabError, describe_error
from wizard.text.messages import tr

QUEUED_CONNECTIONS = 3
"""Enough to fill a listen queue of length 0: Linux accepts one, and others stay half open."""


class StuckPort:
    """A loopback port where connecting never completes, until `close`.

    It acts like a peer that was switched off: its listen queue is full and nothing accepts.
    """

    def __init__(self) -> None:
        self._sockets = [socket.socket() for _ in range(1 + QUEUED_CONNECTIONS)]
        listener, *clients = self._sockets
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        self.port = int(listener.getsockname()[1])
        for client in clients:
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(("127.0.0.1", self.port))

    def close(self) -> None:
        """Free the port."""
        for sock in self._sockets:
            sock.close()


class Lab:
    """A running scenario, inside `async with`.

    Attributes:
        url: The stream through Nginx.
        direct_url: The stream at the backend.
        root_url: The root path through Nginx.
        conf: The path of the config in use.
        logs: Nginx's access and error log, and the backend's log.
        directory: The temporary directory of all files; removed at the end.
    """

    def __init__(self, scenario: Scenario, nginx: str | None = None) -> None:
        self.scenario = scenario
        self._binary = nginx or require_nginx()
        self.directory = Path()
        self._folder = contextlib.ExitStack()
        self._backends: list[Backend] = []
        self._stuck_port: StuckPort | None = None

    async def __aenter__(self) -> "Lab":
        self.directory = self._folder.enter_context(lab_folder())
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def _start(self) -> None:
        listen, backend, closed, second = free_ports(4)
        self._write_conf(listen, backend, closed, second)
        scheme = "https" if self.scenario.tls else "http"
        self.root_url = f"{scheme}://127.0.0.1:{listen}/"
        self.url = f"{self.root_url.rstrip('/')}{self.scenario.path}"
        self.direct_url = f"http://127.0.0.1:{backend}/sse"
        names = ("access.log", "error.log", "backend.log")
        self.logs = tuple(self.directory / name for name in names)
        for log in self.logs:
            log.touch()
        peers = (backend, second) if self.scenario.uses("$SECOND") else (backend,)
        self._backends = [Backend(self.scenario.backend, port, self.logs[2]) for port in peers]
        self._nginx = Nginx(self._binary, self.conf, [listen])
        try:
            for peer in self._backends:
                await peer.start()
        except OSError as error:
            raise LabError(
                tr("the backend cannot listen: {error}", error=describe_error(error))
            ) from None
        await self._nginx.start()

    def _write_conf(self, listen: int, backend: int, closed: int, second: int) -> None:
        self.conf = self.directory / "nginx.conf"
        certificate = self._certificate() if self.scenario.tls else None
        self._stuck_port = StuckPort() if self.scenario.uses("$STUCK") else None
        stuck = self._stuck_port.port if self._stuck_port else 0
        ports = (listen, backend, closed)
        text = nginx_conf(self.scenario, *ports, certificate, second=second, stuck=stuck)
        self.conf.write_text(text, "utf-8")

    def _certificate(self) -> tuple[Path, Path]:
        """Write a certificate for 127.0.0.1 and its key. Raises `LabError` without trustme."""
        if find_spec("trustme") is None:
            raise LabError(tr("this scenario needs TLS: pip install 'ssewizard[lab]'"))
        import trustme

        issued = trustme.CA().issue_cert("127.0.0.1", "localhost")
        cert, key = self.directory / "cert.pem", self.directory / "key.pem"
        issued.private_key_pem.write_to_path(str(key))
        for blob in issued.cert_chain_pems:
            blob.write_to_path(str(cert), append=True)
        return cert, key

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        if hasattr(self, "_nginx"):
            self._nginx.stop()
        for backend in self._backends:
            await backend.stop()
        if self._stuck_port is not None:
            self._stuck_port.close()
        self._folder.close()

    @property
    def target(self) -> Target:
        """The target of the wizard: the URLs, the config and all logs."""
        target = Target(
            self.url,
            direct=(Source(self.direct_url),),
            conf=Source(str(self.conf)),
            logs=tuple(Source(str(log)) for log in self.logs),
            insecure=self.scenario.tls,
        )
        return replace(target, **self.scenario.options)  # type: ignore[arg-type]

    async def apply(self, diff: str) -> str:
        """Patch the lab's own config, reload its Nginx, and return what was done, as a clause.

        Raises `LabError` if the diff does not apply or Nginx rejects the config; the old config is
        restored then.
        """
        before = self.conf.read_bytes()
        self._patch(diff)
        try:
            await self._nginx.reload()
        except LabError:
            self.conf.write_bytes(before)
            raise
        return tr("patched {name}, nginx -t accepts it, Nginx was reloaded", name=self.conf.name)

    def _patch(self, diff: str) -> None:
        words = [require_patch(), "-p0", "--forward", "--batch", "--silent", "--reject-file=-"]
        folder = self.directory
        result = subprocess.run(words, input=diff, capture_output=True, text=True, cwd=folder)
        if result.returncode != 0:
            raise LabError(
                tr(
                    "the diff does not apply: {stdout}",
                    stdout=safe(result.stdout + result.stderr, 200),
                )
            )

    async def reload(self) -> None:
        """Reload Nginx. Raises `LabError`."""
        await self._nginx.reload()

    def describe(self) -> dict[str, Any]:
        """Return what `ssewizard lab --serve` prints."""
        return {
            "scenario": self.scenario.name,
            "url": self.url,
            "direct": self.direct_url,
            "conf": str(self.conf),
            "logs": [str(log) for log in self.logs],
            "directory": str(self.directory),
            "nginx": self._binary,
            "nginx_version": version(self._binary),
            "pid": self._nginx.pid,
            "command": self._command(),
        }

    def _command(self) -> list[str]:
        words = ["ssewizard", "check", self.url, "--direct", self.direct_url]
        words += ["--conf", str(self.conf)]
        words += [word for log in self.logs for word in ("--log", str(log))]
        words += ["--insecure"] if self.scenario.tls else []
        for name, value in self.scenario.options.items():
            words += [f"--{name}", *([] if value is True else [f"{value:g}"])]
        return words


async def serve(scenario: Scenario) -> None:
    """Run the scenario until SIGINT, SIGTERM or SIGHUP; print `Lab.describe` as a line of JSON."""
    import json

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    async with Lab(scenario) as lab:
        sys.stdout.write(json.dumps(lab.describe()) + "\n")
        sys.stdout.flush()
        await stopped.wait()
