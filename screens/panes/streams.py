"""Steps 2 and 3: the matrix of cells, the bars, and the two streams side by side."""

from collections.abc import Sequence

from rich.text import Text

from screens.panes import hops
from screens.panes.view import View
from screens.widgets.bars import LEGEND, bars
from screens.widgets.stream import pane
from screens.widgets.style import DIM, HEAD, beside, fitted, line, outcome_style, wrapped
from wizard.model.case import Cell
from wizard.report.hops import is_worth_it
from wizard.report.result import handshake_words
from wizard.text.text import safe, seconds

_RANK = {"held": 0, "events-held": 1, "headers-held": 2, "late": 3, "cut": 4, "refused": 5}
_COLUMNS = (14, 21, 21)
LEAST_ROWS = 6
"""How many lines a stream's pane takes at the least."""


def draw(view: View) -> list[Text]:
    """All that the legs have shown so far."""
    proxied, direct = view.case.proxy, view.case.direct
    if not proxied and not direct:
        return []
    hands = [fitted(line((safe(words), DIM)), view.width) for words in _hands(view)]
    above = [*_table(view), Text(), *_bars(view), Text()]
    rows = max(LEAST_ROWS, view.height - len(above) - len(hands))
    left, right = chosen(view)
    panes = (pane("proxy", left, rows, view.now), pane("direct", right, rows, view.now))
    return [*above, *beside(*panes, view.width), *hands]


def _table(view: View) -> list[Text]:
    """The proxy beside the backend; where more places were looked at, all of them."""
    if is_worth_it(view.case):
        return hops.draw(view.case, view.width)
    return table(view.case.proxy, view.case.direct)


def _hands(view: View) -> list[str]:
    return [f"MCP {handshake_words(one)}" for one in view.case.handshakes]


def chosen(view: View) -> tuple[Cell | None, Cell | None]:
    """The cells that the panes show: the chosen or the worst one, and its direct twin."""
    left = _shown(view.case.proxy, view.chosen)
    return left, _twin(view.case.direct, left)


def _shown(cells: Sequence[Cell], chosen: int | None) -> Cell | None:
    if not cells:
        return None
    if chosen is not None:
        return cells[chosen % len(cells)]
    return min(cells, key=lambda cell: _RANK.get(cell.outcome, 9))


def _twin(direct: Sequence[Cell], left: Cell | None) -> Cell | None:
    """The direct cell that is asked in the same way as the one on the left, else the first."""
    wanted = left.timeline.leg.encoding if left else None
    same = (cell for cell in direct if cell.timeline.leg.encoding == wanted)
    return next(same, _shown(direct, None))


def _bars(view: View) -> list[Text]:
    left, right = chosen(view)
    pairs = [
        (name, cell.timeline if cell else None)
        for name, cell in (("proxy", left), ("direct", right))
    ]
    legend = wrapped(LEGEND, view.width, DIM) if view.height >= 24 else []
    return [*bars(pairs, view.width, view.now), *legend]


def table(proxied: Sequence[Cell], direct: Sequence[Cell]) -> list[Text]:
    """A row for each way to ask, what came through the proxy, what came direct."""
    ways = list(dict.fromkeys(map(way, (*proxied, *direct))))
    head = _row(line(("", HEAD)), line(("through the proxy", HEAD)), line(("direct", HEAD)))
    rows = [head]
    for one in ways:
        left = [cell for cell in proxied if way(cell) == one]
        right = [cell for cell in direct if way(cell) == one]
        for n in range(max(len(left), len(right))):
            rows.append(_row(line((one, DIM)), _words(left[n : n + 1]), _words(right[n : n + 1])))
    return rows


def way(cell: Cell) -> str:
    """How a cell was asked: `h1 identity`."""
    leg = cell.timeline.leg
    return f"h{leg.http[0]} {leg.encoding}"


def _row(*columns: Text) -> Text:
    return Text.assemble(*map(fitted, columns, _COLUMNS))


def _words(cells: Sequence[Cell]) -> Text:
    return outcome(cells[0]) if cells else line(("–", DIM))


def outcome(cell: Cell) -> Text:
    """What came of it and when: the first data, else how long it was waited."""
    timeline = cell.timeline
    at = timeline.first_data_s if timeline.first_data_s is not None else timeline.waited_s
    return line((cell.word, outcome_style(cell.outcome)), f" {seconds(at)}" if at else "")
