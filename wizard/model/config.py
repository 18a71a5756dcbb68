"""An Nginx config as parsed: directives with the file and line of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a config: the file, named as the user names it, and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive; `where` is its beginning. Includes inside its block are already followed.

    Attributes:
        end_line: The line of its `;` or closing brace, in the same file.
        block: The directives inside its braces; None for a simple directive.
        via: The `include` directives that led to its file, outermost first.
    """

    name: str
    args: tuple[str, ...]
    where: Position
    end_line: int
    block: tuple["Directive", ...] | None = None
    via: tuple[Position, ...] = ()

    def children(self, name: str) -> Iterator["Directive"]:
        """The directives of that name directly inside this block, not in nested ones."""
        return (child for child in self.block or () if child.name == name)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A directive for which Nginx refuses a config, and the reason in Nginx's words."""

    where: Position
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Config:
    """A whole config.

    Attributes:
        main: The name of the main file, as given by the user.
        root: The top-level directives of the main file, includes followed.
        texts: The text of each file, by the name that `Position.file` uses.
        paths: The path on disk of each file, by the same name; empty for a dump, standard input or
            another vantage.
        version: The Nginx version that printed the dump; None if it is not known.
        notes: What could not be read (an unreadable glob, a missing file), one sentence each.
        command: The command that printed the dump, if it is more than `nginx -T`; else empty.
        doubt: Why this may be the config of another Nginx, in one sentence; else empty.
        is_unnamed: Whether it came without a file name, over standard input.
        modified: When the newest of its files was written, in seconds since the epoch; None if its
            files are not on this machine's disk.
    """

    main: str
    root: tuple[Directive, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    notes: tuple[str, ...] = ()
    command: str = ""
    doubt: str = ""
    modified: float | None = None
    is_unnamed: bool = False
