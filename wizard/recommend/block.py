"""The values of a recommendation: a block being written, and what is proposed for one path."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wizard.model.change import Change
from wizard.model.config import Position
from wizard.model.diagnosis import Action, BlockLine, Part
from wizard.recommend import reasons
from wizard.recommend.patch import Edit
from wizard.recommend.redaction import escape_control_characters, mask_credentials
from wizard.recommend.source import SourceBlock, Statement, read_statements
from wizard.text.display import visible
from wizard.text.marks import MARK
from wizard.text.messages import tr

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
        """True if it holds a credential, or the mark of one in a case file."""
        return self.text != self.shown or MARK.search(self.text) is not None

    def with_comment(self, comment: str) -> "BlockStatement":
        """The same with a comment that follows on its line."""
        return replace(self, text=self.text + comment, shown=self.shown + comment)

    def indented(self, indent: str) -> str:
        """The text behind an indent; a new one has its further lines indented too."""
        return self.text if self.kept else self.text.replace("\n", f"\n{indent}")

    def lines(self, indent: str, reveal: bool) -> Iterator[BlockLine]:
        """The lines as a reader may see them."""
        text = self.text if reveal else self.shown
        text = text if self.kept else text.replace("\n", f"\n{indent}")
        first, *more = escape_control_characters(text).split("\n")
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
class Place:
    """Where a block goes: the place in the config, and the instruction for its reader."""

    action: Action
    where: Position
    text: str


def replace_place(source: SourceBlock) -> Place:
    """In place of a block of the config."""
    statement = source.statement
    last = statement.line + source.text.count("\n", statement.start, statement.end)
    lines = (
        tr(" (lines {line} to {last})", line=statement.line, last=last)
        if last > statement.line
        else ""
    )
    where = Position(source.file, statement.line)
    return Place(
        "replace",
        where,
        tr("replace the {name_at}{lines} with this", name_at=name_at(source), lines=lines),
    )


def name_at(source: SourceBlock) -> str:
    """A block by its directive and its line, and by its arguments if the line holds more."""
    statement, where = source.statement, Position(source.file, source.statement.line)
    alone = leading_space(source.text, statement.start) is not None
    words = (statement.name,) if alone else (statement.name, *statement.args)
    return visible(tr("{header} at {where}", header=" ".join(words), where=where))


def insert_place(source: SourceBlock, offset: int, inline: str = "", within: str = "") -> Place:
    """Before the line of an offset; `inline` says where, if the line holds other things too.

    `within` says in which block that line is, if it does not show it.
    """
    where = Position(source.file, source.text.count("\n", 0, offset) + 1)
    line = tr("before line {line} of {file}", line=where.line, file=visible(where.file))
    return Place(
        "insert", where, tr("insert {inline}{within}", inline=inline or line, within=within)
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A block being written.

    Attributes:
        header: Without the brace: `location = /sse`; empty for statements without a block.
        place: Where it goes; None if the config does not show that.
        edits: What puts it into its file; empty if its reader has to do that.
        instruction: Where it goes, if it has no place.
    """

    header: str
    reason: str
    statements: tuple[BlockStatement, ...]
    indent: Indent = Indent()
    place: Place | None = None
    edits: tuple[Edit, ...] = ()
    instruction: str = ""

    @property
    def text(self) -> str:
        """The text for the config, credentials included."""
        inner = self.indent.inner
        body = "".join(f"{inner}{each.indented(inner)}\n" for each in self.statements)
        return f"{self.indent.base}{self.header} {{\n{body}{self.indent.base}}}\n"

    @property
    def sketch(self) -> "Block":
        """The same block without the edits: its reader has to decide."""
        return replace(self, edits=())

    def lines(self, reveal: bool = False) -> Iterator[BlockLine]:
        """The lines as a reader may see them, each with its reason."""
        base, header = self.indent.base, escape_control_characters(self.header)
        if header:
            yield BlockLine(f"{base}{header} {{", self.reason)
        for statement in self.statements:
            yield from statement.lines(self.indent.inner if header else base, reveal)
        if header:
            yield BlockLine(f"{base}}}", tr("the end of the block"))

    def part(self, reveal: bool = False) -> Part:
        """The block as a part of the recommendation."""
        lines = tuple(self.lines(reveal))
        if self.place is None:
            return Part(lines, "insert" if self.header else "set", self.instruction)
        return Part(lines, self.place.action, self.place.text, visible(str(self.place.where)))


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
