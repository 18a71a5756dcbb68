"""Who still runs: a lock file is held by the process that made it, and by none that comes later.

A process id says less: it is given to another process, and a zombie keeps it.
"""

import contextlib
import errno
import fcntl
import os
from pathlib import Path


class Lock:
    """A file that is locked from the first `take` to `free`, or until this process is gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Lock it, unless that was done. Raises `OSError` where the file cannot be made."""
        if self._handle is not None:
            return
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with contextlib.suppress(OSError):  # not every file system has locks: see `is_held`
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def free(self) -> None:
        """Leave no trace of it."""
        if self._handle is not None:
            remove(self._path)
            os.close(self._handle)
            self._handle = None


def is_held(path: Path, pid: int) -> bool:
    """Whether the process that made the lock still runs; `pid` was its id, and counts only where
    the file system has no locks."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # Shared: of two that look at the same time, neither takes the other for the owner.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.EACCES) or _is_known(pid)
    finally:
        os.close(handle)
    return False


def remove(path: Path) -> None:
    """Remove the lock file, if there is one."""
    with contextlib.suppress(OSError):
        path.unlink()


def _is_known(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True
