"""How a lab starts and ends: one line if Nginx is missing, and nothing left running."""

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cli.command import COMMAND
from wizard.cli import main
from wizard.lab import nginx_process as lab_nginx
from wizard.lab.lab import StuckPort
from wizard.text.errors import LabError

DEADLINE_S = 20.0
"""The most that a test waits; nothing is measured against it."""


@pytest.mark.parametrize("words", [["lab"], ["lab", "--serve"], ["lab", "tls"]], ids=" ".join)
def test_without_nginx_one_line_says_what_to_install(
    words: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lab_nginx, "find_nginx", lambda: None)
    monkeypatch.setattr(lab_nginx, "_wheel", lambda: None)
    assert main(words, open_wizard=lambda *_: 0) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"ssewizard: {lab_nginx.MISSING}\n")


def test_a_binary_that_is_not_nginx_is_a_lab_error(tmp_path: Path) -> None:
    for text in ("", "#!/bin/sh\necho nothing\n"):
        fake = tmp_path / "nginx"
        fake.write_text(text, "utf-8")
        fake.chmod(0o755)
        with pytest.raises(LabError):
            lab_nginx.version(str(fake))


@contextmanager
def serving() -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Run `lab --serve`; yield it and its description, and remove its directory afterwards."""
    with subprocess.Popen([*COMMAND, "lab", "--serve"], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        description = json.loads(lab.stdout.readline())
        try:
            yield lab, description
        finally:
            lab.kill()
            assert Path(description["directory"]).name.startswith("sse-lab-")
            shutil.rmtree(description["directory"], ignore_errors=True)


def port_of(description: dict[str, Any]) -> int:
    port: int | None = urlsplit(description["url"]).port
    assert port is not None
    return port


def is_open(description: dict[str, Any]) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port_of(description))) == 0


def closes(description: dict[str, Any]) -> bool:
    """Wait until the port is closed; False if it stays open."""
    until = time.monotonic() + DEADLINE_S
    while is_open(description) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_open(description)


@pytest.mark.nginx
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_describes_itself_and_leaves_nothing_after_a_signal(number: int) -> None:
    with serving() as (lab, description):
        assert description.keys() >= {"url", "direct", "conf", "logs", "pid", "nginx_version"}
        assert description["scenario"] == "incident"
        assert description["command"][:3] == ["ssewizard", "check", description["url"]]
        assert is_open(description)
        lab.send_signal(number)
        assert lab.wait(DEADLINE_S) == 0
        assert closes(description)
        assert not Path(description["directory"]).exists()


@pytest.mark.nginx
def test_a_killed_lab_leaves_no_nginx_running() -> None:
    with serving() as (lab, description):
        assert is_open(description)
        lab.kill()
        lab.wait(DEADLINE_S)
        assert closes(description)


def test_connecting_to_a_stuck_port_never_completes_and_fails_after_close() -> None:
    stuck = StuckPort()
    address = ("127.0.0.1", stuck.port)
    with pytest.raises(TimeoutError):
        socket.create_connection(address, timeout=0.2)
    stuck.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
