"""Doing by hand what a recommendation says: inserting and replacing the parts of its block."""

import re
from collections.abc import Mapping

from wizard.model.diagnosis import Part, Recommendation
from wizard.recommend.source import Statement, read_statements

_BEFORE_LINE = re.compile(r"insert before line (\d+) of (.+?)(?:, inside the \w+.* at .+:\d+)?")
_BESIDE = re.compile(
    r"insert (before|after the opening brace of) the (\w+)(?: (.+))? at (.+):(\d+)"
)
_REPLACE = re.compile(
    r"replace the (\w+)(?: (.+))? at (.+?):(\d+)(?: \(lines \d+ to \d+\))? with this"
)


def paste(texts: Mapping[str, str], recommendation: Recommendation) -> dict[str, str]:
    """The files after a reader followed the instructions, from the last line to the first."""
    pasted = dict(texts)
    changes = [part for part in recommendation.parts if part.action != "keep"]
    # Of two parts for one line the first comes first, so it is pasted last; what is replaced stands
    # below what is inserted before it.
    for part in reversed(sorted(changes, key=lambda part: (_line(part), part.action))):
        _paste(pasted, part)
    return pasted


def _line(part: Part) -> int:
    return int(part.at.rpartition(":")[2]) if part.at else 0


def _paste(texts: dict[str, str], part: Part) -> None:
    if match := _BEFORE_LINE.fullmatch(part.where):
        number, file = int(match[1]), match[2]
        lines = texts[file].split("\n")
        texts[file] = "\n".join([*lines[: number - 1], part.block, *lines[number - 1 :]])
    elif match := _BESIDE.fullmatch(part.where):
        _, name, args, file, line = match.groups()
        statement = _statement(texts[file], name, args, int(line))
        at = statement.start if match[1] == "before" else statement.opened
        assert at is not None
        texts[file] = f"{texts[file][:at]}\n{part.block}{texts[file][at:]}"
    elif match := _REPLACE.fullmatch(part.where):
        name, args, file, line = match.groups()
        statement = _statement(texts[file], name, args, int(line))
        texts[file] = f"{texts[file][: statement.start]}{part.block}{texts[file][statement.end :]}"
    else:
        raise AssertionError(f"no instruction that a reader can follow: {part.where!r}")


def _statement(text: str, name: str, args: str | None, line: int) -> Statement:
    """The block that begins on this line; of several its arguments tell which."""
    found = [
        statement
        for top in read_statements(text)
        for statement in top.walk()
        if statement.line == line and statement.name == name
        if args is None or " ".join(statement.args) == args
    ]
    assert len(found) == 1, (name, args, line, text)
    return found[0]


def set_lines(lines: str, part: Part) -> str:
    """A location's lines after a reader set those of the part, in place of the same names."""
    new = {statement.name for statement in read_statements(part.block)}
    kept = [each for each in read_statements(lines) if each.name not in new]
    return "\n".join([*(lines[each.start : each.end] for each in kept), part.block])


def tree(text: str) -> list[object]:
    """Names and arguments alone: the meaning without the layout."""
    return _tree(read_statements(text))


def _tree(statements: tuple[Statement, ...]) -> list[object]:
    return [
        (line.name, line.values, _tree(line.children)) for line in statements if line.name != "#"
    ]
