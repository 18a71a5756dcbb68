"""Signals in the wizard: the terminal is restored, and what was found is saved."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.signals.wizards import FOOTER, Started, live_server, wizard

ENDING = ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "XCPU"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a live stream."""
    with live_server() as url:
        yield url


@pytest.fixture
def started(url: str, tmp_path: Path) -> Iterator[Started]:
    """A wizard in the middle of its steps."""
    with wizard(url, tmp_path) as started:
        yield started


@pytest.mark.parametrize("name", ENDING)
def test_a_signal_ends_it_with_all_restored(started: Started, name: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    started.process.send_signal(number)
    assert started.wait_for_end() == 128 + number
    started.terminal.assert_restored()
    after_screen = started.terminal.output.rpartition(b"\x1b[?1049l")[2]
    assert b"root: ok" in after_screen
    assert b"Traceback" not in after_screen
    assert [name for name in started.saved() if name == "case"]


def test_a_second_signal_changes_nothing(started: Started) -> None:
    for number in (signal.SIGHUP, signal.SIGCONT, signal.SIGHUP, signal.SIGTERM):
        started.process.send_signal(number)
    assert started.wait_for_end() in (128 + signal.SIGHUP, 128 + signal.SIGTERM)
    started.terminal.assert_restored()
    assert "case" in started.saved()


def test_sigkill_leaves_the_case(started: Started) -> None:
    """The terminal stays as it is; no process can restore it then."""
    started.process.kill()
    assert started.wait_for_end() == -signal.SIGKILL
    assert "case" in started.saved()


@pytest.mark.parametrize("shell", ["sets the modes", "does nothing"])
def test_it_comes_back_after_sigstop(started: Started, shell: str) -> None:
    for _ in range(3):
        started.stop()
        if shell == "sets the modes":
            started.terminal.set_modes_as_shell()
        started.process.send_signal(signal.SIGCONT)
        started.wait_for_redraw()
        started.terminal.assert_in_use()
    started.terminal.type("q")
    assert started.wait_for_end() == 0
    started.terminal.assert_restored()


def test_a_stopped_one_ends_by_a_signal(started: Started) -> None:
    started.stop()
    started.process.send_signal(signal.SIGTERM)
    started.process.send_signal(signal.SIGCONT)
    assert started.wait_for_end() == 128 + signal.SIGTERM
    started.terminal.assert_restored()


def test_sigtstp_does_not_stop_it_where_nothing_could_continue_it(started: Started) -> None:
    """As the first program of a session (`ssh -t HOST ssewizard`) it is in no shell's job."""
    started.terminal.type("\x1a")
    started.terminal.wait_for("\x1b[?1049l")
    started.terminal.wait_for(FOOTER, after=started.terminal.output.rindex(b"\x1b[?1049l"))
    started.terminal.assert_in_use()
    started.terminal.type("q")
    assert started.wait_for_end() == 0
    started.terminal.assert_restored()


def test_ignored_signals(started: Started) -> None:
    """Python ignores SIGPIPE and SIGXFSZ, and nothing is to be done at the others."""
    for name in ("PIPE", "CONT", "CHLD", "URG", "WINCH"):
        started.process.send_signal(signal.Signals[f"SIG{name}"])
    started.wait_for_redraw()
    started.terminal.type("q")
    assert started.wait_for_end() == 0
    started.terminal.assert_restored()


def test_a_flood_of_sizes(started: Started) -> None:
    for number in range(500):
        started.terminal.resize(20 + number % 30, 76 + number % 50)
        started.process.send_signal(signal.SIGWINCH)
        started.terminal.read(0)
    started.terminal.resize(40, 120)
    started.terminal.type("q")
    assert started.wait_for_end() == 0
    started.terminal.assert_restored()


@pytest.mark.parametrize("wrapper", [(), ("sh", "-c", 'trap "" HUP; "$@"; exit $?', "sh")])
def test_the_terminal_vanishes(url: str, tmp_path: Path, wrapper: tuple[str, ...]) -> None:
    """Also where the program that has started it ignores SIGHUP, so that only the loss is seen."""
    with wizard(url, tmp_path, wrapper=wrapper) as started:
        started.terminal.close()
        assert started.process.wait(timeout=30) == 128 + signal.SIGHUP
        assert "case" in started.saved()


def test_a_terminal_that_takes_nothing_does_not_hold_up_a_signal(started: Started) -> None:
    """Nothing is read here, as if the network of the SSH session hung."""
    for number in range(100):
        started.terminal.resize(30 + number % 2, 120)
        time.sleep(0.02)  # each size is drawn
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(timeout=30) == 128 + signal.SIGTERM
    assert "case" in started.saved()
