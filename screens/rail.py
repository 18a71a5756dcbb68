"""The left rail: the steps and their state, a shape and a colour each."""

from collections.abc import Mapping

from rich.text import Text
from textual.widgets import Static

from screens.paint import GLYPHS, STYLES, joined, line
from wizard.model import STEPS, StepId, StepState
from wizard.steps import STEP_TEXTS

WIDTH = 19


class Rail(Static):
    """Draws the steps; which one is chosen, the app knows."""

    DEFAULT_CSS = """
    Rail {
        width: 21;
        height: 1fr;
        padding: 0 1 0 0;
        border-right: solid $foreground 30%;
    }
    """

    def show(self, states: Mapping[StepId, StepState], chosen: StepId) -> None:
        """Draw these states."""
        self.update(
            joined(
                [_row(n, states[step], step == chosen) for n, step in enumerate(STEPS, 1)], WIDTH
            )
        )


def _row(number: int, state: StepState, chosen: bool) -> Text:
    glyph = (GLYPHS[state.state], STYLES[state.state])
    mark = (">" if chosen else " ", "bold")
    style = "bold reverse" if chosen else ""
    return line(mark, glyph, f" {number} ", (STEP_TEXTS[state.id].title, style))
