"""A screen of fields that are checked one by one: Enter goes on, and takes them at the last."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.screen import Screen
from textual.widgets import Input, Static

from wizard.text.errors import UsageError

Result = TypeVar("Result")


class Fields(Screen[Result]):
    """What screens with fields share; each says what its fields are and how they are read."""

    DEFAULT_CSS = """
    Fields VerticalScroll { padding: 0 2; scrollbar-size-vertical: 1; }
    Fields Label { height: auto; margin-top: 1; }
    Fields Input { padding: 0 1; }
    Fields .error { height: auto; color: $error; display: none; }
    Fields .error.-wrong { display: block; }
    """
    IDS: ClassVar[Sequence[str]] = ()
    """The fields, in their order."""

    def check(self, field: str, text: str) -> None:
        """Read what was typed. Raises `UsageError` saying what is wrong with it."""
        raise NotImplementedError

    def take(self) -> None:
        """Leave with what was typed; every field is fine."""
        raise NotImplementedError

    def error_of(self, field: str) -> Static:
        """The line below a field that says what is wrong with it."""
        return Static("", id=f"{field}-error", classes="error", markup=False)

    def text(self, field: str) -> str:
        """What was typed, without blanks around it."""
        return self.query_one(f"#{field}", Input).value.strip()

    def is_fine(self, field: str) -> bool:
        """Whether the field can be read; says below it why not."""
        error = ""
        try:
            self.check(field, self.text(field))
        except UsageError as problem:
            error = str(problem)
        shown = self.query_one(f"#{field}-error", Static)
        shown.update(error)
        shown.set_class(bool(error), "-wrong")
        return not error

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: the next field, or take them all."""
        if event.input.id == self.IDS[-1]:
            self.action_take()
        elif self.is_fine(event.input.id or ""):
            self.focus_next()

    def action_take(self) -> None:
        """Take them if every field is fine; else go to the first that is not."""
        wrong = [field for field in self.IDS if not self.is_fine(field)]
        if wrong:
            self.query_one(f"#{wrong[0]}", Input).focus()
        else:
            self.take()
