"""Turns the frames that Textual writes into the few bytes that change what the terminal shows.

Textual writes whole widgets, with a style for each piece of text: 5 to 17 KB for a step of the
wizard, where some 1 KB of characters differ. Over a link with 300 ms of delay that is felt.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from rich.cells import cell_len

from screens.sgr import DEFAULT, Style, change_style, parse_style

Cell = tuple[str, Style]
"""A character and its style; the second column of a wide character has an empty text."""
Piece = tuple[int, list[Cell]]
"""Cells of one row, from a column on."""

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|([^\x00-\x1f\x7f-\x9f]+)")
_ALTERNATE_SCREEN = "\x1b[?1049"
_BLANK: Cell = (" ", DEFAULT)
_LAST_PLAIN = "\uffff"
"""Terminals do not agree on the width of emoji, which come after it."""
MAX_GAP = 4
"""So many unchanged columns between two changed ones are written again: a move costs as much."""
MIN_ERASED = 5
"""From so many blanks on the terminal is told to erase them."""


class UnknownOutputError(ValueError):
    """The text is none of the frames that are understood here."""


class ScreenDiff:
    """Keeps what the terminal shows; `reduce` drops from a frame what is shown already."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Assume nothing about what the terminal shows: the next frames are written in full."""
        self._rows: dict[int, list[Cell | None]] = {}
        self._sources: dict[int, str] = {}
        self._cursor: tuple[int, int] | None = None

    def reduce(self, text: str) -> str:
        """Return what to write in place of `text`; what is no frame is returned as it is."""
        if not _MOVE.match(text):
            if _ALTERNATE_SCREEN in text:
                self.forget()
            return text
        try:
            return self._reduce_frame(text)
        except UnknownOutputError:
            self.forget()
            return text

    def _reduce_frame(self, frame: str) -> str:
        """Write what differs; then the cursor goes where the frame leaves it, in no style."""
        *_, last = _MOVE.finditer(frame)
        is_cursor = last.end() == len(frame)
        output = _Output()
        for source in (frame[: last.start()] if is_cursor else frame).split("\n"):
            if source:
                self._write_row(source, output)
        if is_cursor and (output.has_moved or self._cursor != _position(last)):
            self._cursor = _position(last)
            output.move(*self._cursor)
        return output.finish()

    def _write_row(self, source: str, output: "_Output") -> None:
        number = _position(_MOVE.match(source))[0]
        if self._sources.get(number) == source:
            return
        self._sources[number] = source
        shown = self._rows.setdefault(number, [])
        for column, cells in _parse_row(source):
            end = column + len(cells)
            shown.extend([None] * (end - len(shown)))
            before = shown[column:end]
            if cells != before:
                for start, run in _runs(cells, before):
                    output.write(number, column + start, run)
                shown[column:end] = cells


def _position(match: "re.Match[str] | None") -> tuple[int, int]:
    """The row and the column of a move, counted from 0."""
    if match is None:
        raise UnknownOutputError
    return int(match[1]) - 1, int(match[2]) - 1


def _parse_row(source: str) -> Iterator[Piece]:
    """Yield the pieces of one row. Raises `UnknownOutputError` for anything else."""
    row = _position(_MOVE.match(source))[0]
    column, cells, style, at = 0, list[Cell](), DEFAULT, 0
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None:
            raise UnknownOutputError
        at = token.end()
        match token.lastindex:
            case 2:
                if _position(token)[0] != row:
                    raise UnknownOutputError
                yield column, cells
                column, cells = _position(token)[1], []
            case 3:
                style = parse_style(token[3], style)
            case _:
                _append(cells, token[4], style)
    yield column, cells


def _append(cells: list[Cell], text: str, style: Style) -> None:
    """Append the columns that a text of one style takes."""
    blank = (" ", style.of_blank)
    if text.isascii():
        cells += [blank if char == " " else (char, style) for char in text]
        return
    for char in text:
        width = cell_len(char)
        if width:
            cells.append(blank if char == " " else (char, style))
            cells += [("", style)] * (width - 1)
        elif cells:  # it belongs to the character before it
            cells[-1] = (cells[-1][0] + char, cells[-1][1])
        else:
            raise UnknownOutputError


def _runs(cells: Sequence[Cell], before: Sequence[Cell | None]) -> Iterator[Piece]:
    """Yield what to write of these cells, which differ from those of before.

    A row with characters whose width is not one column for sure is written as a whole, as Textual
    does it.
    """
    if not all(map(_is_plain, [*cells, *before])):
        yield 0, list(cells)
        return
    changed = [at for at, cell in enumerate(cells) if cell != before[at]]
    first = last = changed[0]
    for at in changed[1:]:
        if not _is_joined(cells[last : at + 1]):
            yield first, list(cells[first : last + 1])
            first = at
        last = at
    yield first, list(cells[first : last + 1])


def _is_plain(cell: Cell | None) -> bool:
    return cell is None or _is_one_column(cell[0])


@lru_cache(maxsize=4096)
def _is_one_column(text: str) -> bool:
    return len(text) == 1 and text <= _LAST_PLAIN and cell_len(text) == 1


def _is_joined(cells: Sequence[Cell]) -> bool:
    """True if it is shorter to write all of these cells than to move over all but the ends."""
    gap, style = cells[1:-1], cells[0][1]
    is_same = all(_fits(cell, style) for cell in gap)
    return is_same and sum(len(text.encode()) for text, _ in gap) <= MAX_GAP


def _fits(cell: Cell, style: Style) -> bool:
    """True if the cell can be written while this style is set: a blank has no foreground."""
    return cell[1] == (style.of_blank if cell[0] == " " else style)


class _Output:
    """The bytes of one frame, with the cursor and the style that they leave."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._style = DEFAULT
        self._at: tuple[int, int] | None = None
        self.has_moved = False

    def move(self, row: int, column: int) -> None:
        """Move the cursor, unless it is there already."""
        if self._at == (row, column):
            return
        if self._at is not None and self._at[0] == row and self._at[1] < column:
            self._parts.append(f"\x1b[{column - self._at[1]}C")
        else:
            self._parts.append(f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1}H")
        self._at, self.has_moved = (row, column), True

    def write(self, row: int, column: int, cells: Sequence[Cell]) -> None:
        """Write cells that stand beside one another; many blanks are erased."""
        for is_blank, group in groupby(cells, _BLANK.__eq__):
            part = list(group)
            if is_blank and len(part) >= MIN_ERASED:
                self._erase(row, column, len(part))
            else:
                self.move(row, column)
                for text, style in part:
                    self._set_style(text, style)
                    self._parts.append(text)
                is_plain = all(map(_is_plain, part))
                self._at = (row, column + len(part)) if is_plain else None
            column += len(part)

    def _erase(self, row: int, column: int, count: int) -> None:
        """Erase columns (ECH, xterm's ctlseqs) in the default colours; the cursor stays."""
        self.move(row, column)
        if self._style.of_blank != DEFAULT:
            self._set_style("", DEFAULT)
        self._parts.append(f"\x1b[{count}X")

    def _set_style(self, text: str, style: Style) -> None:
        if not _fits((text, style), self._style):
            self._parts.append(change_style(self._style, style))
            self._style = style

    def finish(self) -> str:
        """Return all bytes; the style is the default one again."""
        return "".join([*self._parts, change_style(self._style, DEFAULT)])
