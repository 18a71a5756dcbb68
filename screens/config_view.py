"""A config file, coloured, at the line that matters."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets.style import ACCENT, DIM, HEAD
from wizard.text.config_redaction import redact_config
from wizard.text.display import visible
from wizard.text.marks import MARKS
from wizard.text.messages import tr
from wizard.text.redaction import redact

MAX_LINES = 400
"""How many lines around the chosen one are shown."""
_DIRECTIVE = re.compile(r"^(\s*)([a-z_][\w-]*)")
_STYLES = (
    (re.compile(r"\$\{?\w+\}?"), "cyan"),
    (re.compile(r"\"[^\"]*\"|'[^']*'"), "green"),
    (re.compile(r"\b(?:on|off)\b"), "yellow"),
)


def first_shown(at: int) -> int:
    """The number of the first line that is shown around the line `at`."""
    return max(1, at - MAX_LINES // 2)


@lru_cache(maxsize=4)
def shown_lines(text: str, at: int) -> Sequence[Text]:
    """The lines around `at`, numbered and coloured, without secrets and control characters."""
    lines = redact_config(text, redact, MARKS.mark).split("\n")
    first = first_shown(at)
    chosen = lines[first - 1 : first - 1 + MAX_LINES]
    return [_line(number, each, number == at) for number, each in enumerate(chosen, first)]


def _line(number: int, text: str, is_chosen: bool) -> Text:
    shown = Text(visible(text.removesuffix("\r").expandtabs(4), 500), no_wrap=True, end="")
    code, mark, _ = shown.plain.partition("#")
    if match := _DIRECTIVE.match(code):
        shown.stylize("bold", match.start(2), match.end(2))
    for pattern, style in _STYLES:
        for match in pattern.finditer(code):
            shown.stylize(style, *match.span())
    if mark and not code.strip():
        shown.stylize(DIM, len(code))
    if is_chosen:
        shown.stylize("reverse")
    sign = ("▸" if is_chosen else " ", ACCENT)
    return Text.assemble(sign, (f"{number:>5} ", f"{HEAD} {ACCENT}" if is_chosen else DIM), shown)


class ConfigView(ModalScreen[None]):
    """A page over the wizard; Escape or q closes it."""

    DEFAULT_CSS = """
    ConfigView { background: transparent; }
    ConfigView > VerticalScroll {
        width: 1fr; height: 1fr; background: $background; border: round $where;
        scrollbar-size-vertical: 1;
    }
    ConfigView Static { height: auto; width: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", tr("close")),
        ("q", "dismiss", tr("close")),
        ("enter", "dismiss", tr("close")),
    ]

    def __init__(self, name: str, text: str, at: int) -> None:
        super().__init__()
        self._file, self._at = name, at
        self._lines = shown_lines(text, at)

    def compose(self) -> ComposeResult:
        """Yield the lines."""
        with VerticalScroll() as page:
            page.border_title = f"{visible(self._file, 60)}:{self._at}"
            page.border_subtitle = tr("escape closes")
            yield Static(Text("\n").join(self._lines), markup=False)

    def on_mount(self) -> None:
        """Scroll to the line."""
        page = self.query_one(VerticalScroll)
        row = self._at - first_shown(self._at)
        self.call_after_refresh(
            page.scroll_to, y=max(0, row - self.size.height // 3), animate=False
        )
