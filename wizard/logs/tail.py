"""A log file from now on: bounded, and never waiting on what is no regular file."""

import os
import stat

from wizard.wire import plain

LIMIT = 1 << 20
"""How much of what is new is read at the most, in bytes; of more, the newest."""


class Tail:
    """What is appended to a file after this was made.

    Attributes:
        problem: One sentence where the file cannot be followed; empty otherwise.
    """

    def __init__(self, path: str) -> None:
        self.path, self.problem = path, ""
        self._at, self._inode = 0, 0
        try:
            known = self._stat()
        except OSError as error:
            self.problem = f"{path}: cannot be read: {plain(error)}"
            return
        self._at, self._inode = known.st_size, known.st_ino

    def _stat(self) -> os.stat_result:
        found = os.stat(self.path)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("not a regular file")
        if not os.access(self.path, os.R_OK):
            raise PermissionError(13, "Permission denied")
        return found

    def new(self) -> bytes:
        """All that was appended since this was made, at most `LIMIT` bytes of it.

        Survives rotation: a new file of that name, or one that was cut, is read from its start.
        """
        if self.problem:
            return b""
        try:
            found = self._stat()
            if found.st_ino != self._inode or found.st_size < self._at:
                self._at, self._inode = 0, found.st_ino
            with open(self.path, "rb") as file:
                file.seek(max(self._at, found.st_size - LIMIT))
                return file.read(LIMIT)
        except OSError as error:
            self.problem = f"{self.path}: cannot be read any more: {plain(error)}"
            return b""
