"""All places side by side: where the stream was entered, and what came of each way to ask."""

from rich.text import Text

from screens.widgets.style import DIM, HEAD, fitted, line, outcome_style, wrapped
from wizard.diagnose.hops import Rung, Way, ladder
from wizard.model.case import Case, Cell
from wizard.report.hops import equipment_lines, outcome, verdict, way_name, ways
from wizard.text.text import safe

_NAME, _COLUMN = 22, 12
_NARROW = 13
"""The place's column where four ways to ask leave no more room."""


def draw(case: Case, width: int) -> list[Text]:
    """A row for each place, outermost first; where the stream dies; what each vantage has."""
    rungs = ladder(case)
    columns = ways(rungs)
    name = _NAME if width >= _NAME + _COLUMN * len(columns) else _NARROW
    share = min(_COLUMN, (width - name) // max(1, len(columns)))
    head = [line((way_name(way), HEAD)) for way in columns]
    rows = [_row(line(("", HEAD)), head, name, share)]
    rows += [_row(_place(rung, name), _cells(rung, columns), name, share) for rung in rungs]
    if said := verdict(case):
        rows += wrapped(said, width, "bold")
    have = equipment_lines(case)
    return [*rows, *(row for words in have for row in wrapped(words, width, DIM))]


def _row(name: Text, cells: list[Text], wide: int, share: int) -> Text:
    return Text.assemble(fitted(name, wide), *(fitted(cell, share) for cell in cells))


def _place(rung: Rung, wide: int) -> Text:
    name = safe(rung.name)
    # `direct from web` has no room beside four columns; that it is direct stands in its arrow.
    short = name.replace("direct from ", "→ ") if len(name) >= wide else name
    return line((short, DIM))


def _cells(rung: Rung, columns: tuple[Way, ...]) -> list[Text]:
    return [_cell(rung.cell(way)) for way in columns]


def _cell(cell: Cell | None) -> Text:
    if cell is None:
        return line(("–", DIM))
    words, style = outcome(cell), outcome_style(cell.outcome)
    return line((words, style))
