"""A widget that draws lines and rewrites only those that changed, and the step list made of it.

A `Static` writes all of itself at each update, 5 KB a frame for a pane of this size, which is slow
over a slow SSH link.
"""

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from screens.widgets.style import GLYPHS, STYLES, fit, line
from wizard.model.steps import STEP_TEXTS, STEPS, StepId, StepState


class Lines(Widget):
    """As many lines as were given to `show`."""

    DEFAULT_CSS = """
    Lines { width: 1fr; height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Text, ...] = ()

    def show(self, lines: Sequence[Text]) -> None:
        """Draw these lines; a line that did not change is not written again."""
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        pairs = enumerate(zip(before, self._lines, strict=True))
        changed = [number for number, (old, new) in pairs if not _is_same(old, new)]
        if changed:
            self.refresh(*(Region(0, number, self.size.width, 1) for number in changed))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one row for each line."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Return the line at that row."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        segments = self._lines[y].render(self.app.console)
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    @property
    def text(self) -> str:
        """All lines as plain text, for tests and for copying."""
        return "\n".join(row.plain for row in self._lines)


def _is_same(old: Text, new: Text) -> bool:
    return old.plain == new.plain and old.spans == new.spans and old.style == new.style


class StepList(Lines):
    """The steps at the left: each with a shape and a colour for its state."""

    DEFAULT_CSS = """
    StepList {
        width: 21;
        height: 1fr;
        padding: 0 1 0 0;
        border-right: solid $foreground 30%;
    }
    """
    TEXT_WIDTH = 19
    """Columns inside padding and border."""

    def show_states(self, states: Mapping[StepId, StepState], chosen: StepId) -> None:
        """Draw these states, with the chosen step marked."""
        rows = [_step_row(n, states[step], step == chosen) for n, step in enumerate(STEPS, 1)]
        self.show([fit(row, self.TEXT_WIDTH) for row in rows])


def _step_row(number: int, state: StepState, is_chosen: bool) -> Text:
    glyph = (GLYPHS[state.state], STYLES[state.state])
    mark = (">" if is_chosen else " ", "bold")
    style = "bold reverse" if is_chosen else ""
    return line(mark, glyph, f" {number} ", (STEP_TEXTS[state.id].title, style))
