"""The right side: why a step is done, the curl that shows the same, and its live result."""

from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from screens.panes import PANES
from screens.panes.view import View
from screens.widgets.lines import Lines
from screens.widgets.style import DIM, GLYPHS, HEAD, STYLES, fitted, line, wrapped
from wizard.model.steps import STEP_TEXTS
from wizard.text.display import safe

ROOMY = 30
"""From this many lines on, every curl is shown whole."""


class Pane(VerticalScroll):
    """One scrolling text, drawn anew from values a few times a second while something runs."""

    DEFAULT_CSS = """
    Pane {
        width: 1fr;
        height: 1fr;
        padding: 0 0 0 1;
        scrollbar-size-vertical: 1;
    }
    """

    def compose(self) -> ComposeResult:
        """A single text."""
        yield Lines()

    def show(self, view: View, curls: tuple[str, ...], hint: str) -> None:
        """Draw this moment. `hint` says what is missing or being waited for; it may be empty."""
        head = _head(view, curls, hint)
        rest = replace(view, height=max(8, view.height - len(head)))
        rows = [fitted(row, view.width, pad=False) for row in (*head, *PANES[view.step](rest))]
        # Filled up to the window, so that a stream that grows does not lay the screen out anew.
        self.query_one(Lines).show([*rows, *[Text()] * (view.height - len(rows))])


def _head(view: View, curls: tuple[str, ...], hint: str) -> list[Text]:
    text, state = STEP_TEXTS[view.step], view.state
    rows = [
        line(
            (text.title, HEAD), "  ", (f"{GLYPHS[state.state]} {state.state}", STYLES[state.state])
        )
    ]
    rows += wrapped(text.proves, view.width, DIM)
    rows += _curls(curls, view)
    if state.why:
        rows += wrapped(safe(state.why, 400), view.width, STYLES[state.state])
    if hint:
        rows += wrapped(safe(hint), view.width, "cyan")
    return [*rows, Text()]


def _curls(curls: tuple[str, ...], view: View) -> list[Text]:
    """All of them where there is room, else the first; `c` copies them all."""
    shown = curls if view.height >= ROOMY else curls[:1]
    rows = [piece for curl in shown for piece in wrapped(f"$ {curl}", view.width, "cyan")]
    hidden = len(curls) - len(shown)
    if hidden:
        rows[-1].append(f"  (and {hidden} more: c copies all)", DIM)
    return rows
