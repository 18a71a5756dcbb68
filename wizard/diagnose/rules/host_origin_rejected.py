"""The backend refuses the Host or Origin header, as a guard against DNS rebinding."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from wizard.diagnose.facts import directives, streams
from wizard.diagnose.facts.evidence import (
    body_suffix,
    follow_up_evidence,
    live_direct_evidence,
    result_evidence,
    setting_evidences,
)
from wizard.diagnose.facts.request_difference import (
    WITH,
    describe_distinction,
    difference_about,
    difference_evidence,
)
from wizard.diagnose.outcome import NO_GET_STREAM, classify
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, own_lines, repeated_lines
from wizard.model.case import Case, FollowUpResult
from wizard.model.change import Change
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.probe.host_guard import REFUSALS, passed_hosts, refused_request, requested_host
from wizard.text.display import safe, sentences
from wizard.text.messages import tr
from wizard.text.urls import http_url

PUBLIC_HOST, NO_ORIGIN = "public-host", "no-origin"
_INVALID_HOST = re.compile(
    r"(?i)invalid host|disallowedhost|blocked hosts?\b|\bhost\b[^\n]{0,100}\bnot allowed"
)
"""How guards say it: the MCP SDKs and Starlette, ASP.NET, Django, Rails, Vite."""
_WHY_HOST = tr(
    "the backend refuses the Host that it gets today; with this one it served a direct request"
)
_DISTINGUISHES = tr(
    "The direct request is served with the backend's own name as Host, and refused with the "
    "same status with another name. So the backend refuses the name."
)
_ASSUMED = tr("Which Host Nginx passes on is not known: {add_conf}.")
_NAMED = tr(
    "The answer itself mentions the Host header. A direct request with that Host would confirm "
    "that the backend refuses it: {add_direct}."
)
_ORIGIN_DISTINGUISHES = tr(
    "The direct request is refused with the given Origin and served without it, so the backend "
    "refuses the Origin."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Refused through the proxy, and directly too with the same Host or Origin."""
    return (
        _by_difference(rule, case)
        or _by_origin(rule, case)
        or _by_host(rule, case)
        or _by_name(rule, case)
    )


def is_about(case: Case, difference: Difference) -> bool:
    """True for the Host, and for an Origin that Nginx sends."""
    return difference.kind == "host" or difference.is_header("origin")


def _by_difference(rule: Rule, case: Case) -> Finding | None:
    """The direct request fails alike with the Host or Origin that Nginx sends."""
    difference = difference_about(case, is_about)
    if difference is None or not _is_refusal(case):
        return None
    refused = [result for result in case.proxy if result.timeline.status in REFUSALS]
    evidence = (
        *(_answer_evidence(each.timeline) for each in refused[:1]),
        *(live_direct_evidence(case) or _handshake_evidence(case)),
        *difference_evidence(case, difference),
        *map(follow_up_evidence, _helped(case)),
    )
    distinguishes = describe_distinction(difference)
    return rule.finding("confirmed", evidence, distinguishes, fix=_fix(case))


def _is_refusal(case: Case) -> bool:
    """True if the requests that fail get an error, not a redirect to another name."""
    answers = [each.timeline for each in streams.follow_ups(case, WITH)]
    return all(answer.status is None or answer.status >= 400 for answer in answers)


def _by_host(rule: Rule, case: Case) -> Finding | None:
    """The direct request is refused under the Host that Nginx passes on, and under no other."""
    refused = refused_request(case)
    if refused is None:
        return None
    answer = refused[1]
    asked = (each for each in _asked(case) if not each.likeness)  # else `_by_difference` decides
    same = [each for each in asked if each.timeline.status == answer.status]
    if not same:
        return None
    evidence = (
        _answer_evidence(answer),
        *(live_direct_evidence(case) or _handshake_evidence(case)),
        *map(follow_up_evidence, (*same, *_helped(case))),
        *_config_evidence(case),
    )
    if case.resolution is None:
        return rule.finding(
            "likely", evidence, sentences((_DISTINGUISHES, _ASSUMED)), fix=_fix(case)
        )
    return rule.finding("confirmed", evidence, _DISTINGUISHES, fix=_fix(case))


def _by_name(rule: Rule, case: Case) -> Finding | None:
    """The answer itself says that it refuses the Host, and no direct request contradicts."""
    named = next((each for each in case.proxied_answers if _names_host(each)), None)
    is_refuted = bool(_asked(case)) and case.resolution is not None
    if named is None or is_refuted or not streams.is_root_answered(case):
        return None
    return rule.finding("likely", (_answer_evidence(named), *_config_evidence(case)), _NAMED)


def _names_host(answer: Timeline) -> bool:
    return answer.status in REFUSALS and bool(_INVALID_HOST.search(answer.excerpt))


def _asked(case: Case) -> tuple[FollowUpResult, ...]:
    return streams.follow_ups(case, PUBLIC_HOST)


def _helped(case: Case) -> list[FollowUpResult]:
    """The direct request under the client's own Host, if that is served and another is not."""
    refused, host = refused_request(case), requested_host(case)
    status = refused[1].status if refused else None
    asked, named = _asked(case), difference_about(case, is_about)
    if named is None and not any(each.timeline.status == status for each in asked):
        return []
    own = {result.timeline.status for result in case.direct} | {200}
    mine = [each for each in asked if each.timeline.probe.host == host]
    return [each for each in mine if _is_served(each, own)]


def _is_served(asked: FollowUpResult, statuses: set[int | None]) -> bool:
    """True if it was answered as a direct request is."""
    return asked.likeness == "served" or (not asked.likeness and asked.timeline.status in statuses)


def _own_host(case: Case) -> str:
    """The Host under which the direct request is served: the address in its URL."""
    return urlsplit(http_url(case.direct[0].timeline.probe.url)).netloc if case.direct else ""


def _is_public(case: Case, host: str) -> bool:
    requested = requested_host(case)
    return host in (requested, urlsplit(f"//{requested}").hostname)


def _host_to_send(case: Case) -> str:
    """The Host that Nginx must send, as a config writes it; empty if that is not its fault.

    It is the client's own if that was shown to be served, else one under which a direct request
    was. Without the config only an inner name is known to be replaceable.
    """
    difference = difference_about(case, is_about)
    served = difference.own if difference and difference.kind == "host" else None
    if _helped(case) or served == requested_host(case):
        return "$http_host"
    if difference is not None:
        return served or ""
    is_foreign = not any(_is_public(case, host) for host in passed_hosts(case))
    return _own_host(case) if is_foreign and _asked(case) else ""


def _fix(case: Case) -> Fix | None:
    host, own = safe(_host_to_send(case), 120), safe(_own_host(case), 120)
    if host == "$http_host":
        port = tr(" ($host has no port)") if ":" in requested_host(case) else ""
        text = tr(
            "proxy_set_header Host $http_host{port}: a direct request with it was served", port=port
        )
        return Fix(text, "nginx")
    if host:
        difference = difference_about(case, is_about)
        is_public = difference is not None and _is_public(case, difference.sent or "")
        backend = tr("; or the backend allows the public host and origin") if is_public else ""
        text = tr(
            "proxy_set_header Host {host}: a direct request with it was served{backend}",
            host=host,
            backend=backend,
        )
        return Fix(text, "nginx")
    also = (
        tr("; or Nginx sends the one that it takes, proxy_set_header Host {own}", own=own)
        if own
        else ""
    )
    return Fix(tr("let the backend allow the public host and origin{also}", also=also), "backend")


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """Another Host, and the rest of the set as it is today."""
    host = _host_to_send(case)
    if not host:
        return ()
    change = Change.from_args("proxy_set_header", ("Host", host), _WHY_HOST)
    if resolution is None or own_lines(resolution, "proxy_set_header"):
        return (change,)
    return (change, *repeated_lines(resolution, "proxy_set_header", {change.key}))


def _by_origin(rule: Rule, case: Case) -> Finding | None:
    """Refused on both sides with the Origin given with --header, and served without it."""
    refused = [result for result in case.proxy if result.timeline.status in REFUSALS]
    follow_ups = streams.follow_ups(case, NO_ORIGIN)
    status = refused[0].timeline.status if refused else None
    accepted = [each for each in follow_ups if _is_admitted(each.timeline, status)]
    if not accepted or not refused:
        return None
    direct = [direct for direct in case.direct if direct.timeline.status == status]
    answers = (_answer_evidence(each.timeline) for each in (*refused[:1], *direct[:1]))
    evidence = (*answers, *map(follow_up_evidence, accepted))
    return rule.finding("confirmed", evidence, _ORIGIN_DISTINGUISHES)


def _is_admitted(answer: Timeline, refusal: int | None) -> bool:
    """True for a stream, and for the answer of Streamable HTTP to a GET: that it offers none, or
    what the GET lacks (400 or 406 in JSON-RPC). Another status than that of the refusal."""
    is_about_the_get = answer.status in NO_GET_STREAM and '"jsonrpc"' in answer.excerpt
    is_other = answer.status != refusal and (answer.status == 405 or is_about_the_get)
    return answer.is_event_stream or is_other


def _answer_evidence(answer: Timeline) -> Evidence:
    evidence = result_evidence(classify(answer))
    return replace(evidence, text=f"{evidence.text}{body_suffix(answer)}")


def _handshake_evidence(case: Case) -> tuple[Evidence, ...]:
    """The direct handshake, which the backend served under its own name."""
    direct = case.handshake("direct")
    if direct is None or not direct.is_complete:
        return ()
    text = tr("the handshake succeeds with Host: {own_host}", own_host=safe(_own_host(case), 120))
    return (Evidence("probe", f"mcp-{direct.side}", text),)


def _config_evidence(case: Case) -> tuple[Evidence, ...]:
    resolution = case.resolution if directives.is_proxied(case.resolution) else None
    return setting_evidences(resolution, "proxy_set_header")


RULE = Rule(
    id="host-origin-rejected",
    stage=Stage.ADMIT,
    fix=Fix(tr("let the backend allow the public host and origin"), "backend"),
    check=check,
    settings=NginxSettings(both=settings),
    is_about=is_about,
)
