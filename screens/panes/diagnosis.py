"""Steps 6 and 7: the cause with its evidence, and the fix with a reason for each line."""

from collections.abc import Sequence

from rich.text import Text

from screens.panes.view import View, step_panel
from screens.widgets.panel import PanelView
from screens.widgets.style import DIM, HEAD, line, wrap
from wizard.model.diagnosis import BlockLine, Finding, Recommendation, instruction_of
from wizard.report.hops import has_hops_to_compare, hops_summary
from wizard.report.text import patch_command
from wizard.text.display import capitalize, safe, visible

_VERDICT_STYLES = {"healthy": "bold green", "fault": "bold red", "inconclusive": "bold yellow"}


def draw_cause(view: View) -> list[PanelView]:
    """Draw the verdict, the causes in order, the risks and the notes."""
    return [step_panel(view, _cause_rows(view))]


def _cause_rows(view: View) -> list[Text]:
    diagnosis = view.diagnosis
    if diagnosis is None:
        return []
    rows = [line((diagnosis.verdict.upper(), _VERDICT_STYLES[diagnosis.verdict]))]
    if has_hops_to_compare(view.case) and (summary := hops_summary(view.case)):
        rows += wrap(summary, view.width, HEAD)
    for cause in diagnosis.causes:
        rows += [*_finding(cause, view.width), Text()]
    if diagnosis.risks:
        rows.append(line(("Risks: not seen to break anything now", HEAD)))
        for risk in diagnosis.risks:
            rows += [*_finding(risk, view.width), Text()]
    for note in diagnosis.notes:
        rows += wrap(f"- {safe(note)}", view.width, "yellow")
    return rows


def _finding(finding: Finding, width: int) -> list[Text]:
    """Draw one finding: id, title, fix, evidence, and why it is this cause."""
    rows = [line((finding.id, HEAD), (f"  {finding.confidence}", DIM))]
    rows += wrap(safe(finding.title), width, "", "  ")
    rows += wrap(f"Fix ({finding.fix.where}): {finding.fix.summary}", width, "green", "  ")
    for item in finding.evidence:
        rows += wrap(f"{item.kind}  {safe(item.where)}", width, DIM, "  ")
        rows += wrap(safe(item.text, 400), width, "", "    ")
    return rows + wrap(f"Why this cause: {safe(finding.distinguishes)}", width, "", "  ")


def draw_fix(view: View) -> list[PanelView]:
    """Draw the block with its reasons, how to apply it, and what was left out."""
    return [step_panel(view, _fix_rows(view))]


def _fix_rows(view: View) -> list[Text]:
    recommendation = view.recommendation
    if recommendation is None:
        return []
    omitted = [f"{text}  {why}" for text, why in recommendation.omitted]
    return [
        *wrap(_heading(recommendation), view.width, HEAD),
        Text(),
        *_block(recommendation.dedented.lines),
        Text(),
        *_reasons(recommendation.lines, view.width),
        *_list("To adapt", recommendation.adapt, view.width),
        *_diff(recommendation, view.width),
        *_list("Left out on purpose", omitted, view.width),
    ]


def _heading(recommendation: Recommendation) -> str:
    """What to do with the block."""
    return capitalize(safe(instruction_of(recommendation.parts))) or "See what to adapt"


def _block(lines: Sequence[BlockLine]) -> list[Text]:
    """Draw the lines, the new ones with a plus."""
    return [
        line(
            ("  " if item.kept else "+ ", "green"),
            (visible(item.text.expandtabs(4)), "" if item.kept else "bold green"),
        )
        for item in lines
    ]


def _reasons(lines: Sequence[BlockLine], width: int) -> list[Text]:
    directives = [item for item in lines if item.reason and item.text.strip() != "}"]
    rows = [line(("Why", HEAD))]
    for item in directives:
        if not item.kept:
            rows += wrap(f"{safe(item.text.strip(), 80)}", width, "green", "  ")
            rows += wrap(item.reason, width, "", "    ")
    kept = sum(item.kept for item in directives)
    return rows + wrap(f"{kept} lines are kept as they are today.", width, DIM, "  ")


def _diff(recommendation: Recommendation, width: int) -> list[Text]:
    if recommendation.diff is None:
        return []
    rows = [Text(), line(("As a diff", HEAD), ("  s saves it", DIM))]
    rows += wrap(patch_command(recommendation), width, "", "  ")
    rows += [*wrap("nginx -t && nginx -s reload", width, "", "  "), Text()]
    diff_lines = recommendation.diff.splitlines()
    return rows + [_diff_line(visible(text.expandtabs(4))) for text in diff_lines]


def _diff_line(text: str) -> Text:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return line((text, styles.get(text[:1], "")))


def _list(title: str, items: Sequence[str], width: int) -> list[Text]:
    if not items:
        return []
    rows = [Text(), line((title, HEAD))]
    for item in items:
        rows += wrap(f"- {safe(item)}", width, "", "  ")
    return rows
