"""Nginx 1.29.7 and later use HTTP/1.1 with keepalive, which this backend cannot."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import (
    log_evidence,
    result_evidence,
    setting_evidence,
    setting_evidences,
)
from wizard.diagnose.facts.request_difference import (
    AS_SENT,
    difference_about,
    difference_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, buffering_off, read_timeout
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.nginx.settings import is_new_default
from wizard.text.messages import tr

_DISTINGUISHES = tr(
    "The backend accepts the connection and closes it on {} HTTP/1.1 request. HTTP/1.0 "
    "was not tried: `curl -0 -N URL` at the backend shows whether it answers that."
)
_MEASURED = tr(
    "Sent to the direct URL as Nginx sends it now, the request gets no answer; in "
    "HTTP/1.0, as it was sent before 1.29.7, it is served."
)
_WHY_OLD_VERSION = tr(
    "the backend cannot handle HTTP/1.1 with keepalive, Nginx's default since 1.29.7. An answer "
    "in HTTP/1.0 ends when the connection closes, so buffering must be off for it to arrive as "
    "it is sent"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """502 with the new default in force, and a direct HTTP/1.1 request fails as well."""
    if difference := difference_about(case, is_about):
        return _measured(rule, case, difference)
    direct = [result.timeline for result in case.direct]
    bad_gateways = [result for result in case.proxy if result.timeline.status == 502]
    if not bad_gateways or case.resolution is None or not is_new_default(case.resolution):
        return None
    if any(each.headers_s is not None or each.wire.has_answer for each in direct):
        return None  # the backend does answer HTTP/1.1
    if _answers_root(case):
        return None  # through the same Nginx it does too
    if streams.follow_ups(case, AS_SENT):
        return None  # HTTP/1.0 was tried, and is not served either
    logged = streams.own_log_lines(case, "premature-close", "invalid-answer")
    closed = [result for result in case.direct if result.outcome == "cut"]
    if not logged and not closed:
        return None
    evidence = (
        result_evidence(bad_gateways[0]),
        setting_evidence(case.resolution, "proxy_http_version"),
        *map(result_evidence, closed[:1]),
        *map(log_evidence, logged[:1]),
    )
    whose = tr("our own") if closed else "Nginx's"
    # Without HTTP/1.0 it is not told from a port that closes every connection.
    return rule.finding("possible", evidence, _DISTINGUISHES.format(whose))


def is_about(case: Case, difference: Difference) -> bool:
    """True for what Nginx asks for since 1.29.7, where what it asked for before was served."""
    own = {"http-version": "1.0", "connection": "close"}.get(difference.kind)
    return own is not None and difference.own == own


def _measured(rule: Rule, case: Case, difference: Difference) -> Finding:
    """The direct request fails as Nginx sends it now, and is served as it was sent before."""
    bad_gateways = [result for result in case.proxy if result.timeline.status == 502]
    evidence = (
        *map(result_evidence, bad_gateways[:1]),
        *setting_evidences(case.resolution, "proxy_http_version"),
        *difference_evidence(case, difference)[1:],
    )
    return rule.finding("confirmed", evidence, _MEASURED)


def _answers_root(case: Case) -> bool:
    """True if the same backend answers the root path through this Nginx, in the same version."""
    stream, root = case.resolution, case.root_resolution
    if stream is None or root is None or stream.upstream is None or root.upstream is None:
        return False
    same = stream.upstream.peers == root.upstream.peers
    return same and is_new_default(root) and streams.is_root_answered(case)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """HTTP/1.0 to the backend."""
    return (Change("proxy_http_version", "1.0", _WHY_OLD_VERSION),)


def stream_settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """What a stream in HTTP/1.0 needs."""
    return (buffering_off(resolution), *read_timeout(case, resolution))


RULE = Rule(
    id="new-default-regression",
    stage=Stage.REACH,
    fix=Fix(
        tr("proxy_http_version 1.0 together with proxy_buffering off in the location"), "nginx"
    ),
    check=check,
    settings=NginxSettings(both=settings, stream=stream_settings),
    is_about=is_about,
)
