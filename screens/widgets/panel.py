"""A bordered box of lines with a title; when it has the focus, its links can be followed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.css.scalar import Unit
from textual.events import Click

from screens.widgets.lines import Lines
from screens.widgets.style import ACCENT, fit, line
from wizard.model.steps import State
from wizard.text.messages import tr

_LINK_SIGN = "⏎"
LINK_COLUMNS = 2
"""Columns at the end of a row that say that it has a link: a blank and the sign."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a panel.

    Attributes:
        link: The action of the screen that Enter runs on this row, such as `choose(5)`; empty for
            a row without one.
    """

    text: Text
    link: str = ""


@dataclass(frozen=True, slots=True)
class PanelView:
    """What a panel shows.

    Attributes:
        state: The state that colours the border; None for a quiet one.
        note: A few words in the lower border.
        is_flexible: Whether it shows more in more rows, so that it gets those that are left.
    """

    title: str
    rows: Sequence[Row] = ()
    state: State | None = None
    note: str = ""
    is_flexible: bool = False

    @property
    def rows_wanted(self) -> int:
        """How many rows it needs to show all of its lines, border included."""
        return len(self.rows) + 2


def rows_of(lines: Iterable[Text]) -> list[Row]:
    """Rows without links."""
    return [Row(text) for text in lines]


class Panel(VerticalScroll, can_focus=True):
    """Shows a `PanelView`; with the focus, the arrows choose one of its links, or scroll."""

    DEFAULT_CSS = """
    Panel {
        width: 1fr; height: 1fr; padding: 0 1;
        border: round $panel-border; border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $foreground; scrollbar-size-vertical: 1;
        background: $background;
    }
    Panel.-pass { border: round $state-ok; }
    Panel.-warn { border: round $state-look; }
    Panel.-fail { border: round $state-fault; }
    Panel:focus { border: round $where; border-title-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", tr("up"), show=False, id="panel.up"),
        Binding("down,j", "move(1)", tr("down"), show=False, id="panel.down"),
        Binding(
            "enter",
            "follow",
            tr("open"),
            id="panel.follow",
            tooltip=tr("Open where this was seen"),
        ),
        Binding("g,home", "scroll_home", tr("top"), show=False, id="panel.top"),
        Binding("G,end", "scroll_end", tr("bottom"), show=False, id="panel.bottom"),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._view = PanelView("")
        self._chosen = 0

    def compose(self) -> ComposeResult:
        """Yield the lines."""
        yield Lines()

    @property
    def columns(self) -> int:
        """How many columns a row may have: one stays free for the scroll bar."""
        return max(20, self.size.width - 1)

    @property
    def rows(self) -> int:
        """How many rows are in view; of a height that was just set, before it is laid out."""
        height = self.styles.height
        if self.size.height and height is not None and height.unit is Unit.CELLS:
            return max(0, int(height.value) - 2)
        return self.size.height

    @property
    def view(self) -> PanelView:
        """What is shown."""
        return self._view

    @property
    def text(self) -> str:
        """All lines as plain text, for tests and for copying."""
        return self.query_one(Lines).text

    def show(self, view: PanelView) -> None:
        """Draw this view; what did not change is not written again."""
        self._view = view
        for state in ("pass", "warn", "fail"):
            self.set_class(view.state == state, f"-{state}")
        if self.border_title != view.title:
            self.border_title = view.title
        if self.border_subtitle != view.note:
            self.border_subtitle = view.note
        self._draw()

    def _draw(self) -> None:
        links = self._link_rows()
        chosen = links[min(self._chosen, len(links) - 1)] if links and self.has_focus else None
        rows = [self._row(row, number == chosen) for number, row in enumerate(self._view.rows)]
        # Filled up to the window, so that a growing stream needs no new layout.
        self.query_one(Lines).show([*rows, *[Text()] * (self.rows - len(rows))])

    def _row(self, row: Row, is_chosen: bool) -> Text:
        if not row.link:
            return fit(row.text, self.columns, pad=False)
        text = fit(row.text, self.columns - LINK_COLUMNS)
        sign = (_LINK_SIGN, f"{ACCENT} reverse" if is_chosen else ACCENT)
        return line(text, " ", sign)

    def _link_rows(self) -> list[int]:
        return [number for number, row in enumerate(self._view.rows) if row.link]

    def on_resize(self) -> None:
        """Fill the new height."""
        self._draw()

    def on_focus(self) -> None:
        """Show which link Enter follows."""
        self._draw()

    def on_blur(self) -> None:
        """Hide it again."""
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without links Enter belongs to the screen."""
        return bool(self._link_rows()) if action == "follow" else True

    def action_move(self, by: int) -> None:
        """Choose the link before or after, and keep it in view; without links, scroll."""
        links = self._link_rows()
        if not links:
            self.scroll_relative(y=by, animate=False)
            return
        self._chosen = max(0, min(self._chosen + by, len(links) - 1))
        self._draw()
        self._show_row(links[self._chosen])

    def _show_row(self, number: int) -> None:
        top = self.scroll_offset.y
        if not top <= number < top + self.rows:
            self.scroll_to(y=max(0, number - self.rows // 2), animate=False)

    async def on_click(self, event: Click) -> None:
        """Tell which row was clicked."""
        await self.click_row(event.screen_y - self.query_one(Lines).region.y, event.chain)

    async def click_row(self, row: int, times: int) -> None:
        """Choose the link in the row; a double click follows it."""
        links = self._link_rows()
        if row in links:
            self._chosen = links.index(row)
            self._draw()
            if times > 1:
                await self.action_follow()

    async def action_follow(self) -> None:
        """Run the chosen link's action on the screen."""
        links = self._link_rows()
        if links:
            link = self._view.rows[links[min(self._chosen, len(links) - 1)]].link
            await self.run_action(f"screen.{link}")
