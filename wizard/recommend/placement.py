"""Where a block goes: inside the one that it is derived from, beside it, or nested in it."""

import re
from dataclasses import replace

from wizard.model.change import Change
from wizard.recommend.block import (
    Block,
    BlockStatement,
    Place,
    indent_of,
    insert_place,
    leading_space,
    name_at,
    replace_place,
    write_change,
)
from wizard.recommend.patch import Edit
from wizard.recommend.rewrite import Rewrite, is_pass
from wizard.recommend.source import COMMENT, SourceBlock, Statement
from wizard.text.messages import tr

_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?\r?\n")
_END_OF_LINE = re.compile(r"[ \t]*\r?\n")
_WHY_INSIDE = tr("the location that serves the stream today: the change is made in it")
_WHY_CARVED = tr("wins for this path alone over the location that serves it today")


def change_inside(
    source: SourceBlock, rewrite: Rewrite, header: str = "", reason: str = _WHY_INSIDE
) -> Block:
    """The block with the changes made in it; only the lines that change are edited.

    `header` is the block's new header, empty if it stays; `reason` is shown beside it.
    """
    statement, indent = source.statement, indent_of(source)
    written = source.text[statement.start : (statement.opened or statement.end) - 1].rstrip()
    edits = [
        _replace(source, child, new, indent.inner)
        for child in source.statements
        if (new := rewrite.replacement(source, child)) is not None
    ]
    edits += _add(source, rewrite, indent.inner)
    if header:
        end = statement.start + len(written)
        edits.append(Edit(source.file, statement.start, end, header))
    title = header or " ".join(written.split())
    place = replace_place(source)
    return Block(title, reason, rewrite.statements(source), indent, place, tuple(edits))


def _replace(
    source: SourceBlock, statement: Statement, new: tuple[BlockStatement, ...], indent: str
) -> Edit:
    """Replace a statement; its line goes too if nothing replaces it."""
    start = source.text.rfind("\n", 0, statement.start) + 1
    rest = _END_OF_LINE.match(source.text, statement.end)
    if not new and rest and leading_space(source.text, statement.start) is not None:
        return Edit(source.file, start, rest.end(), "")
    return Edit(source.file, statement.start, statement.end, _joined(new, indent))


def _joined(statements: tuple[BlockStatement, ...], indent: str) -> str:
    """The statements on lines of their own; a comment at the end must not swallow what follows."""
    texts = [statement.indented(indent) for statement in statements]
    ends_in_comment = bool(texts) and "#" in texts[-1]
    return f"\n{indent}".join([*texts, *([""] if ends_in_comment else [])])


def _add(source: SourceBlock, rewrite: Rewrite, indent: str) -> tuple[Edit, ...]:
    """Insert new blocks first, and new settings after the `proxy_pass` or its like, each on a line
    of its own."""
    blocks, settings = rewrite.additions(source)
    opened = source.statement.opened or source.statement.end
    passing = [child for child in source.statements if is_pass(source, child)]
    at = passing[-1].end if passing else opened
    return (*_insert(source, opened, blocks, indent), *_insert(source, at, settings, indent))


def _insert(
    source: SourceBlock, at: int, statements: tuple[BlockStatement, ...], indent: str
) -> tuple[Edit, ...]:
    texts = [statement.indented(indent) for statement in statements]
    if not texts:
        return ()
    rest = _REST_OF_LINE.match(source.text, at)
    if rest is None:
        return (Edit(source.file, at, at, " " + " ".join(texts)),)
    lines = "".join(f"{indent}{text}\n" for text in texts)
    return (Edit(source.file, rest.end(), rest.end(), lines),)


def add_beside(
    source: SourceBlock,
    header: str,
    rewrite: Rewrite,
    reason: str = _WHY_CARVED,
    content: SourceBlock | None = None,
) -> Block:
    """A location of another name, directly before the one that it is derived from.

    The same parent means the same inheritance; the place matters only among regexes, which are
    tried in the order of the file. `content` holds its statements, if it is another block.
    """
    indent, start = indent_of(source), source.statement.start
    block = Block(header, reason, rewrite.statements(content or source), indent)
    at = _above(source.text, start)
    if leading_space(source.text, start) is not None:
        edit = Edit(source.file, at, at, f"{block.text}\n")
    else:
        end_of_line = len(source.text[:at].rstrip(" \t"))
        edit = Edit(source.file, end_of_line, at, f"\n{block.text}")
    return replace(block, place=place_before(source), edits=(edit,))


def add_nested(
    source: SourceBlock,
    header: str,
    rewrite: Rewrite,
    reason: str = _WHY_CARVED,
    content: SourceBlock | None = None,
) -> Block:
    """A location inside the one that it is derived from: it inherits what it does not set.

    `content` holds its statements, if it is another block.
    """
    indent = indent_of(source).nested
    block = Block(header, reason, rewrite.statements(content or source), indent)
    opened = source.statement.opened or source.statement.end
    rest = _REST_OF_LINE.match(source.text, opened)
    at = rest.end() if rest else opened
    text = f"{block.text}\n" if rest else f"\n{block.text}"
    name = name_at(source)
    inline, within = (
        ("", tr(", inside the {name}", name=name))
        if rest
        else (tr("after the opening brace of the {name}", name=name), "")
    )
    place = insert_place(source, at, inline, within)
    return replace(block, place=place, edits=(Edit(source.file, at, at, text),))


def add_before(source: SourceBlock, change: Change) -> Block:
    """One statement directly before a block."""
    statement, indent = write_change(change), indent_of(source)
    at = _above(source.text, source.statement.start)
    alone = leading_space(source.text, source.statement.start) is not None
    written = statement.indented(indent.base)
    text = f"{indent.base}{written}\n" if alone else f"{written} "
    edit = Edit(source.file, at, at, text)
    return Block("", "", (statement,), indent, place_before(source), (edit,))


def place_before(source: SourceBlock) -> Place:
    """The place directly before a block."""
    at = _above(source.text, source.statement.start)
    alone = leading_space(source.text, source.statement.start) is not None
    return insert_place(
        source, at, "" if alone else tr("before the {name_at}", name_at=name_at(source))
    )


def _above(text: str, offset: int) -> int:
    """Where a block before this offset goes: above the comments that belong to what follows."""
    if leading_space(text, offset) is None:
        return offset
    start = text.rfind("\n", 0, offset) + 1
    while start:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text[line:start].strip().startswith(COMMENT):
            break
        start = line
    return start
