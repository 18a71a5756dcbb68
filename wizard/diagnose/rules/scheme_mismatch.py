"""The URL has the wrong scheme: plain HTTP for a TLS port, or TLS for one of plain HTTP."""

from wizard.diagnose.facts import schemes
from wizard.diagnose.facts.evidence import body_suffix, follow_up_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline
from wizard.text.messages import tr

_NEEDS_TLS = tr("The port of this URL speaks TLS, and the URL asks it for plain HTTP.")
_NEEDS_PLAIN = tr("The port of this URL answers TLS with plain text, so it is one for plain HTTP.")
_ANSWERS_PLAIN = tr("No TLS handshake succeeds at the port of this URL, and it answers plain HTTP.")
_UNREAD = tr(
    "The answer says that plain HTTP came to a port for TLS, which is the URL's own port or the "
    "backend's. A request with https to the same port, or the config, would show which."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """All probes end as at a port of the other kind, and the port is shown to be one."""
    answers = [result for result in case.proxy if result.was_made]
    if not answers:
        return None
    if case.target.url.startswith("https:"):
        return _plain_port(rule, case, answers)
    return _tls_port(rule, case, answers)


def _plain_port(rule: Rule, case: Case, answers: list[ProbeResult]) -> Finding | None:
    """TLS to a port that speaks plain HTTP."""
    repeated = schemes.other_scheme(case)
    if repeated is not None and _is_no_http(repeated.timeline):
        return None
    answered = repeated is not None and _is_answer(repeated.timeline)
    not_tls = all(schemes.is_not_tls(result.timeline) for result in answers)
    no_tls = all(r.timeline.ended in ("tls", "timeout") and not r.timeline.tls_s for r in answers)
    if not not_tls and not (answered and no_tls):
        return None
    confidence: Confidence = "confirmed" if answered else "likely"
    distinguishes = _NEEDS_PLAIN if not_tls else _ANSWERS_PLAIN
    return rule.finding(confidence, _evidence(case, answers), distinguishes, fix=_fix("http"))


def _is_no_http(timeline: Timeline) -> bool:
    """True if something answers the other scheme that speaks another protocol."""
    received = timeline.wire.received
    return received is not None and bool(received.problem)


def _is_answer(timeline: Timeline) -> bool:
    return timeline.headers_s is not None and not schemes.demands_tls(timeline)


def _tls_port(rule: Rule, case: Case, answers: list[ProbeResult]) -> Finding | None:
    """Plain HTTP to a port that speaks TLS."""
    demanded = all(schemes.demands_tls(result.timeline) for result in answers)
    dropped = all(result.timeline.headers_s is None for result in answers)
    is_tls = schemes.is_tls_port(case)
    if is_tls and (demanded or (dropped and schemes.other_scheme(case))):
        return rule.finding("confirmed", _evidence(case, answers), _NEEDS_TLS, fix=_fix("https"))
    if is_tls is None and demanded:
        return rule.finding("possible", _evidence(case, answers), _UNREAD, fix=_fix("https"))
    return None


def _evidence(case: Case, answers: list[ProbeResult]) -> tuple[Evidence, ...]:
    first, repeated = answers[0], schemes.other_scheme(case)
    label, page = first.timeline.probe.label, body_suffix(first.timeline)
    shown = (Evidence("probe", label, tr("it answers{page}", page=page)),) if page else ()
    more = (follow_up_evidence(repeated),) if repeated else ()
    return (result_evidence(first), *shown, *more)


def _fix(scheme: str) -> Fix:
    return Fix(
        tr("use {scheme}:// in the URL, or the port for the other scheme", scheme=scheme),
        "client",
    )


RULE = Rule(
    id="scheme-mismatch",
    stage=Stage.REACH,
    fix=Fix(tr("use the other scheme in the client's URL"), "client"),
    explains=frozenset({"tls-upstream-mismatch", "upstream-unreachable", "wrong-transport"}),
    check=check,
)
