"""Step 4: what our own probes left in each log, and how customers fared before them."""

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from screens.panes.view import View, step_panel
from screens.widgets.panel import PanelView, Row, rows_of
from screens.widgets.style import DIM, HEAD, STYLES, fit, line, wrap
from wizard.investigation.step_results import FAULT_TAGS
from wizard.model.log_report import History, LogLine, LogReport
from wizard.report import logs
from wizard.text.display import labelled, safe
from wizard.text.messages import plural, tr

_NAME_COLUMNS = 14
MANY_LINES = 12
"""More lines of a log are folded in a large window too."""


def draw(view: View) -> list[PanelView]:
    """Draw our lines by log, each log's lines folded; below them the time before the probes."""
    reports = sorted(view.case.logs, key=_shows_no_fault)
    rows = [row for number, report in enumerate(reports) for row in _report(report, number, view)]
    panel = step_panel(view, rows)
    histories = [report for report in reports if report.history is not None]
    if not histories:
        return [panel]
    before = [row for report in histories for row in _history(report, view)]
    return [panel, PanelView(tr("Customers, before the probes"), rows_of(before))]


def _shows_no_fault(report: LogReport) -> bool:
    return not any(entry.tag in FAULT_TAGS for entry in report.lines)


def _file_name(report: LogReport) -> str:
    return safe(report.file, 120).rpartition("/")[2]


def _report(report: LogReport, number: int, view: View) -> Iterator[Row]:
    """Yield what the lines of one log mean, how often, and on demand the lines themselves."""
    name = fit(line((_file_name(report), HEAD)), _NAME_COLUMNS)
    fold = f"log{number}"
    if report.problem:
        yield from rows_of(wrap(safe(report.problem), view.width, STYLES["warn"]))
    lines = sorted(report.lines, key=lambda entry: entry.tag not in FAULT_TAGS)
    meanings = Counter(map(_meaning, lines))
    if not meanings:
        yield Row(
            line(
                name,
                (tr("{count}, none from our probes", count=plural(report.read, "new line")), DIM),
            )
        )
        return
    styles = {_meaning(entry): _style(entry) for entry in lines}
    for place, (meaning, count) in enumerate(meanings.items()):
        texts = wrap(f"×{count}  {meaning}", view.width - _NAME_COLUMNS - 2, styles[meaning])
        for row, text in enumerate(texts):
            is_first = place == 0 and row == 0
            before = name if is_first else " " * _NAME_COLUMNS
            yield Row(line(before, text), f"fold('{fold}')" if is_first else "")
    is_open = fold in view.unfolded if len(lines) > MANY_LINES else view.opens(fold)
    if is_open:
        for entry in lines:
            yield from rows_of(wrap(safe(entry.text, 600), view.width - 2, DIM, "  "))


def _meaning(entry: LogLine) -> str:
    """Whose request it was, and what the line means."""
    sender = tr("our probe") if entry.ours else tr("another client")
    return labelled(sender, safe(entry.meaning)) if entry.meaning else sender


def _style(entry: LogLine) -> str:
    return STYLES["warn"] if entry.ours and entry.tag in FAULT_TAGS else ""


def _history(report: LogReport, view: View) -> list[Text]:
    """Draw the time before the probes, in few rows: our own lines matter more."""
    history, width = report.history, view.second_width
    assert history is not None
    is_noteworthy = any(history.counts) or bool(history.failures)
    style = STYLES["warn"] if is_noteworthy else DIM
    rows = wrap(labelled(_file_name(report), logs.headline(history)), width, style)
    rows += [row for text in logs.failures(history) for row in wrap(text, width, STYLES["warn"])]
    if chart := logs.chart(history):
        rows.append(line(chart))
    details = _details(history)
    return [*rows, *(row for text in details if text for row in wrap(text, width, DIM))]


def _details(history: History) -> tuple[str, ...]:
    return logs.clients(history), safe(history.clock)
