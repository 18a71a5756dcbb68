"""The 401 points a client to metadata that it cannot reach."""

import ipaddress

from wizard.diagnose.facts import addresses, streams
from wizard.diagnose.facts.evidence import follow_up_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.probe.www_authenticate import metadata_challenge, metadata_url, origin_of
from wizard.text.display import safe

DISTINGUISHES = (
    "The 401 itself is right for a client without a token. What is wrong is where it sends that "
    "client to learn how to get one."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The URL in the challenge is wrong to see, or leads to nothing."""
    result = metadata_challenge(case)
    if result is None:
        return None
    url = metadata_url(result.timeline)
    gone = [
        one for one in streams.follow_ups(case, "metadata") if one.timeline.status in (404, 410)
    ]
    wrong = _wrong(case, url)
    if not wrong and not gone:
        return None
    named = f"the challenge names {safe(url, 200)}{': ' if wrong else ''}{wrong}"
    label = result.timeline.probe.label
    evidence = (result_evidence(result), Evidence("probe", label, named))
    sure = bool(gone) or _sure(case, url)
    found = (*evidence, *map(follow_up_evidence, gone))
    return rule.finding("confirmed" if sure else "likely", found, DISTINGUISHES)


def _wrong(case: Case, url: str) -> str:
    """What is wrong with the URL, seen from outside; empty if nothing is."""
    asked, named = origin_of(case.target.url), origin_of(url)
    if not named[1]:
        return "that is no URL"
    if named == asked or (named[0] == asked[0] and _alike(named, asked)):
        return ""
    if _host(named) == _host(asked):
        scheme = asked[0] == "https" and named[0] == "http"
        return "http, where the request was https" if scheme else "another port than the public one"
    if named[1] in _inside(case) or _is_private(_host(named)):
        return "a host that only the inside knows"
    return ""


def _sure(case: Case, url: str) -> bool:
    """Whether it is surely of no use: plain http to an https server, or the backend's address."""
    named = origin_of(url)
    return (named[0] == "http" and case.target.url.startswith("https:")) or (
        named[1] in _inside(case)
    )


def _inside(case: Case) -> set[str]:
    """The backend's own addresses."""
    known = {origin_of(place.locator)[1] for place in case.target.direct}
    peers = case.resolution.upstream.peers if case.resolution and case.resolution.upstream else ()
    return known | {addresses.host_port(peer) for peer in peers}


def _host(known: tuple[str, str]) -> str:
    """The host alone; all names of this machine are one."""
    host = known[1].rpartition(":")[0]
    try:
        return "localhost" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host


def _alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    ports = one[1].rpartition(":")[2], other[1].rpartition(":")[2]
    return _host(one) == _host(other) and ports[0] == ports[1]


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".svc", ".localhost"))


RULE = Rule(
    id="oauth-metadata-lost",
    stage=Stage.ADMIT,
    fix=Fix(
        "/.well-known/ is routed to the backend, and the backend knows its public URL (forwarded "
        "headers, or its own setting)",
        "nginx",
    ),
    check=check,
)
