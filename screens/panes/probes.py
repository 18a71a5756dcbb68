"""Steps 1, 2, 3 and 8: the root path, the probes side by side, before and after the fix."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.text import Text

from screens.live.buffer import SIDE_NAMES
from screens.panes.direct import direct_rows
from screens.panes.view import View, public_title, step_panel
from screens.widgets.bars import bars, has_more, legend
from screens.widgets.panel import PanelView, rows_of
from screens.widgets.style import DIM, GLYPHS, HEAD, STYLES, fit, line, outcome_style, wrap
from wizard.diagnose.facts.product import is_proxy_shown
from wizard.diagnose.hops import HopResult, Variant, results_by_hop
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import State
from wizard.model.timeline import Timeline
from wizard.report.hops import (
    has_hops_to_compare,
    hops_summary,
    outcome_text,
    probed_variants,
    vantage_lines,
    variant_heads,
)
from wizard.report.labels import side_names, variant_name
from wizard.report.proof import before_and_now, config_sentence, remarks
from wizard.report.result import handshake_text
from wizard.text.columns import pad
from wizard.text.columns import width as columns_of
from wizard.text.display import safe, seconds
from wizard.text.messages import tr

_COLUMNS = (16, 21, 15)
"""Widths of the table's columns: variant, proxied, direct."""
_SEVERITY = {
    outcome: rank
    for rank, outcome in enumerate(
        (
            "held",
            "events-held",
            "headers-held",
            "late",
            "tail-held",
            "bursts",
            "stalled",
            "cut",
            "not-http",
            "undecodable",
            "partial-head",
            "only-interim",
            "not-sent",
            "refused",
        )
    )
}


def draw_root(view: View) -> list[PanelView]:
    """Draw the answer of the root path: status, type, and where the time went."""
    root = view.case.root
    panel = step_panel(view, _root_rows(view, root) if root else [])
    if root is None or not root.headers:
        return [panel]
    headers = [
        fit(line((f"{safe(name, 60)}: ", DIM), safe(value, 400)), view.second_width, pad=False)
        for name, value in root.headers
    ]
    return [panel, PanelView(tr("Headers of the answer"), rows_of(headers))]


def _root_rows(view: View, root: Timeline) -> list[Text]:
    rows = [
        (tr("status"), str(root.status) if root.status else tr("no answer")),
        (tr("address"), root.address or "–"),
        *_phase_times(root),
    ]
    if root.status and 300 <= root.status < 400:
        rows.insert(1, (tr("redirect"), safe(root.header("location") or "–", 200)))
    if root.excerpt:
        rows.append((tr("body"), safe(root.excerpt, 120)))
    if root.detail:
        rows.append((tr("why"), safe(root.detail)))
    table = [line((pad(name, 9), DIM), value) for name, value in rows]
    return [
        *table,
        Text(),
        *bars([(tr("proxy"), root)], view.width, view.now),
        fit(legend(), view.width, pad=False),
    ]


def _phase_times(root: Timeline) -> list[tuple[str, str]]:
    """Return how long each phase took; a phase that was not reached has no time."""
    phases = (
        (tr("lookup"), root.dns_s),
        (tr("connect"), root.connect_s),
        ("TLS", root.tls_s),
        (tr("answer"), root.headers_s),
    )
    rows, before = [], 0.0
    for name, at in phases:
        rows.append((name, seconds(at - before) if at is not None else "–"))
        before = at if at is not None else before
    return [*rows, (tr("total"), seconds(root.headers_s))]


def draw_streams(view: View) -> list[PanelView]:
    """Draw the table of outcomes and the bars; after a proven fix those of before and of now."""
    case = view.case
    if not case.proxy and not case.direct:
        return [step_panel(view, [])]
    if view.step == "proxy" and case.is_fixed and case.proof:
        return [
            step_panel(
                view, [*_before_and_now(view), *([Text()] if view.is_roomy else []), *_bars(view)]
            )
        ]
    handshakes = [f"MCP {handshake_text(each, side_names(case))}" for each in case.handshakes]
    below = [row for text in handshakes for row in wrap(safe(text), view.width, DIM)]
    if view.step == "direct" and _is_plain(case):
        shown = shown_pair(view)[1]
        facts = direct_rows(shown.timeline, view.width) if shown else []
        rows = [*facts, Text(), *_bars(view), *below]
    else:
        rows = [
            *_table(view),
            *([Text()] if view.height >= _SPACED_ROWS else []),
            *_bars(view),
            *below,
        ]
    return [step_panel(view, rows, _answer(view))]


def _is_plain(case: Case) -> bool:
    """True if the backend answers in each way to ask: its own step need not compare again."""
    made = [each for each in case.direct if each.was_made]
    is_well = all(each.outcome in ("live", "ended") for each in made)
    return bool(made) and is_well and not has_hops_to_compare(case)


def _answer(view: View) -> str:
    """What was measured through the proxy and direct; empty where the step's reason says it best.

    Where the stream is held in each way to ask, and nothing else was seen.
    """
    made = [each for each in view.case.proxy if each.was_made]
    if view.step != "proxy" or view.state.state != "fail" or not made:
        return ""
    waits = [at for each in made if (at := each.timeline.waited_s) is not None]
    if any(each.outcome not in _NOTHING_CAME for each in made) or not waits:
        return ""
    waited, direct = seconds(max(waits)), _direct_sentence(view.case)
    if not is_proxy_shown(view.case):
        return tr("Nothing came from the URL in {waited}. {direct}", waited=waited, direct=direct)
    return tr("Nothing came through the proxy in {waited}. {direct}", waited=waited, direct=direct)


_NOTHING_CAME = frozenset({"held", "headers-held"})


def _direct_sentence(case: Case) -> str:
    """What was measured at the backend's own address."""
    if not case.direct:
        return tr("The backend was not probed directly.")
    firsts = [at for each in case.direct if (at := each.timeline.first_data_s) is not None]
    if firsts:
        return tr("Asked directly, the backend answers in {firsts}.", firsts=seconds(min(firsts)))
    return tr("Asked directly, the backend sends nothing either.")


def draw_verify(view: View) -> list[PanelView]:
    """Draw what was changed, and each request before the change and now."""
    case = view.case
    if case.proof is None:
        # A case of an older version has no proof, and a running step has none yet.
        is_shown = view.state.state != "todo" and case.before
        return [step_panel(view, _before_and_now(view) if is_shown else [])]
    rows = [*wrap(config_sentence(case), view.width), Text(), *_before_and_now(view), Text()]
    rows += [row for text in remarks(case) for row in wrap(text, view.width)]
    if case.is_fixed:
        rows += wrap(tr("w writes the case, or a report for the ticket."), view.width, DIM)
    return [step_panel(view, rows)]


def _before_and_now(view: View) -> list[Text]:
    """Draw a row for each request, with what came before the change and now.

    Where there is little room the name has a row of its own.
    """
    is_narrow = view.width < _NARROW_COLUMNS
    first = 0 if is_narrow else 17
    shown = list(before_and_now(view.case))
    longest = max((columns_of(row.before) for row in shown), default=0) + _SIGN_COLUMNS + 1
    second = (view.width - first) // 2
    if is_narrow:
        second = min(max(20, longest), second)
    widths = (first, second, view.width - first - second)
    rows = [_table_row([line((title, HEAD)) for title in ("", tr("before"), tr("now"))], widths)]
    for row in shown:
        name = wrap(row.name, view.width if is_narrow else first - 1, DIM)
        rows += name if is_narrow else ()
        cells = (
            () if is_narrow else name,
            _cell(row.before, row.was_well, widths[1]),
            _cell(row.now, row.is_well, widths[2]),
        )
        rows += [_table_row(texts, widths) for texts in zip_longest(*cells, fillvalue=Text())]
    return rows


_SPACED_ROWS = 24
"""From this many rows on, the bars are set off from the table."""
_NARROW_COLUMNS = 80
"""With fewer columns a name beside both times would break them into three lines."""


_SIGN_COLUMNS = 2


def _cell(text: str, is_well: bool | None, columns: int) -> list[Text]:
    """The text in the rows of its column, with the sign of what it means."""
    state: State | None = None if is_well is None else "pass" if is_well else "fail"
    sign = (f"{GLYPHS[state]} ", STYLES[state]) if state else ("  ", "")
    style = STYLES[state] if state else ""
    rows = wrap(text, columns - _SIGN_COLUMNS - 1, style)
    return [line(sign if n == 0 else "  ", row) for n, row in enumerate(rows)]


def shown_pair(view: View) -> tuple[ProbeResult | None, ProbeResult | None]:
    """Return the proxied probe that is shown, and the direct one with the same encoding."""
    proxied = _shown_probe(view.case.proxy, view.shown_probe)
    encoding = proxied.timeline.probe.encoding if proxied else None
    same = (item for item in view.case.direct if item.timeline.probe.encoding == encoding)
    return proxied, next(same, _shown_probe(view.case.direct, None))


def _shown_probe(results: Sequence[ProbeResult], index: int | None) -> ProbeResult | None:
    """Return the probe of that index, counted round; without an index the worst one."""
    if not results:
        return None
    if index is not None:
        return results[index % len(results)]
    return min(results, key=lambda result: _SEVERITY.get(result.outcome, 9))


def _bars(view: View) -> list[Text]:
    proxied, direct = shown_pair(view)
    sides = side_names(view.case)
    pairs = [(sides["proxy"], proxied), (sides["direct"], direct)]
    if view.step == "proxy" and view.case.is_fixed and proxied is not None:
        same = (each for each in view.case.before if _variant(each) == _variant(proxied))
        pairs = [(tr("before"), next(same, None)), (tr("now"), proxied), pairs[1]]
    rows = [(name, result.timeline if result else None) for name, result in pairs]
    drawn = bars(rows, view.width, view.now)
    if view.is_roomy and view.now is None and has_more([timeline for _, timeline in rows]):
        drawn += [Text(), *bars(rows, view.width, whole=True)]
    return [*drawn, fit(legend(), view.width, pad=False)]


def _table(view: View) -> list[Text]:
    """Draw proxied beside direct outcomes, or all hops where there are more."""
    if has_hops_to_compare(view.case):
        return _hops_table(view.case, view.width)
    return _side_by_side(
        (public_title(view.case), view.case.proxy), (SIDE_NAMES["direct"], view.case.direct)
    )


Column = tuple[str, Sequence[ProbeResult]]
"""The title of a column, and its results."""


def _side_by_side(*columns: Column) -> list[Text]:
    """Draw a row for each variant, with its outcome in each of two columns."""
    titles = [title for title, _ in columns]
    rows = [_table_row([line((title, HEAD)) for title in ("", *titles)], _COLUMNS)]
    every = (result for _, results in columns for result in results)
    for variant in dict.fromkeys(map(_variant, every)):
        cells = [[each for each in results if _variant(each) == variant] for _, results in columns]
        for n in range(max(map(len, cells))):
            outcomes = (_outcome_at(results, n) for results in cells)
            rows.append(_table_row([line((variant, DIM)), *outcomes], _COLUMNS))
    return rows


def _table_row(texts: Sequence[Text], widths: Sequence[int]) -> Text:
    row = Text.assemble(*map(fit, texts, widths))
    row.rstrip()
    return row


def _outcome_at(results: Sequence[ProbeResult], index: int) -> Text:
    return _outcome(results[index]) if index < len(results) else line(("–", DIM))


def _variant(result: ProbeResult) -> str:
    """Return the probe's way to ask; its place is told by the column."""
    probe = result.timeline.probe
    return variant_name(probe.http, probe.encoding)


def _outcome(result: ProbeResult) -> Text:
    """Draw what came and when, with its sign: `✓ 37 ms`, `✗ nothing in 2.00 s`."""
    timeline, style = result.timeline, outcome_style(result.outcome)
    first, waited = seconds(timeline.first_data_s), seconds(timeline.waited_s)
    match result.outcome:
        case "live" | "ended":
            text = first
        case "held" | "headers-held":
            text = tr("nothing in {waited}", waited=waited)
        case "events-held" | "silent":
            text = tr("no event in {waited}", waited=waited)
        case "running":
            text = result.outcome_word
        case _:
            text = result.outcome_label
            text += f" {first}" if timeline.first_data_s is not None else ""
    return line((f"{_SIGNS.get(style, GLYPHS['fail'])} {text}", style))


_SIGNS = {"green": GLYPHS["pass"], "yellow": GLYPHS["warn"], "dim": "–", "cyan": "▸"}
"""The sign of an outcome, by its style; any other is a fault."""


_HOP_WIDTH, _NARROW_HOP_WIDTH, _OUTCOME_WIDTH = 22, 13, 12
"""Widths of the hop's column, of the same beside four variants, and of a variant's column."""


def _hops_table(case: Case, width: int) -> list[Text]:
    """Draw a row for each hop, outermost first; then the summary and the vantages."""
    hop_results = results_by_hop(case)
    variants = probed_variants(hop_results)
    is_wide = width >= _HOP_WIDTH + _OUTCOME_WIDTH * len(variants)
    hop_width = _HOP_WIDTH if is_wide else _NARROW_HOP_WIDTH
    outcome_width = min(_OUTCOME_WIDTH, (width - hop_width) // max(1, len(variants)))
    widths = (hop_width, *[outcome_width] * len(variants))
    heads = [head for head in zip(*variant_heads(variants), strict=True) if any(head)]
    rows = [_table_row([Text(), *(line((text, HEAD)) for text in head)], widths) for head in heads]
    rows += [_table_row(_hop_row(item, variants, widths), widths) for item in hop_results]
    if summary := hops_summary(case):
        rows += wrap(summary, width, HEAD)
    return [*rows, *(row for text in vantage_lines(case) for row in wrap(text, width, DIM))]


def _hop_row(
    hop_result: HopResult, variants: Sequence[Variant], widths: Sequence[int]
) -> list[Text]:
    name = safe(hop_result.label)
    # Beside four variants `direct from web` does not fit; the arrow says that it is direct.
    if columns_of(name) >= widths[0] and hop_result.kind == "direct":
        name = f"→ {safe(hop_result.vantage)}"
    results = (hop_result.result(variant) for variant in variants)
    return [line((name, DIM)), *(_hop_outcome(each, widths[-1]) for each in results)]


def _hop_outcome(result: ProbeResult | None, columns: int) -> Text:
    """What came, in a word; where there is no room, when it came, with the sign."""
    if result is None:
        return line(("–", DIM))
    style, text = outcome_style(result.outcome), outcome_text(result)
    if columns_of(text) >= columns and style in _SIGNS:
        text = f"{_SIGNS[style]} {seconds(result.timeline.first_data_s)}"
    return line((text, style))
