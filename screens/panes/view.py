"""What a room is given to draw."""

from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.steps import StepId, StepState


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the investigation, and the space there is.

    Attributes:
        width: Probes from left to right.
        height: Lines that are left below the step's head.
        chosen: Which proxied probe the left pane shows; None takes the worst.
        now: Seconds since the probes began, while they run.
    """

    step: StepId
    state: StepState
    case: Case
    diagnosis: Diagnosis | None
    recommendation: Recommendation | None
    width: int
    height: int
    chosen: int | None = None
    now: float | None = None
