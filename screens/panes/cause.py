"""Step 6: the cause, with what separates it from its look-alikes."""

from rich.text import Text

from screens.panes.view import View
from screens.widgets.style import DIM, HEAD, line, wrapped
from wizard.model.diagnosis import Finding
from wizard.report.hops import has_hops_to_compare, hops_summary
from wizard.text.display import safe

_VERDICTS = {"healthy": "bold green", "fault": "bold red", "inconclusive": "bold yellow"}


def draw(view: View) -> list[Text]:
    """The verdict, the findings in order, risks and notes."""
    diagnosis = view.diagnosis
    if diagnosis is None:
        return []
    rows = [line((diagnosis.verdict.upper(), _VERDICTS[diagnosis.verdict]))]
    if has_hops_to_compare(view.case) and (said := hops_summary(view.case)):
        rows += wrapped(said, view.width, HEAD)
    for cause in diagnosis.causes:
        rows += [*finding(cause, view.width), Text()]
    if diagnosis.risks:
        rows.append(line(("Risks: not seen to break anything now", HEAD)))
        for risk in diagnosis.risks:
            rows += [*finding(risk, view.width), Text()]
    for note in diagnosis.notes:
        rows += wrapped(f"- {safe(note)}", view.width, "yellow")
    return rows


def finding(found: Finding, width: int) -> list[Text]:
    """One finding: id, evidence, what sets it apart, the fix."""
    rows = [line((found.id, HEAD), (f"  {found.confidence}", DIM))]
    rows += wrapped(safe(found.title), width, "", "  ")
    rows += wrapped(f"Fix ({found.fix.where}): {found.fix.summary}", width, "green", "  ")
    for one in found.evidence:
        rows += wrapped(f"{one.kind}  {safe(one.where)}", width, DIM, "  ")
        rows += wrapped(safe(one.text, 400), width, "", "    ")
    return rows + wrapped(f"Why this cause: {safe(found.distinguishes)}", width, "", "  ")
