"""What a killed lab leaves behind is removed at the next start, and nothing else."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from wizard.lab.folders import LOCK, PREFIX, lab_folder, remove_abandoned

_KILLED = """
import os, signal
from wizard.lab.folders import lab_folder
with lab_folder() as folder:
    (folder / "logs").mkdir()
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which labs make theirs."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_the_folder_of_a_killed_lab_is_removed_at_the_next_start() -> None:
    words = [sys.executable, "-c", _KILLED]
    run = subprocess.run(words, capture_output=True, text=True, timeout=30)
    left = Path(run.stdout.strip())
    assert (left / "logs").is_dir()
    with lab_folder() as folder:
        assert not left.exists()
        assert folder.is_dir()
    assert not folder.exists()


def test_the_folder_of_a_lab_that_runs_stays() -> None:
    with lab_folder() as first, lab_folder() as second:
        remove_abandoned()
        assert first.is_dir()
        assert second.is_dir()


def test_what_is_no_folder_of_a_lab_stays(temporary: Path) -> None:
    without_lock, linked = temporary / f"{PREFIX}a", temporary / f"{PREFIX}b"
    without_lock.mkdir()
    other = temporary / "other"
    other.mkdir()
    (other / LOCK).touch()
    linked.symlink_to(other)
    fifo = temporary / f"{PREFIX}c"
    os.mkfifo(fifo)
    link_as_lock = temporary / f"{PREFIX}d"
    link_as_lock.mkdir()
    (link_as_lock / LOCK).symlink_to(other / LOCK)
    remove_abandoned()
    assert all(path.exists() for path in (without_lock, linked, fifo, link_as_lock))
    assert (other / LOCK).exists()
