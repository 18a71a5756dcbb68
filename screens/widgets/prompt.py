"""One line at the bottom that takes what a step misses, right there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Label

from wizard.text.display import safe
from wizard.text.errors import SsewizardError


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        label: What to type, in a few words.
        check: Turns the answer into a value, or raises an `SsewizardError` that says why not.
        done: Takes the value.
    """

    label: str
    check: Callable[[str], object]
    done: Callable[[object], None]
    value: str = ""


class Prompt(Vertical):
    """Hidden until something is asked; Enter answers, Escape leaves it."""

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; padding: 0 1; }
    Prompt.-asking { display: block; }
    Prompt Input { border: none; height: 1; padding: 0; }
    Prompt Label { width: 1fr; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "leave")]

    @dataclass
    class Closed(Message):
        """The line is hidden again; the keys belong to the steps."""

        answered: bool

    def compose(self) -> ComposeResult:
        """A label and an input."""
        yield Label(id="prompt-label", markup=False)
        line = Input(id="prompt-input", compact=True, disabled=True)
        line.cursor_blink = False
        yield line

    def spec(self, question: Question) -> None:
        """Show the line and take the keys."""
        self._question = question
        self.query_one(Label).update(question.label)
        line = self.query_one(Input)
        line.value = question.value
        line.disabled = False
        self.add_class("-asking")
        line.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Check the answer; a wrong one stays, with the reason above it."""
        event.stop()
        try:
            value = self._question.check(event.value)
        except SsewizardError as error:
            self.query_one(Label).update(safe(str(error)))
            return
        self._close(answered=True)
        self._question.done(value)

    def action_leave(self) -> None:
        """Leave without an answer."""
        self._close(answered=False)

    def _close(self, *, answered: bool) -> None:
        self.remove_class("-asking")
        self.query_one(Input).disabled = True
        self.screen.set_focus(None)
        self.post_message(self.Closed(answered))
