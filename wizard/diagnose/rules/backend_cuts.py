"""The backend ends its streams by itself, after the same time through the proxy and directly."""

from wizard.diagnose.facts import disconnects, streams
from wizard.diagnose.facts.evidence import log_evidence, result_evidence
from wizard.diagnose.outcome import is_finite_answer
from wizard.diagnose.rule import Rule, Stage
from wizard.model.arrivals import allowance_s
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.text.display import seconds
from wizard.text.messages import tr

_ENDS = frozenset({"cut", "ended"})
_BROKEN = tr(
    "The direct stream breaks off too, at the same age as the proxied one. So the backend, or "
    "something in front of it that both share, ends them, and no timeout of Nginx."
)
_LOGGED = tr(
    "Both streams end at the same age, and the backend's log says that a worker was stopped "
    "then. So no timeout of Nginx ended them."
)
_CLEAN = tr(
    "Both streams end properly at the same age, after at most one event. If they were not meant "
    "to end, the backend ends them, and a client that reconnects gets the same again."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A proxied and a direct stream end at the same age, and were not finite answers."""
    pair = _pair(case)
    if pair is None:
        return None
    proxied, direct = pair
    timeouts = streams.log_lines(case, "worker-timeout")
    closed = streams.own_log_lines(case, "premature-close")
    age = tr("ended {age_s} after its start", age_s=seconds(disconnects.age_s(direct)))
    evidence = (
        result_evidence(proxied),
        result_evidence(direct),
        Evidence("probe", direct.timeline.probe.label, age),
        *map(log_evidence, (*timeouts[:1], *closed[:1])),
    )
    if direct.outcome == "cut":
        return rule.finding("confirmed", evidence, _BROKEN)
    confidence: Confidence = "likely" if timeouts else "possible"
    return rule.finding(confidence, evidence, _LOGGED if timeouts else _CLEAN)


def _pair(case: Case) -> tuple[ProbeResult, ProbeResult] | None:
    """A proxied probe and a direct one of the same encoding that ended alike; None if any stream
    of either side was still open at that age, or came to its end as it was meant to."""
    proxied, direct = (_streams_of(side) for side in (case.proxy, case.direct))
    if not proxied or not direct or not all(map(_has_ended, (*proxied, *direct))):
        return None
    pairs = ((first, second) for first in proxied for second in direct)
    return next((pair for pair in pairs if _end_alike(*pair)), None)


def _streams_of(results: tuple[ProbeResult, ...]) -> list[ProbeResult]:
    return [r for r in streams.counted_probes(results) if r.timeline.is_stream]


def _has_ended(result: ProbeResult) -> bool:
    is_end = result.outcome in _ENDS and result.timeline.ended in ("eof", "reset")
    return is_end and not (result.outcome == "ended" and is_finite_answer(result))


def _end_alike(proxied: ProbeResult, direct: ProbeResult) -> bool:
    """True if both ended at the same age, as far as the network lets it show."""
    slack = allowance_s(proxied.timeline) + allowance_s(direct.timeline)
    age, other = disconnects.age_s(proxied), disconnects.age_s(direct)
    return disconnects.is_near(age, other, slack=slack)


RULE = Rule(
    id="backend-cuts",
    stage=Stage.CUT,
    fix=Fix(
        tr(
            "raise the backend's own time limit for a request (a worker's timeout), or repair "
            "what makes it fail; its log says more"
        ),
        "backend",
    ),
    explains=frozenset({"idle-read-timeout", "outer-timeout", "reload-cut"}),
    check=check,
)
