"""Steps 2 and 3: the matrix of probes, the bars, and the two streams side by side."""

from collections.abc import Sequence

from rich.text import Text

from screens.panes import hops
from screens.panes.view import View
from screens.widgets.bars import LEGEND, bars
from screens.widgets.stream import pane
from screens.widgets.style import DIM, HEAD, beside, fitted, line, outcome_style, wrapped
from wizard.model.case import ProbeResult
from wizard.report.hops import has_hops_to_compare
from wizard.report.result import handshake_text
from wizard.text.display import safe, seconds

_RANK = {"held": 0, "events-held": 1, "headers-held": 2, "late": 3, "cut": 4, "refused": 5}
_COLUMNS = (14, 21, 21)
LEAST_ROWS = 6
"""How many lines a stream's pane takes at the least."""


def draw(view: View) -> list[Text]:
    """All that the probes have shown so far."""
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
    if has_hops_to_compare(view.case):
        return hops.draw(view.case, view.width)
    return table(view.case.proxy, view.case.direct)


def _hands(view: View) -> list[str]:
    return [f"MCP {handshake_text(one)}" for one in view.case.handshakes]


def chosen(view: View) -> tuple[ProbeResult | None, ProbeResult | None]:
    """The probes that the panes show: the chosen or the worst one, and its direct twin."""
    left = _shown(view.case.proxy, view.chosen)
    return left, _twin(view.case.direct, left)


def _shown(results: Sequence[ProbeResult], chosen: int | None) -> ProbeResult | None:
    if not results:
        return None
    if chosen is not None:
        return results[chosen % len(results)]
    return min(results, key=lambda result: _RANK.get(result.outcome, 9))


def _twin(direct: Sequence[ProbeResult], left: ProbeResult | None) -> ProbeResult | None:
    """The direct probe that is asked in the same way as the one on the left, else the first."""
    wanted = left.timeline.probe.encoding if left else None
    same = (result for result in direct if result.timeline.probe.encoding == wanted)
    return next(same, _shown(direct, None))


def _bars(view: View) -> list[Text]:
    left, right = chosen(view)
    pairs = [
        (name, result.timeline if result else None)
        for name, result in (("proxy", left), ("direct", right))
    ]
    legend = wrapped(LEGEND, view.width, DIM) if view.height >= 24 else []
    return [*bars(pairs, view.width, view.now), *legend]


def table(proxied: Sequence[ProbeResult], direct: Sequence[ProbeResult]) -> list[Text]:
    """A row for each way to ask, what came through the proxy, what came direct."""
    ways = list(dict.fromkeys(map(way, (*proxied, *direct))))
    head = _row(line(("", HEAD)), line(("through the proxy", HEAD)), line(("direct", HEAD)))
    rows = [head]
    for one in ways:
        left = [result for result in proxied if way(result) == one]
        right = [result for result in direct if way(result) == one]
        for n in range(max(len(left), len(right))):
            rows.append(_row(line((one, DIM)), _words(left[n : n + 1]), _words(right[n : n + 1])))
    return rows


def way(result: ProbeResult) -> str:
    """How a probe was asked: `h1 identity`."""
    probe = result.timeline.probe
    return f"h{probe.http[0]} {probe.encoding}"


def _row(*columns: Text) -> Text:
    return Text.assemble(*map(fitted, columns, _COLUMNS))


def _words(results: Sequence[ProbeResult]) -> Text:
    return outcome(results[0]) if results else line(("–", DIM))


def outcome(result: ProbeResult) -> Text:
    """What came of it and when: the first data, else how long it was waited."""
    timeline = result.timeline
    at = timeline.first_data_s if timeline.first_data_s is not None else timeline.waited_s
    return line(
        (result.outcome_label, outcome_style(result.outcome)), f" {seconds(at)}" if at else ""
    )
