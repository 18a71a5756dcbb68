"""The question before a step runs, sends or reads what a case file names."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from screens.allowances import keep_allowances
from screens.questions import Notify, is_yes
from screens.widgets.prompt import Question
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import EVIDENCE_STEPS, SavedInvestigation
from wizard.investigation.uses import Use, describe_problem
from wizard.model.steps import StepId
from wizard.text.columns import width
from wizard.text.messages import tr

NOT_ALLOWED = tr("Nothing was run or sent: you did not allow what this case asks for.")
LINE_COLUMNS, PAGE_LINES = 76, 8
"""How much is shown at a time: as much as is read at once, and fits a small terminal."""
_HEAD = tr("To continue, this case file asks to")
_ALLOW = tr("Type y to allow all of this; any other answer does not:")


@dataclass(frozen=True, slots=True)
class CasePermission:
    """Asks before what a case file names is used; only `y` or `yes` allows it.

    What was allowed is stored: it is not asked again for the same case.

    Attributes:
        ask: Shows a question.
        notify: Shows why nothing is run.
    """

    ask: Callable[[Question], None]
    notify: Notify

    def then(
        self, investigation: Investigation, steps: Iterable[StepId], run: Callable[[], None]
    ) -> None:
        """Call `run` once all is allowed; at once where these steps need no permission."""
        evidence_steps = EVIDENCE_STEPS & set(steps)
        if not isinstance(investigation, SavedInvestigation) or all(
            map(investigation.missing_secret, evidence_steps)
        ):
            run()  # with a missing secret, the step says so and does nothing
        elif problem := describe_problem(investigation.unconfirmed):
            self.notify(problem)
        else:
            uses = investigation.unconfirmed
            self._ask_page(_pages(uses), uses, investigation, run)

    def _ask_page(
        self,
        pages: Sequence[str],
        uses: Sequence[Use],
        investigation: SavedInvestigation,
        run: Callable[[], None],
    ) -> None:
        if not pages:
            if uses:
                investigation.allow(uses)
                keep_allowances(investigation.case.run, uses)
            run()
            return

        def answered(is_allowed: object) -> None:
            if is_allowed is True:
                self._ask_page(pages[1:], uses, investigation, run)
            else:
                self.notify(NOT_ALLOWED)

        more = tr(" ({count} pages)", count=len(pages)) if len(pages) > 1 else ""
        self.ask(Question(f"{_HEAD}{more}:\n{pages[0]}\n{_ALLOW}", is_yes, answered))


def _pages(uses: Iterable[Use]) -> list[str]:
    """Return the uses in pages, each use whole and on a line of its own.

    Only a text that is longer than a page goes on to the next.
    """
    pages: list[str] = []
    free = 0
    for sentence in (part for use in uses for part in _parts(f"  {use.sentence}")):
        lines = ceil(width(sentence) / LINE_COLUMNS)
        if lines > free:
            pages.append(sentence)
            free = PAGE_LINES
        else:
            pages[-1] += f"\n{sentence}"
        free -= lines
    return pages


def _parts(text: str) -> list[str]:
    """The text in parts of a page at most; a character may take two columns."""
    size = LINE_COLUMNS * PAGE_LINES // (1 if width(text) == len(text) else 2)
    return [text[at : at + size] for at in range(0, len(text), size)]
