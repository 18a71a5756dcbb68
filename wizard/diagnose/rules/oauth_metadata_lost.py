"""The 401 names OAuth metadata that a client cannot get."""

import ipaddress

from wizard.diagnose.facts import addresses, metadata
from wizard.diagnose.facts.evidence import body_suffix, path_evidence, result_evidence
from wizard.diagnose.outcome import classify
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, FollowUpResult
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.nginx.resolve import request_for, resolve_request
from wizard.probe.www_authenticate import metadata_challenge, metadata_url, origin_of
from wizard.text.display import safe
from wizard.text.urls import split_url

_DISTINGUISHES = (
    "The 401 itself is right for a client without a token. What is wrong is where it tells that "
    "client to find out how to get one."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The metadata URL in WWW-Authenticate is visibly wrong, or has no document."""
    challenge = metadata_challenge(case)
    if challenge is None:
        return None
    url, named = metadata_url(challenge), metadata.named_answer(case)
    problem = _problem(case, url)
    missing = metadata.missing_document(named.timeline) if named else None
    if not problem and not missing:
        return None
    text = f"the challenge names {safe(url, 200)}{': ' if problem else ''}{problem}"
    evidence = (
        result_evidence(classify(challenge)),
        Evidence("probe", challenge.probe.label, text),
        *(_missing_evidence(case, named, missing) if named and missing else ()),
    )
    confidence: Confidence = "confirmed" if _is_unreachable(case, url) else "likely"
    if missing and not (problem and missing.confidence == "possible"):
        confidence = missing.confidence
    latent = metadata.has_token(case)
    return rule.finding(confidence, evidence, _DISTINGUISHES, latent=latent)


def _missing_evidence(
    case: Case, named: FollowUpResult, missing: metadata.Problem
) -> tuple[Evidence, ...]:
    """What the named URL answered, what serves it, and where the document is instead."""
    answer, elsewhere = named.timeline, metadata.found_elsewhere(case)
    texts = [f"{safe(named.why, 300)}: {missing.text}{body_suffix(answer)}"]
    if elsewhere:
        path = safe(split_url(elsewhere.timeline.probe.url).path, 200)
        texts.append(f"{path} has a document")
    asked = (Evidence("follow-up", answer.probe.label, text) for text in texts)
    if case.resolution is None:
        return tuple(asked)
    request = request_for(answer.probe.url)
    served = resolve_request(case.resolution.config, request, case.resolution.version)
    return (*asked, path_evidence(served))


def _problem(case: Case, url: str) -> str:
    """What is wrong with the URL for a client outside; empty if nothing is."""
    public, named = origin_of(case.target.url), origin_of(url)
    if not named[1]:
        return "that is no URL"
    if named == public or (named[0] == public[0] and _same_host_and_port(named, public)):
        return ""
    if _host_of(named) == _host_of(public):
        if public[0] == "https" and named[0] == "http":
            return "http, where the request was https"
        return "another port than the public one"
    if named[1] in _backend_addresses(case) or _is_private(_host_of(named)):
        return "a host that only the inner network knows"
    return ""


def _is_unreachable(case: Case, url: str) -> bool:
    """True if the URL surely fails: plain http to an https server, or the backend's address."""
    scheme, address = origin_of(url)
    is_downgrade = scheme == "http" and case.target.url.startswith("https:")
    return is_downgrade or address in _backend_addresses(case)


def _backend_addresses(case: Case) -> set[str]:
    """The backend's own addresses."""
    direct = {origin_of(source.locator)[1] for source in case.target.direct}
    return (direct - {""}) | {addresses.host_port(peer) for peer in addresses.upstream_peers(case)}


def _host_of(origin: tuple[str, str]) -> str:
    """The host without its port; all loopback addresses count as localhost."""
    host = origin[1].rpartition(":")[0]
    try:
        return "localhost" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host


def _same_host_and_port(first: tuple[str, str], second: tuple[str, str]) -> bool:
    ports = {origin[1].rpartition(":")[2] for origin in (first, second)}
    return _host_of(first) == _host_of(second) and len(ports) == 1


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".svc", ".localhost"))


RULE = Rule(
    id="oauth-metadata-lost",
    stage=Stage.ADMIT,
    fix=Fix(
        "/.well-known/oauth-protected-resource is routed to the backend, and the backend knows its "
        "public URL (forwarded headers, or its own setting)",
        "nginx",
    ),
    check=check,
)
