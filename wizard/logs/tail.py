"""A log file here: bounded, and never waiting on what is no regular file."""

import os
import stat
from collections.abc import Callable

from wizard.logs.ring import LIMIT
from wizard.wire import plain


class Tail:
    """A file: what is in it, and what is appended after this was made. A `Source`."""

    printed = False

    def __init__(self, path: str, now: Callable[[], float]) -> None:
        self.name = path
        self.began, self.older, self.problem = now(), False, ""
        self._at, self._inode, self._past = 0, 0, b""
        self._begun, self._now = False, now
        try:
            known = self._stat()
        except OSError as error:
            self.problem = f"{path}: cannot be read: {plain(error)}"
            return
        self._at, self._inode = known.st_size, known.st_ino

    def _stat(self) -> os.stat_result:
        found = os.stat(self.name)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("not a regular file")
        if not os.access(self.name, os.R_OK):
            raise PermissionError(13, "Permission denied")
        return found

    async def begin(self) -> None:
        """Read what is there already, before a rotation can take it away."""
        if self._begun or self.problem:
            return
        self._begun, self.began, self.older = True, self._now(), self._at > LIMIT
        self._past = self._read(max(self._at - LIMIT, 0), min(self._at, LIMIT))

    async def close(self) -> None:
        """There is nothing to leave."""

    @property
    def failed(self) -> bool:
        """Whether it cannot be read."""
        return bool(self.problem)

    def past(self) -> bytes:
        """The end of what was there before."""
        return self._past

    def new(self) -> bytes:
        """All that was appended since this was made, at most `LIMIT` bytes of it.

        Survives rotation: a new file of that name, or one that was cut, is read from its start.
        """
        if self.problem:
            return b""
        try:
            found = self._stat()
        except OSError as error:
            self.problem = f"{self.name}: cannot be read any more: {plain(error)}"
            return b""
        if found.st_ino != self._inode or found.st_size < self._at:
            self._at, self._inode = 0, found.st_ino
        return self._read(max(self._at, found.st_size - LIMIT), LIMIT)

    def _read(self, at: int, size: int) -> bytes:
        try:
            with open(self.name, "rb") as file:
                file.seek(at)
                return file.read(size)
        except OSError as error:
            self.problem = f"{self.name}: cannot be read any more: {plain(error)}"
            return b""
