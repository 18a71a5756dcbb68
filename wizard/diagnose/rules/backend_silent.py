"""The backend itself sends nothing, with or without Nginx."""

from wizard.diagnose.facts import addresses, directives, product, releases, streams
from wizard.diagnose.facts.evidence import log_evidence, result_evidence, setting_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Finding, Fix
from wizard.model.probe_result import UNREADABLE_OUTCOMES
from wizard.text.display import seconds, sentences
from wizard.text.messages import tr

NO_EVENT_OUTCOMES = frozenset({"held", "silent"})
_ANSWERED = streams.REACHED | UNREADABLE_OUTCOMES.keys() | {"status"}
"""Outcomes of proxied probes to which something was sent, whatever it is."""
_NO_HEADERS = tr(
    "The direct request does not even get headers: it hangs without Nginx as it does with it."
)
_BY_WGET = tr(
    "But it was sent from there with wget, which shows neither incomplete headers nor an answer "
    "that is not HTTP. With curl or python3 there, these would be seen."
)
_NO_EVENT = tr(
    "The direct request gets headers and no event. With HTTP+SSE (MCP 2024-11-05) the endpoint "
    "event has to come at once, so this backend would be at fault. With Streamable HTTP a GET "
    "may be silent until its first ping, and nothing would be wrong. Watch longer with --stall."
)
_SLOW_ANSWER = tr(
    "Neither the proxied nor the direct request was answered while it was watched. An answer to "
    "a POST may take longer, for example the first token of a language model: watch longer with "
    "--stall."
)
_NO_ANSWER = tr(
    "Nginx itself answered 504 after {}: until then it got no header from its upstream, so it "
    "had nothing to hold, and its buffering is not the cause. {}"
)
_CONNECTED = tr(
    "The same upstream answers /, so Nginx can reach it. If it is a further proxy, that one may "
    "hold the stream: --hop shows it."
)
_SOON = tr(
    "Nginx waits no longer than that. A backend that needs more time for its first byte looks "
    "the same: {add_direct}."
)
_LONG_S = 30.0
"""A backend whose header did not come in this time, in seconds, is hardly just slow."""
_LOGGED = tr("Nginx's error log says the same.")
_NOT_CONNECTED = tr(
    "A backend that cannot be reached looks the same. Nginx's error log tells which it is: "
    '"while connecting to upstream", or "while reading response header".'
)


def check(rule: Rule, case: Case) -> Finding | None:
    """No direct probe gets an event, and no proxied probe gets anything; or Nginx says so."""
    return _check_direct(rule, case) or _check_gateway_timeout(rule, case)


def _check_gateway_timeout(rule: Rule, case: Case) -> Finding | None:
    """Without a direct URL: Nginx gave up waiting for the backend's header."""
    unanswered, handshake = releases.unanswered_probe(case), case.handshake("proxy")
    if unanswered is None or case.direct or case.target.method != "GET":
        return None
    if handshake is not None and handshake.is_complete:
        return None  # it answers by POST, so its GET stream may be silent
    if any(result.outcome in streams.REACHED for result in case.proxy):
        return None
    root = case.root_resolution.upstream if case.root_resolution else None
    stream = case.resolution.upstream if case.resolution else None
    is_same = root is not None and stream is not None and root.peers == stream.peers != ()
    is_reached = is_same and streams.is_root_answered(case)
    logged = streams.own_log_lines(case, "header-timeout")
    names = [directives.read_timeout_name(case.resolution)] if case.resolution else []
    evidence = (
        *map(result_evidence, case.proxy),
        *setting_evidences(case.resolution, *names),
        *map(log_evidence, logged[:1]),
    )
    is_shown, waited_s = is_reached or logged, unanswered.timeline.headers_s or 0.0
    is_likely = is_shown and waited_s >= _LONG_S and not addresses.passes_to_itself(case)
    confidence: Confidence = "likely" if is_likely else "possible"
    reason = _CONNECTED if is_reached else _LOGGED if logged else _NOT_CONNECTED
    reason = sentences((reason, _SOON)) if waited_s < _LONG_S else reason
    return rule.finding(confidence, evidence, _NO_ANSWER.format(seconds(waited_s), reason))


def _check_direct(rule: Rule, case: Case) -> Finding | None:
    """No direct probe gets an event, and no proxied probe gets anything."""
    direct, proxied = map(streams.counted_probes, (case.direct, case.proxy))
    handshake = case.handshake("direct")
    if handshake is not None and handshake.is_complete:
        return None  # it answers by POST, so its GET stream may be silent
    if product.proxy_at_direct(case) is not None:
        return None  # perhaps another proxy, which may hold the stream itself
    if not direct or any(result.outcome not in NO_EVENT_OUTCOMES for result in direct):
        return None
    if any(result.outcome in _ANSWERED for result in proxied):
        return None
    evidence = tuple(map(result_evidence, (*direct, *proxied)))
    if case.target.method != "GET":
        return rule.finding("possible", evidence, _SLOW_ANSWER)
    if all(result.outcome == "held" for result in direct):
        is_blind = any(streams.is_asked_by_wget(case, result) for result in direct)
        reason = sentences((_NO_HEADERS, _BY_WGET)) if is_blind else _NO_HEADERS
        return rule.finding("possible" if is_blind else "confirmed", evidence, reason)
    return rule.finding("possible", evidence, _NO_EVENT)


RULE = Rule(
    id="backend-silent",
    stage=Stage.BACKEND,
    fix=Fix(tr("let the backend flush its headers and send the first event at once"), "backend"),
    check=check,
)
