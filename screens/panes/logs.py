"""Step 4: the lines that our own probes left in the logs, and the time before them."""

from rich.text import Text

from screens.panes.view import View, step_panel
from screens.widgets.panel import PanelView
from screens.widgets.style import DIM, HEAD, line, wrap
from wizard.investigation.step_results import FAULT_TAGS
from wizard.model.log_report import History, LogLine, LogReport
from wizard.report import logs
from wizard.text.display import safe


def draw(view: View) -> list[PanelView]:
    """Draw each log, those with a fault's lines first; in each, those lines first."""
    return [step_panel(view, _rows(view))]


def _rows(view: View) -> list[Text]:
    rows: list[Text] = []
    for report in sorted(view.case.logs, key=_shows_no_fault):
        ours = sum(entry.ours for entry in report.lines)
        counts = f"  {report.read} new, {ours} ours"
        rows.append(line((safe(report.file, 120), HEAD), (counts, DIM)))
        if report.problem:
            rows += wrap(safe(report.problem), view.width, "yellow", "  ")
        if report.history is not None:
            rows += _history(report.history, view.width)
        for entry in sorted(report.lines, key=lambda entry: entry.tag not in FAULT_TAGS):
            rows += _entry(entry, view.width)
        rows.append(Text())
    return rows


def _history(history: History, width: int) -> list[Text]:
    """Draw the time before the probes, in few rows: our own lines matter more."""
    is_noteworthy = any(history.counts) or bool(history.failures)
    rows = wrap(logs.headline(history), width, "yellow" if is_noteworthy else DIM, "  ")
    rows += [row for text in logs.failures(history) for row in wrap(text, width, "yellow", "  ")]
    if chart := logs.chart(history):
        rows.append(line(f"  {chart}"))
    details = (logs.counts(history), logs.clients(history), safe(history.clock))
    return [*rows, *(row for text in details if text for row in wrap(text, width, DIM, "  "))]


def _shows_no_fault(report: LogReport) -> bool:
    return not any(entry.tag in FAULT_TAGS for entry in report.lines)


def _entry(entry: LogLine, width: int) -> list[Text]:
    sender = f"{'our probe' if entry.ours else 'someone'} {entry.client}".strip()
    style = "yellow" if entry.ours and entry.tag in FAULT_TAGS else ""
    meaning = wrap(f"{sender}: {entry.meaning}", width, style, "  ") if entry.meaning else []
    return [*meaning, *wrap(safe(entry.text, 400), width, DIM, "    ")]
