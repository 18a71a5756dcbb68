"""The temporary folder of a lab, and the removal of those that a killed lab left behind."""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "sse-lab-"
LOCK = "lab.lock"
"""A file in the folder, locked as long as its lab runs: the kernel unlocks it however that ends."""


@contextlib.contextmanager
def lab_folder() -> Iterator[Path]:
    """A new folder, removed at the end; those of killed labs are removed first.

    Raises `OSError`.
    """
    remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with open(folder / f"{LOCK}.new", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Under its name it is never seen unlocked.
            os.rename(lock.name, folder / LOCK)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned() -> None:
    """Remove the folders of this user's labs that no longer run; a folder without a lock stays."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """True if nobody holds the lock in this user's folder. Raises `OSError`."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return False
    with open(os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
