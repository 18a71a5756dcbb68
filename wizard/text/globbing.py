"""The files that a pattern names, found within a limit of directory entries."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

MAX_SCANNED = 20_000
"""How many directory entries are read for one pattern."""


MAX_SCANNED_IN_ALL = 400_000
"""How many are read for all patterns of one config."""


class TooManyEntriesError(Exception):
    """A pattern for which too many directory entries would have to be read."""


@dataclass
class EntryLimit:
    """How many directory entries may still be read."""

    left: int = MAX_SCANNED_IN_ALL

    def take(self, count: int = 1) -> None:
        """Count so many entries. Raises `TooManyEntriesError` if they are too many."""
        self.left -= count
        if self.left < 0:
            raise TooManyEntriesError


def is_glob(pattern: str) -> bool:
    """True if this is a pattern, not the name of one file."""
    return any(char in pattern for char in "*?[")


def find_files(directory: str, pattern: str, in_all: EntryLimit | None = None) -> list[str]:
    """The files that match as in glob(3), sorted; a relative pattern starts at the directory.

    `in_all` is the limit of all patterns together. Raises `TooManyEntriesError`.
    """
    paths = ["/" if pattern.startswith("/") else os.path.join(directory, "")]
    limits = (EntryLimit(MAX_SCANNED), in_all or EntryLimit())
    for name in filter(None, pattern.split("/")):
        if is_glob(name):
            matching = (entry for path in paths for entry in _matching(path, name, limits))
            paths = [f"{entry}/" for entry in matching]
        else:
            paths = [f"{path}{name}/" for path in paths]
    return sorted(path.removesuffix("/") for path in paths if _exists(path[:-1]))


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL byte
        return False


def _matching(folder: str, pattern: str, limits: Iterable[EntryLimit]) -> Iterator[str]:
    """The paths of the entries that match, in the order of the directory."""
    for entry in _entries(folder or "."):
        for limit in limits:
            limit.take()
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
