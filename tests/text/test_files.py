"""Reading of regular files: nothing else is read, nothing is waited for, nothing is unbounded."""

import io
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.text import files
from wizard.text.files import (
    NoAnswerError,
    NotRegularError,
    describe_read_error,
    read_part,
    read_regular,
    read_stdin,
    stat_regular,
)


def test_at_most_one_byte_beyond_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert read_regular(path, 100) == b"x" * 100
    assert read_regular(str(path), 10) == b"x" * 11


def test_a_link_to_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", 10) == b"x"


def test_nothing_but_a_regular_file_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is limited to about 100 characters
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        kinds = {"pipe": "a named pipe", "socket": "a socket", ".": "a directory"}
        for path, kind in {**kinds, "/dev/zero": "a device"}.items():
            with pytest.raises(NotRegularError, match="not a regular file") as raised:
                read_regular(path, 1)
            assert raised.value.kind == kind


def test_the_reason_is_the_one_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as raised:
        read_regular(tmp_path / "none", 1)
    assert describe_read_error(raised.value) == "cannot be read: No such file or directory"
    with pytest.raises(OSError, match="not a file name") as raised:
        read_regular("a\0b", 1)
    assert describe_read_error(raised.value) == "not a file name"


def test_a_part_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(1 << 40)
        file.seek(0, os.SEEK_END)
        file.write(b"end")
    assert stat_regular(path).st_size == (1 << 40) + 3
    assert read_part(path, (1 << 40) - 1, 10) == b"\0end"


@pytest.mark.parametrize("work", [lambda path: read_regular(path, 1), stat_regular])
def test_a_file_system_that_does_not_answer_is_left(
    work: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    answers = threading.Event()
    monkeypatch.setattr(files, "READ_TIMEOUT_S", 0.01)
    monkeypatch.setattr(os, "fstat", lambda _handle: answers.wait())
    with pytest.raises(NoAnswerError, match="no answer within"):
        work(tmp_path / "file")
    monkeypatch.undo()
    answers.set()


def test_standard_input_is_read_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.write(writing, b"x" * 100)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read_stdin(9) == b"x" * 10
        os.close(writing)
        assert read_stdin(1000) == b"x" * 90
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OSError, match="closed"):
        read_stdin(1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc")))
    assert read_stdin(1) == b"ab"
