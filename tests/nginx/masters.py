"""Nginx masters in a network namespace of their own: no Nginx of other tests is seen there."""

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
TEMP = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Masters:
    """Some Nginx in that namespace, each with a config of its own.

    Attributes:
        web: The namespace as a vantage.
    """

    def __init__(self, nginx: str, folder: Path, enter: Sequence[str], stack: ExitStack) -> None:
        self.web = VantageSession(Vantage("web", tuple(enter)))
        self._nginx, self._folder, self._enter, self._stack = nginx, folder, enter, stack

    def start(self, name: str, listen: str | int = "") -> Path:
        """Start one that also listens there. Returns its config."""
        folder, conf = self._folder, self._folder / f"{name}.conf"
        user = "user root;\n" if os.geteuid() == 0 else ""
        temp = " ".join(f"{one}_temp_path {folder}/{one};" for one in TEMP)
        line = f"listen {listen};" if listen else ""
        conf.write_text(
            CONF.format(user=user, folder=folder, name=name, temp=temp, listen=line), "utf-8"
        )
        words = [*self._enter, self._nginx, "-p", str(folder), "-c", conf.name]
        subprocess.run(words, check=True, timeout=30)
        self._await(name)
        handle = os.pidfd_open(int((folder / f"{name}.pid").read_text("utf-8")))
        self._stack.callback(_end, handle)
        return conf

    def _await(self, name: str) -> None:
        """It listens by now; once a worker answers, the master has its title and its file."""
        with closing(socket.socket(socket.AF_UNIX)) as asking:
            asking.settimeout(30)
            asking.connect(f"{self._folder}/{name}")
            asking.sendall(b"GET /sse HTTP/1.0\r\n\r\n")
            assert asking.recv(12) == b"HTTP/1.1 204"


def _end(handle: int) -> None:
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    select.select([handle], [], [], 30)
    os.close(handle)
