"""Reading of regular files: nothing else is read, nothing is waited for, nothing is unbounded."""

import os
import socket
from pathlib import Path

import pytest

from wizard.text.files import NotRegularError, describe_read_error, read_regular


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
