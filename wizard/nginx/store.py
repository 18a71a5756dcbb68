"""The files of a config, on disk or in an `nginx -T` dump, read up to a size limit."""

import glob
import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol

from wizard.text.display import visible
from wizard.text.errors import ConfigError
from wizard.text.files import NotRegularError, describe_read_error, read_regular
from wizard.text.globbing import (
    MAX_SCANNED,
    MAX_SCANNED_IN_ALL,
    EntryLimit,
    TooManyEntriesError,
    find_files,
    is_glob,
)
from wizard.text.messages import tr

MAX_FILE_BYTES = 16 << 20
"""The largest config file that is read, in bytes."""
TOO_MANY_ENTRIES = tr(
    "this include would have to read more than {max_scanned:,} directory entries, or all "
    "includes together more than {max_scanned_in_all:,}",
    max_scanned=MAX_SCANNED,
    max_scanned_in_all=MAX_SCANNED_IN_ALL,
)
UNREADABLE_DIRECTORY = tr("its directory cannot be read: permission denied")


def config_error(message: str, name: str, line: int | None = None) -> ConfigError:
    """An error at this file and line; the file's name is escaped for display."""
    return ConfigError(message, visible(name, 300), line)


def read_config_file(path: str, name: str) -> str:
    """The text of a file. Raises `ConfigError` if it is not regular, too large or not text."""
    try:
        raw = read_regular(path, MAX_FILE_BYTES)
    except NotRegularError as error:
        raise config_error(tr("{kind}, not a config file", kind=error.kind), name) from None
    except OSError as error:
        raise config_error(describe_read_error(error), name) from None
    return decode_config(raw, name)


def decode_config(raw: bytes, name: str) -> str:
    """The text of these bytes. Raises `ConfigError` if they are too many or not text."""
    if len(raw) > MAX_FILE_BYTES:
        raise config_error(
            tr(
                "larger than {max_file_bytes} MiB, so not read", max_file_bytes=MAX_FILE_BYTES >> 20
            ),
            name,
        )
    if b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise config_error(tr("a binary file, not an Nginx config"), name, line)
    return raw.decode("utf-8", "replace").removeprefix("\ufeff")


class ConfigStore(Protocol):
    """Finds and reads the files that `include` directives name."""

    def find(self, pattern: str) -> list[str]:
        """The names of the files that match the argument of an `include`, in Nginx's order."""
        ...

    def problem(self, pattern: str) -> str:
        """Why files that match may be missing from `find`; empty if there is no reason."""
        ...

    def text(self, name: str) -> str:
        """The text of a file. Raises `ConfigError`."""
        ...

    def path(self, name: str) -> str | None:
        """The path of a file on this machine; None if the store holds files from elsewhere."""
        ...


@dataclass(frozen=True)
class DiskStore:
    """Files on this machine.

    A relative name starts at the main file's directory, as in Nginx
    (https://nginx.org/en/docs/ngx_core_module.html#include).
    """

    directory: str
    entries: EntryLimit = field(default_factory=EntryLimit)

    def find(self, pattern: str) -> list[str]:
        if not is_glob(pattern):
            return [os.path.join(self.directory, pattern)]
        try:
            return find_files(self.directory, pattern, self.entries)
        except TooManyEntriesError:
            raise config_error(TOO_MANY_ENTRIES, visible(pattern, 120)) from None

    def problem(self, pattern: str) -> str:
        if not is_glob(pattern):
            return ""  # Reading the file raises the error.
        folder = os.path.join(self.directory, os.path.dirname(pattern))
        try:
            os.scandir(folder).close()
        except PermissionError:
            return UNREADABLE_DIRECTORY
        except (OSError, ValueError):
            return ""
        return ""

    def text(self, name: str) -> str:
        return read_config_file(name, name)

    def path(self, name: str) -> str | None:
        return os.path.abspath(name)


@dataclass(frozen=True)
class DumpStore:
    """The files of an `nginx -T` dump or a case file by name, the main file first."""

    texts: dict[str, str]
    entries: EntryLimit = field(default_factory=EntryLimit)

    def find(self, pattern: str) -> list[str]:
        folder = next(iter(self._names), PurePosixPath()).parent
        if not is_glob(pattern):
            path = folder / visible(pattern)
            return [self._names[path]] if path in self._names else []
        try:
            self.entries.take(len(self._names))
        except TooManyEntriesError:
            raise config_error(TOO_MANY_ENTRIES, visible(pattern, 120)) from None
        full = PurePosixPath(glob.escape(str(folder))) / visible(pattern)
        return sorted(name for path, name in self._names.items() if _matches(path, full))

    @cached_property
    def _names(self) -> dict[PurePosixPath, str]:
        """Each name by its path without repeated slashes, single dots and unsafe characters."""
        return {PurePosixPath(visible(name)): name for name in self.texts}

    def problem(self, pattern: str) -> str:
        return "" if is_glob(pattern) or self.find(pattern) else tr("the dump does not contain it")

    def text(self, name: str) -> str:
        return self.texts[name]

    def path(self, name: str) -> str | None:
        return None


def _matches(path: PurePosixPath, pattern: PurePosixPath) -> bool:
    """True if the pattern matches as in glob(3), where `*` does not match a slash."""
    names, patterns = path.parts, pattern.parts
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))
