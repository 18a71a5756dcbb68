"""The backend compresses its stream and does not flush."""

from itertools import chain

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.text.display import safe

NO_EVENT_OUTCOMES = frozenset({"held", "silent", "events-held"})
_DISTINGUISHES = (
    "At the backend itself the stream is live without Accept-Encoding: gzip and gets no event with "
    "it, so it is not Nginx's gzip."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Sent directly, a request is live without gzip and gets no event with it.

    Held without gzip too, the stream is held by something else.
    """
    pairs = _pairs_with_plain(case)
    if not pairs or streams.held_probes(case):
        return None
    probes = [*chain.from_iterable(pairs), *streams.held_probes(case, "gzip")[:1]]
    evidence = tuple(map(result_evidence, probes))
    for result, _ in pairs:
        encoding = result.timeline.header("content-encoding") or "identity"
        if encoding.lower() != "identity":
            text = f"the backend itself sends Content-Encoding: {safe(encoding, 40)}"
            compressed = Evidence("probe", result.timeline.probe.label, text)
            return rule.finding("confirmed", (*evidence, compressed), _DISTINGUISHES)
    proxied = streams.counted_probes(case.proxy, "gzip")
    # Without headers, it could also be a backend that serves one stream at a time.
    if not proxied or any(result.outcome in streams.REACHED for result in proxied):
        return None
    return rule.finding("likely", evidence, _DISTINGUISHES)


def _pairs_with_plain(case: Case) -> list[tuple[ProbeResult, ProbeResult]]:
    """Direct gzip probes without an event, each with its live plain twin of the same version."""
    plain = {result.timeline.probe.http: result for result in streams.live_direct_probes(case)}
    counted = streams.counted_probes(case.direct, "gzip")
    silent = (result for result in counted if result.outcome in NO_EVENT_OUTCOMES)
    twins = ((result, plain.get(result.timeline.probe.http)) for result in silent)
    return [(compressed, twin) for compressed, twin in twins if twin]


RULE = Rule(
    id="backend-compression",
    stage=Stage.BACKEND,
    fix=Fix("the backend exempts text/event-stream from its compression", "backend"),
    check=check,
)
