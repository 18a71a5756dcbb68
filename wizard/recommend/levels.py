"""What stands directly in a location, file by file: its own lines, and those an include brings."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

from wizard.model.config import Config, Directive, Where
from wizard.recommend.config_text import Statement, find, parse


@dataclass(frozen=True, slots=True)
class Layer:
    """The statements of one file that stand at the location's level.

    Attributes:
        whole: All statements of the file.
        statements: Those at the location's level.
        brought: The parsed directives that come from here, deeper includes among them.
        depth: How many includes lead here.
    """

    config: Config
    file: str
    text: str
    whole: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    brought: tuple[Directive, ...]
    depth: int

    def includes(self, statement: Statement) -> Iterator["Layer"]:
        """The layers that an `include` statement brings, one a file."""
        brought = self.brings(statement)
        deeper = self.depth + 1
        for file in dict.fromkeys(_file(one, deeper) for one in brought):
            text = self.config.texts.get(file, "")
            inner = tuple(one for one in brought if _file(one, deeper) == file)
            read = parse(text)
            yield Layer(self.config, file, text, read, read, inner, deeper)

    def brings(self, statement: Statement) -> tuple[Directive, ...]:
        """The directives of this level that an `include` statement brings."""
        here = Where(self.file, statement.line)
        return tuple(
            one
            for one in self.brought
            if one.via[self.depth : self.depth + 1] == (here,)
            and _is_of(statement, _file(one, self.depth + 1))
        )


def own_layer(config: Config, location: Directive) -> tuple[Layer, Statement] | None:
    """The location's own layer and its statement; None where the text does not show it."""
    file = location.where.file
    text = config.texts.get(file, "")
    whole = parse(text)
    statement = find(whole, location)
    if statement is None or statement.opened is None:
        return None
    brought = location.block or ()
    layer = Layer(config, file, text, whole, statement.children, brought, len(location.via))
    return layer, statement


def _file(directive: Directive, depth: int) -> str:
    """The file that the chain of includes reaches at a depth."""
    return directive.via[depth].file if len(directive.via) > depth else directive.where.file


def _is_of(statement: Statement, file: str) -> bool:
    """Whether an include's pattern can name the file: two includes may stand on one line."""
    return any(fnmatch(file, f"*{arg.removeprefix('./')}") for arg in statement.args)
