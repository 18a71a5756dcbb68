"""Step 4: the lines that our own probes left in the logs, and what was before."""

from rich.text import Text

from screens.panes.view import View
from screens.widgets.style import DIM, HEAD, line, wrapped
from wizard.investigation.step_results import FAULT_TAGS
from wizard.model.log_report import History, LogLine, LogReport
from wizard.report import logs
from wizard.text.display import safe


def draw(view: View) -> list[Text]:
    """Each file with its telling lines, our own first."""
    rows: list[Text] = []
    for report in sorted(view.case.logs, key=_tells_nothing):
        ours = sum(entry.ours for entry in report.lines)
        rows.append(
            line((safe(report.file, 120), HEAD), (f"  {report.read} new, {ours} ours", DIM))
        )
        if report.problem:
            rows += wrapped(safe(report.problem), view.width, "yellow", "  ")
        if report.history is not None:
            rows += _past(report.history, view.width)
        for entry in sorted(report.lines, key=lambda entry: entry.tag not in FAULT_TAGS):
            rows += _entry(entry, view.width)
        rows.append(Text())
    return rows


def _past(history: History, width: int) -> list[Text]:
    """Before we came: in few rows, since our own lines count more."""
    cut_off = any(history.counts)
    rows = wrapped(logs.headline(history), width, "yellow" if cut_off else DIM, "  ")
    if bars := logs.chart(history):
        rows.append(line(f"  {bars}"))
    others = (logs.counts(history), logs.clients(history), history.clock)
    return [*rows, *(row for text in others if text for row in wrapped(text, width, DIM, "  "))]


def _tells_nothing(report: LogReport) -> bool:
    """Files with something to tell come first."""
    return not any(entry.tag in FAULT_TAGS for entry in report.lines)


def _entry(entry: LogLine, width: int) -> list[Text]:
    mark = "our probe" if entry.ours else "someone"
    who = f"{mark} {entry.client}".strip()
    style = "yellow" if entry.ours and entry.tag in FAULT_TAGS else ""
    meaning = f"{who}: {entry.meaning}" if entry.meaning else ""
    said = wrapped(meaning, width, style, "  ") if meaning else []
    return [*said, *wrapped(safe(entry.text, 400), width, DIM, "    ")]
