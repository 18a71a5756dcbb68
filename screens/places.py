"""From where else to look: kind, then list after list, until a place is chosen."""

import shlex
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from screens.choosing import Choosing
from screens.given import Given
from screens.lines import Lines
from screens.look import Look
from screens.paint import fitted, line
from wizard.cli.places import vantages_of
from wizard.errors import UsageError
from wizard.model import StepId
from wizard.target import Target
from wizard.text import safe
from wizard.vantage.presets import Choice, Listed, Menu, Preset, kinds, naming


def first_menu(target: Target) -> Menu:
    """The places that are known already, and the kinds that can be had here."""
    known = tuple(
        Choice(one.name, f"known: {shlex.join(one.prefix)}", Preset(one.name, one.prefix))
        for one in target.vantages
    )

    async def load() -> Listed:
        return Listed((*known, *kinds()))

    return Menu("Look from where?", load, _command, "any command prefix, such as ssh jump")


def _command(text: str) -> Preset:
    """A command prefix, as typed. Raises `UsageError`."""
    prefix = vantages_of([f"there={text.strip()}"])[0].prefix
    words = [word for word in prefix if not word.startswith("-")]
    return Preset(naming.of_host(words[-1] if words else ""), prefix)


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
        line.placeholder = f"Arrows and Enter; type to narrow, or {self.now.menu.other}"
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
