"""One list to choose from as a value: what was typed narrows it, and may itself be chosen."""

from dataclasses import dataclass, replace

from rich.text import Text

from screens.paint import DIM, fitted, line
from wizard.text import safe
from wizard.vantage.presets import Choice, Listed, Menu
from wizard.vantage.presets.menu import Leads

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
    listed: Listed | None = None
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
        return bool(typed and self.menu.typed) and all(row.text != typed for row in self.matching)

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

    def chosen(self) -> Leads | None:
        """What the marked row leads to; None where there is no row.

        Raises:
            UsageError: What was typed cannot be taken.
        """
        matching = self.matching
        if self.cursor < len(matching):
            return matching[self.cursor].leads
        return self.menu.typed(self.text) if self.as_typed and self.menu.typed else None

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
