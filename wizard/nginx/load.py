"""Read a config from a file with its includes, from an `nginx -T` dump or from standard input."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import is_

from wizard.model.config import Config, Directive, Position
from wizard.nginx.parse import MAX_BLOCK_DEPTH, WordLimit, parse_config
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
from wizard.text.files import describe_read_error, read_stdin
from wizard.text.messages import tr

MAX_FILES = 2000
"""The number of files that a config may have."""
MAX_INCLUDES = 10_000
"""The number of `include` directives that are followed."""
MAX_TOTAL_CHARS = 64 << 20
"""The size of all files of a config together, in characters."""
MAX_INCLUDE_DEPTH = 16
"""How deep `include` directives may nest, in files."""

_TOO_MANY = tr("there are too many include files, or they are too large to be read")
_HEADING = re.compile(r"^# configuration file (\S*/.*):[ \t\r]*$", re.MULTILINE)
"""The line that `nginx -T` prints before each file; blank lines after it belong to the file."""
_VERSION = re.compile(r"nginx version: \S{1,60}?/([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})")


def read_config(path: str) -> Config:
    """The config of a main file, of a file that holds an `nginx -T` dump, or of standard input
    (`-`).

    Raises `ConfigError` with file and line if a file cannot be read or parsed.
    """
    if path == "-":
        text = _read_stdin()
        config = config_from_text(text, tr("standard input"))
        return replace(config, is_unnamed=not is_dump(text))
    text = require_text(read_config_file(path, path), path)
    if is_dump(text):
        return config_from_text(text, path)
    return config_from_store(DiskStore(os.path.dirname(path)), path, text)


def is_dump(text: str) -> bool:
    """True if this is the output of `nginx -T`, not a config file."""
    return _HEADING.search(text) is not None


def config_from_store(store: ConfigStore, name: str, text: str) -> Config:
    """The config with this main file, whose includes are in the store. Raises `ConfigError`."""
    return _IncludeReader(store).config(name, text)


def config_from_text(text: str, name: str, version: str | None = None) -> Config:
    """The config in a text: a dump, or one file whose includes are not available.

    `name` stands for the text in messages. Without a `version`, the one that the dump names counts.
    """
    files = _split_dump(text)
    match = _VERSION.search(text[: files[0][2]] if files else text)
    version = version or (match[1] if match else None)
    if not files:
        return replace(config_from_store(DumpStore({}), name, text), version=version)
    texts: dict[str, str] = {}
    for path, body, _ in files:
        texts.setdefault(path, body)
    main = files[0][0]
    return replace(config_from_store(DumpStore(texts), main, texts[main]), version=version)


def require_text(text: str, name: str) -> str:
    """The text itself. Raises `ConfigError` if it is empty or blank."""
    if not text.strip():
        raise config_error(tr("empty, so not a config"), name)
    return text


def _split_dump(text: str) -> list[tuple[str, str, int]]:
    """The files of a dump: path, text, and the offset of the heading.

    Nginx prints its own messages before the first heading, and an empty line after each file.
    """
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)] * bool(headings)
    bodies = [text[heading.end() : end] for heading, end in zip(headings, ends, strict=True)]
    return [
        (visible(heading[1]), body.removeprefix("\n").removesuffix("\n"), heading.start())
        for heading, body in zip(headings, bodies, strict=True)
    ]


def _read_stdin() -> str:
    name = tr("standard input")
    try:
        raw = read_stdin(MAX_FILE_BYTES)
    except OSError as error:
        raise config_error(describe_read_error(error), name) from None
    return require_text(decode_config(raw, name), name)


def _newest(paths: Iterable[str]) -> float | None:
    """When the newest of these files was written; None if there is none."""
    times = []
    for path in paths:
        with suppress(OSError):
            times.append(os.stat(path).st_mtime)
    return max(times, default=None)


@dataclass
class _IncludeReader:
    """Parses a config and follows its includes, with limits on loops, depth, number and size.

    Attributes:
        texts: The text of each file read so far, by name.
        depth: The number of open blocks, over all files.
        parsed: The number of parsed files, and `size` that of their characters; a file that is
            included twice counts twice.
        words: How many words the files may still have.
        includes: The number of `include` directives so far.
        found: The files of each argument of an `include`, and why some may be missing.
    """

    store: ConfigStore
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    depth: int = 0
    parsed: int = 0
    size: int = 0
    words: WordLimit = field(default_factory=WordLimit)
    includes: int = 0
    found: dict[str, tuple[list[str], str]] = field(default_factory=dict)

    def config(self, name: str, text: str) -> Config:
        root = self._parse_file(name, text, ())
        paths = {file: path for file in self.texts if (path := self.store.path(file))}
        modified = _newest(paths.values())
        notes = tuple(self.notes)
        return Config(name, root, dict(self.texts), paths, None, notes, modified=modified)

    def _parse_file(self, name: str, text: str, via: tuple[Position, ...]) -> tuple[Directive, ...]:
        self.texts.setdefault(name, text)
        self.parsed += 1
        self.size += len(text)
        if self.parsed > MAX_FILES or self.size > MAX_TOTAL_CHARS:
            raise config_error(_TOO_MANY, name)
        return self._follow(parse_config(text, name, via, self.words), via)

    def _follow(
        self, block: tuple[Directive, ...], via: tuple[Position, ...]
    ) -> tuple[Directive, ...]:
        """The directives of a block with every `include` replaced by what it includes; the block
        itself if there is none in it."""
        directives: list[Directive] = []
        for directive in block:
            if directive.name == "include" and directive.block is None and directive.args:
                directives += self._include(directive, via)
            elif directive.block is None or directive.name in _DATA_BLOCKS:
                directives.append(directive)
            else:
                directives.append(self._follow_inside(directive, directive.block, via))
        is_same = len(directives) == len(block) and all(map(is_, directives, block))
        return block if is_same else tuple(directives)

    def _follow_inside(
        self, directive: Directive, block: tuple[Directive, ...], via: tuple[Position, ...]
    ) -> Directive:
        """The directive with the includes of its block followed. Raises `ConfigError` if the
        blocks of all files together nest too deep."""
        self.depth += 1
        if self.depth > MAX_BLOCK_DEPTH:
            where = directive.where
            raise config_error(
                tr("blocks nest deeper than {max_block_depth}", max_block_depth=MAX_BLOCK_DEPTH),
                where.file,
                where.line,
            )
        followed = self._follow(block, via)
        self.depth -= 1
        return directive if followed is block else replace(directive, block=followed)

    def _include(self, include: Directive, via: tuple[Position, ...]) -> list[Directive]:
        pattern, chain = include.args[0], (*via, include.where)
        self.includes += 1
        if self.includes > MAX_INCLUDES:
            raise config_error(_TOO_MANY, include.where.file, include.where.line)
        if pattern not in self.found:
            self.found[pattern] = self.store.find(pattern), self.store.problem(pattern)
        names, problem = self.found[pattern]
        if problem:
            self.notes.append(f"{include.where}: {visible(pattern, 120)}: {problem}")
        return [directive for name in names for directive in self._include_file(name, chain)]

    def _include_file(self, name: str, chain: tuple[Position, ...]) -> tuple[Directive, ...]:
        """The directives of an included file; `chain` is its `include` directives."""
        files = [where.file for where in chain]
        here = chain[-1]
        if name in files:
            through = (
                tr(" through {files}", files=visible(files[-1], 120)) if files[-1] != name else ""
            )
            message = tr(
                "{name} includes itself{through}", name=visible(name, 120), through=through
            )
            raise config_error(message, here.file, here.line)
        if len(chain) > MAX_INCLUDE_DEPTH:
            message = tr(
                "includes nest deeper than {max_include_depth} files",
                max_include_depth=MAX_INCLUDE_DEPTH,
            )
            raise config_error(message, here.file, here.line)
        try:
            text = self.texts.get(name) or self.store.text(name)
        except ConfigError as error:
            raise config_error(f"includes {error}", here.file, here.line) from None
        return self._parse_file(name, text, chain)


_DATA_BLOCKS = frozenset({"map", "types", "geo", "split_clients", "charset_map"})
"""Blocks whose lines, and whose included files, are data and not directives."""
