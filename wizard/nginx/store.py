"""Files of a config, opened with care: a log pipe or a device named by mistake must not hang."""

import glob
import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol

from wizard.text.display import visible
from wizard.text.errors import ConfigError
from wizard.text.files import NotRegularError, describe_read_error, read_regular

MAX_FILE_BYTES = 16 << 20
"""The largest config file that is read, in bytes."""


def config_error(message: str, name: str, line: int | None = None) -> ConfigError:
    """The error, its place fit to show: a file may be called anything."""
    return ConfigError(message, visible(name, 300), line)


def read_config_file(path: str, name: str) -> str:
    """The text of a file. Raises `ConfigError` saying why it cannot be read."""
    try:
        raw = read_regular(path, MAX_FILE_BYTES)
    except NotRegularError as error:
        raise config_error(f"{error.kind}, not a config file", name) from None
    except OSError as error:
        raise config_error(describe_read_error(error), name) from None
    return decode_config(raw, name)


def decode_config(raw: bytes, name: str) -> str:
    """The text of these bytes. Raises `ConfigError` where they cannot be a config."""
    if len(raw) > MAX_FILE_BYTES:
        raise config_error(f"larger than {MAX_FILE_BYTES >> 20} MiB, so not read", name)
    if b"\0" in raw:
        raise config_error(
            "a binary file, not an Nginx config", name, raw[: raw.index(b"\0")].count(b"\n") + 1
        )
    return raw.decode("utf-8", "replace").removeprefix("\ufeff")


class ConfigStore(Protocol):
    """Where included files are found."""

    def find(self, pattern: str) -> list[str]:
        """The names of the files that an `include` means, in Nginx's order."""
        ...

    def trouble(self, pattern: str) -> str:
        """Why something may be missing of what the pattern names, or nothing."""
        ...

    def text(self, name: str) -> str:
        """What stands in the file. Raises `ConfigError`."""
        ...

    def path(self, name: str) -> str | None:
        """Where the file is on disk."""
        ...


@dataclass(frozen=True)
class DiskStore:
    """Files on this machine; relative names are taken from the main file's directory, as Nginx
    does (https://nginx.org/en/docs/ngx_core_module.html#include)."""

    directory: str

    def find(self, pattern: str) -> list[str]:
        if not is_glob(pattern):
            return [os.path.join(self.directory, pattern)]
        return sorted(glob.glob(os.path.join(glob.escape(self.directory), pattern)))

    def trouble(self, pattern: str) -> str:
        if not is_glob(pattern):
            return ""  # The file itself will say.
        folder = os.path.join(self.directory, os.path.dirname(pattern))
        try:
            os.scandir(folder).close()
        except PermissionError:
            return "its directory may not be read"
        except (OSError, ValueError):
            return ""
        return ""

    def text(self, name: str) -> str:
        return read_config_file(name, name)

    def path(self, name: str) -> str | None:
        return os.path.abspath(name)


@dataclass(frozen=True)
class DumpStore:
    """Files that a dump holds, by the names that Nginx wrote."""

    texts: dict[str, str]

    def find(self, pattern: str) -> list[str]:
        main = next(iter(self._names), PurePosixPath())
        full = main.parent / visible(pattern)
        if not is_glob(pattern):
            return [self._names[full]] if full in self._names else []
        return sorted(name for path, name in self._names.items() if _matches(path, full))

    @cached_property
    def _names(self) -> dict[PurePosixPath, str]:
        """The names without doubled slashes and single dots."""
        return {PurePosixPath(name): name for name in self.texts}

    def trouble(self, pattern: str) -> str:
        return "" if is_glob(pattern) or self.find(pattern) else "not at hand"

    def text(self, name: str) -> str:
        return self.texts[name]

    def path(self, name: str) -> str | None:
        return None


def is_glob(pattern: str) -> bool:
    """Whether an `include` names a pattern, not a file."""
    return any(char in pattern for char in "*?[")


def _matches(path: PurePosixPath, pattern: PurePosixPath) -> bool:
    """As glob(3): `*` does not cross a slash."""
    parts, wanted = path.parts, pattern.parts
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
