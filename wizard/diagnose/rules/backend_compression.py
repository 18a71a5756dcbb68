"""The backend compresses its stream and does not flush."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.text.display import safe

STUCK = frozenset({"held", "silent"})
_DISTINGUISHES = (
    "Past Nginx, at the backend itself, the stream is live without Accept-Encoding: gzip and "
    "held with it, so it is not Nginx's gzip."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Asked directly: without gzip live, with gzip nothing comes, at the same HTTP version."""
    pairs = _pairs(case)
    if not pairs:
        return None
    evidence = [result_evidence(result) for pair in pairs for result in pair]
    evidence += [result_evidence(result) for result in streams.held_probes(case, "gzip")[:1]]
    named = [result for result, _ in pairs if _compressed(result)]
    if named:
        evidence.append(_of_encoding(named[0]))
        return rule.finding("confirmed", tuple(evidence), _DISTINGUISHES)
    others = streams.counted_probes(case.proxy, "gzip")
    # Held without headers, it could be a backend that takes one stream at a time.
    if not others or any(result.outcome in streams.REACHED for result in others):
        return None
    return rule.finding("likely", tuple(evidence), _DISTINGUISHES)


def _pairs(case: Case) -> list[tuple[ProbeResult, ProbeResult]]:
    plain = {result.timeline.probe.http: result for result in streams.live_direct_probes(case)}
    twins = [
        (result, plain.get(result.timeline.probe.http))
        for result in streams.counted_probes(case.direct, "gzip")
    ]
    return [(zipped, twin) for zipped, twin in twins if twin and zipped.outcome in STUCK]


def _compressed(result: ProbeResult) -> bool:
    return (result.timeline.header("content-encoding") or "identity").lower() != "identity"


def _of_encoding(result: ProbeResult) -> Evidence:
    said = safe(result.timeline.header("content-encoding") or "", 40)
    label = result.timeline.probe.label
    return Evidence("probe", label, f"the backend itself sends Content-Encoding: {said}")


RULE = Rule(
    id="backend-compression",
    stage=Stage.BACKEND,
    fix=Fix("the backend exempts text/event-stream from its compression", "backend"),
    check=check,
)
