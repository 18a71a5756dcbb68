"""A screen of boxed input fields: each is checked when it is left, and Enter goes to the next."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.screen import Screen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from wizard.text.errors import UsageError

Result = TypeVar("Result")


class Fields(Screen[Result]):
    """The base of screens with fields; a subclass says what the fields are and checks them."""

    DEFAULT_CSS = """
    Fields VerticalScroll { padding: 0 1; scrollbar-size-vertical: 1; }
    Fields VerticalScroll > * { max-width: 110; }
    Fields VerticalScroll > Static { padding: 0 1; height: auto; }
    Fields Input {
        height: 3; padding: 0 1; background: $background; background-tint: $background 0%;
        border: round $panel-border; border-title-color: $foreground;
        border-subtitle-color: $panel-border;
    }
    Fields Input.-required { border-title-style: bold; }
    Fields Input.-doubtful { border: round $state-look; }
    Fields Input.-wrong { border: round $state-fault; }
    Fields Input:focus {
        border: round $where; border-subtitle-color: $foreground;
        background-tint: $background 0%;
    }
    Fields .error { padding: 0 2; height: auto; color: $state-fault; display: none; }
    Fields .error.-doubtful { color: $state-look; display: block; }
    Fields .error.-wrong { color: $state-fault; display: block; }
    """
    IDS: ClassVar[Sequence[str]] = ()
    """The fields' ids, in their order."""

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all fields that are there now, in their order."""
        return self.IDS

    def check(self, field: str, text: str) -> None:
        """Check what was typed. Raises `UsageError` saying what is wrong with it."""
        raise NotImplementedError

    def doubt(self, field: str, text: str) -> str:
        """Return a question about a text that is valid, but perhaps not meant; else nothing."""
        return ""

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
        """Check a field, and show below it what is wrong or doubtful."""
        error = doubt = ""
        try:
            self.check(field, self.text(field))
            doubt = self.doubt(field, self.text(field))
        except UsageError as problem:
            error = str(problem)
        self.show_error(field, error, doubt)
        return not error

    def show_error(self, field: str, error: str, doubt: str = "") -> None:
        """Show below a field what is wrong with it, or doubtful; nothing if both are empty."""
        shown = self.query_one(f"#{field}-error", Static)
        shown.update(f"✗ {error}" if error else f"! {doubt}" if doubt else "")
        for widget in (shown, self.input_of(field)):
            widget.set_class(bool(error), "-wrong")
            widget.set_class(bool(doubt and not error), "-doubtful")
        if (error or doubt) and self.input_of(field).has_focus:
            self.call_after_refresh(shown.scroll_visible, animate=False)

    def shown_doubt(self, field: str) -> str:
        """Return the question that is shown below a field."""
        shown = self.query_one(f"#{field}-error", Static)
        return str(shown.content).removeprefix("! ") if shown.has_class("-doubtful") else ""

    @on(Input.Blurred)
    def _check_left(self, event: Input.Blurred) -> None:
        """Check a field that was left; one that is empty still waits for its text."""
        field = event.input.id or ""
        if not self.is_current or field not in self.ids:
            return
        if self.text(field):
            self.is_valid(field)
        else:
            self.show_error(field, "")

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field, which may be a new one, or submit after the last one."""
        field = event.input.id or ""
        if field == self.ids[-1]:
            self.action_take()
        elif self.is_valid(field):
            is_added = await self.add_after(field)
            if is_added:
                self.input_of(self.ids[self.ids.index(field) + 1]).focus()
            else:
                self.focus_next()

    async def add_after(self, field: str) -> bool:
        """Add another field after this one, if there should be one; return whether it was added."""
        return False

    def action_take(self) -> None:
        """Submit if every field is valid; else, or at a question not yet seen, go to its field."""
        seen = {field: self.shown_doubt(field) for field in self.ids}
        invalid = [field for field in self.ids if not self.is_valid(field)]
        asked = [field for field in self.ids if self.shown_doubt(field) not in ("", seen[field])]
        if invalid or asked:
            field = (invalid or asked)[0]
            self.input_of(field).focus()
            below = self.query_one(f"#{field}-error", Static)
            self.call_after_refresh(below.scroll_visible, animate=False)
        else:
            self.take()


def make_input(
    field: str,
    title: str,
    example: str = "",
    *,
    text: str = "",
    hint: str = "",
    is_required: bool = False,
    suggester: Suggester | None = None,
    kind: type[Input] = Input,
) -> Input:
    """Return a box with its title, an example, and a hint on its keys in the lower border."""
    made = kind(text, example, id=field, suggester=suggester, select_on_focus=False)
    made.cursor_blink = False
    made.border_title, made.border_subtitle = title, hint
    made.set_class(is_required, "-required")
    return made
