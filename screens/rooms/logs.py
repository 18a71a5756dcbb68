"""Step 4: the lines that our own probes left in the logs."""

from rich.text import Text

from screens.paint import DIM, HEAD, line, wrapped
from screens.rooms.view import View
from wizard.model import LogLine, LogReport
from wizard.text import safe
from wizard.verdicts import TELLING


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
        for entry in sorted(report.lines, key=lambda entry: entry.tag not in TELLING):
            rows += _entry(entry, view.width)
        rows.append(Text())
    return rows


def _tells_nothing(report: LogReport) -> bool:
    """Files with something to tell come first."""
    return not any(entry.tag in TELLING for entry in report.lines)


def _entry(entry: LogLine, width: int) -> list[Text]:
    mark = "our probe" if entry.ours else "someone"
    who = f"{mark} {entry.client}".strip()
    style = "yellow" if entry.ours and entry.tag in TELLING else ""
    meaning = f"{who}: {entry.meaning}" if entry.meaning else ""
    said = wrapped(meaning, width, style, "  ") if meaning else []
    return [*said, *wrapped(safe(entry.text, 400), width, DIM, "    ")]
