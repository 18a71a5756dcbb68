"""The first frame of the wizard, drawn before what runs a step is imported."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from screens.widgets.header import Chip, Header, host_and_path
from screens.widgets.panel import Panel, PanelView, rows_of
from screens.widgets.step_list import StepList
from screens.widgets.style import ACCENT, DIM, line, wrap
from wizard.model.steps import STATE_WORDS, STEP_TEXTS, STEPS, StepState
from wizard.model.target import Target
from wizard.text.messages import tr

FIRST_HINT = tr("Enter runs this step; a runs all remaining steps.")
"""What to press at the start."""
SMALL = (76, 20)
"""In a window of fewer columns or lines only one panel is shown."""


class Opening(Screen[None]):
    """The frame of the first step, without keys: the app keeps those until the steps are there."""

    DEFAULT_CSS = """
    Opening { padding-bottom: 1; }
    """

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target

    def compose(self) -> ComposeResult:
        """Yield the header, the step list and the panel of the first step."""
        yield Header()
        with Horizontal(id="main"):
            yield StepList()
            with Vertical(id="panels"):
                yield Panel("first")

    def on_mount(self) -> None:
        """Draw all that needs no size; the text of the panel follows with the second frame."""
        width, height = self.app.size
        is_small = width < SMALL[0] or height < SMALL[1]
        self.set_class(is_small, "-small")
        steps = self.query_one(StepList)
        steps.display = not is_small
        steps.show_states({step: StepState(step) for step in STEPS}, {}, STEPS[0], self._target)
        host, path = host_and_path(self._target.url)
        self.query_one(Header).show_target(host, path, Chip())
        self.call_after_refresh(self._draw_panel)

    def _draw_panel(self) -> None:
        panel, step = self.query_one(Panel), STEPS[0]
        proves = wrap(STEP_TEXTS[step].proves, panel.columns, DIM)
        rows = [line(("→ ", ACCENT), FIRST_HINT), Text(), *proves]
        title = f"1 {STEP_TEXTS[step].title}"
        panel.show(PanelView(title, rows_of(rows), None, STATE_WORDS["todo"]))
