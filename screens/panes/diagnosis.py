"""Step 6: the cause, each line of its evidence with where it was seen, and what it is not."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.text import Text

from screens.panes.view import View, step_panel
from screens.widgets.panel import LINK_COLUMNS, PanelView, Row, rows_of
from screens.widgets.step_list import StepList
from screens.widgets.style import ACCENT, DIM, GLYPHS, HEAD, STYLES, line, wrap
from wizard.diagnose.next_step import next_step
from wizard.model.diagnosis import CONFIDENCE_WORDS, Diagnosis, Evidence, Finding
from wizard.model.steps import STATE_WORDS, STEPS, StepId
from wizard.report.hops import has_hops_to_compare, hops_summary
from wizard.report.labels import side_names, spell_out
from wizard.report.proof import change_text, utc
from wizard.text.columns import pad
from wizard.text.display import capitalize, comma_list, labelled, safe
from wizard.text.messages import tr

_LABELS: Mapping[str, str] = {
    "probe": tr("measured"),
    "config": tr("config"),
    "log": tr("log"),
    "follow-up": tr("checked"),
}
_LABEL_COLUMNS = 10
MAX_CHANGES = 4
"""How many changed lines of the config are drawn."""
MAX_EVIDENCE_ROWS = 3
"""How many rows a text of evidence has at most; the step where it was seen shows all."""


def draw_cause(view: View) -> list[PanelView]:
    """Draw the causes with their evidence; below them why it is none of the look-alikes."""
    diagnosis = view.diagnosis
    if diagnosis is None:
        return [step_panel(view, [])]
    rows = [row for cause in diagnosis.causes for row in _cause_rows(cause, view)]
    if not rows:
        rows = list(_step_rows(view))
    if has_hops_to_compare(view.case) and (summary := hops_summary(view.case)):
        rows = [*rows_of(wrap(summary, view.width, HEAD)), Row(Text()), *rows]
    answer = diagnosis.causes[0].title if diagnosis.causes else diagnosis.summary
    if view.case.is_fixed and view.case.proof:
        answer = tr("Fixed {utc}. It was: {answer}", utc=utc(view.case.proof.at), answer=answer)
        changes = [line(change_text(each)) for each in view.case.proof.changes[:MAX_CHANGES]]
        rows = [*_labelled(tr("changed"), changes, "choose(8)"), *rows]
    if diagnosis.verdict == "inconclusive" and (step := next_step(view.case)):
        rows = [
            *rows_of(wrap(tr("Next: {step}", step=safe(step, 400)), view.width, HEAD)),
            Row(Text()),
            *rows,
        ]
    panel = step_panel(view, rows, answer)
    more = list(_reasons(diagnosis, side_names(view.case), view.second_width))
    title = tr("Why this cause") if diagnosis.causes else tr("Not seen, and what else to know")
    return [panel, PanelView(title, rows_of(more))] if more else [panel]


def _step_rows(view: View) -> Iterator[Row]:
    """Yield each step's result, or what it lacks: what a verdict without a cause rests on."""
    for step in STEPS[: STEPS.index("cause")]:
        if state := view.states.get(step):
            style = STYLES[state.state]
            head = line(
                (f"{GLYPHS[state.state]} ", style), (pad(StepList.NAMES[step], _LABEL_COLUMNS), DIM)
            )
            why = capitalize(safe(state.why, 400)) or capitalize(STATE_WORDS[state.state])
            rows = wrap(why, view.width - head.cell_len - LINK_COLUMNS)
            for number, text in enumerate(rows[:MAX_EVIDENCE_ROWS]):
                shown = line(head if number == 0 else " " * head.cell_len, text)
                yield Row(shown, f"choose({STEPS.index(step) + 1})" if number == 0 else "")


def _cause_rows(cause: Finding, view: View) -> Iterator[Row]:
    """Yield a cause's fix, its evidence by kind, what was ruled out, and its id."""
    if view.diagnosis and cause is not view.diagnosis.causes[0]:
        yield Row(Text())
        yield from rows_of(wrap(safe(cause.title), view.width, STYLES["fail"]))
    room = view.width - _LABEL_COLUMNS - LINK_COLUMNS
    where = {"nginx": tr("in Nginx"), "outer-proxy": tr("in the outer proxy")}.get(
        cause.fix.where, tr("in the {where}", where=cause.fix.where)
    )
    fix = wrap(tr("{fix} ({where}).", fix=capitalize(cause.fix.summary), where=where), room)
    yield from _labelled(tr("fix"), fix, "choose(7)")
    for kind, items in groupby(cause.evidence, lambda item: item.kind):
        label = _LABELS[kind]
        for text, alike in groupby(items, lambda item: _evidence_text(item, view)):
            item, *more = alike
            yield from _evidence_rows(label, text, item, 1 + len(more), view)
            label = ""
    yield from _labelled(tr("not"), wrap(comma_list(cause.ruled_out), room))
    sureness = tr(
        "{confidence}: ssewizard explain {id}",
        confidence=CONFIDENCE_WORDS[cause.confidence],
        id=safe(cause.id, 80),
    )
    yield from _labelled("id", wrap(sureness, view.width - _LABEL_COLUMNS, DIM))


def _evidence_text(item: Evidence, view: View) -> str:
    """An observation, with its place where that says more than the link."""
    text = safe(spell_out(item.short or item.text, side_names(view.case)), 400)
    if item.kind not in ("probe", "follow-up"):
        text = labelled(safe(_short_place(item.where)), text)
    elif item.kind == "probe" and item.is_direct:
        text = labelled(tr("direct"), text)
    return text


def _evidence_rows(label: str, text: str, item: Evidence, count: int, view: View) -> Iterator[Row]:
    """Yield the rows of an observation that was made so many times."""
    if count > 1:
        text = f"{text} ×{count}"
    lines = wrap(text, view.width - _LABEL_COLUMNS - LINK_COLUMNS)
    if len(lines) > MAX_EVIDENCE_ROWS:
        lines[MAX_EVIDENCE_ROWS - 1].append(" …")
    return _labelled(label, lines[:MAX_EVIDENCE_ROWS], f"choose({_step_of(item)})")


def _short_place(where: str) -> str:
    """The place without the folder."""
    return where.rpartition("/")[2]


def _labelled(label: str, lines: Sequence[Text], link: str = "") -> Iterator[Row]:
    """Yield the lines, the first one with the label before it and the link."""
    for number, text in enumerate(lines):
        first = pad(label, _LABEL_COLUMNS) if number == 0 else " " * _LABEL_COLUMNS
        yield Row(line((first, DIM), text), link if number == 0 else "")


def _step_of(item: Evidence) -> int:
    """The number of the step where an observation was made."""
    steps: Mapping[str, StepId] = {"config": "config", "log": "logs", "follow-up": "direct"}
    step = steps.get(item.kind, "direct" if item.is_direct else "proxy")
    if item.probe.startswith("root"):
        step = "root"
    return STEPS.index(step) + 1


def _reasons(diagnosis: Diagnosis, sides: Mapping[str, str], width: int) -> Iterator[Text]:
    """Yield what separates each cause from its look-alikes, then the risks and the notes."""
    for cause in diagnosis.causes:
        if cause.distinguishes:
            yield from wrap(safe(spell_out(cause.distinguishes, sides)), width)
    if diagnosis.risks:
        if diagnosis.causes:
            yield Text()
        yield line((tr("Risks, not seen to break anything now"), HEAD))
    for risk in diagnosis.risks:
        yield from _item(labelled(risk.title, risk.fix.summary), width)
    if diagnosis.notes and (diagnosis.causes or diagnosis.risks):
        yield Text()
        yield line((tr("Also"), HEAD))
    for note in diagnosis.notes:
        yield from _item(spell_out(note, sides), width)


def _item(text: str, width: int) -> Iterator[Text]:
    for number, row in enumerate(wrap(safe(text), width - 2)):
        yield line(("· " if number == 0 else "  ", ACCENT), row)
