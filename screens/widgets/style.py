"""Styles and text helpers of all panes. A colour never says more than a word or shape does."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from wizard.model.steps import State
from wizard.text import columns
from wizard.text.display import visible

GLYPHS: dict[State, str] = {
    "todo": "·",
    "running": "▸",
    "pass": "✓",
    "warn": "!",
    "fail": "✗",
    "skip": "–",
}
STYLES: dict[State, str] = {
    "todo": "dim",
    "running": "bold cyan",
    "pass": "green",
    "warn": "yellow",
    "fail": "bold red",
    "skip": "dim",
}
OUTCOME_STYLES: dict[str, str] = {
    "live": "green",
    "ended": "green",
    "answered": "green",
    "running": "cyan",
    "interrupted": "yellow",
    "silent": "yellow",
    "not-offered": "dim",
    "not-asked": "yellow",
    "redirect": "yellow",
    "undecided": "yellow",
}
"""Outcomes that are no fault; any other is drawn in red."""
HEAD = "bold"
DIM = "dim"
ACCENT = "blue"
"""Where the user is; never a state."""
_CONSOLE = Console(width=200, color_system=None, legacy_windows=False)
"""Needed to wrap text by the width of its characters; it never prints."""


def outcome_style(outcome: str) -> str:
    """Return the style of a probe's outcome."""
    return OUTCOME_STYLES.get(outcome, "bold red")


def line(*parts: str | Text | tuple[str, str]) -> Text:
    """Return one line made of plain parts and of (text, style) parts; control characters of a
    part are shown as escapes, also where a pane has forgotten that its text is somebody else's."""
    return Text.assemble(*map(_visible, parts), no_wrap=True, overflow="ellipsis", end="")


def _visible(part: str | Text | tuple[str, str]) -> str | Text | tuple[str, str]:
    if isinstance(part, Text):
        return part
    text, style = (part, "") if isinstance(part, str) else part
    return visible(text, len(text)), style


def wrap(text: str, width: int, style: str = "", indent: str = "") -> list[Text]:
    """Wrap a paragraph into lines of at most `width` columns; control characters as in `line`.

    Rich breaks at blanks alone, so Chinese text is wrapped before; then it cuts what is too long.
    """
    shown = "\n".join(visible(row, len(row)) for row in text.split("\n"))
    if columns.width(shown) > len(shown):
        room = max(8, width - len(indent))
        shown = "\n".join(each for row in shown.split("\n") for each in columns.wrap(row, room))
    lines = list(Text(shown, style=style).wrap(_CONSOLE, max(8, width - len(indent))))
    for row in lines:
        row.rstrip()
    return [Text(indent, end="").append_text(row) for row in lines]


def fit(text: Text, width: int, *, pad: bool = True) -> Text:
    """Return the line cut to `width` columns, and padded to it unless `pad` is false."""
    copy = text.copy()
    copy.truncate(width, overflow="ellipsis", pad=pad)
    return copy


def beside(left: Sequence[Text], right: Sequence[Text], width: int) -> list[Text]:
    """Return two columns side by side; the shorter one is filled with empty lines."""
    left_width, right_width = (width - 3) // 2, width - 3 - (width - 3) // 2
    height = max(len(left), len(right))
    columns = (_filled(left, height), _filled(right, height))
    return [
        Text.assemble(fit(a, left_width), (" │ ", DIM), fit(b, right_width))
        for a, b in zip(*columns, strict=True)
    ]


def _filled(column: Sequence[Text], height: int) -> list[Text]:
    return [*column, *([Text("")] * (height - len(column)))]
