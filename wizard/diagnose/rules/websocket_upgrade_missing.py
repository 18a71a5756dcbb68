"""The request for a WebSocket reaches the backend as an ordinary request."""

from wizard.diagnose.facts import product, streams, upgrades
from wizard.diagnose.facts.directives import is_proxied
from wizard.diagnose.facts.evidence import follow_up_evidence, result_evidence
from wizard.diagnose.facts.request_difference import AS_SENT, WITH, WITHOUT, named_differences
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.diagnose.upgrade_settings import passes_upgrade, upgrade_notes, upgraded
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.model.upgrades import opened_directly, refused_upgrade
from wizard.text.display import sentences
from wizard.text.messages import tr

OTHER_REASONS = frozenset({301, 302, 307, 308, 401, 403, 407, 421, 429, 502, 503, 504})
"""Answers that have other causes than a missing upgrade: credentials, an Origin, a limit, no
backend."""
_USUAL = frozenset({200, 400, 404, 405, 426, 501, 505})
"""Answers of a backend to an ordinary request where it serves a WebSocket …"""
_NAMED = frozenset({426, 505})
"""… and those that say that it does."""
_MEASURED = tr(
    "Without the upgrade, the backend answers the direct request as it answers through the "
    "proxy. With the upgrade, the WebSocket opens."
)
_BISECTED = tr(
    "Sent to the direct URL, the client's request opens the WebSocket; with what Nginx "
    "makes of Upgrade, Connection and the HTTP version, and nothing else, it fails as "
    "through the proxy."
)
_AS_SENT = tr(
    "Sent to the direct URL as Nginx passes it on, the request fails as through the "
    "proxy; by the config it is no request for a WebSocket, and the client's own opens "
    "one."
)
_READ = tr(
    "By the config the backend gets no request for a WebSocket, so none can open; that "
    "it answers an ordinary request in the same way was not measured."
)
_ALONE = tr("It was not measured whether the WebSocket opens without the proxy.")
_ELSEWHERE = tr(
    "The answer is the one that the backend sends without the upgrade, and this config "
    "passes the upgrade on: the Nginx that runs has not loaded it, or another proxy on "
    "the way drops it."
)
_ELSEWHERE_FIX = Fix(
    tr(
        "reload Nginx if it runs with an older config. Otherwise let the proxy in front of it, "
        "or behind it, pass the upgrade on"
    ),
    "outer-proxy",
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The proxied answer is not 101, as the config or the direct answers explain."""
    refused = refused_upgrade(case)
    if differences := named_differences(case):
        return _by_bisection(rule, case, refused, differences) if refused else None
    if refused is None or (case.direct and not opened_directly(case)):
        return None
    if case.resolution is not None and not is_proxied(case.resolution):
        return None  # Nginx itself answers: location-miss
    alike = upgrades.answer_without_upgrade(case, refused)
    if alike is None and _has_other_reason(refused):
        return None
    evidence = [result_evidence(refused), *map(result_evidence, opened_directly(case)[:1])]
    evidence += [follow_up_evidence(alike)] if alike else []
    sent = upgrades.sent_upgrade(case.resolution)
    if sent is None or (not sent.losses and not sent.is_decided):
        evidence += [sent.doubt] if sent and sent.doubt else []
        return _by_answers(rule, case, refused, tuple(evidence), bool(alike))
    if sent.losses:
        return _by_config(rule, case, (*evidence, *sent.losses), bool(alike))
    if alike:
        return rule.finding("likely", tuple(evidence), _ELSEWHERE, fix=_ELSEWHERE_FIX)
    return None


def _by_config(rule: Rule, case: Case, evidence: tuple[Evidence, ...], is_alike: bool) -> Finding:
    """The finding where the config shows that the backend gets no request for a WebSocket."""
    if is_alike:
        return rule.finding("confirmed", evidence, _MEASURED)
    sent = [each for each in streams.follow_ups(case, AS_SENT) if each.likeness == "alike"]
    if sent:
        return rule.finding("confirmed", (*evidence, follow_up_evidence(sent[0])), _AS_SENT)
    return rule.finding("likely", evidence, _READ if case.direct else sentences((_READ, _ALONE)))


def _by_bisection(
    rule: Rule, case: Case, refused: ProbeResult, differences: tuple[Difference, ...]
) -> Finding | None:
    """The finding where the request as Nginx passes it on was sent to the direct URL."""
    if not all(map(_is_lost_upgrade, differences)):
        return None
    failing = [each for each in streams.follow_ups(case, WITH) if each.likeness == "alike"]
    served = [each for each in streams.follow_ups(case, WITHOUT) if each.likeness == "served"]
    sent = upgrades.sent_upgrade(case.resolution)
    evidence = (
        result_evidence(refused),
        *map(result_evidence, opened_directly(case)[:1]),
        *map(follow_up_evidence, (*failing[:1], *served[-1:])),
        *(sent.losses if sent else ()),
    )
    return rule.finding("confirmed", evidence, _BISECTED)


def _is_lost_upgrade(difference: Difference) -> bool:
    is_version = difference.kind == "http-version"
    return is_version or difference.kind == "connection" or difference.is_header("upgrade")


def _has_other_reason(refused: ProbeResult) -> bool:
    """True for an answer of Nginx itself, and for one that a missing upgrade does not explain."""
    answer = refused.timeline
    return answer.status in OTHER_REASONS or product.is_nginx_page(answer.excerpt)


def _by_answers(
    rule: Rule, case: Case, refused: ProbeResult, evidence: tuple[Evidence, ...], is_alike: bool
) -> Finding | None:
    """The finding where the config is not known, or does not decide it."""
    if stream := upgrades.stream_without_upgrade(case, refused):
        return rule.finding("possible", (*evidence, follow_up_evidence(stream)), _HELD)
    if is_alike:
        return rule.finding("likely", evidence, _MEASURED)
    if refused.timeline.status in (_USUAL if case.direct else _NAMED):
        return rule.finding("possible", evidence, _UNREAD if case.direct else _UNREAD_ALONE)
    return None


_HELD = tr(
    "Without the upgrade the backend answers the direct request with a stream, which "
    "Nginx's buffers may hold. The config would show whether Nginx passes the upgrade on."
)
_UNREAD = tr(
    "The backend opens the WebSocket for the direct request, and not through the proxy. "
    "The config would show whether Nginx passes the upgrade on."
)
_UNREAD_ALONE = tr(
    "A server that serves WebSockets answers so to an ordinary request. A direct URL or "
    "the config would show whether it is Nginx that makes it one."
)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The location is meant for WebSockets, and none can open."""
    sent = upgrades.sent_upgrade(resolution) if passes_upgrade(resolution) else None
    losses = (*([sent.doubt] if sent.doubt else []), *sent.losses) if sent else ()
    return tuple(
        rule.config_finding(loss.where, tr("a WebSocket: {loss}", loss=loss.text))
        for loss in losses
    )


RULE = Rule(
    id="websocket-upgrade-missing",
    stage=Stage.ROUTE,
    fix=Fix(
        tr(
            "`proxy_http_version 1.1`, and Upgrade and Connection passed on in the location by a "
            "map of $http_upgrade"
        ),
        "nginx",
    ),
    explains=frozenset({"header-dropped"}),
    check=check,
    check_config=check_config,
    config_order=45,
    settings=NginxSettings(stream=upgraded, notes=upgrade_notes),
)
