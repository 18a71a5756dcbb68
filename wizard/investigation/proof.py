"""The proof of a fix: what has to be shown again, for how long, and whether it was shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import has_usual_status, is_well
from wizard.diagnose.rules import rule_named
from wizard.diagnose.session_outcome import handshake_fails
from wizard.investigation.attempts import is_newest_run
from wizard.investigation.step_results import (
    StepResult,
    rate_direct,
    rate_logs,
    rate_proxied,
    rate_resolution,
)
from wizard.model.attempt import Proof, ProofOutcome
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Finding
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.model.steps import State, StepId, StepState
from wizard.model.timeline import Timeline
from wizard.text.display import seconds
from wizard.text.messages import tr

MAX_WATCH_S = 130.0
"""The longest time that a stream is watched to prove that it is no longer cut, in seconds: most
timeouts of proxies are shorter."""
EXTRA_WATCH_S = 1.0
"""How much longer than a cut took the stream is watched, in seconds …"""
EXTRA_SHARE = 0.05
"""… or, for long ones, as a share of that time."""
ROUNDS = 3
"""How often a fault of chance is tried."""
UNDECIDED_OUTCOMES = frozenset({"silent", "running", "interrupted"})
"""Outcomes that show no fault: another outcome later is no fix."""
CHANGED_SINCE = tr(
    "The config was changed after these requests, and this conclusion is about the old config. "
    "Step 8 sends them again and compares."
)
PROVE_IT = tr(
    "the config has changed since then: reload Nginx; step 8 then shows whether that fixed it"
)
NOTHING_LEFT = tr("nothing more to change: the fix is proven")
PROOF_STATES: Mapping[ProofOutcome, State] = {
    "fixed": "pass", "live": "pass", "not-proven": "warn", "not-fixed": "fail",
}  # fmt: skip
"""The state of the last step for each outcome."""


@dataclass(frozen=True, slots=True)
class ProofPlan:
    """How the fix is proven.

    Attributes:
        cut_s: When the last stream was cut before, in seconds after its request; 0 if none was.
        rounds: How often all requests are made.
    """

    cut_s: float = 0.0
    rounds: int = 1

    @property
    def needed_s(self) -> float:
        """How long every stream must stay open, in seconds."""
        return self.cut_s + max(EXTRA_WATCH_S, EXTRA_SHARE * self.cut_s) if self.cut_s else 0.0

    @property
    def watch_s(self) -> float:
        """How long the streams are watched, in seconds."""
        return self.needed_s if self.needed_s <= MAX_WATCH_S else 0.0


def plan_proof(case: Case) -> ProofPlan:
    """Return how a fix of what `case.before` shows is proven."""
    ages = [timeline.waited_s or 0.0 for timeline in _cut_streams(case)]
    causes = case.baseline.causes if case.baseline else ()
    rules = filter(None, map(rule_named, causes))
    is_chance = any(rule.by_chance for rule in rules)
    return ProofPlan(max(ages, default=0.0), ROUNDS if is_chance else 1)


def _cut_streams(case: Case) -> list[Timeline]:
    """The streams that were cut before the fix, with the standing stream of an MCP session."""
    cut = [result.timeline for result in case.before if result.outcome == "cut"]
    handshakes = case.baseline.handshakes if case.baseline else ()
    listens = (item.timeline("listen") for item in handshakes if item.side == "proxy")
    ended = [t for t in listens if t and t.is_event_stream and t.ended in ("eof", "reset")]
    return [*cut, *ended]


def prove(case: Case, at: float) -> Proof:
    """Compare the probes of now with those before; `at` is the time in seconds since the epoch."""
    outcome, why = _judge(case)
    remark = tr(" (the config that was read is unchanged)") if case.config_changed is False else ""
    return Proof(outcome, f"{why}{remark}", at, case.config_changed, case.config_changes)


def rate_proof(proof: Proof) -> StepResult:
    """Pass if what was broken works in new connections, and was watched long enough to say so."""
    return PROOF_STATES[proof.outcome], proof.why


def conclude(case: Case) -> Diagnosis:
    """The conclusion from a case: what was broken before the reload, unless that is so no longer.

    Once a fix is verified the probes of the case show what works now. What the case is about is
    the fault that was measured before; `case.proof` says what became of it.
    """
    before = case.baseline.diagnosis if case.baseline else None
    if before is None or before.verdict == "healthy":
        return diagnose(case)
    if is_changed_since(case):
        # The config was read again since: with these requests the one of before goes.
        return replace(before, notes=(*before.notes, CHANGED_SINCE))
    if case.proof is None or case.proof.outcome == "live":
        return diagnose(case)
    if case.is_fixed:
        return before
    now = diagnose(case)
    return now if now.verdict == "fault" else before


def states_now(case: Case, states: Mapping[StepId, StepState]) -> dict[StepId, StepState]:
    """The states of all steps, of which those that ran say what a verification has changed.

    A fault that was shown to be gone is none any more; its step says what was before, and now.
    """
    if case.proof is None or case.baseline is None:
        return dict(states)
    return {step: _state_now(case, state) for step, state in states.items()}


def _state_now(case: Case, state: StepState) -> StepState:
    if state.state not in ("pass", "warn", "fail"):
        return state
    rate = (_FIXED_STEPS if case.is_fixed else _UNFIXED_STEPS).get(state.id)
    result = rate(case) if rate else None
    return StepState(state.id, *result) if result else state


def _rate_fixed_proxy(case: Case) -> StepResult:
    assert case.baseline is not None
    handshakes = case.baseline.handshakes
    before = rate_proxied(replace(case, proxy=case.baseline.proxied, handshakes=handshakes))
    return "pass", tr(
        "fixed, {rate_proxied}; before: {before}",
        rate_proxied=rate_proxied(case)[1],
        before=before[1],
    )


def _rate_direct_now(case: Case) -> StepResult | None:
    return rate_direct(case) if case.direct else None


def _rate_config_now(case: Case) -> StepResult | None:
    is_new = case.config_changed and case.resolution is not None
    return rate_resolution(case.resolution) if is_new and case.resolution else None


def _rate_fixed_logs(case: Case) -> StepResult | None:
    """The lines that were read before the change show what was broken then, and no fault now."""
    state, why = rate_logs(case.logs)
    if state != "warn" or case.baseline is None or not case.baseline.log_faults:
        return None
    return "pass", tr("before the fix: {why}", why=why)


def _rate_fixed_cause(case: Case) -> StepResult | None:
    before = case.baseline.diagnosis if case.baseline else None
    return ("pass", tr("fixed; it was: {summary}", summary=before.summary)) if before else None


def _rate_fixed_fix(_: Case) -> StepResult:
    return "pass", NOTHING_LEFT


_Rate = Callable[[Case], StepResult | None]
_UNFIXED_STEPS: Mapping[StepId, _Rate] = {
    "proxy": rate_proxied, "direct": _rate_direct_now, "config": _rate_config_now,
}  # fmt: skip
_FIXED_STEPS: Mapping[StepId, _Rate] = {
    "proxy": _rate_fixed_proxy, "direct": _rate_direct_now, "logs": _rate_fixed_logs,
    "config": _rate_config_now, "cause": _rate_fixed_cause, "fix": _rate_fixed_fix,
}  # fmt: skip


def is_changed_since(case: Case) -> bool:
    """True if the config was changed, and read, since the newest requests were made."""
    is_newest = is_newest_run(case, case.baseline)
    return case.proof is None and bool(case.config_changes) and is_newest


def _judge(case: Case) -> tuple[ProofOutcome, str]:
    state, why = rate_proxied(case)
    mended = _mended_beside(case)
    if state == "fail" and not mended:
        return "not-fixed", tr("not fixed yet: {why}", why=why)
    causes = case.baseline.causes if case.baseline else ()
    remaining = [cause for cause in _measured_causes(case) if cause.id in causes]
    if remaining:
        return "not-fixed", tr("not fixed yet: {cause}", cause=remaining[0].title)
    if state != "pass" and not mended:
        return "not-proven", tr("not proven: {why}", why=why)
    if missing := _missing_proof(case):
        return "not-proven", tr("not proven yet: {missing}", missing=missing)
    if mended:
        return "fixed", _MENDED_BESIDE.format(title=mended)
    return _describe_fix(case, why)


_MENDED_BESIDE = tr(
    "fixed; it was: {title}. The stream itself is refused as before, by the backend as well"
)


def _mended_beside(case: Case) -> str:
    """What was broken and is right now, beside the stream, which the backend itself refuses as
    before; empty if that was not shown."""
    causes = case.baseline.causes if case.baseline else ()
    rule = rule_named(causes[0]) if causes else None
    is_refused = bool(case.proxy) and all(
        has_usual_status(result, case.direct) for result in case.proxy
    )
    is_mended = rule is not None and rule.is_mended is not None and rule.is_mended(case)
    return rule.title if rule and is_refused and is_mended else ""


def _measured_causes(case: Case) -> tuple[Finding, ...]:
    """What this run shows; the lines of the logs may still be those of before."""
    causes = diagnose(replace(case, logs=())).causes
    return tuple(cause for cause in causes if cause.confidence != "possible")


def _missing_proof(case: Case) -> str:
    """What was not watched or not repeated, in one sentence; empty if nothing is missing."""
    plan = plan_proof(case)
    watched = [result.timeline for result in case.proxy if result.timeline.first_data_s is not None]
    shortest = min((timeline.waited_s or 0.0 for timeline in watched), default=0.0)
    if plan.cut_s and watched and shortest < plan.needed_s - EXTRA_WATCH_S / 2:
        return tr(
            "the streams have been live for {shortest} now, and the cut came after {cut_s} "
            "before: watch longer with --patience {needed_s:.0f}",
            shortest=seconds(shortest),
            cut_s=seconds(plan.cut_s),
            needed_s=plan.needed_s + 0.5,
        )
    if case.config_changed is False and is_in_nginx(case):
        return tr(
            "all requests are live now, but the fault was in Nginx and its config is as before, "
            "so it may come back: is this the config that runs, and was anything else changed?"
        )
    if case.baseline and case.baseline.log_causes and not _was_met(case):
        titles = [rule.title for id in case.baseline.log_causes if (rule := rule_named(id))]
        cause = titles[0] if titles else tr("the fault")
        return tr(
            "only the log showed this, and our requests cannot: watch for new lines ({cause})",
            cause=cause,
        )
    return ""


def _broken_before(case: Case) -> list[ProbeResult]:
    """The requests that were measured not to work before."""
    baseline = case.baseline
    if baseline is None:
        return []
    handshake = baseline.handshake("proxy")
    return [
        result
        for result in baseline.proxied
        if result.was_made
        and result.outcome not in UNDECIDED_OUTCOMES
        and not is_well(result, handshake)
    ]


def _was_met(case: Case) -> bool:
    """True if our own requests met the fault before, each of them, though only the log named its
    cause. One of chance they would not meet again."""
    baseline = case.baseline
    if baseline is None or plan_proof(case).rounds > 1:
        return False
    return bool(baseline.proxied) and len(_broken_before(case)) == len(baseline.proxied)


def is_in_nginx(case: Case) -> bool:
    """True if the first cause that was measured before is mended in Nginx's config.

    Without a change there it only rests: a peer that Nginx has marked as down, a free slot of a
    limit, an entry of a cache that has expired.
    """
    before = case.baseline.diagnosis if case.baseline else None
    return before is not None and any(c.fix.where == "nginx" for c in before.causes[:1])


def _describe_fix(case: Case, why: str) -> tuple[ProofOutcome, str]:
    """What was broken and is well now."""
    baseline = case.baseline
    if baseline is None:
        return "live", tr(
            "all probes are live, and nothing was probed before to compare with; {why}", why=why
        )
    held = sum(result.outcome in HELD_OUTCOMES for result in baseline.proxied)
    if held:
        return (
            "fixed",
            tr(
                "fixed: {held} of {count} requests held before, all live now",
                held=held,
                count=len(baseline.proxied),
            ),
        )
    before = replace(case, handshakes=baseline.handshakes, proxy=baseline.proxied)
    if handshake_fails(before):
        return "fixed", tr("fixed: the MCP handshake failed, and succeeds now")
    if bad := _broken_before(case):
        return "fixed", tr("fixed: {before} before; now {now}", before=bad[0].why, now=why)
    if baseline.causes:
        return "fixed", tr(
            "fixed: {causes} is not found any more; {why}", causes=baseline.causes[0], why=why
        )
    return "live", tr("all probes are live, as before; {why}", why=why)
