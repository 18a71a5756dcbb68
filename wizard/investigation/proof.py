"""The proof of a fix: what has to be shown again, for how long, and whether it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import handshake_fails, is_well
from wizard.diagnose.rules import rule_named
from wizard.investigation.step_results import StepResult, rate_proxied
from wizard.model.case import Case
from wizard.model.diagnosis import Finding
from wizard.model.probe_result import HELD_OUTCOMES
from wizard.model.timeline import Timeline
from wizard.text.display import seconds

MAX_WATCH_S = 130.0
"""The longest time that a stream is watched to prove that it is no longer cut, in seconds: most
timeouts of proxies are shorter."""
EXTRA_WATCH_S = 1.0
"""How much longer than a cut took the stream is watched, in seconds …"""
EXTRA_SHARE = 0.05
"""… or, for long ones, as a share of that time."""
ROUNDS = 3
"""How often a fault of chance is tried."""


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
    rules = filter(None, map(rule_named, case.before_causes))
    is_chance = any(rule.by_chance for rule in rules)
    return ProofPlan(max(ages, default=0.0), ROUNDS if is_chance else 1)


def _cut_streams(case: Case) -> list[Timeline]:
    """The streams that were cut before the fix, with the standing stream of an MCP session."""
    cut = [result.timeline for result in case.before if result.outcome == "cut"]
    listens = (item.timeline("listen") for item in case.before_handshakes if item.side == "proxy")
    ended = [t for t in listens if t and t.is_event_stream and t.ended in ("eof", "reset")]
    return [*cut, *ended]


def causes_before(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the causes of a case, and of those that only its logs show."""
    causes = _ids(diagnose(case).causes)
    measured = _ids(diagnose(replace(case, logs=())).causes)
    return causes, tuple(id for id in causes if id not in measured)


def _ids(causes: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(cause.id for cause in causes if cause.confidence != "possible")


def rate_verify(case: Case) -> StepResult:
    """Pass if what was broken works in new connections, and was watched long enough to say so."""
    state, why = rate_proxied(case)
    if state == "fail":
        return "fail", f"not fixed yet: {why}{_config_remark(case)}"
    remaining = [c for c in _measured_causes(case) if c.id in case.before_causes]
    if remaining:
        return "fail", f"not fixed yet: {remaining[0].title}{_config_remark(case)}"
    if state != "pass":
        return "warn", f"not proven: {why}{_config_remark(case)}"
    if missing := _missing_proof(case):
        return "warn", f"not proven yet: {missing}{_config_remark(case)}"
    return "pass", f"{_describe_fix(case, why)}{_config_remark(case)}"


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
        return (
            f"the streams are live for {seconds(shortest)} now, and the cut took until "
            f"{seconds(plan.cut_s)}: watch longer with --patience {plan.needed_s + 0.5:.0f}"
        )
    if case.before_log_causes:
        titles = [rule.title for id in case.before_log_causes if (rule := rule_named(id))]
        shown = f"{titles[0]}: only the log showed it" if titles else "only the log showed it"
        return f"{shown}, and no request of ours can: watch whether new lines come"
    return ""


def _describe_fix(case: Case, why: str) -> str:
    """What was broken and is well now."""
    if not case.before:
        return f"all probes are live, and nothing was probed before to compare with; {why}"
    held = sum(result.outcome in HELD_OUTCOMES for result in case.before)
    if held:
        return f"fixed: {held} probes were held, all are live now"
    before = replace(case, handshakes=case.before_handshakes, proxy=case.before)
    if handshake_fails(before):
        return "fixed: the MCP handshake failed, and succeeds now"
    handshake = before.handshake("proxy")
    bad = [result for result in case.before if not is_well(result, handshake)]
    if bad:
        return f"fixed: {bad[0].why} before; now {why}"
    if case.before_causes:
        return f"fixed: {case.before_causes[0]} is not found any more; {why}"
    return f"all probes are live, as before; {why}"


def _config_remark(case: Case) -> str:
    """Whether the config that was read again differs from the one before."""
    return " (the config that was read is unchanged)" if case.config_changed is False else ""
