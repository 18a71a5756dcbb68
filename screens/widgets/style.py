"""Words and styles that all rooms share. Colours only repeat what a word or a shape says."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from wizard.model.steps import State

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
OUTCOMES: dict[str, str] = {
    "live": "green",
    "ended": "green",
    "answered": "green",
    "running": "cyan",
    "interrupted": "yellow",
    "silent": "yellow",
    "not-offered": "dim",
    "not-asked": "yellow",
    "redirect": "yellow",
}
"""Any outcome that is not named here is a fault."""
_CONSOLE = Console(width=200, color_system=None, legacy_windows=False)
"""Only to wrap text by the width of its characters; it never prints."""
HEAD = "bold"
DIM = "dim"


def outcome_style(outcome: str) -> str:
    """The style of a probe's outcome."""
    return OUTCOMES.get(outcome, "bold red")


def line(*parts: str | tuple[str, str]) -> Text:
    """One line from plain and styled parts."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis", end="")


def wrapped(text: str, width: int, style: str = "", indent: str = "") -> list[Text]:
    """A paragraph as lines of at most `width` probes."""
    room = max(20, width - len(indent))
    lines = Text(text, style=style).wrap(_CONSOLE, room)
    return [Text(indent, end="").append_text(one) for one in _trimmed(lines)]


def _trimmed(lines: Iterable[Text]) -> list[Text]:
    for one in lines:
        one.rstrip()
    return list(lines)


def fitted(text: Text, width: int, *, pad: bool = True) -> Text:
    """The line cut, and if wanted padded, to `width` probes."""
    copy = text.copy()
    copy.truncate(width, overflow="ellipsis", pad=pad)
    return copy


def beside(left: Sequence[Text], right: Sequence[Text], width: int) -> list[Text]:
    """Two columns side by side, the shorter one filled up."""
    half, rest = (width - 3) // 2, width - 3 - (width - 3) // 2
    rows = max(len(left), len(right))
    columns = (_filled(left, rows), _filled(right, rows))
    return [
        Text.assemble(fitted(a, half), (" │ ", DIM), fitted(b, rest))
        for a, b in zip(*columns, strict=True)
    ]


def _filled(column: Sequence[Text], rows: int) -> list[Text]:
    return [*column, *([Text("")] * (rows - len(column)))]
