"""One investigation at one moment: what a case file holds."""

import time
from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepState

SCHEMA = "ssewizard.case/2"


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What was given, seen and concluded, at one moment.

    Attributes:
        steps: Each step's state and why.
        saved: When, in seconds since the epoch.
        elapsed_s: How long the investigation had taken by then, in seconds.
        tool: The version that saved it.
        verdict: What that version concluded; empty where nothing was concluded yet.
        causes: The causes that it named, as `id (confidence)`.
        notes: What must be said of the file itself, one sentence each; never stored.
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
        """How many steps have come to a result."""
        return sum(one.state not in ("todo", "running") for one in self.steps)


def cause_labels(diagnosis: Diagnosis) -> tuple[str, ...]:
    """The causes as a record names them."""
    return tuple(f"{cause.id} ({cause.confidence})" for cause in diagnosis.causes)
