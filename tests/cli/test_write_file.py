"""Writing a report's file: it holds the old or the new report, never a part of one."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import QUICK, run_command
from tests.cli.test_output import REFUSED, run_in_shell
from wizard.text import files
from wizard.text.files import require_writable, write_file


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.prom"
    path.write_text("old")
    return path


def test_a_reader_of_the_old_file_goes_on_reading_it(report: Path) -> None:
    with report.open() as reader:
        write_file(str(report), b"new")
        assert reader.read() == "old"
    assert report.read_text() == "new"
    assert os.listdir(report.parent) == [report.name]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path, umask: int) -> None:
    previous = os.umask(umask)
    try:
        write_file(str(tmp_path / "new"), b"new")
    finally:
        os.umask(previous)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o666 & ~umask


def test_an_existing_file_keeps_its_permissions(report: Path) -> None:
    report.chmod(0o640)
    write_file(str(report), b"new")
    assert report.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(report: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link"
    link.symlink_to("../report.prom")
    write_file(str(link), b"new")
    assert link.is_symlink()
    assert report.read_text() == "new"


def test_a_dangling_link_is_written_through(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("new")
    require_writable(str(link))
    write_file(str(link), b"new")
    assert (tmp_path / "new").read_text() == "new"


def test_a_failed_write_leaves_the_old_file(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_copy_owner_and_mode", full)
    with pytest.raises(OSError, match="No space"):
        write_file(str(report), b"new")
    assert report.read_text() == "old"
    assert os.listdir(report.parent) == [report.name]


@pytest.mark.parametrize("number", [1, 13, 16, 30])
def test_a_file_in_a_read_only_folder_is_written_in_place(
    report: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*words: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    write_file(str(report), b"new")
    assert report.read_text() == "new"
    assert os.listdir(report.parent) == [report.name]


def test_checking_that_a_file_is_writable_leaves_no_trace(report: Path) -> None:
    require_writable(str(report))
    require_writable(str(report.parent / "new"))
    assert report.read_text() == "old"
    assert os.listdir(report.parent) == [report.name]


def test_a_named_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    fifo, received = tmp_path / "fifo", list[bytes]()
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: received.append(fifo.read_bytes()))
    reader.start()
    require_writable(str(fifo))
    write_file(str(fifo), b"new")
    reader.join()
    assert received == [b"new"]
    assert fifo.is_fifo()


REDIRECTS: dict[str, Callable[[Path], str]] = {
    "pipe": lambda log: f"| cat >>{log}",
    "file": lambda log: f">>{log}",
}


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no /dev/stdout on this system")
@pytest.mark.parametrize("redirect", REDIRECTS.values(), ids=REDIRECTS.keys())
def test_dev_stdout_is_appended_to_and_not_replaced(
    tmp_path: Path, redirect: Callable[[Path], str]
) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    run_in_shell("check", REFUSED, *QUICK, "-o", "/dev/stdout", redirect=redirect(log))
    assert log.read_text().startswith("before\nINCONCLUSIVE")
    assert os.listdir(tmp_path) == ["log"]


def test_wrong_usage_creates_no_file(tmp_path: Path) -> None:
    assert run_command("check", "not-a-url", "-o", str(tmp_path / "new")).status == 2
    assert os.listdir(tmp_path) == []
