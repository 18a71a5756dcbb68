"""The hosts that the user's ssh config names."""

import asyncio
import glob
import os
import re
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from wizard.text.files import read_regular
from wizard.vantage.presets import menu
from wizard.vantage.presets.menu import Choice, Listing, Menu, Preset, checked, usable

DEPTH = 16
"""How deep files are included: as deep as ssh itself goes."""
FILES = 100
"""How many files are read, however they include one another."""
LARGEST = 1 << 20
"""How much of one file is read, in bytes."""
_PATTERN = set("*?!")


def hosts(folder: Path | None = None) -> Menu:
    """The hosts of `~/.ssh/config`, as they stand there."""
    where = folder or Path.home() / ".ssh"
    return Menu(
        "ssh: which host",
        partial(_hosts, where),
        lambda text: _place(checked(text)),
    )


async def _hosts(folder: Path) -> Listing:
    # A home on a network file system can hang; the screen must not.
    names = await asyncio.to_thread(host_names, folder)
    shown = folder / "config"
    problem = "" if names else f"{shown} names no host"
    return Listing(tuple(Choice(name, "", _place(name)) for name in names), problem)


def _place(host: str) -> Preset:
    return Preset(menu.name_of_host(host), ("ssh", host))


def host_names(folder: Path) -> list[str]:
    """Each name after a `Host` of `folder/config` and what it includes, patterns left out.

    What cannot be read, is no file or makes no sense is passed over: ssh itself will say so.
    """
    words = _Reader(folder).read(folder / "config", 0)
    return list(dict.fromkeys(word for word in words if usable(word) and not _PATTERN & set(word)))


class _Reader:
    """Reads each file at most once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._seen = folder, set[str]()

    def read(self, path: Path, depth: int) -> Iterator[str]:
        """The words after each `Host`, in this file and those it includes."""
        for keyword, words in map(_directive, self._lines(path)):
            if keyword == "host":
                yield from words
            elif keyword == "include" and depth < DEPTH:
                for included in self._included(words):
                    yield from self.read(included, depth + 1)

    def _lines(self, path: Path) -> list[str]:
        real = os.path.realpath(path)
        if real in self._seen or len(self._seen) >= FILES:
            return []
        self._seen.add(real)
        try:
            data = read_regular(real, LARGEST)
            return data.decode("utf-8", "replace").splitlines()
        except OSError:
            return []

    def _included(self, words: list[str]) -> Iterator[Path]:
        for word in words:
            pattern = self._folder / os.path.expandvars(os.path.expanduser(word))
            yield from map(Path, sorted(glob.iglob(str(pattern)))[:FILES])


def _directive(line: str) -> tuple[str, list[str]]:
    """Keyword, in lower case, and its words: `Host a b`, `host = "a"`; empty for no directive."""
    text = line.strip()
    if not text or text.startswith("#"):
        return "", []
    keyword = re.split(r"[\s=]", text, maxsplit=1)[0]
    rest = text[len(keyword) :].lstrip().removeprefix("=")
    try:
        # From OpenSSH 8.5 on a comment may follow.
        words = shlex.split(rest, comments=True)
    except ValueError:
        return "", []
    return keyword.lower(), words
