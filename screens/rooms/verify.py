"""Step 8: before and after, side by side."""

from rich.text import Text

from screens.paint import HEAD, beside, line, outcome_style
from screens.rooms.view import View
from wizard.model import Cell
from wizard.text import seconds


def draw(view: View) -> list[Text]:
    """Each cell before the reload and now."""
    if not view.case.before:
        return []
    before = [line(("before", HEAD)), *map(_row, view.case.before)]
    after = [line(("after", HEAD)), *map(_row, view.case.proxy)]
    return beside(before, after, view.width)


def _row(cell: Cell) -> Text:
    leg = cell.timeline.leg
    first = seconds(cell.timeline.first_data_s)
    return line(
        f"h{leg.http[0]} {leg.encoding:<9}",
        (cell.outcome, outcome_style(cell.outcome)),
        f" {first}",
    )
