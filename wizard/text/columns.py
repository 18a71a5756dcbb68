"""Text laid out by the columns of a terminal, in which a Chinese character takes two."""

import re
import textwrap
import unicodedata
from collections.abc import Iterator

_WIDE = ("W", "F")
_NO_BEGIN = frozenset("，。、；：？！）》」』”’…·%),.;:?!")
"""Characters that begin no line."""
_NO_END = frozenset("（《「『“‘(")
"""Characters that end no line."""


def width(text: str) -> int:
    """Return how many columns a text takes (UAX #11: wide and full-width characters take two)."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def pad(text: str, columns: int) -> str:
    """Return the text with blanks behind it up to so many columns."""
    return text + " " * (columns - width(text))


def pad_left(text: str, columns: int) -> str:
    """Return the text with blanks before it up to so many columns."""
    return " " * (columns - width(text)) + text


def cut(text: str, columns: int) -> str:
    """Return the text in at most so many columns, with `…` where something was cut off."""
    if width(text) <= columns:
        return text
    room, size = columns - 1, 0
    for at, char in enumerate(text):
        size += _columns(char)
        if size > room:
            return text[:at] + "…"
    return text


def wrap(text: str, columns: int, first: str = "", then: str = "") -> list[str]:
    """Return the lines of a text, the first one indented by `first` and the further ones by `then`.

    A word longer than a line, such as a path or a URL, stays whole so that it can be copied. A line
    may end between two Chinese characters, as usual, but not before their punctuation.
    """
    if not any(unicodedata.east_asian_width(char) in _WIDE for char in text if not char.isascii()):
        wrapper = textwrap.TextWrapper(columns, first, then)
        wrapper.break_on_hyphens = wrapper.break_long_words = False
        return wrapper.wrap(text)
    lines, line = [], first
    for piece in _pieces(text):
        if width(line) + width(piece.rstrip()) > columns and line.strip():
            lines.append(line.rstrip())
            line = then
        line += piece if line.strip() else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """The parts between which a line may end."""
    piece = ""
    for char in re.sub(r"\s", " ", text):
        if piece and _may_break(piece[-1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NO_BEGIN or before in _NO_END:
        return False
    return before == " " or _columns(before) == 2 or _columns(after) == 2
