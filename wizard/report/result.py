"""The values that all reports are made from: an investigation's and the status of each check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.diagnose.outcome import classify
from wizard.diagnose.session_outcome import handshake_problem
from wizard.investigation.proof import states_now
from wizard.investigation.step_results import rate_results
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Finding, Recommendation
from wizard.model.handshake import Handshake
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import State, StepId, StepState
from wizard.report.labels import VERDICT_WORDS, side_names, spell_out, spell_out_finding
from wizard.report.proof import causes_of, fixed_sentence
from wizard.text.display import clauses, comma_list, labelled, safe
from wizard.text.messages import tr

CheckId = Literal["root-proxy", "sse-proxy", "sse-hop", "sse-direct", "logs", "config", "handshake"]
Status = Literal["pass", "fail", "warn", "skip"]

_STEP_OF_CHECK: tuple[tuple[CheckId, StepId], ...] = (
    ("root-proxy", "root"),
    ("sse-proxy", "proxy"),
    ("sse-direct", "direct"),
    ("logs", "logs"),
    ("config", "config"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the report (docs/json.md); its status is never `pass` unless it ran."""

    id: CheckId
    status: Status
    why: str
    results: tuple[ProbeResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The values of one investigation, from which all reports are made.

    Attributes:
        diagnosis: What holds now: after a proven fix it is healthy, and `causes` are of before.
    """

    case: Case
    diagnosis: Diagnosis
    recommendation: Recommendation | None
    steps: Mapping[StepId, StepState]
    elapsed_s: float

    @property
    def causes(self) -> tuple[Finding, ...]:
        """The causes to explain: after a proven fix, of what was broken before."""
        causes = causes_of(self.case, self.diagnosis)
        sides = self.sides
        return tuple(spell_out_finding(cause, sides) for cause in causes)

    @property
    def risks(self) -> tuple[Finding, ...]:
        """The risks to explain."""
        sides = self.sides
        return tuple(spell_out_finding(risk, sides) for risk in self.diagnosis.risks)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else there is to say, one sentence each."""
        sides = self.sides
        return tuple(spell_out(note, sides) for note in self.diagnosis.notes)

    @property
    def sides(self) -> Mapping[str, str]:
        """What the public and the direct side are called."""
        return side_names(self.case)

    @property
    def headline(self) -> tuple[str, str]:
        """The answer: a word, and a sentence."""
        proof = self.case.proof
        if proof is None or not self.case.is_fixed:
            return VERDICT_WORDS[self.diagnosis.verdict], safe(self.diagnosis.summary)
        return tr("FIXED"), fixed_sentence(self.case, proof.at)

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks, also those that did not run."""
        root, proxy, *others = (self._check(id, step) for id, step in _STEP_OF_CHECK)
        return (root, proxy, *self._hop_check(), *others, _handshake_check(self.case))

    def _hop_check(self) -> tuple[Check, ...]:
        """Return the check of the hops; empty if none were given."""
        if not self.case.target.hops:
            return ()
        state, why = rate_results(self.case.hops, self.case.handshake("proxy"))
        return (Check("sse-hop", _status(state), safe(why), self.case.hops),)

    def _check(self, id: CheckId, step: StepId) -> Check:
        step_state = states_now(self.case, self.steps).get(step, StepState(step))
        state, why = step_state.state, step_state.why or tr("it did not run")
        if id == "sse-proxy" and state in ("pass", "warn", "fail"):
            # The step's state includes the handshake, which is a check of its own here.
            state, why = rate_results(self.case.proxy, self.case.handshake("proxy"))
        return Check(id, _status(state), safe(why), self._results(id))

    def _results(self, id: CheckId) -> tuple[ProbeResult, ...]:
        if id == "root-proxy" and self.case.root is not None:
            return (classify(self.case.root),)
        return {"sse-proxy": self.case.proxy, "sse-direct": self.case.direct}.get(id, ())


def input_problems(case: Case) -> tuple[str, ...]:
    """Return what was wrong with the inputs, one sentence each."""
    return (*case.problems.values(), *(log.problem for log in case.logs if log.problem))


def unread_inputs(case: Case) -> tuple[str, ...]:
    """Return the problems of inputs of which nothing could be read."""
    unread_logs = (log for log in case.logs if not log.read and log.history is None)
    return (*case.problems.values(), *(log.problem for log in unread_logs if log.problem))


def vantage_problems(case: Case) -> tuple[str, ...]:
    """Return why vantages could not be used, one sentence each."""
    return tuple(item.problem for item in case.capabilities if item.problem)


def _status(state: State) -> Status:
    """Convert a step's state; a step that has not run to its end counts as skipped."""
    return "skip" if state in ("todo", "running") else state  # type: ignore[return-value]


def _handshake_check(case: Case) -> Check:
    """Pass if the proxied handshake completed; fail if only the direct one did."""
    if case.target.mcp == "never":
        return Check("handshake", "skip", tr("because of --mcp never"))
    if case.target.upgrade:
        return Check("handshake", "skip", tr("a WebSocket has none"))
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None:
        return Check("handshake", "skip", tr("the stream at the URL was not probed"))
    why = clauses(handshake_text(each, side_names(case)) for each in (proxied, direct) if each)
    if proxied.is_complete:
        if problem := handshake_problem(case):
            return Check("handshake", "fail", clauses((safe(problem, 300), why)))
        return Check("handshake", "pass", why)
    if proxied.skipped or (proxied.transport == "unknown" and not (direct and direct.is_complete)):
        return Check("handshake", "skip", why)
    return Check("handshake", "fail", why)


def handshake_text(handshake: Handshake, sides: Mapping[str, str]) -> str:
    """Return one side's handshake in a few words."""
    side, why = sides[handshake.side], safe(handshake.why, 300)
    if handshake.is_complete:
        version, server = safe(handshake.version, 40), safe(handshake.server, 80)
        spoken, server = f"{handshake.transport} {version}", server or tr("a server without a name")
        return labelled(side, comma_list((spoken, server)))
    if handshake.transport == "unknown" and not handshake.skipped:
        return tr("{side}: no MCP server answered ({why})", side=side, why=safe(handshake.why, 200))
    return (
        tr("{side}: not tried, {why}", side=side, why=why)
        if handshake.skipped
        else labelled(side, why)
    )
