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
    "The direct request also gets several events at once, or events without their ends, as the "
    "proxied one does: they are collected before they reach Nginx."
)
_WHOLE = tr(
    "Directly all events come at once, long after the request, and with a Content-Length: "
    "something in the backend collects the whole answer before it sends the header."
)
_HELD_MORE = tr(
    "The direct request also gets several events at once, or events without their ends. The "
    "proxy holds them as well, so this remains after the proxy is repaired."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The direct stream comes in full buffers, and the proxied one is no worse."""
    direct, proxied = map(streams.counted_probes, (case.direct, case.proxy))
    is_whole = bool(direct) and all(map(_is_kept_whole, direct))
    if not direct or not (is_whole or all(map(_is_gathered, direct))):
        return None
    if product.proxy_at_direct(case) is not None:
        return None  # perhaps another proxy, which may collect them itself
    evidence = tuple(map(result_evidence, (*direct[:1], *proxied[:1])))
    if any(result.outcome in HELD_OUTCOMES for result in proxied):
        return rule.finding("likely", evidence, _HELD_MORE, latent=True)
    if is_whole:
        is_alike = bool(proxied) and all(map(_is_kept_whole, proxied))
        return rule.finding("likely", evidence, _WHOLE) if is_alike else None
    if not any(map(_is_gathered, proxied)):
        return None
    return rule.finding("confirmed", evidence, _DISTINGUISHES)


def _is_kept_whole(result: ProbeResult) -> bool:
    """True if all events came at once, long after the request, in an answer of known length: it was
    collected before its header was written."""
    return arrivals.is_kept_to_its_end(result.timeline) and result.timeline.framing == "length"


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
