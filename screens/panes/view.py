"""What a pane gets to draw."""

from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.steps import StepId, StepState


@dataclass(frozen=True, slots=True)
class View:
    """The investigation at one moment, and the size of the pane.

    Attributes:
        width: Columns of the pane.
        height: Lines below the step's head.
        shown_probe: Index of the proxied probe that the left stream shows; None shows the worst.
        now: Seconds since the probes began; None while none runs.
    """

    step: StepId
    state: StepState
    case: Case
    diagnosis: Diagnosis | None
    recommendation: Recommendation | None
    width: int
    height: int
    shown_probe: int | None = None
    now: float | None = None
