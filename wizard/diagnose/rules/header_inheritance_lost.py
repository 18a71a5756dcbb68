"""A proxy_set_header in the location drops all those of the outer levels."""

from urllib.parse import urlsplit

from wizard.diagnose.facts import directives, streams
from wizard.diagnose.facts.evidence import follow_up_evidence, result_evidence
from wizard.diagnose.facts.request_difference import (
    OUTER,
    describe_distinction,
    difference_about,
    difference_evidence,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import HEADER_NOTES, NginxSettings, own_lines, repeated_lines
from wizard.model.case import Case
from wizard.model.change import Change, change_key
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.model.statuses import REDIRECTS
from wizard.model.target import Style
from wizard.nginx.settings import DroppedHeaders, dropped_headers
from wizard.nginx.upstream import default_host
from wizard.text.display import comma_list, safe, sentences
from wizard.text.messages import tr

_Proof = tuple[Confidence, tuple[Evidence, ...]]
CREDENTIAL_WORDS = ("authorization", "api-key", "apikey", "token", "secret", "x-auth")
SCHEME_HEADERS = frozenset({"x-forwarded-proto", "x-forwarded-scheme", "x-scheme", "forwarded"})
_SYMPTOMS = frozenset(
    {"auth-gate", "host-origin-rejected", "slash-redirect", "oauth-metadata-lost"}
)
_DISTINGUISHES = tr("With the dropped header, this failure would not occur.")
_MEASURED = tr("Without that header, the backend gives the same answer to a direct request.")
_QUIET = tr("Nothing fails yet: this backend does not need the dropped headers.")


def check(rule: Rule, case: Case) -> Finding | None:
    """A cause if the failure is one that a dropped header explains; else a risk."""
    resolution = case.resolution
    if resolution is None or not directives.is_proxied(resolution):
        return None
    dropped = dropped_headers(resolution)
    if dropped is None:
        return None
    config = _config_evidence(dropped)
    proof = _difference(case, dropped) or _credential(case, resolution, dropped)
    proof = proof or _host(case, resolution, dropped)
    proof = proof or _scheme(case, dropped)
    if proof is None:
        return rule.finding("likely", config, _QUIET, latent=True)
    confidence, evidence = proof
    explains = _SYMPTOMS if confidence == "confirmed" else frozenset[str]()
    distinguishes = _distinguishes(case, evidence)
    return rule.finding(confidence, (*evidence, *config), distinguishes, explains=explains)


def _distinguishes(case: Case, evidence: tuple[Evidence, ...]) -> str:
    """What separates the lost header from other causes, as it was measured."""
    if any(item.kind == "follow-up" for item in evidence):
        difference = difference_about(case, is_about)
        return (
            describe_distinction(difference)
            if difference
            else sentences((_DISTINGUISHES, _MEASURED))
        )
    is_measured = any(item.is_direct for item in evidence)
    return sentences((_DISTINGUISHES, _MEASURED)) if is_measured else _DISTINGUISHES


def is_about(case: Case, difference: Difference) -> bool:
    """True for a header of the outer level that is not sent."""
    dropped = dropped_headers(case.resolution) if case.resolution else None
    name = difference.name.lower() or difference.kind
    return dropped is not None and name in dropped.names


def _difference(case: Case, dropped: DroppedHeaders) -> _Proof | None:
    """The direct request fails alike without a header of the outer level.

    It is confirmed where what the outer level sends was served as well.
    """
    difference = difference_about(case, is_about)
    if difference is None:
        return None
    name = difference.name.lower() or difference.kind
    line = next(each for each in dropped.lines if each.args[0].lower() == name)
    tried = [each for each in streams.follow_ups(case, OUTER) if name == "host"]
    served = [each for each in tried if each.likeness == "served"]
    if tried and not served:
        return None
    evidence = (*difference_evidence(case, difference), *map(follow_up_evidence, served[:1]))
    is_own = difference.own == line.args[1]
    return ("confirmed" if served or is_own else "likely"), evidence


def _credential(
    case: Case, resolution: RequestResolution, dropped: DroppedHeaders
) -> _Proof | None:
    """401 or 403 from the backend, which lacks credentials that the outer level sends."""
    credentials = [name for name in dropped.names if any(word in name for word in CREDENTIAL_WORDS)]
    refused = [result for result in case.proxy if result.timeline.status in (401, 403)]
    if not credentials or not refused or directives.guards_in_force(resolution):
        return None
    status = refused[0].timeline.status
    same = [result for result in case.direct if result.timeline.status == status]
    evidence = (*_first_evidence(refused), *map(result_evidence, same[:1]), *_root_evidence(case))
    return ("confirmed" if same and _root_evidence(case) else "likely"), evidence


def _root_evidence(case: Case) -> tuple[Evidence, ...]:
    """The root path is admitted, for which the outer lines are in force."""
    if case.root is None or not 200 <= (case.root.status or 0) < 400:
        return ()
    if case.root_resolution is None or dropped_headers(case.root_resolution) is not None:
        return ()
    text = tr("/, which has them, answers {status}", status=case.root.status)
    return (Evidence("probe", case.root.probe.label, text),)


def _host(case: Case, resolution: RequestResolution, dropped: DroppedHeaders) -> _Proof | None:
    """The backend names or refuses the internal host that Nginx sends instead of the public one."""
    if "host" not in dropped.names:
        return None
    internal = _internal_names(resolution)
    redirected = [r for r in case.proxy if _netloc(r.timeline.header("location")) in internal]
    if redirected:
        return "confirmed", _first_evidence(redirected)
    handshake = case.handshake("proxy")
    if handshake is not None and _netloc(handshake.endpoint) in internal:
        text = tr("the endpoint event names {endpoint}", endpoint=safe(handshake.endpoint, 120))
        return "confirmed", (Evidence("probe", "mcp-proxy", text),)
    refused = [result for result in case.proxy if result.timeline.status in (400, 403, 404, 421)]
    statuses = {result.timeline.status for result in refused}
    # A direct request with the Host that Nginx sends now is refused as well.
    follow_ups = streams.follow_ups(case, "public-host")
    asked = (each for each in follow_ups if not each.likeness)  # else `_difference` decides
    same = [follow_up for follow_up in asked if follow_up.timeline.status in statuses]
    if not same:
        return None
    evidence = (*_first_evidence(refused), follow_up_evidence(same[0]), *_root_evidence(case))
    return ("confirmed" if _root_evidence(case) else "likely"), evidence


def _internal_names(resolution: RequestResolution) -> frozenset[str]:
    """The default Host, which is the name in proxy_pass, and the peers behind it."""
    upstream, request = resolution.upstream, resolution.request
    public = f"{request.host}:{request.port}" if request.port else request.host or ""
    names = {default_host(upstream.passed), *upstream.peers} if upstream else set()
    return frozenset(name.lower() for name in names if name) - {public.lower(), ""}


def _netloc(url: str | None) -> str:
    try:
        return urlsplit(url or "").netloc.lower()
    except ValueError:
        return ""


def _scheme(case: Case, dropped: DroppedHeaders) -> _Proof | None:
    """Redirected from https to http, or to the same https URL again and again."""
    if not SCHEME_HEADERS & set(dropped.names) or not case.target.url.lower().startswith("https:"):
        return None
    redirects = (result for result in case.proxy if result.timeline.status in REDIRECTS)
    redirected = [result for result in redirects if _is_downgrade_or_loop(result)]
    same = [result for result in case.direct if result.timeline.status in REDIRECTS]
    if not redirected:
        return None
    evidence = (*_first_evidence(redirected), *map(result_evidence, same[:1]))
    return ("confirmed" if same else "likely"), evidence


def _is_downgrade_or_loop(result: ProbeResult) -> bool:
    """True for a redirect to http://, or to the requested URL itself."""
    target = result.timeline.header("location") or ""
    return target.lower().startswith("http:") or target == result.timeline.probe.url


def _first_evidence(results: list[ProbeResult]) -> tuple[Evidence, ...]:
    return tuple(map(result_evidence, results[:1]))


def _config_evidence(dropped: DroppedHeaders) -> tuple[Evidence, ...]:
    names = comma_list(line.args[0] for line in dropped.lines)
    set_here = " ".join(dropped.by.args[:1])
    by = tr(
        "proxy_set_header {set_here}: because of this line, no header of the outer levels is sent",
        set_here=set_here,
    )
    first = tr(
        "proxy_set_header is set here for {names}, but does not apply to this path", names=names
    )
    return (
        Evidence("config", str(dropped.by.where), safe(by)),
        Evidence("config", str(dropped.lines[0].where), safe(first)),
    )


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The location drops headers that a stream needs."""
    dropped = dropped_headers(resolution)
    if dropped is None:
        return ()
    names = comma_list(dict.fromkeys(line.args[0] for line in dropped.lines))
    text = tr(
        "because of these lines, what {where} sets for {names} is dropped",
        where=dropped.lines[0].where,
        names=names,
    )
    return (rule.config_finding(str(dropped.by.where), safe(text, 300)),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The headers of the outer level that the location lost by setting some itself."""
    if resolution is None:
        return ()
    changes: list[Change] = []
    for name in ("proxy_set_header", "add_header"):
        if own := {change_key(name, line.args) for line in own_lines(resolution, name)}:
            changes += repeated_lines(resolution, name, own)
    return tuple(changes)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """Where an ingress controller takes the headers from."""
    return HEADER_NOTES.get(style, ())


RULE = Rule(
    id="header-inheritance-lost",
    stage=Stage.ADMIT,
    fix=Fix(tr("repeat the proxy_set_header lines of the outer level in the location"), "nginx"),
    check=check,
    check_config=check_config,
    config_order=90,
    settings=NginxSettings(both=settings, notes=notes),
    is_about=is_about,
)
