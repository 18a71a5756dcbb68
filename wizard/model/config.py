"""An Nginx config as read: files with their lines, and directives that know where they stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a config: the file as the user would name it, and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive, includes already followed.

    Attributes:
        where: The file and line where its name stands.
        end_line: The line of its `;` or closing brace, in the same file.
        block: The directives inside its braces, or None for a simple directive.
        via: The `include` directives that led here, outermost first.
    """

    name: str
    args: tuple[str, ...]
    where: Position
    end_line: int
    block: tuple["Directive", ...] | None = None
    via: tuple[Position, ...] = ()

    def children(self, name: str) -> Iterator["Directive"]:
        """The directives of that name directly inside this block."""
        return (child for child in self.block or () if child.name == name)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole config.

    Attributes:
        main: The name of the main file, as given.
        root: The top level directives of the main file, includes followed.
        texts: The text of each file by the name that `Position.file` uses.
        paths: The path on disk by the same name; empty for a dump or standard input.
        version: The Nginx version that wrote the dump, if it says so.
        command: The command that printed it, where that is more than `nginx -T`; else empty.
        doubt: Why this may be the config of another Nginx than is asked, in one sentence; else
            empty.
        notes: What could not be followed (an unreadable glob, a missing file), one sentence each.
    """

    main: str
    root: tuple[Directive, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    notes: tuple[str, ...] = ()
    command: str = ""
    doubt: str = ""
