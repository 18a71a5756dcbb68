"""The backend refuses the name under which it is asked: a guard against DNS rebinding."""

from dataclasses import replace

from wizard.diagnose.facts import directives, streams
from wizard.diagnose.facts.evidence import (
    body_suffix,
    direct_evidence,
    follow_up_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Evidence, Finding, Fix

PUBLIC_HOST, NO_ORIGIN = "public-host", "no-origin"
REFUSALS = frozenset({400, 403, 421})
DISTINGUISHES = (
    "The direct request is live under the backend's own name, and refused with the same status "
    "under the name that Nginx passes on: it is the backend that refuses, and the name alone."
)
_SAID = (
    "The answer itself names the Host header. A direct request with that Host would confirm that "
    "it comes from the backend: give --direct."
)
_ORIGIN_DISTINGUISHES = (
    "The direct request is refused with the Origin that was given and live without it: it is the "
    "backend that refuses, and the Origin alone."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Refused through the proxy; the direct request fails in the same way under that name."""
    refused = [result for result in case.proxy if result.timeline.status in REFUSALS]
    if not refused:
        return None
    return _by_origin(rule, case, refused[0]) or _by_host(rule, case, refused[0])


def _by_host(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    tried = streams.follow_ups(case, PUBLIC_HOST)
    same = [one for one in tried if one.timeline.status == result.timeline.status]
    live = streams.live_direct_probes(case)
    if same and live:
        evidence = (
            _of(result),
            direct_evidence(live[0]),
            *map(follow_up_evidence, same),
        )
        return rule.finding("confirmed", (*evidence, *_config(case)), DISTINGUISHES)
    if tried or not _says(result, "host") or not streams.is_root_answered(case):
        return None
    return rule.finding("likely", (_of(result), *_config(case)), _SAID)


def _by_origin(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    """The Origin that --header gave: refused on either side, and without it live."""
    freed = [one for one in streams.follow_ups(case, NO_ORIGIN) if one.timeline.is_event_stream]
    if not freed:
        return None
    direct = [_of(one) for one in case.direct if one.timeline.status == result.timeline.status]
    evidence = (_of(result), *direct[:1], *map(follow_up_evidence, freed))
    return rule.finding("confirmed", evidence, _ORIGIN_DISTINGUISHES)


def _says(result: ProbeResult, word: str) -> bool:
    """Whether the answer names the header, as the SDKs do: `Invalid Host header`."""
    return f"invalid {word} header" in result.timeline.excerpt.lower()


def _of(result: ProbeResult) -> Evidence:
    return replace(result_evidence(result), text=f"{result.outcome}: {result.why}{_body(result)}")


def _body(result: ProbeResult) -> str:
    return body_suffix(result.timeline)


def _config(case: Case) -> tuple[Evidence, ...]:
    resolution = case.resolution
    return (
        (setting_evidence(resolution, "proxy_set_header"),)
        if resolution and directives.is_proxied(resolution)
        else ()
    )


RULE = Rule(
    id="host-origin-rejected",
    stage=Stage.ADMIT,
    fix=Fix("the backend allows the public host and origin", "backend"),
    check=check,
)
