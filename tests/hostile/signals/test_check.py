"""Signals and closed outputs of `check`: it ends with the report of what was found."""

import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import COMMAND
from tests.hostile.run import assert_well_behaved, run
from tests.hostile.signals.wizards import live_server

ENDING = ["HUP", "INT", "QUIT", "TERM", "USR1", "ALRM"]


@pytest.fixture
def held() -> Iterator[tuple[str, list[threading.Event]]]:
    """The URL of a server that never answers, and an event that is set at the first request."""
    asked = threading.Event()
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                while True:
                    connection, _ = listener.accept()
                    kept.append(connection)
                    connection.recv(1 << 16)
                    asked.set()
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/sse", [asked]
    for connection in kept:
        connection.close()


@pytest.mark.parametrize("names", [*ENDING, "HUP HUP CONT HUP", "TERM HUP"])
def test_the_report_so_far_is_printed(
    held: tuple[str, list[threading.Event]], names: str, tmp_path: Path
) -> None:
    url, (asked,) = held
    case = tmp_path / "case.json"
    process = subprocess.Popen(
        [*COMMAND, "check", url, "--stall", "30", "--save", str(case)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert asked.wait(30)
    numbers = [signal.Signals[f"SIG{name}"] for name in names.split()]
    for number in numbers:
        process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode in {128 + number for number in numbers}
    assert "INCONCLUSIVE" in out
    assert err == "ssewizard: interrupted\n"
    assert case.exists()


def test_sigpipe_is_no_reason_to_end(held: tuple[str, list[threading.Event]]) -> None:
    url, (asked,) = held
    process = subprocess.Popen(
        [*COMMAND, "check", url, "--stall", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert asked.wait(30)
    process.send_signal(signal.SIGPIPE)
    out, _ = process.communicate(timeout=30)
    assert process.returncode in (1, 3)
    assert out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_full_disk_loses_no_report() -> None:
    with live_server() as url:
        done = run("check", url, "--stall", "5", "-o", "/dev/full")
    assert_well_behaved(done)
    assert done.status == 2
    assert done.out.startswith("HEALTHY")
    assert done.err == "ssewizard: /dev/full: cannot be written: No space left on device\n"


@pytest.mark.parametrize("option", ["-o", "--save"])
def test_a_file_that_may_not_grow_loses_no_report(option: str, tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk that fills up while it is written."""
    file = tmp_path / "file"
    with live_server() as url:
        done = subprocess.run(
            [*COMMAND, "check", url, "--stall", "5", option, str(file)],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)),
        )
    assert done.returncode == 2
    assert done.stdout.startswith("HEALTHY")
    assert done.stderr == f"ssewizard: {file}: cannot be written: File too large\n"
    assert list(tmp_path.iterdir()) == []


def test_a_case_is_not_written_to_a_device() -> None:
    done = run("check", "http://127.0.0.1:9/sse", "--save", "/dev/full")
    assert_well_behaved(done)
    assert (done.status, done.err) == (2, "ssewizard: --save /dev/full: not a regular file\n")
