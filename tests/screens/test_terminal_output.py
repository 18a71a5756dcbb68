"""Writing to a terminal that takes nothing, or that is gone."""

import contextlib
import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens import terminal_output
from screens.terminal_output import TerminalOutput


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal; a terminal is stalled as soon as it takes nothing."""
    monkeypatch.setattr(terminal_output, "STALL_S", 0.01)
    master, slave = pty.openpty()
    yield master, slave
    for handle in (master, slave):
        try:
            os.close(handle)
        except OSError:
            continue


def test_what_a_stalled_terminal_does_not_take_is_discarded(ends: tuple[int, int]) -> None:
    master, slave = ends
    happened: list[str] = []
    output = TerminalOutput(
        slave, lambda: happened.append("lost"), lambda: happened.append("discarded")
    )
    for _ in range(3):
        output.write("x" * 300_000)
    assert happened == []
    os.set_blocking(master, False)
    for _ in range(100):
        with contextlib.suppress(BlockingIOError):
            os.read(master, 1 << 16)
    output.write("")
    output.write("again")
    output.close()
    assert happened == ["discarded"]


def test_a_lost_terminal_is_reported_once(ends: tuple[int, int]) -> None:
    happened: list[str] = []
    output = TerminalOutput(ends[1], lambda: happened.append("lost"))
    os.close(ends[0])
    output.write("x")
    output.write("y")
    output.close()
    assert happened == ["lost"]


def test_a_file_is_written_too(tmp_path: Path) -> None:
    """The descriptor that was given is used where it cannot be opened again."""
    handle = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    output = TerminalOutput(handle)
    output.write("é")
    output.close()
    os.close(handle)
    assert (tmp_path / "out").read_text("utf-8") == "é"
