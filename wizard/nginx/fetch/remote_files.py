"""A config file at a vantage, with the files that it includes."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex

from wizard.model.config import Config
from wizard.nginx.fetch.aside import run_aside
from wizard.nginx.fetch.remote_dump import COMMAND_TIMEOUT_S, failure_of, remote_version, run_script
from wizard.nginx.fetch.scripts import FILES_SCRIPT
from wizard.nginx.load import (
    MAX_INCLUDE_DEPTH,
    MAX_TOTAL_CHARS,
    config_from_store,
    config_from_text,
    is_dump,
    require_text,
)
from wizard.nginx.store import UNREADABLE_DIRECTORY, config_error, decode_config
from wizard.text.display import visible
from wizard.text.errors import ConfigError
from wizard.text.globbing import is_glob
from wizard.text.messages import tr
from wizard.vantage.session import VantageSession

MAX_PATTERNS = 100
"""The number of patterns of one command: the system limits the length of its arguments."""


async def read_remote(
    session: VantageSession, path: str, timeout_s: float = COMMAND_TIMEOUT_S
) -> Config:
    """The config of a main file, or of a file that holds a dump.

    Each round fetches all included files that are still missing, with as few commands as possible.

    Raises:
        ConfigError: A file cannot be read or parsed; with file and line.
        VantageError: The vantage cannot be reached, has no shell, or was lost.
    """
    name, store = visible(path), _RemoteStore(session)
    await store.fetch([_literal(path)], timeout_s)
    text = require_text(store.text(name), name)
    version = await remote_version(session, timeout_s)
    if is_dump(text):
        return await run_aside(partial(config_from_text, text, name, version))
    store.directory = os.path.dirname(path)
    for _ in range(MAX_INCLUDE_DEPTH + 2):
        config = await run_aside(partial(config_from_store, store, name, text))
        if not store.missing:
            break
        missing = sorted(store.missing)
        for start in range(0, len(missing), MAX_PATTERNS):
            await store.fetch(missing[start : start + MAX_PATTERNS], timeout_s)
    return replace(config, version=version)


def _literal(path: str) -> str:
    """A glob that matches only this path."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


@dataclass
class _RemoteStore:
    """The files of a vantage that were fetched so far; a `ConfigStore`.

    Attributes:
        directory: The main file's directory, at which relative names start, as in Nginx.
        missing: The patterns that `find` was called with and that are not fetched.
        names: The file names that match each fetched pattern.
        problems: Why files that match a pattern may be missing.
        texts: The bytes of each file, or the error of reading it.
        size: The bytes fetched so far.
    """

    session: VantageSession
    directory: str = ""
    missing: set[str] = field(default_factory=set)
    names: dict[str, list[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    texts: dict[str, bytes | ConfigError] = field(default_factory=dict)
    size: int = 0

    def find(self, pattern: str) -> list[str]:
        if pattern not in self.names:
            self.missing.add(pattern)
        return self.names.get(pattern, [])

    def problem(self, pattern: str) -> str:
        return self.problems.get(pattern, "")

    def text(self, name: str) -> str:
        content = self.texts.get(name) or config_error(tr("was not sent"), name)
        if isinstance(content, ConfigError):
            raise content
        return decode_config(content, name)

    def path(self, name: str) -> str | None:
        return None

    async def fetch(self, patterns: Sequence[str], timeout_s: float) -> None:
        """Fetch the files that match these patterns. Raises `ConfigError` if the command fails."""
        mark, limit = token_hex(8), MAX_TOTAL_CHARS - self.size
        words = [mark, *map(self._absolute, patterns)]
        result = await run_script(self.session, FILES_SCRIPT, words, timeout_s, limit)
        *parts, last = result.stdout.split(f"\n{mark} ".encode())
        if last != b"end\n":
            too_large = tr("there are too many include files, or they are too large to be read")
            raise config_error(too_large if result.truncated else failure_of(result), patterns[0])
        self.missing.difference_update(patterns)
        self.size += len(result.stdout)
        for pattern in patterns:
            self.names[pattern] = []
        for part in parts[1:]:
            self._keep(part, patterns)

    def _absolute(self, pattern: str) -> str:
        """The pattern, below the main file's directory if it is relative."""
        directory = _literal(self.directory) if is_glob(pattern) else self.directory
        return os.path.join(directory, pattern)

    def _keep(self, part: bytes, patterns: Sequence[str]) -> None:
        """Keep one part of the output: `NUMBER KIND NAME` and below it the bytes of a file."""
        heading = _HEADING.match(part)
        if heading is None or not 0 < int(heading[1]) <= len(patterns):
            return  # not the output of our script: the file stays missing
        pattern, kind = patterns[int(heading[1]) - 1], heading[2].decode()
        if kind == "unlistable":
            self.problems[pattern] = UNREADABLE_DIRECTORY
            return
        name = visible(heading[3].decode("utf-8", "replace"))
        self.names[pattern] = sorted({*self.names[pattern], name})
        body = part[heading.end() :]
        detail = visible(body.decode("utf-8", "replace"), 200)
        error = config_error(_ERRORS.get(kind, "").format(detail), name)
        self.texts[name] = body if kind == "text" else error


_ERRORS = {
    "missing": tr("cannot be read: No such file or directory"),
    "unreadable": tr("cannot be read: Permission denied"),
    "unreachable": tr("cannot be read: Permission denied: {}"),
    "directory": tr("a directory, not a config file"),
    "pipe": tr("a named pipe, not a config file"),
    "socket": tr("a socket, not a config file"),
    "device": tr("a device, not a config file"),
}
_HEADING = re.compile(
    rb"([0-9]{1,4}) (text|unlistable|%s) ([^\n]*)\n" % b"|".join(map(str.encode, _ERRORS))
)
