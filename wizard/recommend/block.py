"""The values of a recommendation: a block being written, and what is proposed for one path."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from wizard.model.change import Change
from wizard.model.config import Position
from wizard.model.diagnosis import BlockLine
from wizard.recommend import reasons
from wizard.recommend.patch import Edit
from wizard.recommend.redaction import escape_control_characters, mask_credentials
from wizard.recommend.source import SourceBlock, Statement, read_statements

_DEFAULT_UNIT = "    "


@dataclass(frozen=True, slots=True)
class BlockStatement:
    """One statement of a block; each of its lines becomes a `BlockLine`.

    Attributes:
        text: The text for the config; further lines as they stand in the source.
        shown: The text without credentials.
        kept: True if it stands in the config today.
    """

    name: str
    args: tuple[str, ...]
    text: str
    shown: str
    reason: str
    kept: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """The name and the arguments."""
        return (self.name, *self.args)

    @property
    def is_secret(self) -> bool:
        """True if it holds a credential."""
        return self.text != self.shown

    def with_comment(self, comment: str) -> "BlockStatement":
        """The same with a comment that follows on its line."""
        return replace(self, text=self.text + comment, shown=self.shown + comment)

    def lines(self, indent: str, reveal: bool) -> Iterator[BlockLine]:
        """The lines as a reader may see them."""
        first, *more = escape_control_characters(self.text if reveal else self.shown).split("\n")
        yield BlockLine(indent + first, self.reason, self.kept)
        yield from (BlockLine(line, self.reason, self.kept) for line in more)


def keep_statement(source: SourceBlock, statement: Statement) -> BlockStatement:
    """A statement of the config, as it is."""
    text = source.text[statement.start : statement.end].replace("\r\n", "\n")
    shown = mask_credentials(statement, source.text).replace("\r\n", "\n")
    why = reasons.reason_to_keep(statement.name)
    return BlockStatement(statement.name, statement.args, text, shown, why)


def write_change(change: Change) -> BlockStatement:
    """A change as a statement of the block."""
    statement = read_statements(change.text)[0]
    shown = mask_credentials(statement, change.text)
    why = reasons.reason_of(change)
    return BlockStatement(change.name, change.args, change.text, shown, why, kept=False)


@dataclass(frozen=True, slots=True)
class Indent:
    """The white space before a block, and what one level adds to it."""

    base: str = ""
    unit: str = _DEFAULT_UNIT

    @property
    def inner(self) -> str:
        """The white space before a statement inside the block."""
        return self.base + self.unit

    @property
    def nested(self) -> "Indent":
        """The indent of a block inside this one."""
        return Indent(self.inner, self.unit)


def indent_of(source: SourceBlock) -> Indent:
    """The indent that the source uses for a block and for what is inside."""
    base = leading_space(source.text, source.statement.start) or ""
    inner = [leading_space(source.text, child.start) for child in source.statements]
    units = [space[len(base) :] for space in inner if space and space.startswith(base)]
    return Indent(base, next(filter(None, units), _DEFAULT_UNIT))


def leading_space(text: str, offset: int) -> str | None:
    """The white space before an offset on its line; None if something else stands there."""
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return None if before.strip() else before


@dataclass(frozen=True, slots=True)
class Block:
    """A block being written.

    Attributes:
        header: Without the brace: `location = /sse`; empty for statements without a block.
        where: Where in the config it goes; None for a sketch that its reader must place.
        edits: What puts it into its file.
    """

    header: str
    reason: str
    statements: tuple[BlockStatement, ...]
    indent: Indent = Indent()
    where: Position | None = None
    edits: tuple[Edit, ...] = ()

    @property
    def text(self) -> str:
        """The text for the config, credentials included."""
        body = "".join(f"{self.indent.inner}{statement.text}\n" for statement in self.statements)
        return f"{self.indent.base}{self.header} {{\n{body}{self.indent.base}}}\n"

    @property
    def sketch(self) -> "Block":
        """The same block without a place in the config."""
        return replace(self, where=None, edits=())

    def lines(self, reveal: bool = False) -> Iterator[BlockLine]:
        """The lines as a reader may see them, each with its reason."""
        base, header = self.indent.base, escape_control_characters(self.header)
        if header:
            yield BlockLine(f"{base}{header} {{", self.reason)
        for statement in self.statements:
            yield from statement.lines(self.indent.inner if header else base, reveal)
        if header:
            yield BlockLine(f"{base}}}", "the end of the block")


def lines_of(blocks: Iterable[Block], reveal: bool = False) -> Iterator[BlockLine]:
    """The lines of all blocks, with an empty line between two."""
    for number, block in enumerate(blocks):
        if number:
            yield BlockLine("", "between two blocks", kept=True)
        yield from block.lines(reveal)


@dataclass(frozen=True, slots=True)
class ConfigFix:
    """What is proposed for one path.

    Attributes:
        summary: What it does, as a part of a sentence; empty if nothing is to be written.
        blocks: Each with the edits that put it into its file; sketches have none.
        notes: What the reader must know or do, one sentence each.
    """

    summary: str = ""
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()
