"""What `ssewizard` without a URL offers: a new investigation, the cases cut off, and the lab."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from screens.saved_cases import InterruptedCase, Offers
from screens.widgets.footer import Keys
from screens.widgets.header import Chip, Header, host_and_path
from screens.widgets.panel import Panel, PanelView, Row
from screens.widgets.style import ACCENT, DIM, GLYPHS, STYLES, fit, line
from wizard.model.steps import State
from wizard.model.target import Target
from wizard.text.columns import pad
from wizard.text.display import comma_list, safe
from wizard.text.messages import plural, tr

if TYPE_CHECKING:
    from wizard.investigation.casefile import CaseSummary

_MAX_URL_COLUMNS = 40
_FILE = re.compile(r"case-\S+?\.json")
_AROUND = 5
"""The columns of the list's border, its padding and its scroll bar."""
_WIDE = 70
"""From so many columns on, dates have their year."""


class Menu(Panel):
    """A panel whose links are entries of a list: the chosen one is marked as a whole."""

    def show(self, view: PanelView) -> None:
        """Draw these entries; the one that is chosen stays so, wherever it stands now."""
        before = [row.link for row in self.view.rows if row.link]
        links = [row.link for row in view.rows if row.link]
        if self._chosen < len(before) and before[self._chosen] in links:
            self._chosen = links.index(before[self._chosen])
        super().show(view)

    @property
    def columns(self) -> int:
        """As of every panel; before the first layout it is as wide as the screen."""
        return super().columns if self.size else max(20, self.app.size.width - _AROUND)

    def _row(self, row: Row, is_chosen: bool) -> Text:
        mark = line(("› " if is_chosen else "  ", f"bold {ACCENT}"))
        text = fit(row.text, self.columns - mark.cell_len, pad=False)
        if is_chosen:
            text.stylize("bold")
        return mark.append_text(text)


class StartScreen(Screen[None]):
    """A list; Enter opens the marked entry. It is drawn before the saved cases are read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.quit", tr("quit"), show=False, id="start.quit", tooltip=tr("Leave")),
    ]

    @dataclass
    class New(Message):
        """A new investigation was chosen; with `last`, of the same as the last time."""

        last: Target | None = None

    @dataclass
    class Opened(Message):
        """A case that was cut off was chosen."""

        case: InterruptedCase

    @dataclass
    class Lab(Message):
        """The lab was chosen."""

    def __init__(self, offers: Offers) -> None:
        super().__init__()
        self._offers = offers

    def compose(self) -> ComposeResult:
        """Yield the list."""
        yield Header()
        yield Menu(id="start")
        yield Keys(show_command_palette=True)

    def on_mount(self) -> None:
        """Begin at the first entry, drawn with the first frame."""
        self.query_one(Menu).focus()
        self._draw()

    def offer(self, offers: Offers) -> None:
        """Show these in the list, once they were read."""
        self._offers = offers
        if self.is_mounted and self.size:
            self._draw()

    def on_resize(self) -> None:
        """Draw the list for the new width."""
        self._draw()

    def _draw(self) -> None:
        self.query_one(Header).show_target("", tr("why does an event stream hang?"), Chip())
        menu = self.query_one(Menu)
        menu.show(PanelView(tr("Start"), list(self._rows(menu.columns - 2))))

    def _rows(self, width: int) -> Iterator[Row]:
        yield _entry(tr("New investigation"), tr("enter a URL, or paste a curl command"), "new")
        if (last := self._offers.last) is not None:
            host, path = host_and_path(last.url)
            yield _entry(
                tr("As last time"), tr("{host}{path}, in the form", host=host, path=path), "again"
            )
        yield _entry(tr("The lab"), tr("a real Nginx on this machine, with a fault to find"), "lab")
        if self._offers.cases:
            yield from (Row(line()), Row(line((tr("Unfinished"), DIM))))
        for number, row in enumerate(_case_lines([c.record for c in self._offers.cases], width)):
            yield Row(row, f"take_up({number})")
        if self._offers.problems:
            yield from (Row(line()), Row(_problem_line(self._offers.problems)))

    def action_new(self) -> None:
        """Open the empty form."""
        self.post_message(self.New())

    def action_again(self) -> None:
        """Open the form filled in as the last time."""
        self.post_message(self.New(self._offers.last))

    def action_lab(self) -> None:
        """Leave for the lab."""
        self.post_message(self.Lab())

    def action_take_up(self, number: int) -> None:
        """Open a case that was cut off."""
        self.post_message(self.Opened(self._offers.cases[number]))


def _entry(name: str, what: str, action: str) -> Row:
    return Row(line(f"{pad(name, 18)} ", (what, DIM)), action)


def _case_lines(records: "Sequence[CaseSummary]", width: int) -> Iterator[Text]:
    """When, what, and the verdict so far; a long URL is cut before the verdict is."""
    urls = [line(host, (path, DIM)) for host, path in map(_host_and_path, records)]
    most = min(_MAX_URL_COLUMNS, width // 2 - 6)
    room = min(most, max((url.cell_len for url in urls), default=0))
    date = "%Y-%m-%d %H:%M" if width >= _WIDE else "%m-%d %H:%M"
    for record, url in zip(records, urls, strict=True):
        saved = time.strftime(date, time.localtime(record.saved))
        state, words = verdict_so_far(record)
        sign = (f"{GLYPHS[state]} ", STYLES[state])
        yield line(saved, "  ", fit(url, room), "  ", sign, words)


def _host_and_path(record: "CaseSummary") -> tuple[str, str]:
    return host_and_path(record.case.target.url)


def verdict_so_far(record: "CaseSummary") -> tuple[State, str]:
    """The state and the sentence of the proof, where there is one, else of the cause."""
    steps = {step.id: step for step in record.steps}
    verify, cause = steps.get("verify"), steps.get("cause")
    if verify is not None and verify.state == "pass":
        return "pass", safe(verify.why, 200)
    if cause is not None and cause.state in ("pass", "warn", "fail"):
        return cause.state, safe(cause.why, 200)
    return "todo", tr("no verdict yet, {count} done", count=plural(record.done, "step"))


def _problem_line(problems: Sequence[str]) -> Text:
    """Name the cases that cannot be offered, in one line; of a single one, say why."""
    names = comma_list(name[0] for problem in problems if (name := _FILE.search(problem)))
    many = tr("{count} cases cannot be opened: {names}", count=len(problems), names=names)
    return line(("! ", STYLES["warn"]), (safe(problems[0] if len(problems) == 1 else many), DIM))
