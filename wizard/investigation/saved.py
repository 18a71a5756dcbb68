"""An investigation from a case file: shown as recorded; its steps can run again."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from wizard.investigation.casefile import CaseRecord, cause_labels
from wizard.investigation.investigation import Investigation
from wizard.investigation.proof import states_now
from wizard.investigation.step_results import StepResult
from wizard.investigation.steps import missing_input
from wizard.investigation.uses import Use, describe_problem, uses_of
from wizard.model.client_request import ClientRequest
from wizard.model.steps import StepId, StepState
from wizard.model.target import Target
from wizard.text.display import comma_list
from wizard.text.messages import tr
from wizard.text.redaction import has_withheld_secret

HEADER_STEPS: frozenset[StepId] = frozenset({"root", "proxy", "direct", "verify"})
"""The steps that send the user's headers."""
STREAM_STEPS: frozenset[StepId] = frozenset({"proxy", "direct", "verify"})
"""The steps that send the stream's request, with its method and body."""
EVIDENCE_STEPS: frozenset[StepId] = HEADER_STEPS | {"logs", "config"}
"""The steps that send requests, run commands or read files."""


class SavedInvestigation(Investigation):
    """An investigation that begins with recorded evidence and concludes from it again.

    A case file can come from anybody. What it names is used only after `allow`, whatever the file
    says about itself.

    Attributes:
        allowed: What the user has allowed: named in this run, or confirmed.
    """

    def __init__(self, record: CaseRecord, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(record.case.target, clock=clock, stored=record.case)
        self.record = record
        self.allowed: frozenset[Use] = frozenset()
        self._steps_run: set[StepId] = set()
        done = {step.id for step in record.steps if step.state not in ("todo", "running")}
        if done & {"cause", "fix"}:
            self._conclude()
        if "fix" in done:
            self._recommend()
        for step in record.steps:
            is_cut = step.state == "running"
            self._enter(step.id, *(("todo", "interrupted") if is_cut else (step.state, step.why)))
        self._states = states_now(self.case, self._states)

    @property
    def elapsed_s(self) -> float:
        """The recorded number of seconds until a step is run again."""
        return super().elapsed_s if self._steps_run else self.record.elapsed_s

    @property
    def is_as_recorded(self) -> bool:
        """True if no step has collected evidence since the file was opened."""
        return not self._steps_run

    @property
    def may_watch(self) -> bool:
        """False: what a case file names is asked for only by steps that the user confirms."""
        return False

    @property
    def unconfirmed(self) -> tuple[Use, ...]:
        """What the steps would use and the user has not allowed."""
        return tuple(use for use in uses_of(self.target) if use not in self.allowed)

    def allow(self, uses: Iterable[Use]) -> None:
        """Let the steps use these from now on."""
        self.allowed |= frozenset(uses)

    def amend(self, target: Target) -> None:
        """Take a target that the user has changed: what is new in it is allowed by that."""
        before = uses_of(self.target)
        self.allow(use for use in uses_of(target) if use not in before)
        super().amend(target)

    def refusal(self, step: StepId) -> str:
        """Why this step cannot run again; empty if it can."""
        return self.missing_secret(step) or self._unconfirmed_sentence()

    def missing_secret(self, step: StepId) -> str:
        """What this step would need that no case file holds; empty if it needs nothing else."""
        # Headers and body are looked at below: what is withheld of them is not sent.
        if has_withheld_secret(repr(replace(self.target, headers=(), body=b""))):
            return tr(
                "a case file holds no secrets, and the URL or a command of this case "
                "needs one: enter "
                "it again, with i or on the command line"
            )
        withheld = [name for name, value in self.target.headers if has_withheld_secret(value)]
        if withheld and step in HEADER_STEPS:
            return tr(
                "not sent without {names}, whose value no case file holds: ssewizard open FILE "
                "--header '{name}: …' (or --curl …)",
                names=comma_list(withheld),
                name=withheld[0],
            )
        if step in STREAM_STEPS and has_withheld_secret(self.target.body.decode("latin-1")):
            return tr(
                "not sent without its body, which no case file holds: ssewizard open FILE --data …"
            )
        return ""

    def _unconfirmed_sentence(self) -> str:
        uses = self.unconfirmed
        return describe_problem(uses) or (
            tr("not confirmed yet: {sentence}", sentence=uses[0].sentence) if uses else ""
        )

    async def run(self, step: StepId, patience_s: float = 0.0) -> StepState:
        """Run one step as `Investigation.run`, or skip it if `refusal` gives a reason."""
        if step in EVIDENCE_STEPS and not missing_input(self.target, step):
            if reason := self.refusal(step):
                return self._enter(step, "skip", reason)
            self._steps_run.add(step)
        return await super().run(step, patience_s)

    def conclude(self) -> None:
        """Conclude from the recorded evidence if that was not done yet; sends nothing."""
        if self._diagnosis is None:
            self._conclude()

    def give_request(self, request: ClientRequest) -> None:
        """Set headers that the file only names, or add some, and the body; keep the evidence.

        Raises `UsageError`.
        """
        target = self.target
        stored = ClientRequest(method=target.method, body=target.body, headers=target.headers)
        whole = request.or_else(stored).completed()
        self._session.set_request(whole.headers, whole.body or b"")

    def _conclude(self) -> StepResult:
        result = super()._conclude()
        assert self._diagnosis is not None
        notes = (*self._notes(cause_labels(self._diagnosis)), *self._diagnosis.notes)
        self._diagnosis = replace(self._diagnosis, notes=notes)
        return result

    def _notes(self, causes: tuple[str, ...]) -> tuple[str, ...]:
        """Notes on the file, and on how this conclusion differs from the recorded one."""
        record = self.record
        steps = comma_list(sorted(self._steps_run))
        since = (
            tr("run again since: {steps}", steps=steps) if steps else tr("no step was run again")
        )
        notes = [
            tr(
                "As recorded {when} by ssewizard {tool}; {since}.",
                when=record.when,
                tool=record.tool,
                since=since,
            )
        ]
        if not steps and record.verdict and causes != record.causes:
            recorded = comma_list(record.causes) or record.verdict
            current = comma_list(causes) or tr("no cause")
            notes.append(
                tr(
                    "That version concluded: {recorded}. This version concludes: {current}.",
                    recorded=recorded,
                    current=current,
                )
            )
        return (*notes, *record.notes)


def record_of(investigation: Investigation) -> CaseRecord:
    """The record that a case file stores; the file's own until a step has run again."""
    if isinstance(investigation, SavedInvestigation) and investigation.is_as_recorded:
        return investigation.record
    diagnosis = investigation.diagnosis
    return CaseRecord(
        investigation.case,
        tuple(investigation.steps.values()),
        saved=time.time(),
        elapsed_s=investigation.elapsed_s,
        verdict=diagnosis.verdict if diagnosis else "",
        causes=cause_labels(diagnosis) if diagnosis else (),
    )
