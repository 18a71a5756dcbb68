"""Step 8: before and after, side by side, and the stream as it comes now."""

from rich.text import Text

from screens.panes.streams import chosen, outcome, way
from screens.panes.view import View
from screens.widgets.stream import pane
from screens.widgets.style import DIM, HEAD, beside, line
from wizard.model.case import ProbeResult


def draw(view: View) -> list[Text]:
    """Each probe before the reload and now; below, what comes through the proxy and direct."""
    if not view.case.before:
        return []
    before = [line(("before the reload", HEAD)), *map(_row, view.case.before)]
    after = [line(("now", HEAD)), *map(_row, view.case.proxy)]
    above = [*beside(before, after, view.width), Text()]
    rows = max(6, view.height - len(above))
    left, right = chosen(view)
    panes = (pane("proxy", left, rows, view.now), pane("direct", right, rows, view.now))
    return [*above, *beside(*panes, view.width)]


def _row(result: ProbeResult) -> Text:
    return Text.assemble(line((f"{way(result):<13}", DIM)), outcome(result))
