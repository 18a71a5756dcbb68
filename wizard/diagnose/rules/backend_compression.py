"""The backend compresses its stream and does not flush."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.text.display import safe

NO_EVENT_OUTCOMES = frozenset({"held", "silent"})
_DISTINGUISHES = (
    "At the backend itself the stream is live without Accept-Encoding: gzip and held with it, so "
    "it is not Nginx's gzip."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Sent directly, a request is live without gzip and gets no event with it."""
    pairs = _pairs_with_plain(case)
    if not pairs:
        return None
    evidence = [result_evidence(result) for pair in pairs for result in pair]
    evidence += [result_evidence(result) for result in streams.held_probes(case, "gzip")[:1]]
    compressed = [result for result, _ in pairs if _is_compressed(result)]
    if compressed:
        evidence.append(_encoding_evidence(compressed[0]))
        return rule.finding("confirmed", tuple(evidence), _DISTINGUISHES)
    proxied = streams.counted_probes(case.proxy, "gzip")
    # Without headers, it could also be a backend that serves one stream at a time.
    if not proxied or any(result.outcome in streams.REACHED for result in proxied):
        return None
    return rule.finding("likely", tuple(evidence), _DISTINGUISHES)


def _pairs_with_plain(case: Case) -> list[tuple[ProbeResult, ProbeResult]]:
    """Direct gzip probes without an event, each with its live plain twin of the same version."""
    plain = {result.timeline.probe.http: result for result in streams.live_direct_probes(case)}
    twins = [
        (result, plain.get(result.timeline.probe.http))
        for result in streams.counted_probes(case.direct, "gzip")
    ]
    return [
        (compressed, twin)
        for compressed, twin in twins
        if twin and compressed.outcome in NO_EVENT_OUTCOMES
    ]


def _is_compressed(result: ProbeResult) -> bool:
    return (result.timeline.header("content-encoding") or "identity").lower() != "identity"


def _encoding_evidence(result: ProbeResult) -> Evidence:
    encoding = safe(result.timeline.header("content-encoding") or "", 40)
    label = result.timeline.probe.label
    return Evidence("probe", label, f"the backend itself sends Content-Encoding: {encoding}")


RULE = Rule(
    id="backend-compression",
    stage=Stage.BACKEND,
    fix=Fix("the backend exempts text/event-stream from its compression", "backend"),
    check=check,
)
