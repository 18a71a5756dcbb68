"""The eight steps over one case. Knows no screen: the wizard and `check` both drive it."""

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.model import Case, Diagnosis, Recommendation, StepId, StepState, Target


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is being waited for, since when (seconds on `time.monotonic`), at most how long."""

    what: str
    since: float
    at_most: float


class Investigation:
    """One investigation, from the target to the proof. STUB: being written."""

    def __init__(self, target: Target) -> None:
        self.target = target

    @property
    def case(self) -> Case:
        """A snapshot of all that is known now; legs under way have the outcome `running`."""
        raise NotImplementedError

    @property
    def steps(self) -> Mapping[StepId, StepState]:
        """Each step's state, in the order of `STEPS`."""
        raise NotImplementedError

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The conclusion, once the `cause` step has run."""
        raise NotImplementedError

    @property
    def recommendation(self) -> Recommendation | None:
        """What to paste, once the `fix` step has run; None where Nginx is not at fault."""
        raise NotImplementedError

    @property
    def waiting(self) -> Waiting | None:
        """What a running step waits for, or None."""
        raise NotImplementedError

    def missing(self, step: StepId) -> str:
        """What the step needs and has not been given; empty if it can run."""
        raise NotImplementedError

    def curl(self, step: StepId) -> tuple[str, ...]:
        """The commands that would show the same, quoted for a shell, secrets left out."""
        raise NotImplementedError

    def amend(self, target: Target) -> None:
        """Take a changed target; steps that depend on what changed are `todo` again."""
        raise NotImplementedError

    async def run(self, step: StepId) -> StepState:
        """Run one step (again). `proxy` runs the direct legs beside it. Never raises for
        anything that a server, a log or a config does."""
        raise NotImplementedError
