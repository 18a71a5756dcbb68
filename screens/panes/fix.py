"""Step 7: what to paste where, what stays folded away, and how to apply it."""

from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from screens.panes.view import View, step_panel
from screens.widgets.panel import PanelView, Row, rows_of
from screens.widgets.style import ACCENT, DIM, HEAD, line, wrap
from wizard.model.diagnosis import BlockLine, Part, Recommendation
from wizard.report.proof import change_text, config_sentence
from wizard.report.text import patch_command
from wizard.text.display import capitalize, labelled, safe, visible
from wizard.text.messages import plural, tr

FOLD_FROM = 3
"""From this many lines on, lines that stay as they are today are folded."""
_VERBS = {
    "insert": tr("INSERT"),
    "replace": tr("REPLACE"),
    "set": tr("SET"),
    "keep": tr("KEEP"),
}
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def draw_fix(view: View) -> list[PanelView]:
    """Draw the block to paste, and below it how to apply it and what else there is to read."""
    recommendation = view.recommendation
    if view.case.is_fixed:
        changes = [line(change_text(each)) for each in view.case.config_changes]
        changed = rows_of(changes or wrap(config_sentence(view.case), view.width))
        proof = Row(line(tr("What came before and what comes now")), "choose(8)")
        return [step_panel(view, [*changed, Row(Text()), proof])]
    if recommendation is None:
        return [step_panel(view, [])]
    is_diff = "diff" in view.unfolded and recommendation.diff is not None
    rows = _diff_rows(recommendation) if is_diff else _block_rows(recommendation, view)
    answer = capitalize(recommendation.change)
    panel = step_panel(view, [*rows, *_reading_rows(recommendation, view)], answer)
    return [panel, PanelView(tr("How to apply it"), list(_how_rows(recommendation, view)))]


def _block_rows(recommendation: Recommendation, view: View) -> Iterator[Row]:
    """Yield each part with where it goes; lines that stay as they are today are folded."""
    for number, part in enumerate(recommendation.dedented.parts):
        if number:
            yield Row(Text())
        yield from rows_of(_place(part, view.width))
        for is_kept, group in groupby(part.lines, lambda item: item.kept):
            lines, name = list(group), f"part{number}"
            if is_kept and len(lines) >= FOLD_FROM and not view.opens(name):
                text = tr("    {count} unchanged", count=plural(len(lines), "line"))
                yield Row(line(("│ ", DIM), (text, DIM)), f"fold('{name}')")
            else:
                yield from map(_line_row, lines)


def _place(part: Part, width: int) -> list[Text]:
    """Say what to do with the part, its verb in capitals."""
    where, verb = safe(part.where), _VERBS[part.action]
    begins = where.lower().startswith(verb.lower())
    place = f"{verb} {where[len(verb) :].lstrip()}" if begins else _after_verb(verb, where)
    first, *more = wrap(place, width, HEAD)
    first.stylize(f"bold {ACCENT}", 0, len(verb))
    return [first, *more]


def _after_verb(verb: str, place: str) -> str:
    return tr("{verb} {place}", verb=verb, place=place)


def _line_row(item: BlockLine) -> Row:
    text = visible(item.text.expandtabs(4))
    if item.kept:
        return Row(line(("│ ", DIM), text))
    return Row(line(("+ ", "green"), (text, "bold green")))


def _diff_rows(recommendation: Recommendation) -> Iterator[Row]:
    for text in (recommendation.diff or "").splitlines():
        style = _DIFF_STYLES.get(text[:1], "")
        yield Row(line((visible(text.expandtabs(4)), style)))


def _reading_rows(recommendation: Recommendation, view: View) -> Iterator[Row]:
    """Yield the links to what else there is to read, each unfolded on demand."""
    omitted = [labelled(text, why) for text, why in recommendation.omitted]
    reasons = [labelled(item.text.strip(), item.reason) for item in _new_lines(recommendation)]
    yield Row(Text())
    for name, title, items in (
        ("why", tr("Why each new line"), reasons),
        ("omitted", tr("What is left out on purpose"), omitted),
    ):
        if not items:
            continue
        is_open = view.opens(name) if name == "why" else name in view.unfolded
        yield Row(line((title, HEAD if is_open else "")), f"fold('{name}')")
        if is_open:
            for item in items:
                yield from rows_of(_item(item, view.width))
    if recommendation.diff is not None:
        title = tr("The block") if "diff" in view.unfolded else tr("The same as a diff")
        yield Row(line(title), "fold('diff')")


def _new_lines(recommendation: Recommendation) -> list[BlockLine]:
    return [
        item
        for item in recommendation.lines
        if item.reason and not item.kept and item.text.strip() != "}"
    ]


def _item(text: str, width: int) -> list[Text]:
    rows = wrap(safe(text, 400), width - 4)
    return [line(("  · " if n == 0 else "    ", ACCENT), row) for n, row in enumerate(rows)]


def _how_rows(recommendation: Recommendation, view: View) -> Iterator[Row]:
    """Yield the steps from here to the proof, numbered; and what to adapt by hand."""
    if view.in_lab:
        steps = [tr("p patches the lab's own Nginx and reloads it"), tr("Enter verifies it")]
    elif recommendation.diff is not None:
        patch = patch_command(recommendation)
        steps = [tr("s saves ssewizard-fix.diff"), patch, "nginx -t && nginx -s reload"]
        steps.append(tr("Enter continues with the verification"))
    else:
        steps = [tr("c copies the block, s saves it; paste it where shown above")]
        steps = steps if recommendation.parts else []
        steps += ["nginx -t && nginx -s reload", tr("Enter continues with the verification")]
    for adapt in recommendation.adapt:
        steps.insert(0, adapt)
    for number, text in enumerate(steps, 1):
        for row, part in enumerate(wrap(safe(text), view.second_width - 3)):
            yield Row(line((f"{number}  " if row == 0 else "   ", ACCENT), part))
