"""From where else to look: kind, then list after list, until a place is chosen."""

import shlex
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from screens.vantage_form import Given, Look
from screens.widgets.lines import Lines
from screens.widgets.style import DIM, fitted, line
from wizard.model.parse import parse_vantages
from wizard.model.steps import StepId
from wizard.model.target import Target
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.vantage.presets import Choice, Listing, Menu, Preset, list_kinds, menu
from wizard.vantage.presets.menu import MenuOrPreset

SHORT = 10
"""Up to so many rows are not counted."""
WIDEST = 40
"""How wide the column of names becomes at most."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """A menu at a moment.

    Attributes:
        listed: What it has; None while it is read.
        text: What was typed.
        cursor: Which of the rows is marked, counted from 0.
    """

    menu: Menu
    listed: Listing | None = None
    text: str = ""
    cursor: int = 0

    @property
    def matching(self) -> tuple[Choice, ...]:
        """The choices in which each typed word occurs."""
        words = self.text.lower().split()
        rows = self.listed.choices if self.listed else ()
        return tuple(
            row for row in rows if all(word in f"{row.text} {row.note}".lower() for word in words)
        )

    @property
    def as_typed(self) -> bool:
        """Whether a last row takes what was typed as it is."""
        typed = self.text.strip()
        return bool(typed and self.menu.parse) and all(row.text != typed for row in self.matching)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.matching) + self.as_typed

    def with_text(self, text: str) -> "Choosing":
        """Narrowed by another text; the first match is marked."""
        return self if text == self.text else replace(self, text=text, cursor=0)

    def moved(self, by: int) -> "Choosing":
        """The mark so many rows further down, as far as there are rows."""
        return replace(self, cursor=max(0, min(self.cursor + by, self.rows - 1)))

    def chosen(self) -> MenuOrPreset | None:
        """What the marked row leads to; None where there is no row.

        Raises:
            UsageError: What was typed cannot be taken.
        """
        matching = self.matching
        if self.cursor < len(matching):
            return matching[self.cursor].next
        return self.menu.parse(self.text) if self.as_typed and self.menu.parse else None

    def drawn(self, width: int, height: int) -> list[Text]:
        """As many rows as there is room for, the marked one among them. A page at a time: a list
        that moves by a row is written anew as a whole."""
        rows = self.matching
        top = self.cursor // max(1, height) * height
        shown = rows[top : top + height]
        wide = min(WIDEST, max((len(safe(row.text, 200)) for row in shown), default=0))
        drawn = [self._row(top + n, row, wide) for n, row in enumerate(shown)]
        if self.as_typed and len(shown) < height:
            mark = self._mark(len(rows))
            drawn.append(line(mark, "as typed: ", safe(self.text.strip(), 200)))
        return [fitted(one, width, pad=False) for one in drawn]

    def _row(self, place: int, row: Choice, wide: int) -> Text:
        name = fitted(line(safe(row.text, 200)), wide)
        if place == self.cursor:
            name.stylize("bold reverse")
        return Text.assemble(self._mark(place), name, ("  " + safe(row.note, 200), DIM))

    def _mark(self, place: int) -> tuple[str, str]:
        return ("> " if place == self.cursor else "  ", "bold")

    def count(self) -> str:
        """How many rows there are, of how many; empty for a short list."""
        total = len(self.listed.choices) if self.listed else 0
        return f"{len(self.matching)} of {total}" if total > SHORT else ""


def first_menu(target: Target) -> Menu:
    """The places that are known already, and the kinds that can be had here."""
    known = tuple(
        Choice(one.name, f"known: {shlex.join(one.prefix)}", Preset(one.name, one.prefix))
        for one in target.vantages
    )

    async def load() -> Listing:
        return Listing((*known, *list_kinds()))

    return Menu("Look from where?", load, _command, "any command prefix, such as ssh jump")


def _command(text: str) -> Preset:
    """A command prefix, as typed. Raises `UsageError`."""
    prefix = parse_vantages([f"there={text.strip()}"])[0].prefix
    words = [word for word in prefix if not word.startswith("-")]
    return Preset(menu.name_of_host(words[-1] if words else ""), prefix)


class Places(Screen[Given]):
    """Lists, one after the other; Enter chooses, typing narrows, Escape goes back."""

    DEFAULT_CSS = """
    Places #menu { height: 1; padding: 0 1; text-style: bold; }
    Places Input { border: none; height: 1; padding: 0; margin: 0 1; }
    Places Lines { height: 1fr; margin: 1 1 0 1; }
    Places #said { height: 3; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", id="places.choose", tooltip="Take the marked row"),
        Binding("up", "mark(-1)", "up", id="places.up", tooltip="The row above"),
        Binding("down", "mark(1)", "down", id="places.down", tooltip="The row below"),
        Binding("pageup", "mark(-10)", "page up", show=False, id="places.pageup"),
        Binding("pagedown", "mark(10)", "page down", show=False, id="places.pagedown"),
        Binding("escape", "back", "back", id="places.back", tooltip="The list before, or leave"),
    ]

    def __init__(self, target: Target, step: StepId | None = None) -> None:
        """With a step, what that one needs is asked for first."""
        super().__init__()
        self._target, self._step = target, step
        self._levels = [Choosing(first_menu(target))]

    @property
    def now(self) -> Choosing:
        """The list that is shown."""
        return self._levels[-1]

    def compose(self) -> ComposeResult:
        """What is chosen, the line that narrows, the rows, what is to be said."""
        yield Static(id="menu", markup=False)
        yield Input(compact=True)
        yield Lines()
        yield Static(id="said", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read the first list."""
        self.query_one(Input).cursor_blink = False
        self._open()

    def on_resize(self) -> None:
        """As many rows as there is room for."""
        self.call_after_refresh(self._draw)

    def _open(self) -> None:
        """Show the list that is on top, and read it if it was not read."""
        line = self.query_one(Input)
        with self.prevent(Input.Changed):
            line.value = self.now.text
        line.cursor_position = len(line.value)
        line.placeholder = f"Arrows and Enter; type to narrow, or {self.now.menu.hint}"
        if self.now.listed is None:
            self._read()
        self._draw()

    @work(group="list", exclusive=True)
    async def _read(self) -> None:
        """Read the list; whoever goes back meanwhile ends it."""
        reading = self.now.menu
        listed = await reading.load()
        if self.now.menu is reading:
            self._levels[-1] = Choosing(reading, listed, self.now.text)
            self._draw()

    def _draw(self, wrong: str = "") -> None:
        now, rows = self.now, self.query_one(Lines)
        title = f"{safe(now.menu.title, 100)}  {now.count()}"
        self.query_one("#menu", Static).update(fitted(line(title), self.size.width - 2))
        drawn = now.drawn(rows.size.width, rows.size.height)
        rows.show([*drawn, *[line()] * (rows.size.height - len(drawn))])
        said = wrong or ("reading the list …" if now.listed is None else now.listed.problem)
        self.query_one("#said", Static).update(safe(said, 300))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._set(self.now.with_text(event.value))

    def on_input_submitted(self) -> None:
        """Enter in the line is Enter on the marked row."""
        self.action_choose()

    def _set(self, choosing: Choosing) -> None:
        self._levels[-1] = choosing
        self._draw()

    def action_mark(self, by: int) -> None:
        """Another row."""
        self._set(self.now.moved(by))

    def action_back(self) -> None:
        """The list before this one; from the first, leave."""
        self.workers.cancel_group(self, "list")
        if len(self._levels) == 1:
            self.dismiss(None)
            return
        self._levels.pop()
        self._open()

    def action_choose(self) -> None:
        """Go where the marked row leads."""
        try:
            leads = self.now.chosen()
        except UsageError as error:
            self._draw(str(error).removeprefix("--vantage there: "))
            return
        if isinstance(leads, Menu):
            self._levels.append(Choosing(leads))
            self._open()
        elif leads is not None:
            self.app.push_screen(Look(self._target, leads, self._step), self._looked)

    def _looked(self, given: Given | None) -> None:
        if given is not None:
            self.dismiss(given)
