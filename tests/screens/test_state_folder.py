"""The state folder is used only if nobody else can write there; a problem is told once."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from screens.app import Wizard
from screens.saved_cases import interrupted_case, last_target
from screens.state_folder import UnsafeFolderError, existing_folder, private_folder, state_folder
from tests.screens import investigations
from tests.screens.test_keys import SIZE, not_started, press
from tests.screens.test_saved_cases import write_interrupted
from wizard.investigation import casefile
from wizard.investigation.saved import record_of

NOBODY = 65534


def open_to_all(folder: Path) -> None:
    folder.chmod(0o777)


def open_to_the_group(folder: Path) -> None:
    os.chown(folder, -1, NOBODY)
    folder.chmod(0o770)


def owned_by_another(folder: Path) -> None:
    os.chown(folder, NOBODY, -1)


def link_to_a_private_one(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def in_a_shared_folder(folder: Path) -> None:
    folder.parent.chmod(0o777)


def in_a_folder_of_another(folder: Path) -> None:
    os.chown(folder.parent, NOBODY, -1)


def beyond_a_link_into_a_shared_folder(folder: Path) -> None:
    shared = folder.parent / "shared"
    (shared / "home").mkdir(parents=True)
    folder.rename(shared / "home" / "ssewizard")
    shared.chmod(0o777)
    folder.parent.joinpath("link").symlink_to(shared / "home")
    os.environ["XDG_STATE_HOME"] = str(folder.parent / "link")


UNSAFE: list[tuple[Callable[[Path], None], str]] = [
    (open_to_all, "others can write there (mode 777)"),
    (open_to_the_group, "others can write there (mode 770)"),
    (owned_by_another, "it belongs to another user"),
    (link_to_a_private_one, "it is a link"),
    (in_a_shared_folder, "others can write to "),
    (in_a_folder_of_another, "belongs to another user"),
    (beyond_a_link_into_a_shared_folder, "others can write to "),
]


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")
@pytest.mark.parametrize(("change", "why"), UNSAFE, ids=lambda item: getattr(item, "__name__", ""))
async def test_a_folder_where_others_can_write_is_not_used(
    change: Callable[[Path], None], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", os.environ["XDG_STATE_HOME"])
    casefile.write(private_folder() / "last-case.json", record_of(investigations.failing()))
    write_interrupted(2147483647)
    before = sorted(os.listdir(state_folder()))
    assert interrupted_case() is not None

    change(state_folder())

    assert (interrupted_case(), last_target()) == (None, None)
    with pytest.raises(UnsafeFolderError, match=re.escape(why)):
        existing_folder()
    app = Wizard(not_started())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "enter")
        assert [why in item.message for item in app._notifications] == [True]
    app.save_on_exit()
    assert sorted(os.listdir(state_folder())) == before


def test_without_a_home_folder_nothing_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container with a user id of which the system knows nothing."""
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert (interrupted_case(), last_target()) == (None, None)
    with pytest.raises(OSError, match="no home folder"):
        private_folder()


def test_a_new_folder_is_private_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a" / "b"))
    before = os.umask(0)
    try:
        folder = private_folder()
    finally:
        os.umask(before)
    assert [each.stat().st_mode & 0o777 for each in (folder, folder.parent)] == [0o700, 0o700]


def test_a_link_above_the_folder_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "real")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    assert private_folder() == tmp_path / "real" / "ssewizard"


def files_in(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []


def full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.replace", write)


def read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(**_: object) -> tuple[int, str]:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("tempfile.mkstemp", make)


def file_in_its_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.touch()


def file_above_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(path.parent / "file"))
    (path.parent / "file").touch()


@pytest.mark.parametrize("break_", [full_disk, read_only, file_in_its_place, file_above_it])
async def test_a_folder_that_cannot_be_written_is_told_once(
    break_: Callable[[Path, pytest.MonkeyPatch], None],
    state_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_(state_home, monkeypatch)
    app = Wizard(not_started())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "enter", "enter")
        await app._save_while_running()
        (told,) = app._notifications
        assert told.message.startswith(f"{state_folder()}: ")
        assert told.message.endswith(": this case is not saved automatically; w saves it")
        assert "\n" not in told.message
        assert not app.is_report_saved
    app.save_on_exit()
    assert files_in(state_home) == []
