"""Where a config comes from: a file with its includes, an `nginx -T` dump, standard input."""

import os
import re
import sys
from dataclasses import dataclass, field, replace
from typing import TextIO

from wizard.model.config import Config, Directive, Position
from wizard.nginx.parse import MAX_BLOCK_DEPTH, parse_config
from wizard.nginx.store import (
    MAX_FILE_BYTES,
    ConfigStore,
    DiskStore,
    DumpStore,
    config_error,
    decode_config,
    read_config_file,
)
from wizard.text.display import visible
from wizard.text.errors import ConfigError

MAX_FILES = 2000
"""How many files a config may have."""
MAX_TOTAL_CHARS = 64 << 20
"""How much text they may have together, in characters."""
MAX_INCLUDE_DEPTH = 16
"""How deep includes may lead from file to file."""

_HEAD = re.compile(r"^# configuration file (\S*/.*):[ \t\r]*$", re.MULTILINE)
"""Nginx names a path; the blank lines after the heading belong to the file."""
_VERSION = re.compile(r"nginx version: \S{1,60}?/([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})")


def read_config(what: str, *, stdin: TextIO | None = None) -> Config:
    """The config that `what` names: a file, a file holding an `nginx -T` dump, or `-`.

    Raises:
        ConfigError: With file and line, for anything that cannot be read or parsed.
    """
    if what == "-":
        return config_from_text(_read_stdin(stdin or sys.stdin), "standard input")
    text = require_text(read_config_file(what, what), what)
    if is_dump(text):
        return config_from_text(text, what)
    return config_from_store(DiskStore(os.path.dirname(what)), what, text)


def is_dump(text: str) -> bool:
    """Whether this is what `nginx -T` printed, not a file of a config."""
    return _HEAD.search(text) is not None


def config_from_store(library: ConfigStore, name: str, text: str) -> Config:
    """The config that begins with this file, its includes in that library. Raises `ConfigError`."""
    return _Reader(library).config(name, text)


def config_from_text(text: str, name: str, version: str | None = None) -> Config:
    """The config in a text: a dump, or one file without includes that could be followed."""
    files = _split(text)
    said = _VERSION.search(text[: files[0][2]] if files else text)
    version = version or (said[1] if said else None)
    if not files:
        return replace(_Reader(DumpStore({})).config(name, text), version=version)
    texts: dict[str, str] = {}
    for path, body, _ in files:
        texts.setdefault(path, body)
    main = files[0][0]
    return replace(_Reader(DumpStore(texts)).config(main, texts[main]), version=version)


def require_text(text: str, name: str) -> str:
    """The text, if there is any. Raises `ConfigError`."""
    if not text.strip():
        raise config_error("empty, so not a config", name)
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
    data = (
        raw.read(MAX_FILE_BYTES + 1) if raw is not None else stdin.read(MAX_FILE_BYTES + 1).encode()
    )
    return require_text(decode_config(data, "standard input"), "standard input")


@dataclass
class _Reader:
    """Follows includes, with guards for loops, depth, number and size."""

    library: ConfigStore
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

    def _file(self, name: str, text: str, via: tuple[Position, ...]) -> tuple[Directive, ...]:
        self.texts.setdefault(name, text)
        self.parsed += 1
        self.size += len(text)
        if self.parsed > MAX_FILES or self.size > MAX_TOTAL_CHARS:
            raise config_error("the includes are too many or too large to follow", name)
        return self._follow(parse_config(text, name, via), via)

    def _follow(
        self, block: tuple[Directive, ...], via: tuple[Position, ...]
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
        self, directive: Directive, block: tuple[Directive, ...], via: tuple[Position, ...]
    ) -> Directive:
        """The block with its includes followed; they may not nest beyond all measure together."""
        self.depth += 1
        if self.depth > MAX_BLOCK_DEPTH:
            where = directive.where
            raise config_error(f"blocks nest deeper than {MAX_BLOCK_DEPTH}", where.file, where.line)
        followed = replace(directive, block=self._follow(block, via))
        self.depth -= 1
        return followed

    def _include(self, include: Directive, via: tuple[Position, ...]) -> list[Directive]:
        pattern, chain = include.args[0], (*via, include.where)
        names = self.library.find(pattern)
        if trouble := self.library.trouble(pattern):
            self.notes.append(f"{include.where}: {visible(pattern, 120)}: {trouble}")
        return [directive for name in names for directive in self._included(name, chain)]

    def _included(self, name: str, chain: tuple[Position, ...]) -> tuple[Directive, ...]:
        files = [where.file for where in chain]
        here = chain[-1]
        if name in files:
            through = f" by way of {visible(files[-1], 120)}" if files[-1] != name else ""
            raise config_error(
                f"{visible(name, 120)} includes itself{through}", here.file, here.line
            )
        if len(chain) > MAX_INCLUDE_DEPTH:
            raise config_error(
                f"includes lead deeper than {MAX_INCLUDE_DEPTH} files", here.file, here.line
            )
        try:
            text = self.texts.get(name) or self.library.text(name)
        except ConfigError as error:
            raise config_error(f"includes {error}", here.file, here.line) from None
        return self._file(name, text, chain)


_OPAQUE = frozenset({"map", "types", "geo", "split_clients", "charset_map"})
"""Blocks whose `include` names data, or whose lines are no directives."""
