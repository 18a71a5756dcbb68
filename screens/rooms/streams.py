"""Steps 2 and 3: the matrix of cells, the bars, and the two streams side by side."""

from collections.abc import Sequence

from rich.text import Text

from screens.bars import LEGEND, bars
from screens.paint import DIM, beside, line, outcome_style, wrapped
from screens.rooms.view import View
from screens.stream import pane
from wizard.model import HELD, Cell
from wizard.text import safe, seconds

_RANK = {"held": 0, "events-held": 1, "headers-held": 2, "late": 3, "cut": 4, "refused": 5}


def draw(view: View) -> list[Text]:
    """All that the legs have shown so far."""
    proxied, direct = view.case.proxy, view.case.direct
    if not proxied and not direct:
        return []
    left = shown(proxied, view.chosen)
    right = _twin(direct, left)
    pairs = (("proxy", left), ("direct", right))
    table = [*cell_rows("proxy", proxied), *cell_rows("direct", direct)]
    timelines = [(name, cell.timeline if cell else None) for name, cell in pairs]
    scale = bars(timelines, view.width, view.now)
    legend = wrapped(LEGEND, view.width, DIM) if view.height > len(table) + 14 else []
    rows = max(6, view.height - len(table) - len(scale) - len(legend) - 2)
    panes = (pane("proxy", left, rows, view.now), pane("direct", right, rows, view.now))
    return [*table, Text(), *scale, *legend, Text(), *beside(*panes, view.width)]


def shown(cells: Sequence[Cell], chosen: int | None) -> Cell | None:
    """The cell that the pane shows: the chosen one, else the worst."""
    if not cells:
        return None
    if chosen is not None:
        return cells[chosen % len(cells)]
    return min(cells, key=lambda cell: _RANK.get(cell.outcome, 9))


def _twin(direct: Sequence[Cell], left: Cell | None) -> Cell | None:
    """The direct cell that is asked in the same way as the one on the left, else the first."""
    if left is None:
        return shown(direct, None)
    wanted = left.timeline.leg.encoding
    return next(
        (cell for cell in direct if cell.timeline.leg.encoding == wanted), shown(direct, None)
    )


def cell_rows(name: str, cells: Sequence[Cell]) -> list[Text]:
    """The matrix: a row a cell."""
    return [_cell_row(name, cell) for cell in cells]


def _cell_row(name: str, cell: Cell) -> Text:
    timeline = cell.timeline
    leg = f"{name:<7}h{timeline.leg.http[0]} {timeline.leg.encoding:<9}"
    word = (f"{cell.outcome:<13}", outcome_style(cell.outcome))
    return line((leg, DIM), word, " ", _times(cell))


def _times(cell: Cell) -> str:
    timeline = cell.timeline
    if cell.outcome == "running":
        return "…"
    if cell.outcome in HELD or timeline.first_data_s is None:
        return safe(cell.why, 200)
    return f"headers {seconds(timeline.headers_s)}, first data {seconds(timeline.first_data_s)}"
