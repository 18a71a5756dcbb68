"""What a case file holds: one investigation at one moment."""

import time
from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepState

SCHEMA = "ssewizard.case/2"


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """The evidence and the conclusion at one moment.

    Attributes:
        steps: Each step's state with its reason.
        saved: When it was saved, in seconds since the epoch.
        elapsed_s: How long the investigation had taken by then, in seconds.
        tool: The version of ssewizard that saved it.
        verdict: The verdict of that version; empty if it had not concluded yet.
        causes: The causes that it named, as `id (confidence)`.
        notes: Remarks on the file itself, one sentence each; never stored.
    """

    case: Case
    steps: tuple[StepState, ...] = ()
    saved: float = 0.0
    elapsed_s: float = 0.0
    tool: str = ""
    verdict: str = ""
    causes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """When it was saved: `2026-11-23 16:00 UTC`."""
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.saved))

    @property
    def done(self) -> int:
        """How many steps have a result."""
        return sum(step.state not in ("todo", "running") for step in self.steps)


def cause_labels(diagnosis: Diagnosis) -> tuple[str, ...]:
    """The causes as `CaseRecord.causes` names them."""
    return tuple(f"{cause.id} ({cause.confidence})" for cause in diagnosis.causes)
