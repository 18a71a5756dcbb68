"""The menu of the hosts that the user's ssh config names."""

import asyncio
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from wizard.text.files import read_regular
from wizard.text.globbing import TooManyEntriesError, find_files
from wizard.text.messages import tr
from wizard.vantage.presets import menu
from wizard.vantage.presets.menu import Choice, Listing, Menu, Preset, is_usable_name, parse_name

MAX_INCLUDE_DEPTH = 16
"""How deep files may include one another: ssh's own limit."""
MAX_FILES = 100
"""How many files are read."""
MAX_FILE_BYTES = 1 << 20
"""How much of one file is read, in bytes."""
_PATTERN_CHARS = set("*?!")


def host_menu(folder: Path | None = None) -> Menu:
    """Return the menu of the hosts in `~/.ssh/config`, in its order."""
    directory = folder or Path.home() / ".ssh"
    load = partial(_list_hosts, directory)
    return Menu(tr("ssh: which host"), load, lambda text: _make_preset(parse_name(text)))


async def _list_hosts(folder: Path) -> Listing:
    # Reading a home directory on a network file system can hang, and the screen must not.
    names = await asyncio.to_thread(read_host_names, folder)
    problem = "" if names else tr("{folder} names no host", folder=folder / "config")
    return Listing(tuple(Choice(name, "", _make_preset(name)) for name in names), problem)


def _make_preset(host: str) -> Preset:
    return Preset(menu.name_of_host(host), ("ssh", host))


def read_host_names(folder: Path) -> list[str]:
    """Return the names after each `Host` in `folder/config` and its includes, without patterns.

    Unreadable files and invalid lines are skipped: ssh itself will report them.
    """
    words = filter(is_usable_name, _Reader(folder).read(folder / "config", 0))
    return list(dict.fromkeys(word for word in words if not _PATTERN_CHARS & set(word)))


class _Reader:
    """Reads config files, each at most once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._read_files = folder, set[str]()

    def read(self, path: Path, depth: int) -> Iterator[str]:
        """Yield the words after each `Host` in this file and its includes."""
        for keyword, words in map(_directive, self._lines(path)):
            if keyword == "host":
                yield from words
            elif keyword == "include" and depth < MAX_INCLUDE_DEPTH:
                for included in self._included(words):
                    yield from self.read(included, depth + 1)

    def _lines(self, path: Path) -> list[str]:
        real = os.path.realpath(path)
        if real in self._read_files or len(self._read_files) >= MAX_FILES:
            return []
        self._read_files.add(real)
        try:
            data = read_regular(real, MAX_FILE_BYTES)
            return data.decode("utf-8", "replace").splitlines()
        except OSError:
            return []

    def _included(self, words: list[str]) -> Iterator[Path]:
        for word in words:
            pattern = os.path.expandvars(os.path.expanduser(word))
            with suppress(TooManyEntriesError):
                yield from map(Path, find_files(str(self._folder), pattern)[:MAX_FILES])


def _directive(line: str) -> tuple[str, list[str]]:
    """Return a line's keyword in lower case and its words; empty if it is no directive.

    Both `Host a b` and `host = "a"` are valid.
    """
    text = line.strip()
    if not text or text.startswith("#"):
        return "", []
    keyword = re.split(r"[\s=]", text, maxsplit=1)[0]
    rest = text[len(keyword) :].lstrip().removeprefix("=")
    try:
        # OpenSSH 8.5 and later allow a comment at the end of the line.
        words = shlex.split(rest, comments=True)
    except ValueError:
        return "", []
    return keyword.lower(), words
