"""A lab: one scenario running on loopback, real Nginx in front of a real backend."""

import asyncio
import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from wizard.lab.backend import Backend
from wizard.lab.nginx import Nginx, free_ports, require_nginx, require_patch, version
from wizard.lab.scenario import Scenario
from wizard.lab.stuck import Stuck
from wizard.lab.template import render
from wizard.model.target import Source, Target
from wizard.text.display import safe
from wizard.text.errors import LabError, describe_error


class Lab:
    """The scenario at work, inside `async with`.

    Attributes:
        url: The stream through Nginx.
        direct_url: The stream at the backend.
        conf: The config in force.
        logs: Nginx's access and error log, the backend's log.
        directory: Where all of it lies; removed at the end.
    """

    def __init__(self, scenario: Scenario, nginx: str | None = None) -> None:
        self.scenario = scenario
        self._binary = nginx or require_nginx()
        self.directory = Path()
        self._backends: list[Backend] = []
        self._stuck: Stuck | None = None

    async def __aenter__(self) -> "Lab":
        self.directory = Path(tempfile.mkdtemp(prefix="sse-lab-"))
        try:
            await self._start()
        except BaseException:
            await self._clean()
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
        peers = (backend, second) if self.scenario.names("$SECOND") else (backend,)
        self._backends = [Backend(self.scenario.backend, port, self.logs[2]) for port in peers]
        self._nginx = Nginx(self._binary, self.conf, [listen])
        try:
            for one in self._backends:
                await one.start()
        except OSError as error:
            raise LabError(f"the backend cannot listen: {describe_error(error)}") from None
        await self._nginx.start()

    def _write_conf(self, listen: int, backend: int, closed: int, second: int) -> None:
        self.conf = self.directory / "nginx.conf"
        certificate = self._certificate() if self.scenario.tls else None
        self._stuck = Stuck() if self.scenario.names("$STUCK") else None
        stuck = self._stuck.port if self._stuck else 0
        ports = (listen, backend, closed)
        text = render(self.scenario, *ports, certificate, second=second, stuck=stuck)
        self.conf.write_text(text, "utf-8")

    def _certificate(self) -> tuple[Path, Path]:
        """A throw-away certificate for 127.0.0.1. Raises `LabError`."""
        if find_spec("trustme") is None:
            raise LabError("this scenario needs TLS: pip install 'ssewizard[lab]'")
        import trustme

        made = trustme.CA().issue_cert("127.0.0.1", "localhost")
        cert, key = self.directory / "cert.pem", self.directory / "key.pem"
        made.private_key_pem.write_to_path(str(key))
        for blob in made.cert_chain_pems:
            blob.write_to_path(str(cert), append=True)
        return cert, key

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._clean()

    async def _clean(self) -> None:
        if hasattr(self, "_nginx"):
            self._nginx.stop()
        for backend in self._backends:
            await backend.stop()
        if self._stuck is not None:
            self._stuck.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def target(self) -> Target:
        """What the wizard is told: everything."""
        known = Target(
            self.url,
            direct=(Source(self.direct_url),),
            conf=Source(str(self.conf)),
            logs=tuple(Source(str(log)) for log in self.logs),
            insecure=self.scenario.tls,
        )
        return replace(known, **self.scenario.options)  # type: ignore[arg-type]

    async def apply(self, diff: str) -> str:
        """Patch the lab's own config and reload its Nginx, on the user's word.

        Returns:
            One sentence: what was done.

        Raises:
            LabError: The diff does not apply, or Nginx refuses the config: then it is put back.
        """
        before = self.conf.read_bytes()
        self._patch(diff)
        try:
            await self._nginx.reload()
        except LabError:
            self.conf.write_bytes(before)
            raise
        return f"patched {self.conf.name}, nginx -t accepts it, Nginx was reloaded"

    def _patch(self, diff: str) -> None:
        done = subprocess.run(
            [require_patch(), "-p0", "--forward", "--batch", "--silent", "--reject-file=-"],
            input=diff,
            capture_output=True,
            text=True,
            cwd=self.directory,
            check=False,
        )
        if done.returncode != 0:
            raise LabError(f"the diff does not apply: {safe(done.stdout + done.stderr, 200)}")

    async def reload(self) -> None:
        """Reload Nginx. Raises `LabError`."""
        await self._nginx.reload()

    def describe(self) -> dict[str, Any]:
        """What `ssewizard lab --serve` prints."""
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
            words += [f"--{name}", f"{value:g}"]
        return words


async def serve(scenario: Scenario) -> None:
    """Run the scenario until SIGINT, SIGTERM or SIGHUP; print what it is as one line of JSON."""
    import json

    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, left.set)
    async with Lab(scenario) as lab:
        sys.stdout.write(json.dumps(lab.describe()) + "\n")
        sys.stdout.flush()
        await left.wait()
