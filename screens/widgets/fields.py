"""A screen of input fields: Enter checks one and goes to the next, and submits at the last."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.screen import Screen
from textual.widgets import Input, Static

from wizard.text.errors import UsageError

Result = TypeVar("Result")


class Fields(Screen[Result]):
    """The base of screens with fields; a subclass says what the fields are and checks them."""

    DEFAULT_CSS = """
    Fields VerticalScroll { padding: 0 2; scrollbar-size-vertical: 1; }
    Fields Label { height: auto; margin-top: 1; }
    Fields Input { padding: 0 1; }
    Fields .error { height: auto; color: $error; display: none; }
    Fields .error.-wrong { display: block; }
    """
    IDS: ClassVar[Sequence[str]] = ()
    """The fields' ids, in their order."""

    def check(self, field: str, text: str) -> None:
        """Check what was typed. Raises `UsageError` saying what is wrong with it."""
        raise NotImplementedError

    def take(self) -> None:
        """Dismiss the screen with what was typed; every field is valid."""
        raise NotImplementedError

    def input_of(self, field: str) -> Input:
        """Return the input of a field."""
        return self.query_one(f"#{field}", Input)

    def error_of(self, field: str) -> Static:
        """Return the line below a field that shows what is wrong with it."""
        return Static("", id=f"{field}-error", classes="error", markup=False)

    def text(self, field: str) -> str:
        """Return what was typed, without surrounding blanks."""
        return self.input_of(field).value.strip()

    def is_valid(self, field: str) -> bool:
        """Check a field, and show below it what is wrong."""
        error = ""
        try:
            self.check(field, self.text(field))
        except UsageError as problem:
            error = str(problem)
        self.show_error(field, error)
        return not error

    def show_error(self, field: str, error: str) -> None:
        """Show below a field what is wrong with it; nothing if the text is empty."""
        shown = self.query_one(f"#{field}-error", Static)
        shown.update(error)
        shown.set_class(bool(error), "-wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field, or submit after the last one."""
        if event.input.id == self.IDS[-1]:
            self.action_take()
        elif self.is_valid(event.input.id or ""):
            self.focus_next()

    def action_take(self) -> None:
        """Submit if every field is valid, else go to the first that is not."""
        invalid = [field for field in self.IDS if not self.is_valid(field)]
        if invalid:
            self.input_of(invalid[0]).focus()
        else:
            self.take()
