"""One investigation: runs the eight steps and concludes from their evidence.

Knows no screen: the wizard and `ssewizard check` both drive it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from wizard.investigation import step_results
from wizard.investigation.proof import (
    NOTHING_LEFT,
    PROVE_IT,
    conclude,
    is_changed_since,
    states_now,
)
from wizard.investigation.reload_watch import LONGEST_S
from wizard.investigation.session import Session
from wizard.investigation.step_results import StepResult
from wizard.investigation.steps import STEP_RUNNERS, missing_input
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.events import ProbeEvent
from wizard.model.probe import Probe
from wizard.model.steps import STEP_TEXTS, STEPS, State, StepId, StepState
from wizard.model.target import Target
from wizard.probe.probe import run_probe_in_batches
from wizard.recommend import recommend
from wizard.text.bugs import report_bug
from wizard.text.errors import SsewizardError
from wizard.text.messages import tr

_STREAMS = ("sse-proxy", "sse-hop", "sse-direct")
TIMED_PROBES: Mapping[StepId, tuple[str, ...]] = {
    "root": ("root-proxy",),
    "proxy": _STREAMS,
    "direct": ("sse-direct",),
    "verify": _STREAMS,
}
"""The probes of each step whose times count."""

MAX_ABSENCE_S = 5.0
"""For how long at a time this program may not run while requests are open, in seconds: the process
was stopped, or the machine was. Shorter absences are allowed for in each probe."""
STOPPED = tr(
    "this process or machine was paused meanwhile, so the measured times are not used: run the "
    "step again"
)
"""The reason of a step that a longer absence has spoiled."""

ApplyFix = Callable[[str], Awaitable[str]]
"""Applies a diff to the lab's Nginx and reloads it; returns what was done, in a few words."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a running step waits for, in a few words, since when, and for how long at most.

    `since` is in seconds on `time.monotonic`.
    """

    what: str
    since: float
    max_duration_s: float


def _longest_absence_s(case: Case, step: StepId) -> float:
    """The longest time that this program did not run while a request of this step was open."""
    probes = [result.timeline for result in (*case.proxy, *case.direct, *case.hops)]
    sent = [follow_up.timeline for follow_up in case.follow_ups]
    exchanged = [each.timeline for handshake in case.handshakes for each in handshake.exchanges]
    root = [case.root] if case.root else []
    timelines = root if step == "root" else [*probes, *sent, *exchanged]
    lengths = (absent.length_s for timeline in timelines for absent in timeline.absences)
    return max(lengths, default=0.0)


class Investigation:
    """One investigation, from the target to the verified fix.

    Each step can run again at any time; what was concluded from it is then `todo` again. All
    properties return frozen values that can be read while steps run.
    """

    def __init__(
        self,
        target: Target,
        *,
        clock: Callable[[], float] = time.monotonic,
        stored: Case | None = None,
    ) -> None:
        """Begin with the target alone, or with the evidence of a stored case."""
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
        """All evidence so far; probes under way have the outcome `running`.

        Cheap to read: a new snapshot is made only after new evidence.
        """
        return self._session.snapshot()

    @property
    def steps(self) -> Mapping[StepId, StepState]:
        """Each step's state, in the order of `STEPS`."""
        return dict(self._states)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The conclusion; None until the `cause` step has run."""
        return self._diagnosis

    @property
    def recommendation(self) -> Recommendation | None:
        """The block and the diff; None until the `fix` step has run or if Nginx needs no change."""
        return self._recommendation

    @property
    def elapsed_s(self) -> float:
        """Seconds since the investigation began."""
        return time.time() - self.case.started

    @property
    def waiting(self) -> Waiting | None:
        """What the running step waits for; None if nothing is awaited."""
        if wait := self._session.reload_wait:
            return Waiting(wait.text, wait.since, LONGEST_S)
        matrices = self._session.running
        if not matrices:
            return None
        longest = max(matrices, key=lambda matrix: matrix.max_duration_s)
        return Waiting(longest.waiting_for, longest.started, longest.max_duration_s)

    def wait_for_reload(self, *, wanted: bool = True) -> None:
        """Let the proof wait until a fresh connection shows a change, or begin at once."""
        self._session.waits_for_reload = wanted
        self._session.proves_now.clear()

    @property
    def awaits_reload(self) -> bool:
        """True while the proof waits for the user's change and the reload of Nginx."""
        return self._session.reload_wait is not None

    def prove_now(self) -> None:
        """End that wait: what was mended need not be in the config."""
        self._session.proves_now.set()

    async def close(self) -> None:
        """Stop following the logs; no process is left running, here or at a vantage."""
        await self._session.logs.close()

    @property
    def may_watch(self) -> bool:
        """True if the stream may be asked for only to look at it: a GET without a body."""
        return self.target.method == "GET" and not self.target.body

    def watch(self, probe: Probe) -> AsyncGenerator[tuple[ProbeEvent, ...], None]:
        """Ask for the stream for the user to look at; what comes is no evidence of this case.

        The run token differs from that of the steps, so that its log lines do not count as theirs.
        """
        options = self._session.options()
        return run_probe_in_batches(probe, replace(options, run=f"{options.run}-live"))

    def mark_reloaded(self) -> None:
        """Set `verify` to `todo`: Nginx has a new config."""
        self._enter("verify", "todo")

    def amend(self, target: Target) -> None:
        """Take a changed target; the steps that depend on the change are `todo` again."""
        self._reset(*self._session.amend(target))

    def _reset(self, *steps: StepId) -> None:
        """Set these steps and all conclusions to `todo`; what was proven stays proven.

        New requests of the stream leave new lines in the logs.
        """
        is_proven = self.case.is_fixed and "proxy" not in steps
        if "proxy" in steps and self._states["logs"].state in ("pass", "warn", "fail"):
            steps = (*steps, "logs")
        for step in (*steps, "cause", "fix", *(() if is_proven else ("verify",))):
            self._enter(step, "todo")
        self._diagnosis = self._recommendation = None

    async def run(self, step: StepId, patience_s: float = 0.0) -> StepState:
        """Run one step (again); `proxy` runs the direct probes beside it.

        `patience_s` is how long streams are watched in this run, if that is longer than the
        target's patience, in seconds.

        Never raises for anything that a server, a log or a config does. If cancelled, it closes
        its connections and keeps the evidence so far; the step is `todo` again.
        """
        if missing := missing_input(self.target, step):
            return self._enter(step, "skip", tr("missing: {missing}", missing=missing))
        if step in ("root", "proxy", "direct", "logs", "config"):
            self._reset(step)
        self._enter(step, "running")
        self._session.patience_s = max(patience_s, self.target.patience)
        self._session.begin(step)
        problem = ""
        try:
            state, why = await self._run_step(step)
        except SsewizardError as error:
            state, why = "fail", (problem := str(error))
        except Exception as error:  # noqa: BLE001
            name = STEP_TEXTS[step].title
            state, why = "fail", (problem := report_bug(tr("the step {name}", name=name), error))
        except asyncio.CancelledError:
            for other in STEPS:
                if self._states[other].state == "running":
                    self._enter(other, "todo", "interrupted")
            raise
        self._session.end(step, problem)
        if step in TIMED_PROBES and _longest_absence_s(self.case, step) >= MAX_ABSENCE_S:
            state, why = self._drop_timed(step)
        entered = self._enter(step, state, why)
        if step == "verify":
            self._take_proof()
        return entered

    def _take_proof(self) -> None:
        """Let every step say what the verification has shown."""
        if self.case.proof is None:
            return
        causes = self._diagnosis.causes if self._diagnosis else ()
        if self._diagnosis is not None:
            self._enter("cause", *self._conclude())
        if self._diagnosis is not None and not self.case.is_fixed:
            has_new_causes = [c.id for c in causes] != [c.id for c in self._diagnosis.causes]
            if self._recommendation and (has_new_causes or self.case.config_changed):
                self._enter("fix", *self._recommend())
        self._states = states_now(self.case, self._states)

    def _drop_timed(self, step: StepId) -> StepResult:
        """Forget what the requests of this step showed, since this program did not run for long."""
        self._session.drop_timelines(TIMED_PROBES[step])
        if step == "proxy" and self.target.direct:
            self._enter("direct", "skip", STOPPED)
        return "todo", STOPPED

    def _enter(self, step: StepId, state: State, why: str = "") -> StepState:
        self._states[step] = StepState(step, state, why)
        return self._states[step]

    async def _run_step(self, step: StepId) -> StepResult:
        if step == "cause":
            return self._conclude()
        if step == "fix":
            return self._recommend()
        # The direct probes run beside the proxied ones, so `proxy` runs the step `direct` too.
        runs_direct = step == "proxy" and bool(self.target.direct)
        if runs_direct:
            self._enter("direct", "running")
        result = await STEP_RUNNERS[step](self._session)
        if runs_direct:
            self._enter("direct", *step_results.rate_direct(self.case))
        return result

    def _conclude(self) -> StepResult:
        """Conclude from all evidence; after a proven fix, that of before."""
        self._diagnosis = conclude(self.case)
        return step_results.rate_diagnosis(self._diagnosis)

    def _recommend(self) -> StepResult:
        if self._diagnosis is None:
            self._enter("cause", *self._conclude())
        assert self._diagnosis is not None
        if self.case.is_fixed:
            # What was recommended before stays; from the config of now nothing follows.
            return "pass", NOTHING_LEFT
        if is_changed_since(self.case):
            return "pass", PROVE_IT
        self._recommendation = recommend(self.case, self._diagnosis)
        return step_results.rate_recommendation(self._recommendation, self._diagnosis)
