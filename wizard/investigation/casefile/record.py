"""What a case file holds: one investigation at one moment."""

import time
from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepState
from wizard.model.target import Target

SCHEMA = "ssewizard.case/5"
READABLE_SCHEMAS = (SCHEMA, "ssewizard.case/4")
"""A file of version 4 holds no attempts: what was proven is not in it."""


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """The evidence of an investigation and its conclusion, as saved.

    Attributes:
        saved: When it was saved, in seconds since the epoch.
        elapsed_s: How long the investigation had taken by then.
        tool: The version of ssewizard that saved it.
        verdict: The verdict of that version; empty if there was none yet.
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
        """The time of saving: `2026-11-23 16:00 UTC`."""
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.saved))


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """What a case is about; the rest of it is not read."""

    target: Target


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """The few fields of a `CaseRecord` with which a case is offered."""

    case: CaseSubject
    steps: tuple[StepState, ...] = ()
    saved: float = 0.0

    @property
    def done(self) -> int:
        """The number of steps with a result."""
        return sum(step.state not in ("todo", "running") for step in self.steps)


def cause_labels(diagnosis: Diagnosis) -> tuple[str, ...]:
    """The causes in the form of `CaseRecord.causes`."""
    return tuple(f"{cause.id} ({cause.confidence})" for cause in diagnosis.causes)
