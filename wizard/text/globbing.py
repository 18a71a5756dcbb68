"""The files that a pattern names, found within a limit of directory entries."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

MAX_SCANNED = 20_000
"""How many directory entries are read for one pattern."""


class TooManyEntriesError(Exception):
    """A pattern for which more than `MAX_SCANNED` directory entries would have to be read."""


def is_glob(pattern: str) -> bool:
    """True if this is a pattern, not the name of one file."""
    return any(char in pattern for char in "*?[")


def find_files(directory: str, pattern: str) -> list[str]:
    """The files that match as in glob(3), sorted; a relative pattern starts at the directory.

    Raises `TooManyEntriesError`.
    """
    paths = ["/" if pattern.startswith("/") else os.path.join(directory, "")]
    scan = _Scan()
    for name in filter(None, pattern.split("/")):
        if is_glob(name):
            matching = (entry for path in paths for entry in scan.matching(path, name))
            paths = [f"{entry}/" for entry in matching]
        else:
            paths = [f"{path}{name}/" for path in paths]
    return sorted(path.removesuffix("/") for path in paths if _exists(path[:-1]))


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL byte
        return False


@dataclass
class _Scan:
    """Reads directories, and counts their entries."""

    scanned: int = 0

    def matching(self, folder: str, pattern: str) -> Iterator[str]:
        """The paths of the entries that match, in the order of the directory."""
        for entry in _entries(folder or "."):
            self.scanned += 1
            if self.scanned > MAX_SCANNED:
                raise TooManyEntriesError
            if fnmatchcase(entry, pattern) and entry.startswith(".") <= pattern.startswith("."):
                yield f"{folder}{entry}"


def _entries(folder: str) -> Iterator[str]:
    """The names in a directory, as they are read; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name
    except (OSError, ValueError):
        return
