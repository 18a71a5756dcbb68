"""The backend collects its events in a buffer of its own."""

from wizard.diagnose.facts import product, streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model import arrivals
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Fix
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.text.messages import tr

_DISTINGUISHES = tr(
    "The direct request gets its events together, or without their ends, as the proxied one does: "
    "they are collected before they reach Nginx."
)
_HELD_MORE = tr(
    "The direct request itself gets events together, or without their ends. Through the proxy they "
    "are held in addition, so this is left once that is mended."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The direct stream comes in full buffers, and the proxied one is no worse."""
    direct, proxied = map(streams.counted_probes, (case.direct, case.proxy))
    if not direct or not all(map(_is_gathered, direct)):
        return None
    if product.proxy_at_direct(case) is not None:
        return None  # perhaps another proxy, which may collect them itself
    evidence = tuple(map(result_evidence, (*direct[:1], *proxied[:1])))
    if any(result.outcome in HELD_OUTCOMES for result in proxied):
        return rule.finding("likely", evidence, _HELD_MORE, latent=True)
    if not any(map(_is_gathered, proxied)):
        return None
    return rule.finding("confirmed", evidence, _DISTINGUISHES)


def _is_gathered(result: ProbeResult) -> bool:
    """True if the stream by itself shows that events were collected: a backend that sends several
    together on purpose ends each of them."""
    timeline = result.timeline
    return bool(arrivals.gathered_buffers(timeline)) or arrivals.has_stuck(timeline)


RULE = Rule(
    id="backend-buffers",
    stage=Stage.BACKEND,
    fix=Fix(tr("the backend flushes its output after each event"), "backend"),
    check=check,
)
