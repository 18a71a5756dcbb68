"""A box to tick: `[x]` or `[ ]` before its text, so that no colour is needed to tell them apart."""

from typing import ClassVar

from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

from wizard.text.messages import tr


class Tick(Widget, can_focus=True):
    """Space or a click ticks it; Enter goes to the next field."""

    DEFAULT_CSS = """
    Tick { height: auto; width: auto; padding: 0 1; }
    Tick:focus { color: $where; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "tick", tr("tick"), id="form.tick", tooltip=tr("Tick the box, or clear it")
        ),
        Binding("enter", "screen.focus_next", show=False, id="form.next"),
    ]
    value = reactive(False, layout=True)

    def __init__(self, text: str, id: str) -> None:
        super().__init__(id=id)
        self._text = text

    def render(self) -> RenderResult:
        """Return the box and its text."""
        return f"\\[{'x' if self.value else ' '}] {self._text}"

    def action_tick(self) -> None:
        """Tick the box, or clear it."""
        self.value = not self.value

    def on_click(self) -> None:
        """Do the same as Space."""
        self.action_tick()
