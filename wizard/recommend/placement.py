"""Where the block goes: inside the location that serves, beside it, or nested in it."""

import re
from dataclasses import dataclass

from wizard.recommend.block import Draft, Piece, Recast, indent_of, lead
from wizard.recommend.config_text import COMMENT, Statement
from wizard.recommend.levels import Layer
from wizard.recommend.patch import Edit

_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?\r?\n")
_END_OF_LINE = re.compile(r"[ \t]*\r?\n")
_WHY_INSIDE = "the location that serves the stream today: the change is made in it"
_WHY_CARVED = "wins for this path alone over the location that serves it today"


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with the edits that put it into its file.

    Attributes:
        layer: The file, as the block's origin stands in it.
        at: The offset in the file that the reader is sent to.
    """

    layer: Layer
    draft: Draft
    edits: tuple[Edit, ...]
    at: int


def inside(
    layer: Layer, statement: Statement, recast: Recast, header: str = "", why: str = _WHY_INSIDE
) -> Placed:
    """The change made in the block itself, touching only the lines that change.

    Args:
        header: The block's new header; empty where it stays.
        why: The reason beside the header.
    """
    indent = indent_of(layer.text, statement)
    end = (statement.opened or statement.end) - 1
    name = layer.text[statement.start : end].rstrip()
    draft = Draft(header or " ".join(name.split()), why, recast.pieces(layer), indent)
    edits = [
        _instead(layer.text, one, pieces, indent.inner)
        for one in layer.statements
        if (pieces := recast.instead(layer, one)) is not None
    ]
    edits += _missing(layer, statement, recast, indent.inner)
    if header:
        edits.append(Edit(statement.start, statement.start + len(name), header))
    return Placed(layer, draft, tuple(edits), statement.start)


def _instead(text: str, statement: Statement, pieces: tuple[Piece, ...], indent: str) -> Edit:
    """Other statements in the place of one; its line goes too if nothing comes instead."""
    line, rest = text.rfind("\n", 0, statement.start) + 1, _END_OF_LINE.match(text, statement.end)
    if not pieces and rest and lead(text, statement.start) is not None:
        return Edit(line, rest.end(), "")
    return Edit(statement.start, statement.end, _joined(pieces, indent))


def _joined(pieces: tuple[Piece, ...], indent: str) -> str:
    """The statements in the place of one; a comment at the end must not swallow what follows."""
    texts = [piece.text for piece in pieces]
    ends_in_comment = bool(texts) and "#" in texts[-1]
    return f"\n{indent}".join([*texts, *([""] if ends_in_comment else [])])


def _missing(layer: Layer, whole: Statement, recast: Recast, indent: str) -> tuple[Edit, ...]:
    """The insertion of new settings after the line that passes on, on lines of their own."""
    texts = [piece.text for piece in recast.missing(layer)]
    if not texts:
        return ()
    passing = [one for one in layer.statements if recast.passes(layer, one)]
    at = passing[-1].end if passing else (whole.opened or whole.end)
    rest = _REST_OF_LINE.match(layer.text, at)
    if rest is None:
        return (Edit(at, at, " " + " ".join(texts)),)
    return (Edit(rest.end(), rest.end(), "".join(f"{indent}{text}\n" for text in texts)),)


def beside(
    layer: Layer, statement: Statement, name: str, recast: Recast, why: str = _WHY_CARVED
) -> Placed:
    """A location of another name, directly before the one that it is derived from.

    The same parent means the same inheritance; the place matters only among regexes, which are
    tried in the order of the file.
    """
    indent = indent_of(layer.text, statement)
    draft = Draft(name, why, recast.pieces(layer), indent)
    at = _above(layer.text, statement.start)
    if lead(layer.text, statement.start) is not None:
        return Placed(layer, draft, (Edit(at, at, f"{draft.text}\n"),), at)
    start = len(layer.text[:at].rstrip(" \t"))
    return Placed(layer, draft, (Edit(start, at, f"\n{draft.text}"),), at)


def nested(layer: Layer, statement: Statement, name: str, recast: Recast) -> Placed:
    """A location inside the one that it is derived from: it inherits what it does not set."""
    indent = indent_of(layer.text, statement).nested
    draft = Draft(name, _WHY_CARVED, recast.pieces(layer), indent)
    opened = statement.opened or statement.end
    rest = _REST_OF_LINE.match(layer.text, opened)
    at = rest.end() if rest else opened
    text = f"{draft.text}\n" if rest else f"\n{draft.text}"
    return Placed(layer, draft, (Edit(at, at, text),), at)


def before(layer: Layer, statement: Statement, piece: Piece) -> Placed:
    """One statement directly before a block."""
    indent = indent_of(layer.text, statement)
    at = _above(layer.text, statement.start)
    alone = lead(layer.text, statement.start) is not None
    text = f"{indent.base}{piece.text}\n" if alone else f"{piece.text} "
    return Placed(layer, Draft("", "", (piece,), indent), (Edit(at, at, text),), at)


def _above(text: str, offset: int) -> int:
    """Where a block before this offset goes: above the comments that belong to what follows."""
    if lead(text, offset) is None:
        return offset
    start = text.rfind("\n", 0, offset) + 1
    while start:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text[line:start].strip().startswith(COMMENT):
            break
        start = line
    return start


@dataclass(frozen=True, slots=True)
class Part:
    """What one cause asks for.

    Attributes:
        summary: What it does, as a part of a sentence; empty where nothing is to be written.
        placed: Blocks with their edits.
        sketches: Blocks that cannot be placed without their reader.
        notes: What the reader must know or do, one sentence each.
    """

    summary: str = ""
    placed: tuple[Placed, ...] = ()
    sketches: tuple[Draft, ...] = ()
    notes: tuple[str, ...] = ()
