"""The right side: what the step proves, the curl command that does the same, and the result."""

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from screens.panes import PANES
from screens.panes.view import View
from screens.widgets.lines import Lines
from screens.widgets.style import DIM, GLYPHS, HEAD, STYLES, fit, line, wrap
from wizard.model.steps import STEP_TEXTS
from wizard.text.display import safe

ALL_CURLS_HEIGHT = 30
"""From this many lines on, all curl commands are shown."""
MIN_RESULT_HEIGHT = 8


class Pane(VerticalScroll):
    """A scrolling text, redrawn a few times a second while something runs."""

    DEFAULT_CSS = """
    Pane {
        width: 1fr;
        height: 1fr;
        padding: 0 0 0 1;
        scrollbar-size-vertical: 1;
    }
    """

    def compose(self) -> ComposeResult:
        """Yield the lines."""
        yield Lines()

    def show(self, view: View, curls: Sequence[str], hint: str) -> None:
        """Draw this view; `hint` says what is missing or awaited, and may be empty."""
        head = _head(view, curls, hint)
        result = replace(view, height=max(MIN_RESULT_HEIGHT, view.height - len(head)))
        rows = [fit(row, view.width, pad=False) for row in (*head, *PANES[view.step](result))]
        # Filled up to the window, so that a growing stream needs no new layout.
        self.query_one(Lines).show([*rows, *[Text()] * (view.height - len(rows))])


def _head(view: View, curls: Sequence[str], hint: str) -> list[Text]:
    text, state = STEP_TEXTS[view.step], view.state
    status = (f"{GLYPHS[state.state]} {state.state}", STYLES[state.state])
    rows = [line((text.title, HEAD), "  ", status)]
    rows += wrap(text.proves, view.width, DIM)
    rows += _curls(curls, view)
    if state.why:
        rows += wrap(safe(state.why, 400), view.width, STYLES[state.state])
    if hint:
        rows += wrap(safe(hint), view.width, "cyan")
    return [*rows, Text()]


def _curls(curls: Sequence[str], view: View) -> list[Text]:
    """Draw all curl commands in a high window, else the first; `c` copies them all."""
    shown = curls if view.height >= ALL_CURLS_HEIGHT else curls[:1]
    rows = [row for curl in shown for row in wrap(f"$ {curl}", view.width, "cyan")]
    hidden = len(curls) - len(shown)
    if not hidden:
        return rows
    note = f"  (and {hidden} more: c copies all)"
    if rows[-1].cell_len + len(note) > view.width:
        return [*rows, line((note, DIM))]
    rows[-1].append(note, DIM)
    return rows
