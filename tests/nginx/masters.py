"""Nginx masters in a network namespace of their own, away from the Nginx of other tests."""

import os
import select
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from wizard.model.vantage import Vantage
from wizard.vantage.session import VantageSession

CONF = """\
{user}pid {folder}/{name}.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    {temp}
    server {{ listen unix:{folder}/{name}; {listen} location /sse {{ return 204; }} }}
}}
"""
TEMP_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Masters:
    """Several Nginx in one namespace, each with its own config.

    Attributes:
        web: The namespace as a vantage.
    """

    def __init__(self, nginx: str, folder: Path, enter: Sequence[str], stack: ExitStack) -> None:
        self.web = VantageSession(Vantage("web", tuple(enter)))
        self._nginx, self._folder, self._enter, self._stack = nginx, folder, enter, stack

    def start(self, name: str, listen: str | int = "") -> Path:
        """Start an Nginx that also listens at `listen`. Returns the path of its config."""
        folder, conf = self._folder, self._folder / f"{name}.conf"
        user = "user root;\n" if os.geteuid() == 0 else ""
        temp = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in TEMP_KINDS)
        line = f"listen {listen};" if listen else ""
        conf.write_text(
            CONF.format(user=user, folder=folder, name=name, temp=temp, listen=line), "utf-8"
        )
        words = [*self._enter, self._nginx, "-p", str(folder), "-c", conf.name]
        subprocess.run(words, check=True, timeout=30)
        self._wait_for_worker(name)
        handle = os.pidfd_open(int((folder / f"{name}.pid").read_text("utf-8")))
        self._stack.callback(_terminate, handle)
        return conf

    def _wait_for_worker(self, name: str) -> None:
        """Wait for a worker's answer: then the master has its process title and pid file."""
        with closing(socket.socket(socket.AF_UNIX)) as client:
            client.settimeout(30)
            client.connect(f"{self._folder}/{name}")
            client.sendall(b"GET /sse HTTP/1.0\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 204"


def _terminate(handle: int) -> None:
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    select.select([handle], [], [], 30)
    os.close(handle)
