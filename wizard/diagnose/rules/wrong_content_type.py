"""Events are sent under another Content-Type than that of an event stream."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.text.display import safe
from wizard.text.messages import tr

_REFUSED = tr(
    "The body is an event stream, but its Content-Type is another. EventSource and MCP clients "
    "refuse it; curl shows it, and a client that reads the body itself accepts it."
)
_BEHIND = tr(
    "The body of the direct answer is an event stream, but its Content-Type is another. "
    "EventSource and MCP clients refuse it, even when all of it arrives."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The answer to a GET begins with events, and its type is another; a risk if only the direct
    one was seen, or if a client of its own reads it."""
    proxied, direct = (_mislabeled(side) for side in (case.proxy, case.direct))
    if proxied:
        has_own_client = case.target.method != "GET"
        evidence = tuple(map(_evidence, (*proxied[:1], *direct[:1])))
        return rule.finding("likely", evidence, _REFUSED, latent=has_own_client)
    if direct and not any(each.outcome in streams.REACHED for each in case.proxy):
        return rule.finding("likely", (_evidence(direct[0]),), _BEHIND, latent=True)
    return None


def _mislabeled(results: tuple[ProbeResult, ...]) -> list[ProbeResult]:
    return [result for result in results if result.timeline.is_mislabeled]


def _evidence(result: ProbeResult) -> Evidence:
    """The type of the answer, and how its body begins."""
    timeline, outcome = result.timeline, result_evidence(result).text
    kind = safe(timeline.header("content-type") or tr("no content type"), 80)
    start = safe(timeline.excerpt.strip(), 60)
    text = tr("{outcome}; {kind}: it begins with {start}", outcome=outcome, kind=kind, start=start)
    return Evidence("probe", timeline.probe.label, text)


RULE = Rule(
    id="wrong-content-type",
    stage=Stage.BACKEND,
    fix=Fix(tr("the backend sends Content-Type: text/event-stream"), "backend"),
    explains=frozenset({"error-page-masks", "get-not-offered", "location-miss", "wrong-transport"}),
    check=check,
)
