"""All places side by side: where the stream was entered, and what came of each way to ask."""

from rich.text import Text

from screens.widgets.style import DIM, HEAD, fitted, line, outcome_style, wrapped
from wizard.diagnose.hops import HopResult, Variant, results_by_hop
from wizard.model.case import Case, ProbeResult
from wizard.report.hops import (
    hops_summary,
    outcome_text,
    probed_variants,
    vantage_lines,
    variant_name,
)
from wizard.text.display import safe

_NAME, _COLUMN = 22, 12
_NARROW = 13
"""The place's column where four ways to ask leave no more room."""


def draw(case: Case, width: int) -> list[Text]:
    """A row for each place, outermost first; where the stream dies; what each vantage has."""
    hop_results = results_by_hop(case)
    columns = probed_variants(hop_results)
    name = _NAME if width >= _NAME + _COLUMN * len(columns) else _NARROW
    share = min(_COLUMN, (width - name) // max(1, len(columns)))
    head = [line((variant_name(variant), HEAD)) for variant in columns]
    rows = [_row(line(("", HEAD)), head, name, share)]
    rows += [
        _row(_place(hop_result, name), _results(hop_result, columns), name, share)
        for hop_result in hop_results
    ]
    if said := hops_summary(case):
        rows += wrapped(said, width, "bold")
    have = vantage_lines(case)
    return [*rows, *(row for words in have for row in wrapped(words, width, DIM))]


def _row(name: Text, results: list[Text], wide: int, share: int) -> Text:
    return Text.assemble(fitted(name, wide), *(fitted(result, share) for result in results))


def _place(hop_result: HopResult, wide: int) -> Text:
    name = safe(hop_result.name)
    # `direct from web` has no room beside four columns; that it is direct stands in its arrow.
    short = name.replace("direct from ", "→ ") if len(name) >= wide else name
    return line((short, DIM))


def _results(hop_result: HopResult, columns: tuple[Variant, ...]) -> list[Text]:
    return [_result(hop_result.result(variant)) for variant in columns]


def _result(result: ProbeResult | None) -> Text:
    if result is None:
        return line(("–", DIM))
    words, style = outcome_text(result), outcome_style(result.outcome)
    return line((words, style))
