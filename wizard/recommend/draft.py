"""A location block being written: its header, its statements, its indentation."""

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.conclusion import BlockLine
from wizard.recommend.pieces import Piece
from wizard.recommend.quoting import printable
from wizard.recommend.statements import Statement

_UNIT = "    "


@dataclass(frozen=True, slots=True)
class Indent:
    """The white space before a block, and what one level adds to it."""

    base: str
    unit: str

    @property
    def inner(self) -> str:
        """Before a statement inside the block."""
        return self.base + self.unit

    @property
    def nested(self) -> "Indent":
        """For a block inside this one."""
        return Indent(self.inner, self.unit)


@dataclass(frozen=True, slots=True)
class Draft:
    """A block before it is placed.

    Attributes:
        header: Without the brace: `location = /sse`; empty for statements without a block.
        why: The reason beside the header.
    """

    header: str
    why: str
    pieces: tuple[Piece, ...]
    indent: Indent

    @property
    def text(self) -> str:
        """As the config needs it, credentials included."""
        body = "".join(f"{self.indent.inner}{piece.text}\n" for piece in self.pieces)
        return f"{self.indent.base}{self.header} {{\n{body}{self.indent.base}}}\n"

    def lines(self, reveal: bool) -> tuple[BlockLine, ...]:
        """As a reader may see it, with a reason for every line."""
        return tuple(self._lines(reveal))

    def _lines(self, reveal: bool) -> Iterator[BlockLine]:
        if not self.header:
            yield from self._statements(reveal, self.indent.base)
            return
        yield BlockLine(f"{self.indent.base}{printable(self.header)} {{", self.why)
        yield from self._statements(reveal, self.indent.inner)
        yield BlockLine(f"{self.indent.base}}}", "the end of the block")

    def _statements(self, reveal: bool, indent: str) -> Iterator[BlockLine]:
        for piece in self.pieces:
            first, *more = printable(piece.text if reveal else piece.shown).split("\n")
            yield BlockLine(indent + first, piece.reason, piece.kept)
            yield from (BlockLine(line, piece.reason, piece.kept) for line in more)


def indent_of(text: str, statement: Statement) -> Indent:
    """The indentation that the source uses for a block and for what is inside."""
    base = lead(text, statement.start) or ""
    inner = [lead(text, child.start) for child in statement.children]
    units = [one[len(base) :] for one in inner if one and one.startswith(base) and one != base]
    return Indent(base, units[0] if units else _UNIT)


def lead(text: str, offset: int) -> str | None:
    """The white space before an offset on its line; None if something else stands there."""
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return None if before.strip() else before
