"""A config file at a vantage, with its includes."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex

from wizard.model.config import Config
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
from wizard.nginx.store import config_error, decode_config, is_glob
from wizard.text.display import visible
from wizard.text.errors import ConfigError
from wizard.vantage.process import CommandResult
from wizard.vantage.session import VantageSession

MAX_PATTERNS = 100
"""How many patterns go into one command: its words have a length that the system bounds."""


async def read_remote(
    vantage_session: VantageSession, what: str, within: float = COMMAND_TIMEOUT_S
) -> Config:
    """The config that begins with a file there; a file that holds a dump will do, too.

    Each round asks for all that is included and not at hand yet, in one command.

    Raises:
        ConfigError: With file and line, for anything that cannot be read or parsed.
        VantageError: The place cannot be reached, has no shell, or was lost.
    """
    name, there = visible(what), _There(vantage_session)
    await there.fetch([_literal(what)], within)
    text = require_text(there.text(name), name)
    version = await remote_version(vantage_session, within)
    if is_dump(text):
        return config_from_text(text, name, version)
    there.directory = os.path.dirname(what)
    for _ in range(MAX_INCLUDE_DEPTH + 2):
        config = config_from_store(there, name, text)
        if not there.wanted:
            break
        wanted = sorted(there.wanted)
        for start in range(0, len(wanted), MAX_PATTERNS):
            await there.fetch(wanted[start : start + MAX_PATTERNS], within)
    return replace(config, version=version)


def _literal(path: str) -> str:
    """The path as a glob that means itself alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


@dataclass
class _There:
    """The files of a vantage that are at hand, and what was asked for and is not.

    Attributes:
        directory: Where relative names begin, as for Nginx: the main file's.
        wanted: The patterns that were asked for since the last `fetch`.
    """

    vantage_session: VantageSession
    directory: str = ""
    wanted: set[str] = field(default_factory=set)
    found: dict[str, list[str]] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    texts: dict[str, bytes | ConfigError] = field(default_factory=dict)
    size: int = 0

    def find(self, pattern: str) -> list[str]:
        if pattern not in self.found:
            self.wanted.add(pattern)
        return self.found.get(pattern, [])

    def trouble(self, pattern: str) -> str:
        return self.troubles.get(pattern, "")

    def text(self, name: str) -> str:
        known = self.texts.get(name) or config_error("was not sent", name)
        if isinstance(known, ConfigError):
            raise known
        return decode_config(known, name)

    def path(self, name: str) -> str | None:
        return None

    async def fetch(self, patterns: Sequence[str], within: float) -> None:
        """Bring what these mean. Raises `ConfigError` where the place gives no answer at all."""
        mark, room = token_hex(8), MAX_TOTAL_CHARS - self.size
        words = [self._under(pattern) for pattern in patterns]
        done = await run_script(self.vantage_session, FILES_SCRIPT, [mark, *words], within, room)
        *parts, last = done.stdout.split(f"\n{mark} ".encode())
        if last != b"end\n":
            raise config_error(self._why(done), patterns[0])
        self.wanted.difference_update(patterns)
        self.size += len(done.stdout)
        for pattern in patterns:
            self.found[pattern] = []
        for part in parts[1:]:
            self._keep(part, patterns)

    def _why(self, done: CommandResult) -> str:
        if done.truncated:
            return "the includes are too many or too large to follow"
        return failure_of(done)

    def _under(self, pattern: str) -> str:
        """The pattern, a relative one below the directory."""
        folder = _literal(self.directory) if is_glob(pattern) else self.directory
        return os.path.join(folder, pattern)

    def _keep(self, part: bytes, patterns: Sequence[str]) -> None:
        """One part: `NUMBER KIND NAME`, and below it a file's bytes."""
        found = _HEADING.match(part)
        if found is None or not 0 < int(found[1]) <= len(patterns):
            return  # not what our script prints: the files that it stands for stay missing
        pattern, kind, body = patterns[int(found[1]) - 1], found[2].decode(), part[found.end() :]
        if kind == "shut":
            self.troubles[pattern] = "its directory may not be read"
            return
        name = visible(found[3].decode("utf-8", "replace"))
        self.found[pattern] = sorted({*self.found[pattern], name})
        why = _KINDS.get(kind, "").format(visible(body.decode("utf-8", "replace"), 200))
        self.texts[name] = body if kind == "text" else config_error(why, name)


_KINDS = {
    "missing": "cannot be read: No such file or directory",
    "locked": "cannot be read: Permission denied",
    "barred": "cannot be read: Permission denied: {}",
    "directory": "a directory, not a config file",
    "pipe": "a named pipe, not a config file",
    "socket": "a socket, not a config file",
    "device": "a device, not a config file",
}
_HEADING = re.compile(
    rb"([0-9]{1,4}) (text|shut|%s) ([^\n]*)\n" % b"|".join(map(str.encode, _KINDS))
)
