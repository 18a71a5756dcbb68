"""What a pane gets to draw, and the panel of a step with its answer at the top."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.text import Text

from screens.widgets.panel import PanelView, Row, rows_of
from screens.widgets.style import ACCENT, DIM, GLYPHS, STYLES, line, wrap
from wizard.diagnose.facts.product import is_proxy_shown
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.steps import STATE_WORDS, STEP_TEXTS, STEPS, StepId, StepState
from wizard.model.target import Source
from wizard.text.display import capitalize, safe
from wizard.text.messages import tr

TITLES: Mapping[StepId, str] = {
    "root": tr("Root path"),
    "direct": tr("Direct"),
    "logs": tr("Logs"),
    "config": tr("Nginx config"),
    "cause": tr("Cause"),
    "fix": tr("Fix"),
    "verify": tr("Verify"),
}


ROOMY_ROWS = 34
"""From this many rows on, what is folded in a smaller window is open, and more is drawn."""


@dataclass(frozen=True, slots=True)
class View:
    """The investigation at one moment, and the size of the step's panel.

    Attributes:
        width: Columns of a row.
        height: Rows of the panel; the second panel of a step, where it has one, shares them.
        second_width: Columns of a row of the second panel.
        hint: What is missing or awaited, or what to press; may be empty.
        shown_probe: Index of the proxied probe that the left stream shows; None shows the worst.
        now: Seconds since the probes began; None while none runs.
        in_lab: True if the wizard runs on the lab, whose Nginx it may patch.
        unfolded: The names of the parts that the user has opened, or closed where there is room.
        states: All steps with their results.
    """

    step: StepId
    state: StepState
    case: Case
    diagnosis: Diagnosis | None
    recommendation: Recommendation | None
    width: int
    height: int
    second_width: int = 30
    hint: str = ""
    shown_probe: int | None = None
    now: float | None = None
    in_lab: bool = False
    unfolded: frozenset[str] = frozenset()
    states: Mapping[StepId, StepState] = field(default_factory=dict)

    @property
    def is_roomy(self) -> bool:
        """True if there is room for more than the answer and what it rests on."""
        return self.height >= ROOMY_ROWS

    def opens(self, part: str) -> bool:
        """True if a part that can be folded is open: by the user, or since there is room."""
        return (part in self.unfolded) != self.is_roomy


def step_panel(view: View, rows: Iterable[Row | Text], answer: str = "") -> PanelView:
    """The step's panel: its answer first, then the hint, then these rows.

    Args:
        answer: The result in one sentence; the reason of the step's state if it is empty.
    """
    state = view.state.state
    shown = None if state in ("todo", "skip", "running") else state
    title = f"{STEPS.index(view.step) + 1} {_title(view)}"
    head, rows = answer_rows(view, answer or view.state.why), list(rows)
    if state == "running" and not rows:
        inputs = [*map(_input_row, _inputs(view))]
        proves = wrap(STEP_TEXTS[view.step].proves, view.width, DIM)
        rows = [*inputs, *([Text()] if inputs else []), *proves]
    if state in ("todo", "skip", "fail") and not rows:
        rows = [*wrap(STEP_TEXTS[view.step].proves, view.width, DIM)]
    body = [row if isinstance(row, Row) else Row(row) for row in rows]
    gap = [Row(Text())] if head and body else []
    return PanelView(title, [*rows_of(head), *gap, *body], shown, STATE_WORDS[state])


def _title(view: View) -> str:
    return capitalize(public_title(view.case)) if view.step == "proxy" else TITLES[view.step]


def public_title(case: Case) -> str:
    """What is measured at the public URL: a way through the proxy only where one is shown."""
    return tr("through the proxy") if is_proxy_shown(case) else tr("the URL")


def _inputs(view: View) -> Sequence[Source]:
    """What the step reads."""
    target = view.case.target
    conf = (target.conf,) if target.conf is not None else ()
    return {"logs": target.logs, "config": conf}.get(view.step, ())


def _input_row(source: Source) -> Text:
    name = safe(str(source), 200) or "nginx -T"
    return line((f"{tr('reads')} ", DIM), name)


def answer_rows(view: View, answer: str) -> list[Text]:
    """The answer with the sign of its state, and the hint below it."""
    state, rows = view.state.state, list[Text]()
    if answer:
        style = STYLES[state]
        first, *rest = wrap(capitalize(safe(answer, 400)), view.width - 2, style)
        rows = [line((f"{GLYPHS[state]} ", style), first)]
        rows += [line("  ", each) for each in rest]
    if view.hint:
        rows += [line(("→ ", ACCENT), each) if not n else line("  ", each)
                 for n, each in enumerate(wrap(safe(view.hint), view.width - 2))]  # fmt: skip
    return rows
