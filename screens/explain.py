"""What the shown step proves, and the curl commands that show the same."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets.style import ACCENT, HEAD, wrap
from wizard.model.steps import STEP_TEXTS, STEPS, StepId
from wizard.text.messages import tr


class Explain(ModalScreen[None]):
    """A page over the wizard; Escape, ? or q closes it."""

    DEFAULT_CSS = """
    Explain { align: center middle; background: transparent; }
    Explain > VerticalScroll {
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        background: $background; border: round $where; padding: 0 1;
        scrollbar-size-vertical: 1;
    }
    Explain Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", tr("close")),
        ("question_mark", "dismiss", tr("close")),
        ("q", "dismiss", tr("close")),
    ]

    def __init__(self, step: StepId, curls: Sequence[str]) -> None:
        super().__init__()
        self._step, self._curls = step, curls

    def compose(self) -> ComposeResult:
        """Yield the text."""
        text = STEP_TEXTS[self._step]
        lines = wrap(text.proves, max(30, min(72, self.app.size.width - 5)))
        shown = Text("\n").join([*lines, Text()])
        if self._curls:
            shown.append(f"\n{tr('The same by hand (c copies it)')}\n", HEAD)
        for curl in self._curls:
            shown.append(f"$ {curl}\n", ACCENT)
        with VerticalScroll() as page:
            page.border_title = f"{STEPS.index(self._step) + 1} {text.title}"
            yield Static(shown, markup=False)
