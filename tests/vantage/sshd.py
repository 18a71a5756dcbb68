"""A real sshd on loopback: with temporary keys, its own config, and a free port."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tools import require

START_TIMEOUT_S = 30.0
"""How long, in seconds, it may take to listen."""
CONFIG = """
ListenAddress {address}:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication {password}
KbdInteractiveAuthentication no
AllowTcpForwarding no
PrintMotd no
LogLevel ERROR
{more}
"""


@dataclass(frozen=True)
class Sshd:
    """A running sshd.

    Attributes:
        folder: Has its keys; `user` is the client's.
        port: Where it listens.
        address: Where it listens.
        pid: Its process id; each ssh session is a child process of it.
    """

    folder: Path
    port: int
    address: str = "127.0.0.1"
    pid: int = 0

    def prefix(
        self, *, key: str = "user", known: str = "known", options: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Return the vantage prefix that leads to it."""
        fixed = {
            "BatchMode": "no",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": f"{self.folder}/{known}",
            "GlobalKnownHostsFile": "/dev/null",
        }
        option_words = [word for name, value in fixed.items() for word in ("-o", f"{name}={value}")]
        words = ["-F", "/dev/null", "-i", f"{self.folder}/{key}", "-p", str(self.port)]
        return ("ssh", *words, *option_words, *options, f"{getpass.getuser()}@{self.address}")


@contextmanager
def sshd(
    folder: Path,
    *,
    inside: Sequence[str] = (),
    password: str = "no",
    more: str = "",
    port: int | None = None,
    address: str = "127.0.0.1",
) -> Iterator[Sshd]:
    """Run sshd until the block is left.

    Args:
        inside: A prefix for sshd itself: `ip netns exec NAME`.
        password: Whether it offers password authentication: `yes` or `no`.
        more: Further lines of its config.
        port: A port that is free there; chosen on this machine if not given.
        address: Where it listens.
    """
    program = _program()
    port = port or _free_port()
    for name in ("host", "user", "stranger"):
        _make_key(folder / name)
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    host = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known").write_text(f"[{address}]:{port} {host}\n")
    (folder / "empty").touch()
    config = CONFIG.format(address=address, port=port, folder=folder, password=password, more=more)
    (folder / "config").write_text(config)
    # sshd, run as root, needs this directory for privilege separation.
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    words = [*inside, program, "-D", "-e", "-f", str(folder / "config")]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        running = Sshd(folder, port, address, process.pid)
        try:
            _await_banner(running, process, inside)
            yield running
        finally:
            process.terminate()
            process.wait()


def _program() -> str:
    """Return the full path, without which sshd does not start."""
    require("ssh", "ssh-keygen", "bash")
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return program or pytest.skip("needs sshd")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _make_key(path: Path) -> None:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


def _await_banner(running: Sshd, process: "subprocess.Popen[bytes]", inside: Sequence[str]) -> None:
    """Wait until it sends its banner."""
    scan = f"exec 3<>/dev/tcp/{running.address}/{running.port} && head -c 4 <&3"
    for _ in range(round(START_TIMEOUT_S / 0.05)):
        if process.poll() is not None:
            assert process.stderr is not None
            pytest.fail(f"sshd has ended: {process.stderr.read().decode()}")
        words = [*inside, "timeout", "1", "bash", "-c", f"{scan} || exec sleep 0.05"]
        result = subprocess.run(words, capture_output=True, check=False)
        if result.stdout == b"SSH-":
            return
    pytest.fail("sshd does not listen")
