"""The backend refuses the Host or Origin header, as a guard against DNS rebinding."""

from dataclasses import replace

from wizard.diagnose.facts import directives, streams
from wizard.diagnose.facts.evidence import (
    body_suffix,
    direct_evidence,
    follow_up_evidence,
    result_evidence,
    setting_evidences,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult

PUBLIC_HOST, NO_ORIGIN = "public-host", "no-origin"
REFUSALS = frozenset({400, 403, 421})
_DISTINGUISHES = (
    "The direct request is live under the backend's own name, and refused with the same status "
    "under the name that Nginx passes on: so the backend refuses it, because of the name alone."
)
_NAMED = (
    "The answer itself names the Host header. A direct request with that Host would confirm that "
    "it comes from the backend: give --direct."
)
_ORIGIN_DISTINGUISHES = (
    "The direct request is refused with the given Origin and live without it: the backend "
    "refuses it, because of the Origin alone."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Refused through the proxy, and directly too with the same Host or Origin."""
    refused = [result for result in case.proxy if result.timeline.status in REFUSALS]
    if not refused:
        return None
    return _by_origin(rule, case, refused[0]) or _by_host(rule, case, refused[0])


def _by_host(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    follow_ups = streams.follow_ups(case, PUBLIC_HOST)
    status = result.timeline.status
    same = [follow_up for follow_up in follow_ups if follow_up.timeline.status == status]
    live = streams.live_direct_probes(case)
    if same and live:
        direct = (direct_evidence(live[0]), *map(follow_up_evidence, same))
        evidence = (_answer_evidence(result), *direct, *_config_evidence(case))
        return rule.finding("confirmed", evidence, _DISTINGUISHES)
    # The SDKs answer `Invalid Host header`.
    is_named = "invalid host header" in result.timeline.excerpt.lower()
    if follow_ups or not is_named or not streams.is_root_answered(case):
        return None
    return rule.finding("likely", (_answer_evidence(result), *_config_evidence(case)), _NAMED)


def _by_origin(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    """Refused on both sides with the Origin given with --header, and live without it."""
    follow_ups = streams.follow_ups(case, NO_ORIGIN)
    accepted = [follow_up for follow_up in follow_ups if follow_up.timeline.is_event_stream]
    if not accepted:
        return None
    status = result.timeline.status
    direct = [direct for direct in case.direct if direct.timeline.status == status]
    answers = map(_answer_evidence, (result, *direct[:1]))
    evidence = (*answers, *map(follow_up_evidence, accepted))
    return rule.finding("confirmed", evidence, _ORIGIN_DISTINGUISHES)


def _answer_evidence(result: ProbeResult) -> Evidence:
    evidence = result_evidence(result)
    return replace(evidence, text=f"{evidence.text}{body_suffix(result.timeline)}")


def _config_evidence(case: Case) -> tuple[Evidence, ...]:
    resolution = case.resolution if directives.is_proxied(case.resolution) else None
    return setting_evidences(resolution, "proxy_set_header")


RULE = Rule(
    id="host-origin-rejected",
    stage=Stage.ADMIT,
    fix=Fix("the backend allows the public host and origin", "backend"),
    check=check,
)
