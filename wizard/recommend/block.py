"""The lines of the new block: what stands in the location today, with what has to change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from wizard.model.diagnosis import BlockLine
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.recommend import reasons
from wizard.recommend.change import Change, key_of
from wizard.recommend.config_text import (
    COMMENT,
    Statement,
    is_secret,
    is_text,
    masked,
    meant,
    parse,
    printable,
)
from wizard.recommend.levels import Layer


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of the block.

    Attributes:
        text: As the config needs it; further lines as they stand in the source.
        shown: The same without credentials.
        secret: Whether there is one.
    """

    name: str
    args: tuple[str, ...]
    text: str
    shown: str
    reason: str
    kept: bool = True
    secret: bool = False

    def with_comment(self, comment: str) -> "Piece":
        """The same with what follows on its line."""
        return replace(self, text=self.text + comment, shown=self.shown + comment)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A statement written anew: `proxy_pass` with another URI, say."""

    text: str
    reason: str = "the same upstream, with the URI that this path has there today"


@dataclass(frozen=True, slots=True)
class Recast:
    """How the location's statements become the block's.

    Attributes:
        changes: The settings to write, by what they replace.
        renamed: Statements to write anew, by directive.
        dropped: Directives that are left out, being inherited or of no use here.
    """

    changes: Mapping[str, Change]
    renamed: Mapping[str, Rewritten] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()

    def instead(self, layer: Layer, statement: Statement) -> tuple[Piece, ...] | None:
        """What stands in the statement's place; None where it stays as it is."""
        if statement.name in self.dropped:
            return ()
        args = tuple(map(meant, statement.args))
        if change := self.changes.get(key_of(statement.name, args)):
            return None if change.args == args else (changed(change),)
        if text := self.renamed.get(statement.name):
            return (_rewritten(text),)
        if statement.name == "include" and self._touches(layer, statement):
            return tuple(one for inner in layer.includes(statement) for one in self._all(inner))
        return None

    def missing(self, layer: Layer) -> tuple[Piece, ...]:
        """The settings that nothing at this level sets yet."""
        left = (one for one in layer.brought if one.name not in self.dropped)
        present = {key_of(one.name, one.args) for one in left}
        return tuple(changed(one) for key, one in self.changes.items() if key not in present)

    def pieces(self, layer: Layer) -> tuple[Piece, ...]:
        """The whole block's statements; what is new stands after the line that passes on."""
        found = list(self._all(layer))
        ends = [at for at, piece in enumerate(found, 1) if piece.name in PASS_DIRECTIVES]
        at = ends[-1] if ends else 0
        return (*found[:at], *self.missing(layer), *found[at:])

    def passes(self, layer: Layer, statement: Statement) -> bool:
        """Whether the statement hands the request on, itself or by what it includes."""
        brings = layer.brings(statement) if statement.name == "include" else ()
        names = (statement.name, *(directive.name for directive in brings))
        return not PASS_DIRECTIVES.isdisjoint(names)

    def _touches(self, layer: Layer, statement: Statement) -> bool:
        touched = self.changes.keys() | self.renamed.keys() | self.dropped
        brought = layer.brings(statement)
        return any({one.name, key_of(one.name, one.args)} & touched for one in brought)

    def _all(self, layer: Layer) -> Iterator[Piece]:
        for statement, tail in _with_tails(self._wanted(layer), layer.text):
            pieces = self.instead(layer, statement)
            if pieces is None:
                pieces = (_kept(layer, statement),)
            yield from pieces[:-1]
            yield from (last.with_comment(tail) for last in pieces[-1:])

    def _wanted(self, layer: Layer) -> tuple[Statement, ...]:
        """The statements without what is dropped, the comments that speak of it, and comments
        that cannot be repeated: one that holds a credential would cost the whole diff."""
        wanted: list[Statement] = []
        gone: Statement | None = None
        for statement in layer.statements:
            if gone and _is_tail(layer.text, gone, statement):
                continue
            if statement.name == COMMENT and not _may_repeat(layer.text, statement):
                continue
            gone = statement if statement.name in self.dropped else None
            if gone:
                _drop_above(layer.text, wanted, gone)
            else:
                wanted.append(statement)
        return tuple(wanted)


def _may_repeat(text: str, comment: Statement) -> bool:
    return is_text(text[comment.start : comment.end]) and not is_secret(comment, text)


def _drop_above(text: str, wanted: list[Statement], statement: Statement) -> None:
    while wanted and _is_above(text, wanted[-1], statement):
        statement = wanted.pop()


def _with_tails(statements: tuple[Statement, ...], text: str) -> Iterator[tuple[Statement, str]]:
    """Each statement with the comment that follows on its line."""
    for at, statement in enumerate(statements):
        if at and _is_tail(text, statements[at - 1], statement):
            continue
        after = statements[at + 1 : at + 2]
        follows = bool(after) and _is_tail(text, statement, after[0])
        yield statement, text[statement.end : after[0].end] if follows else ""


def _is_tail(text: str, before: Statement, comment: Statement) -> bool:
    between = text[before.end : comment.start]
    return comment.name == COMMENT and not between.strip() and "\n" not in between


def _is_above(text: str, comment: Statement, statement: Statement) -> bool:
    """Whether a comment stands on the line above and so speaks of the statement."""
    alone = not text[text.rfind("\n", 0, comment.start) + 1 : comment.start].strip()
    return comment.name == COMMENT and alone and text.count("\n", comment.end, statement.start) == 1


def _kept(layer: Layer, statement: Statement) -> Piece:
    text = layer.text[statement.start : statement.end].replace("\r\n", "\n")
    secret = is_secret(statement, layer.text)
    shown = masked(statement, layer.text).replace("\r\n", "\n") if secret else text
    why = reasons.kept(statement.name)
    return Piece(statement.name, statement.args, text, shown, why, secret=secret)


def changed(change: Change) -> Piece:
    """A setting as a line of the block."""
    read, why = parse(change.text)[0], reasons.reason(change)
    secret = is_secret(read, change.text)
    shown = masked(read, change.text) if secret else change.text
    return Piece(change.name, change.args, change.text, shown, why, False, secret)


def _rewritten(renamed: Rewritten) -> Piece:
    read = parse(renamed.text)[0]
    secret = is_secret(read, renamed.text)
    shown = masked(read, renamed.text) if secret else renamed.text
    why = ". ".join(filter(None, (renamed.reason, reasons.of_pass(renamed.text))))
    return Piece(read.name, read.args, renamed.text, shown, why, False, secret)


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
