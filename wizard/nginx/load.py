"""Where a config comes from: a file with its includes, an `nginx -T` dump, standard input."""

import glob
import os
import re
import sys
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol, TextIO

from wizard.model.config import Config, Directive, Where
from wizard.nginx.files import FILE_LIMIT, decode, fault, read_text
from wizard.nginx.parse import DEPTH, parse
from wizard.text.display import visible
from wizard.text.errors import ConfigError


class Library(Protocol):
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
class Disk:
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
        return read_text(name, name)

    def path(self, name: str) -> str | None:
        return os.path.abspath(name)


@dataclass(frozen=True)
class Dump:
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


FILES = 2000
"""How many files a config may have."""
TOTAL = 64 << 20
"""How much text they may have together, in characters."""
CHAIN = 16
"""How deep includes may lead from file to file."""

_HEAD = re.compile(r"^# configuration file (\S*/.*):[ \t\r]*$", re.MULTILINE)
"""Nginx names a path; the blank lines after the heading belong to the file."""
_VERSION = re.compile(r"nginx version: \S{1,60}?/([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})")


def read(what: str, *, stdin: TextIO | None = None) -> Config:
    """The config that `what` names: a file, a file holding an `nginx -T` dump, or `-`.

    Raises:
        ConfigError: With file and line, for anything that cannot be read or parsed.
    """
    if what == "-":
        return from_text(_read_stdin(stdin or sys.stdin), "standard input")
    text = not_empty(read_text(what, what), what)
    if is_dump(text):
        return from_text(text, what)
    return from_library(Disk(os.path.dirname(what)), what, text)


def is_dump(text: str) -> bool:
    """Whether this is what `nginx -T` printed, not a file of a config."""
    return _HEAD.search(text) is not None


def from_library(library: Library, name: str, text: str) -> Config:
    """The config that begins with this file, its includes in that library. Raises `ConfigError`."""
    return _Reader(library).config(name, text)


def from_text(text: str, name: str, version: str | None = None) -> Config:
    """The config in a text: a dump, or one file without includes that could be followed."""
    files = _split(text)
    said = _VERSION.search(text[: files[0][2]] if files else text)
    version = version or (said[1] if said else None)
    if not files:
        return replace(_Reader(Dump({})).config(name, text), version=version)
    texts: dict[str, str] = {}
    for path, body, _ in files:
        texts.setdefault(path, body)
    main = files[0][0]
    return replace(_Reader(Dump(texts)).config(main, texts[main]), version=version)


def not_empty(text: str, name: str) -> str:
    """The text, if there is any. Raises `ConfigError`."""
    if not text.strip():
        raise fault("empty, so not a config", name)
    return text


def _split(text: str) -> list[tuple[str, str, int]]:
    """A dump's files: path, text, and where its heading begins. Before the first heading stand
    Nginx's own words; after each file Nginx prints an empty line of its own."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)] * bool(heads)
    bodies = [text[head.end() : end] for head, end in zip(heads, ends, strict=True)]
    return [
        (visible(head[1]), body.removeprefix("\n").removesuffix("\n"), head.start())
        for head, body in zip(heads, bodies, strict=True)
    ]


def _read_stdin(stdin: TextIO) -> str:
    raw = getattr(stdin, "buffer", None)
    data = raw.read(FILE_LIMIT + 1) if raw is not None else stdin.read(FILE_LIMIT + 1).encode()
    return not_empty(decode(data, "standard input"), "standard input")


@dataclass
class _Reader:
    """Follows includes, with guards for loops, depth, number and size."""

    library: Library
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    depth: int = 0
    parsed: int = 0
    size: int = 0

    def config(self, name: str, text: str) -> Config:
        """The whole config that begins with this file."""
        root = self._file(name, text, ())
        paths = {known: path for known in self.texts if (path := self.library.path(known))}
        return Config(name, root, dict(self.texts), paths, None, tuple(self.notes))

    def _file(self, name: str, text: str, via: tuple[Where, ...]) -> tuple[Directive, ...]:
        self.texts.setdefault(name, text)
        self.parsed += 1
        self.size += len(text)
        if self.parsed > FILES or self.size > TOTAL:
            raise fault("the includes are too many or too large to follow", name)
        return self._follow(parse(text, name, via), via)

    def _follow(
        self, block: tuple[Directive, ...], via: tuple[Where, ...]
    ) -> tuple[Directive, ...]:
        found: list[Directive] = []
        for directive in block:
            if directive.name == "include" and directive.block is None and directive.args:
                found += self._include(directive, via)
            elif directive.block is None or directive.name in _OPAQUE:
                found.append(directive)
            else:
                found.append(self._inside(directive, directive.block, via))
        return tuple(found)

    def _inside(
        self, directive: Directive, block: tuple[Directive, ...], via: tuple[Where, ...]
    ) -> Directive:
        """The block with its includes followed; they may not nest beyond all measure together."""
        self.depth += 1
        if self.depth > DEPTH:
            where = directive.where
            raise fault(f"blocks nest deeper than {DEPTH}", where.file, where.line)
        followed = replace(directive, block=self._follow(block, via))
        self.depth -= 1
        return followed

    def _include(self, include: Directive, via: tuple[Where, ...]) -> list[Directive]:
        pattern, chain = include.args[0], (*via, include.where)
        names = self.library.find(pattern)
        if trouble := self.library.trouble(pattern):
            self.notes.append(f"{include.where}: {visible(pattern, 120)}: {trouble}")
        return [directive for name in names for directive in self._included(name, chain)]

    def _included(self, name: str, chain: tuple[Where, ...]) -> tuple[Directive, ...]:
        files = [where.file for where in chain]
        here = chain[-1]
        if name in files:
            through = f" by way of {visible(files[-1], 120)}" if files[-1] != name else ""
            raise fault(f"{visible(name, 120)} includes itself{through}", here.file, here.line)
        if len(chain) > CHAIN:
            raise fault(f"includes lead deeper than {CHAIN} files", here.file, here.line)
        try:
            text = self.texts.get(name) or self.library.text(name)
        except ConfigError as error:
            raise fault(f"includes {error}", here.file, here.line) from None
        return self._file(name, text, chain)


_OPAQUE = frozenset({"map", "types", "geo", "split_clients", "charset_map"})
"""Blocks whose `include` names data, or whose lines are no directives."""
