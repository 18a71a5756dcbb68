"""The eight steps over one case. Knows no screen: the wizard and `check` both drive it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from wizard.diagnose.diagnose import diagnose
from wizard.investigation import step_results
from wizard.investigation.session import Session
from wizard.investigation.steps import STEP_RUNNERS, StepResult, step_probes
from wizard.model.case import STEPS, Case, State, StepId, StepState
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.steps import STEP_TEXTS
from wizard.model.target import Target
from wizard.probe.curl import curl_command
from wizard.recommend import recommend
from wizard.text.errors import SsewizardError

ApplyFix = Callable[[str], Awaitable[str]]
"""Applies a diff to the lab's Nginx and reloads it; returns what was done, in a few words."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is being waited for, since when (seconds on `time.monotonic`), at most how long."""

    what: str
    since: float
    at_most: float


class Investigation:
    """One investigation, from the target to the proof.

    Each step can run again at any time; what was concluded from it is then `todo` again. All
    properties are snapshots, safe to read while steps run.
    """

    def __init__(
        self,
        target: Target,
        *,
        clock: Callable[[], float] = time.monotonic,
        stored: Case | None = None,
    ) -> None:
        """With a stored case, all that it holds is known from the start."""
        self._session = Session(target, clock, stored)
        self._states = {step: StepState(step) for step in STEPS}
        self._diagnosis: Diagnosis | None = None
        self._recommendation: Recommendation | None = None

    @property
    def target(self) -> Target:
        """What the user gave."""
        return self._session.target

    @property
    def case(self) -> Case:
        """All that is known now; probes under way have the outcome `running`."""
        return self._session.case

    @property
    def steps(self) -> Mapping[StepId, StepState]:
        """Each step's state, in the order of `STEPS`."""
        return dict(self._states)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The conclusion, once the `cause` step has run."""
        return self._diagnosis

    @property
    def recommendation(self) -> Recommendation | None:
        """What to paste, once the `fix` step has run; None where Nginx is not at fault."""
        return self._recommendation

    @property
    def elapsed_s(self) -> float:
        """How long it has taken so far, in seconds."""
        return time.time() - self.case.started

    @property
    def waiting(self) -> Waiting | None:
        """What a running step waits for, or None."""
        matrix = max(
            self._session.sightings.running,
            key=lambda running: running.max_duration_s,
            default=None,
        )
        return (
            Waiting(matrix.waiting_for, matrix.started, matrix.max_duration_s) if matrix else None
        )

    def missing_input(self, step: StepId) -> str:
        """What the step needs and has not been given; empty if it can run."""
        given = {"direct": self.target.direct, "logs": self.target.logs, "config": self.target.conf}
        return "" if given.get(step, True) else STEP_TEXTS[step].missing

    def curl_commands(self, step: StepId) -> tuple[str, ...]:
        """The commands that would show the same, quoted for a shell, secrets left out."""
        return tuple(
            curl_command(probe, self.target, self.target.stall)
            for probe in step_probes(self.target, step)
        )

    async def close(self) -> None:
        """Leave what was followed: nothing is left running, here or at a vantage."""
        await self._session.logs.close()

    def mark_reloaded(self) -> None:
        """Nginx has another config now: what was proven before proves nothing."""
        self._enter("verify", "todo", "")

    def amend(self, target: Target) -> None:
        """Take a changed target; the steps that what changed belongs to are `todo` again."""
        self._reset(*self._session.amend(target))

    def _reset(self, *steps: StepId) -> None:
        """These steps, and what was concluded from them, are to be done (again)."""
        for step in (*steps, "cause", "fix", "verify"):
            self._enter(step, "todo", "")
        self._diagnosis = self._recommendation = None

    async def run(self, step: StepId) -> StepState:
        """Run one step (again); `proxy` runs the direct probes beside it.

        Never raises for anything that a server, a log or a config does. Cancelled, it closes its
        connections, keeps what was seen, and the step is `todo` again.
        """
        if missing := self.missing_input(step):
            return self._enter(step, "skip", f"not given: {missing}")
        if step in ("root", "proxy", "direct", "logs", "config"):
            self._reset(step)
        self._enter(step, "running", "")
        try:
            state, why = await self._work(step)
        except SsewizardError as error:
            self._session.keep_problem(step, str(error))
            state, why = "fail", str(error)
        except asyncio.CancelledError:
            for one in [one for one in self._states.values() if one.state == "running"]:
                self._enter(one.id, "todo", "interrupted")
            raise
        self._session.end(step)
        return self._enter(step, state, why)

    def _enter(self, step: StepId, state: State, why: str) -> StepState:
        self._states[step] = StepState(step, state, why)
        return self._states[step]

    async def _work(self, step: StepId) -> StepResult:
        self._session.begin(step)
        if step == "cause":
            return self._conclude()
        if step == "fix":
            return self._derive()
        if step == "proxy" and self.target.direct:
            return await self._with_direct()
        return await STEP_RUNNERS[step](self._session)

    async def _with_direct(self) -> StepResult:
        """The direct probes run beside the proxied ones: that step has run too."""
        self._enter("direct", "running", "")
        result = await STEP_RUNNERS["proxy"](self._session)
        self._enter(
            "direct", *step_results.of_results(self.case.direct, self.case.handshake("direct"))
        )
        return result

    def _conclude(self) -> StepResult:
        self._diagnosis = diagnose(self.case)
        return step_results.of_diagnosis(self._diagnosis)

    def _derive(self) -> StepResult:
        if self._diagnosis is None:
            self._enter("cause", *self._conclude())
        assert self._diagnosis is not None
        self._recommendation = recommend(self.case, self._diagnosis)
        return step_results.of_recommendation(self._recommendation, self._diagnosis)
