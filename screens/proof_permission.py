"""The question before a proven fix is discarded."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from screens.questions import Notify, is_yes
from screens.widgets.prompt import Question
from wizard.investigation.investigation import Investigation
from wizard.model.steps import StepId
from wizard.text.messages import tr

KEPT = tr("Nothing was run: the proof is kept.")


@dataclass(frozen=True, slots=True)
class ProofPermission:
    """Asks before steps that begin a new comparison; only `y` or `yes` allows them.

    Attributes:
        ask: Shows a question.
        notify: Shows why nothing is run.
    """

    ask: Callable[[Question], None]
    notify: Notify

    def then(
        self, investigation: Investigation, steps: Sequence[StepId], run: Callable[[], None]
    ) -> None:
        """Call `run`, after a question if these steps would discard a proven fix."""
        case = investigation.case
        if case.proof is None or not case.is_fixed or "proxy" not in steps:
            run()
            return
        at = time.strftime("%H:%M", time.localtime(case.proof.at))
        label = tr(
            "The fix was proven at {at}. Step 2 starts a new comparison: the earlier "
            "measurements stay in the case, but it no longer counts as fixed. Discard the "
            "proof? y/n (w saves the case first)",
            at=at,
        )

        def answered(is_allowed: object) -> None:
            if is_allowed is True:
                run()
            else:
                self.notify(KEPT)

        self.ask(Question(label, is_yes, answered))
