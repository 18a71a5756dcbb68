"""The lists from which a vantage is chosen: its kind, then list after list."""

import shlex
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, Static

from screens.vantage_form import VantageForm, VantageInput
from screens.widgets.footer import Keys
from screens.widgets.lines import Lines
from screens.widgets.style import DIM, fit, line
from wizard.model.parse import parse_vantages
from wizard.model.steps import StepId
from wizard.model.target import Target
from wizard.text.columns import width as width_of
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr
from wizard.vantage.presets import Choice, Listing, Menu, Preset, list_kinds, menu
from wizard.vantage.presets.menu import MenuOrPreset

MAX_UNCOUNTED_ROWS = 10
"""A list of at most this many rows shows no count."""
MAX_NAME_WIDTH = 40
"""The most columns of the names."""


@dataclass(frozen=True, slots=True)
class MenuState:
    """A menu with its list, the typed text and the cursor.

    Attributes:
        listing: The menu's choices; None while they are being read.
        text: The text that narrows the list.
        cursor: Index of the marked row.
    """

    menu: Menu
    listing: Listing | None = None
    text: str = ""
    cursor: int = 0

    @property
    def matching(self) -> tuple[Choice, ...]:
        """The choices in which every typed word occurs."""
        words = self.text.lower().split()
        rows = self.listing.choices if self.listing else ()
        return tuple(
            row for row in rows if all(word in f"{row.text} {row.note}".lower() for word in words)
        )

    @property
    def has_typed_row(self) -> bool:
        """True if a last row offers the typed text itself."""
        typed = self.text.strip()
        return bool(typed and self.menu.parse) and all(row.text != typed for row in self.matching)

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return len(self.matching) + self.has_typed_row

    def with_text(self, text: str) -> "MenuState":
        """Return the state with another text and the first match marked."""
        return self if text == self.text else replace(self, text=text, cursor=0)

    def moved(self, by: int) -> "MenuState":
        """Return the state with the mark so many rows further down, within the list."""
        return replace(self, cursor=max(0, min(self.cursor + by, self.row_count - 1)))

    def chosen(self) -> MenuOrPreset | None:
        """Return what the marked row leads to; None where there is no row.

        Raises:
            UsageError: The typed text is not valid.
        """
        matching = self.matching
        if self.cursor < len(matching):
            return matching[self.cursor].next
        return self.menu.parse(self.text) if self.has_typed_row and self.menu.parse else None

    def draw(self, width: int, height: int) -> list[Text]:
        """Draw the page of rows with the marked one.

        Whole pages, because a list that scrolls by one row would be rewritten as a whole.
        """
        matching = self.matching
        top = self.cursor // max(1, height) * height
        page = matching[top : top + height]
        name_width = max((width_of(safe(row.text, 200)) for row in page), default=0)
        rows = [self._row(top + n, row, name_width) for n, row in enumerate(page)]
        if self.has_typed_row and len(page) < height:
            mark = self._mark(len(matching))
            rows.append(line(mark, tr("as typed: "), safe(self.text.strip(), 200)))
        return [fit(row, width, pad=False) for row in rows]

    def _row(self, index: int, row: Choice, name_width: int) -> Text:
        name = fit(line(safe(row.text, 200)), min(MAX_NAME_WIDTH, name_width))
        if index == self.cursor:
            name.stylize("bold reverse")
        return Text.assemble(self._mark(index), name, ("  " + safe(row.note, 200), DIM))

    def _mark(self, index: int) -> tuple[str, str]:
        return ("> " if index == self.cursor else "  ", "bold")

    def count_text(self) -> str:
        """Return how many of all rows match; empty for a short list."""
        total = len(self.listing.choices) if self.listing else 0
        return (
            tr("{count} of {total}", count=len(self.matching), total=total)
            if total > MAX_UNCOUNTED_ROWS
            else ""
        )


def first_menu(target: Target) -> Menu:
    """Return the menu of the target's vantages and of the kinds that this machine can reach."""
    vantages = tuple(
        Choice(
            item.name,
            tr("known: {prefix}", prefix=shlex.join(item.prefix)),
            Preset(item.name, item.prefix),
        )
        for item in target.vantages
    )

    async def load() -> Listing:
        return Listing((*vantages, *list_kinds()))

    return Menu(
        tr("Look from where?"), load, _parse_prefix, tr("any command prefix, such as ssh jump")
    )


def _parse_prefix(text: str) -> Preset:
    """Parse a typed command prefix. Raises `UsageError`."""
    prefix = parse_vantages([f"there={text.strip()}"])[0].prefix
    words = [word for word in prefix if not word.startswith("-")]
    return Preset(menu.name_of_host(words[-1] if words else ""), prefix)


class VantagePicker(Screen[VantageInput]):
    """Lists, one after the other: Enter chooses, typing narrows, Escape goes back."""

    DEFAULT_CSS = """
    VantagePicker #menu { height: 1; padding: 0 1; text-style: bold; }
    VantagePicker Input { border: none; height: 1; padding: 0; margin: 0 1; }
    VantagePicker Lines { height: 1fr; margin: 1 1 0 1; }
    VantagePicker #message { height: 3; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", tr("choose"), id="places.choose", tooltip=tr("Choose the marked row")
        ),
        Binding("up", "mark(-1)", tr("up"), id="places.up", tooltip=tr("The row above")),
        Binding("down", "mark(1)", tr("down"), id="places.down", tooltip=tr("The row below")),
        Binding("pageup", "mark(-10)", tr("page up"), show=False, id="places.pageup"),
        Binding("pagedown", "mark(10)", tr("page down"), show=False, id="places.pagedown"),
        Binding(
            "escape",
            "back",
            tr("back"),
            id="places.back",
            tooltip=tr("Back to the previous list, or close"),
        ),
    ]

    def __init__(self, target: Target, step: StepId | None = None) -> None:
        """With a step, the form asks for that step's input first."""
        super().__init__()
        self._target, self._step = target, step
        self._levels = [MenuState(first_menu(target))]

    @property
    def menu_state(self) -> MenuState:
        """The menu that is shown."""
        return self._levels[-1]

    def compose(self) -> ComposeResult:
        """Yield the menu's title, the input that narrows, the rows and the message."""
        yield Static(id="menu", markup=False)
        yield Input(compact=True)
        yield Lines()
        yield Static(id="message", markup=False)
        yield Keys()

    def on_mount(self) -> None:
        """Read the first list."""
        self.query_one(Input).cursor_blink = False
        self._open()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.call_after_refresh(self._draw)

    def _open(self) -> None:
        """Show the current menu, and read its list if that was not done."""
        field, state = self.query_one(Input), self.menu_state
        with self.prevent(Input.Changed):
            field.value = state.text
        field.cursor_position = len(field.value)
        field.placeholder = tr("Arrows and Enter; type to filter, or {hint}", hint=state.menu.hint)
        if state.listing is None:
            self._read()
        self._draw()

    @work(group="list", exclusive=True)
    async def _read(self) -> None:
        """Read the list; going back cancels it."""
        menu = self.menu_state.menu
        listing = await menu.load()
        if self.menu_state.menu is menu:
            self._levels[-1] = MenuState(menu, listing, self.menu_state.text)
            self._draw()

    def _draw(self, error: str = "") -> None:
        state, lines = self.menu_state, self.query_one(Lines)
        title = f"{safe(state.menu.title, 100)}  {state.count_text()}"
        self.query_one("#menu", Static).update(fit(line(title), self.size.width - 2))
        rows = state.draw(lines.size.width, lines.size.height)
        lines.show([*rows, *[line()] * (lines.size.height - len(rows))])
        problem = tr("reading the list …") if state.listing is None else state.listing.problem
        self.query_one("#message", Static).update(safe(error or problem, 300))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._set(self.menu_state.with_text(event.value))

    def on_input_submitted(self) -> None:
        """Choose the marked row."""
        self.action_choose()

    def _set(self, state: MenuState) -> None:
        self._levels[-1] = state
        self._draw()

    def action_mark(self, by: int) -> None:
        """Mark a row further down or up."""
        self._set(self.menu_state.moved(by))

    def action_back(self) -> None:
        """Go back to the list before; from the first one, leave."""
        self.workers.cancel_group(self, "list")
        if len(self._levels) == 1:
            self.dismiss(None)
            return
        self._levels.pop()
        self._open()

    def action_choose(self) -> None:
        """Open the menu or the form that the marked row leads to."""
        try:
            chosen = self.menu_state.chosen()
        except UsageError as error:
            self._draw(str(error).removeprefix("--vantage there: "))
            return
        if isinstance(chosen, Menu):
            self._levels.append(MenuState(chosen))
            self._open()
        elif chosen is not None:
            self.app.push_screen(VantageForm(self._target, chosen, self._step), self._take)

    def _take(self, vantage: VantageInput | None) -> None:
        if vantage is not None:
            self.dismiss(vantage)
