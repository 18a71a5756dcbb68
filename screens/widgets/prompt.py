"""One input line at the bottom, for what a step needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from wizard.text.display import safe
from wizard.text.errors import SsewizardError
from wizard.text.messages import tr
from wizard.text.redaction import redact


@dataclass(frozen=True, slots=True)
class Question:
    """A question for the prompt.

    Attributes:
        label: What to type, in a few words.
        parse: Turns the answer into a value. Raises `SsewizardError` for a wrong answer.
        done: Takes the value.
        value: The text that is proposed.
    """

    label: str
    parse: Callable[[str], object]
    done: Callable[[object], None]
    value: str = ""


class Prompt(Vertical):
    """Hidden until `ask`; Enter answers, Escape leaves without an answer."""

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; padding: 0 1; }
    Prompt.-asking { display: block; }
    Prompt Input { border: none; height: 1; padding: 0; }
    Prompt Label { width: 1fr; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", tr("leave"))]

    @dataclass
    class Closed(Message):
        """The prompt is hidden again; the keys belong to the steps."""

        answered: bool

    _focused_before: Widget | None = None

    def compose(self) -> ComposeResult:
        """Yield the label and the input."""
        yield Label(id="prompt-label", markup=False)
        field = Input(id="prompt-input", compact=True, disabled=True)
        field.cursor_blink = False
        yield field

    def ask(self, question: Question) -> None:
        """Show the question and take the focus."""
        self._question = question
        if self.screen.focused is not self.query_one(Input):
            self._focused_before = self.screen.focused
        self.query_one(Label).update(question.label)
        field = self.query_one(Input)
        field.value = question.value
        field.disabled = False
        self.add_class("-asking")
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show dots instead of an answer with a secret in it, such as a URL with a token."""
        event.input.password = redact(event.value) != event.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Parse the answer; a wrong one stays, with the reason above it."""
        event.stop()
        try:
            value = self._question.parse(event.value)
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
        self.screen.set_focus(self._focused_before)
        self.post_message(self.Closed(answered))
