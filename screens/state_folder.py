"""The folder of the wizard's own files: used only if nobody else can write there.

What it holds is trusted: the cases that this user's wizards saved, and what the user allowed.
"""

import contextlib
import errno
import grp
import os
import pwd
import stat
from pathlib import Path

from wizard.text.display import safe
from wizard.text.errors import describe_error
from wizard.text.messages import tr


class UnsafeFolderError(OSError):
    """The state folder is not used: somebody else could write there."""


def state_folder() -> Path:
    """Return the path of the folder (XDG Base Directory Specification); it may not exist.

    It is relative where the user has no home folder.
    """
    configured = os.environ.get("XDG_STATE_HOME", "")
    base = configured if os.path.isabs(configured) else os.path.expanduser("~/.local/state")
    return Path(base) / "ssewizard"


def private_folder() -> Path:
    """Return the folder, created if it is missing.

    Raises `UnsafeFolderError` if another user could write there, else `OSError`.
    """
    folder = existing_folder()
    if folder is None:
        wanted = state_folder()
        for missing in reversed([each for each in (wanted, *wanted.parents) if not each.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        folder = existing_folder()
    if folder is None:  # removed again meanwhile
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return folder


def existing_folder() -> Path | None:
    """Return the folder; None if there is none yet. Raises the errors of `private_folder`.

    The folders above it are checked too: who can rename one of them can put another in its place.
    """
    folder = state_folder()
    if not folder.is_absolute():
        raise OSError(tr("there is no home folder"))
    # The path that the links in it lead to, without the last name: that must not be a link.
    parent = Path(os.path.realpath(folder.parent))
    for above in (parent, *parent.parents):
        with contextlib.suppress(FileNotFoundError):
            _require_safe_parent(above)
    with contextlib.suppress(FileNotFoundError):
        _require_private(folder)
        return parent / folder.name
    return None


def _require_private(folder: Path) -> None:
    status = folder.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise UnsafeFolderError(tr("it is a link"))
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if status.st_uid != os.geteuid():
        raise UnsafeFolderError(tr("it belongs to another user"))
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafeFolderError(
            tr("others can write there (mode {st_mode:o})", st_mode=status.st_mode & 4095)
        )


def _require_safe_parent(folder: Path) -> None:
    status = folder.lstat()
    if status.st_uid not in (0, os.geteuid()):
        raise UnsafeFolderError(
            tr("{folder} belongs to another user", folder=safe(str(folder), 200))
        )
    if status.st_mode & stat.S_ISVTX:
        return  # only the owner of an entry can replace it (inode(7))
    is_shared = status.st_mode & stat.S_IWOTH or (
        status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid)
    )
    if is_shared:
        raise UnsafeFolderError(tr("others can write to {folder}", folder=safe(str(folder), 200)))


def _is_private_group(gid: int) -> bool:
    """True for root's group, and for the user's own where each user has one of the same name.

    With such groups a umask of 002 is usual, and folders are writable by the group.
    """
    if gid == 0:
        return True
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def describe_problem(error: OSError) -> str:
    """Return one sentence: why nothing is saved, and what to do."""
    folder = safe(str(state_folder()), 200)
    return tr(
        "{folder}: {error}: this case is not saved automatically; w saves it",
        folder=folder,
        error=describe_error(error),
    )


def write_private(name: str, text: str) -> None:
    """Replace a file of the folder atomically, readable by its owner alone. Raises `OSError`."""
    from wizard.investigation import casefile  # so late: the first frame writes nothing

    casefile.write_private(private_folder() / name, text)
