"""The backend ends its stream at once if it is asked with HTTP/1.0 or `Connection: close`."""

from collections.abc import Iterator

from wizard.diagnose.facts import addresses, disconnects, streams
from wizard.diagnose.facts.directives import is_proxied, place_of
from wizard.diagnose.facts.evidence import (
    direct_evidence,
    log_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.facts.request_difference import (
    DISTINGUISHES,
    WITH,
    difference_evidence,
    is_request_served,
    named_differences,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import (
    HEADER_NOTES,
    NginxSettings,
    prefix_of,
    unbuffered,
)
from wizard.diagnose.upgrade_settings import connection_header
from wizard.model.arrivals import moments
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.request_difference import Difference, describe_differences
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.model.timeline import Timeline
from wizard.nginx.as_sent import as_sent
from wizard.text.display import safe, seconds, sentences
from wizard.text.messages import tr

AT_ONCE_S = 1.0
"""How soon after its first data, in seconds, a stream must end to have ended at once."""
UPGRADE_REQUIRED = 426
"""What Envoy answers to HTTP/1.0."""
_ALONE = tr("The request {} alone fails there so too.")
_READ = tr(
    "Through the proxy the stream ended at once, in every probe, while the direct one "
    "went on; and the config asks the backend for it with {}, which some backends answer "
    "so. The direct request with it was not made: `curl -N {}` at the backend shows it."
)
_WHY = tr("asked {}, the backend {}")
_WHY_VERSION = tr(
    "Nginx asks with HTTP/1.0, and the backend may end or refuse the stream because of that"
)
_WHY_CONNECTION = tr(
    "without this line Nginx sends the backend Connection: close, and the backend may end the "
    "stream because of that"
)
_FIX_BY_KIND = {
    "http-version": Fix(tr("proxy_http_version 1.1 in the location"), "nginx"),
    "connection": Fix(tr("an empty Connection header in the location"), "nginx"),
}
"""The fix where one of the two was shown to be at fault, and the other one not."""


def check(rule: Rule, case: Case) -> Finding | None:
    """Cut at once through the proxy, and HTTP/1.0 or `Connection: close` is what ends it."""
    resolution = case.resolution
    if resolution is None or not is_proxied(resolution) or resolution.prefix != "proxy":
        return None
    if case.target.upgrade:
        return None  # a WebSocket needs both: websocket-upgrade-missing
    named = named_differences(case)
    if about := [each for each in named if is_about(each)]:
        return _measured(rule, case, about)
    if named or is_request_served(case):
        return None  # something else of the request makes it fail, or nothing does
    failing = _ended_at_once(case)
    reasons = tuple(_reasons(resolution))
    is_same = addresses.is_direct(case) and len(addresses.upstream_peers(case)) == 1
    is_cached = resolution.value("proxy_cache") not in ("", "off")
    if not failing or not reasons or not is_same or is_cached:
        return None
    words, evidence, option = reasons[0]
    # Finite answers end for many reasons, so that of a POST must have ended with its first data.
    is_likely = not case.target.is_sent_once or all(len(moments(r.timeline)) < 2 for r in failing)
    confidence: Confidence = "likely" if is_likely else "possible"
    evidences = (*_probes(case, failing), evidence)
    return rule.finding(confidence, evidences, _READ.format(words, option))


def is_about(difference: Difference) -> bool:
    """True for HTTP/1.0 and for `Connection: close`."""
    sent = (difference.sent or "").lower()
    return (difference.kind, sent) in (("connection", "close"), ("http-version", "1.0"))


def _measured(rule: Rule, case: Case, differences: list[Difference]) -> Finding:
    """The direct request fails with these, each by itself or together."""
    failing = [r for r in streams.counted_probes(case.proxy) if r.outcome not in ("live", "ended")]
    alone = [each for each in differences if _is_enough(case, each)]
    evidence = (*_probes(case, failing), *difference_evidence(case, (alone or differences)[0]))
    fix = _FIX_BY_KIND[differences[0].kind] if len(differences) == 1 else None
    if not alone:
        return rule.finding("confirmed", evidence, _describe(differences), fix=fix)
    also = (_ALONE.format(safe(each.text, 80)) for each in alone[1:])
    return rule.finding("confirmed", evidence, sentences((_describe(alone[:1]), *also)), fix=fix)


def _is_enough(case: Case, difference: Difference) -> bool:
    """True if the request fails with this difference alone."""
    sent = streams.follow_ups(case, WITH)
    return any(each.likeness == "alike" and each.differences == (difference,) for each in sent)


def _describe(differences: list[Difference]) -> str:
    return DISTINGUISHES.format(safe(describe_differences(differences), 200))


def _ended_at_once(case: Case) -> list[ProbeResult]:
    """The proxied probes, if each ended at once where a direct one went on, or was refused by 426.

    Empty if one was served, or if Nginx itself ended one.
    """
    results = streams.counted_probes(case.proxy)
    if disconnects.reload_lines(case) or streams.own_log_lines(case, "read-timeout"):
        return []
    direct = streams.live_direct_probes(case)
    failing = [each for each in results if _is_ended(each, direct)]
    return failing if len(failing) == len(results) else []


def _is_ended(result: ProbeResult, direct: tuple[ProbeResult, ...]) -> bool:
    """True for a clean end right after the first data, where a direct stream had more, or went on,
    and for 426."""
    timeline = result.timeline
    if timeline.status == UPGRADE_REQUIRED or not direct:
        return bool(direct)
    begun = timeline.first_data_s or timeline.headers_s
    lacks_all = result.outcome == "ended" and timeline.first_data_s is None
    is_short = result.outcome == "cut" or lacks_all
    is_clean = is_short and timeline.ended == "eof" and not timeline.pending
    return is_clean and begun is not None and (timeline.waited_s or 0.0) - begun <= AT_ONCE_S


def _probes(case: Case, failing: list[ProbeResult]) -> tuple[Evidence, ...]:
    direct = streams.live_direct_probes(case)[:1]
    went_on = (
        Evidence(
            "probe",
            each.timeline.probe.label,
            tr("open after {waited_s}", waited_s=seconds(each.timeline.waited_s)),
        )
        for each in direct
        if each.timeline.ended == "open"
    )
    logged = streams.own_log_lines(case, "premature-close")
    return (
        *map(result_evidence, failing[:2]),
        *map(direct_evidence, direct),
        *went_on,
        *map(log_evidence, logged[:1]),
    )


def _reasons(resolution: RequestResolution) -> Iterator[tuple[str, Evidence, str]]:
    """What the config sends that ends such streams: in words, as evidence, and as curl's option."""
    sent = as_sent(resolution, (("Accept", "text/event-stream"),))
    if sent is None:
        return
    if sent.http == "1.0":
        yield "HTTP/1.0", setting_evidence(resolution, "proxy_http_version"), "-0 URL"
    for header in sent.headers:
        if header.name.lower() == "connection" and (header.value or "").lower() == "close":
            where = str(header.where or place_of(resolution, "proxy_set_header"))
            evidence = Evidence("config", where, tr("Connection: close is sent to the backend"))
            yield "Connection: close", evidence, "-H 'Connection: close' URL"


def message_settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """HTTP/1.1 for the messages too, where the backend refuses the request in HTTP/1.0 itself."""
    refused = any(each.timeline.status == UPGRADE_REQUIRED for each in case.proxy)
    reason = _measured_reasons(case).get("http-version", "") if refused else ""
    return (Change("proxy_http_version", "1.1", reason),) if reason else ()


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """HTTP/1.1 without a Connection header, or the one of them that was shown to be at fault, and
    what a stream in HTTP/1.1 needs."""
    if prefix_of(resolution) != "proxy":
        return ()
    measured = _measured_reasons(case)
    reasons = measured or {"http-version": _WHY_VERSION, "connection": _WHY_CONNECTION}
    changes = list[Change]()
    if reason := reasons.get("http-version"):
        changes.append(Change("proxy_http_version", "1.1", reason))
    if reason := reasons.get("connection"):
        changes += connection_header(resolution, reason)
    return (*changes, *unbuffered(case, resolution))


def _measured_reasons(case: Case) -> dict[str, str]:
    """What the direct requests with HTTP/1.0, with `Connection: close` or with both have shown, by
    the kind of the difference; empty if none of them was shown to be at fault."""
    named = {each for each in named_differences(case) if is_about(each)}
    sent = [each for each in streams.follow_ups(case, WITH) if each.likeness == "alike"]
    return {
        difference.kind: _WHY.format(describe_differences(each.differences), _answer(each.timeline))
        for each in sent
        for difference in each.differences
        if difference in named
    }


def _answer(timeline: Timeline) -> str:
    """What the backend does with the request, as a part of a sentence."""
    if timeline.status is None:
        return (
            tr("sends no answer") if timeline.ended in ("open", "timeout") else tr("closes at once")
        )
    if not timeline.is_stream:
        return tr("answers {status}", status=timeline.status)
    is_ended = timeline.ended in ("eof", "reset")
    return tr("ends the stream") if is_ended else tr("sends no event")


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """Where an ingress controller takes the header from."""
    return HEADER_NOTES.get(style, ())


RULE = Rule(
    id="backend-ends-early",
    stage=Stage.BACKEND,
    fix=Fix(tr("proxy_http_version 1.1 and an empty Connection header in the location"), "nginx"),
    explains=frozenset({"proxy-buffering-hold", "outer-timeout", "idle-read-timeout"}),
    check=check,
    settings=NginxSettings(stream=settings, messages=message_settings, notes=notes),
)
