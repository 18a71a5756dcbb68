"""The left rail: the steps and their state, a shape and a colour each."""

from collections.abc import Mapping

from rich.text import Text

from screens.widgets.lines import Lines
from screens.widgets.style import GLYPHS, STYLES, fitted, line
from wizard.model.steps import STEP_TEXTS, STEPS, StepId, StepState

WIDTH = 19


class StepList(Lines):
    """Draws the steps; which one is chosen, the app knows."""

    DEFAULT_CSS = """
    StepList {
        width: 21;
        height: 1fr;
        padding: 0 1 0 0;
        border-right: solid $foreground 30%;
    }
    """

    def states(self, states: Mapping[StepId, StepState], chosen: StepId) -> None:
        """Draw these states."""
        rows = [_row(n, states[step], step == chosen) for n, step in enumerate(STEPS, 1)]
        self.show([fitted(row, WIDTH) for row in rows])


def _row(number: int, state: StepState, chosen: bool) -> Text:
    glyph = (GLYPHS[state.state], STYLES[state.state])
    mark = (">" if chosen else " ", "bold")
    style = "bold reverse" if chosen else ""
    return line(mark, glyph, f" {number} ", (STEP_TEXTS[state.id].title, style))
