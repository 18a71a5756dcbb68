"""How a lab begins and ends: in one line without Nginx, and never leaving one behind."""

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
from wizard.lab import nginx as real
from wizard.text.errors import LabError

DEADLINE = 20.0
"""How long, in seconds, at most something is waited for; nothing is measured by it."""


@pytest.mark.parametrize("words", [["lab"], ["lab", "--serve"], ["lab", "tls"]], ids=" ".join)
def test_without_nginx_one_line_says_what_to_install(
    words: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(real, "find_nginx", lambda: None)
    monkeypatch.setattr(real, "_wheel", lambda: None)
    assert main(words, open_wizard=lambda *_: 0) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"ssewizard: {real.MISSING}\n")


def test_an_nginx_that_cannot_be_run(tmp_path: Path) -> None:
    for text in ("", "#!/bin/sh\necho nothing\n"):
        fake = tmp_path / "nginx"
        fake.write_text(text, "utf-8")
        fake.chmod(0o755)
        with pytest.raises(LabError):
            real.version(str(fake))


@contextmanager
def serving() -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """`lab --serve`, and what it says of itself; its directory is removed, whatever happened."""
    with subprocess.Popen([*COMMAND, "lab", "--serve"], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        said = json.loads(lab.stdout.readline())
        try:
            yield lab, said
        finally:
            lab.kill()
            assert Path(said["directory"]).name.startswith("sse-lab-")
            shutil.rmtree(said["directory"], ignore_errors=True)


def port_of(said: dict[str, Any]) -> int:
    port: int | None = urlsplit(said["url"]).port
    assert port is not None
    return port


def accepts(said: dict[str, Any]) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port_of(said))) == 0


def closes(said: dict[str, Any]) -> bool:
    """Whether the port is closed in the end."""
    until = time.monotonic() + DEADLINE
    while accepts(said) and time.monotonic() < until:
        time.sleep(0.01)
    return not accepts(said)


@pytest.mark.nginx
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_says_what_it_is_and_leaves_nothing_after_a_signal(number: int) -> None:
    with serving() as (lab, said):
        assert said.keys() >= {"url", "direct", "conf", "logs", "pid", "nginx_version"}
        assert said["scenario"] == "incident"
        assert said["command"][:3] == ["ssewizard", "check", said["url"]]
        assert accepts(said)
        lab.send_signal(number)
        assert lab.wait(DEADLINE) == 0
        assert closes(said)
        assert not Path(said["directory"]).exists()


@pytest.mark.nginx
def test_killed_it_leaves_no_nginx_behind() -> None:
    with serving() as (lab, said):
        assert accepts(said)
        lab.kill()
        lab.wait(DEADLINE)
        assert closes(said)
