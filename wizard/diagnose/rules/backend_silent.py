"""The backend itself sends nothing, with or without Nginx."""

from wizard.diagnose.facts import product, streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Fix

NO_EVENT_OUTCOMES = frozenset({"held", "silent"})
_NO_HEADERS = (
    "The direct request gets not even headers, so it hangs without Nginx as it does with it."
)
_NO_EVENT = (
    "The direct request gets headers and no event. Over HTTP+SSE (MCP 2024-11-05) the endpoint "
    "event is due at once, so this backend would be at fault; over Streamable HTTP a GET may be "
    "silent until its first ping, and nothing would be wrong. Watch longer with --stall."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """No direct probe gets an event, and no proxied probe gets anything."""
    direct, proxied = map(streams.counted_probes, (case.direct, case.proxy))
    handshake = case.handshake("direct")
    if handshake is not None and handshake.is_complete:
        return None  # it answers by POST, so its GET stream may be silent
    if product.proxy_at_direct(case) is not None:
        return None  # perhaps another proxy, which may hold the stream itself
    if not direct or any(result.outcome not in NO_EVENT_OUTCOMES for result in direct):
        return None
    if any(result.outcome in streams.REACHED or result.outcome == "status" for result in proxied):
        return None
    evidence = tuple(map(result_evidence, (*direct, *proxied)))
    if all(result.outcome == "held" for result in direct):
        return rule.finding("confirmed", evidence, _NO_HEADERS)
    return rule.finding("possible", evidence, _NO_EVENT)


RULE = Rule(
    id="backend-silent",
    stage=Stage.BACKEND,
    fix=Fix("the backend flushes its headers and sends the first event at once", "backend"),
    check=check,
)
