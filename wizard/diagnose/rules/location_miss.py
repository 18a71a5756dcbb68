"""Nginx serves the stream in another location than the one meant for it."""

from wizard.diagnose.facts import addresses, directives, streams
from wizard.diagnose.facts.evidence import live_direct_evidence, path_evidence, result_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.config import Config, Directive
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.model.timeline import is_live
from wizard.nginx.locations import pass_directive
from wizard.nginx.near_misses import NearMiss, near_misses
from wizard.nginx.upstream import peers_of
from wizard.text.display import safe
from wizard.text.messages import tr

_HELD_SYMPTOMS = frozenset(
    {"proxy-buffering-hold", "gzip-plus-buffering", "xab-ignored", "idle-headers-held"}
)
_OTHER_LOCATION = tr(
    "Buffering is off in a location that seems to be meant for this stream, but Nginx chooses "
    "another one, where buffering is on. The change is right, but in the wrong place."
)
_WRONG_BACKEND = tr(
    "The backend of a location that looks meant for this stream serves it when it is asked "
    "directly, and Nginx chooses another location, which asks another backend."
)
_NOT_CHOSEN = tr(
    "Buffering is off in a location that looks meant for this stream, and Nginx chooses another "
    "one."
)
_NOT_SERVED = tr(
    "The stream is live now, but not because of that location: it does not serve this path."
)
_STATIC = tr(
    "The backend answers the direct request, and Nginx itself answers the proxied one, from "
    "files. No backend is asked for this path, so nothing is held there."
)
_ANSWERED = tr(
    "The backend answers the direct request, and Nginx itself answers the proxied one, by `{}` "
    "({}). No backend is asked for this path, so nothing is held there."
)
_IRRELEVANT = frozenset({"files", "version"})
"""Kinds of doubts that do not concern the choice of server or location."""
_NOTES: dict[Style, str] = {
    "ingress-nginx": tr(
        "use-regex or rewrite-target on any Ingress of this host turns all its paths into "
        "regexes: keep such paths on another host, or write the stream's path as a regex "
        "that comes first"
    ),
    "f5": tr("pathType: Exact for the stream's path (or nginx.org/path-regex: exact)"),
}


def check(rule: Rule, case: Case) -> Finding | None:
    """Held in one location while buffering is off in another; or no backend is asked at all."""
    resolution = case.resolution
    if resolution is None:
        return _root_page(rule, case)
    if resolution.server is not None and not directives.is_proxied(resolution):
        return _not_proxied(rule, case, resolution)
    if finding := _other_backend(rule, case, resolution):
        return finding
    meant = [other for other in near_misses(resolution) if other.unbuffered]
    if not meant or not _may_hold(resolution):
        return None
    held = (*streams.held_probes(case), *streams.held_probes(case, "gzip"))
    if held:
        return _ineffective_change(rule, case, meant[0], held)
    evidence = _config_evidence(resolution, meant[0])
    is_served = any(is_live(result.timeline) for result in case.proxy)
    text = _NOT_SERVED if is_served else _NOT_CHOSEN
    return rule.finding("likely", evidence, text, latent=True)


def _other_backend(rule: Rule, case: Case, resolution: RequestResolution) -> Finding | None:
    """The location that serves the path asks another backend than the one that is meant for it."""
    failed = [each for each in case.proxy if each.outcome in ("status", "not-a-stream")]
    direct = [each.timeline.probe for each in streams.live_direct_probes(case)]
    asked = {addresses.direct_address(case, probe) for probe in direct} - {""}
    if not failed or not asked or addresses.is_direct(case) or not addresses.upstream_peers(case):
        return None
    config = resolution.config
    meant = [each for each in near_misses(resolution) if _peers(config, each.directive) & asked]
    if not meant:
        return None
    evidence = (
        result_evidence(failed[0]),
        *live_direct_evidence(case),
        path_evidence(resolution),
        *_config_evidence(resolution, meant[0]),
    )
    explains = frozenset({"wrong-transport"})
    # A name or a socket may lead to the same backend as the direct URL.
    confidence: Confidence = "confirmed" if addresses.other_backend(case) else "likely"
    return rule.finding(confidence, evidence, _WRONG_BACKEND, explains=explains)


def _peers(config: Config, location: Directive) -> set[str]:
    """The addresses to which a location passes; none where variables decide them."""
    directive = pass_directive(location)
    if directive is None or not directive.args or "$" in directive.args[0]:
        return set()
    return set(map(addresses.host_port, peers_of(config, directive.args[0])))


def _ineffective_change(
    rule: Rule, case: Case, other: NearMiss, held: tuple[ProbeResult, ...]
) -> Finding | None:
    """The location that switches buffering off does not serve the path."""
    if case.resolution is None or (case.direct and not streams.live_direct_probes(case)):
        return None
    explained = all(streams.could_be_held(case, result) for result in held)
    measured = bool(streams.live_direct_probes(case)) and addresses.same_backend_reason(case)
    confidence: Confidence = "confirmed" if explained and measured else "likely"
    probes = (*map(result_evidence, held[:2]), *live_direct_evidence(case))
    evidence = (*probes, *_config_evidence(case.resolution, other))
    return rule.finding(confidence, evidence, _OTHER_LOCATION, explains=_HELD_SYMPTOMS)


def _not_proxied(rule: Rule, case: Case, resolution: RequestResolution) -> Finding | None:
    """The config passes the path to no backend, and the answer looks like Nginx's own."""
    local = [result for result in case.proxy if _is_local(result)]
    if not local or not streams.is_served_directly(case):
        return None
    probes = (result_evidence(local[0]), *live_direct_evidence(case))
    evidence = (*probes, *_config_evidence(resolution, *near_misses(resolution)[:1]))
    is_doubted = any(doubt.kind not in _IRRELEVANT for doubt in resolution.undecided)
    confidence: Confidence = "likely" if is_doubted else "confirmed"
    text, answer = _STATIC, resolution.answer
    if answer is not None and answer.directive.name != "try_files":
        text = _ANSWERED.format(answer.directive.name, safe(str(answer.directive.where), 120))
    return rule.finding(confidence, evidence, text, explains=frozenset({"wrong-transport"}))


def _is_local(result: ProbeResult) -> bool:
    """True for answers that Nginx gives itself: a page, or 404 and 405 for files."""
    return result.outcome == "not-a-stream" or result.timeline.status in (404, 405)


def _root_page(rule: Rule, case: Case) -> Finding | None:
    """Without the config: the stream's path is answered with the same page as /."""
    if case.first_failing_hop and case.first_failing_hop.inner_kind == "hop":
        return None  # That further proxy may serve the page, if it is asked for another host.
    pages = [result for result in case.proxy if result.outcome == "not-a-stream"]
    if not pages or case.root is None or not streams.live_direct_probes(case):
        return None
    etag = case.root.header("etag")
    if etag is None or pages[0].timeline.header("etag") != etag:
        return None
    text = tr("the answer has the same ETag as / has: it is the same file")
    evidence = (result_evidence(pages[0]), Evidence("probe", pages[0].timeline.probe.label, text))
    return rule.finding("likely", (*evidence, *live_direct_evidence(case)), _STATIC)


def _config_evidence(resolution: RequestResolution, *meant: NearMiss) -> tuple[Evidence, ...]:
    """The location that serves the path, and those that look meant for it."""
    evidence = []
    if resolution.location is not None:
        written = " ".join(resolution.location.directive.args)
        text = tr(
            "location {location} serves {path}: {reason}",
            location=written,
            path=resolution.request.path,
            reason=resolution.location.reason,
        )
        evidence.append(Evidence("config", str(resolution.location.directive.where), text))
    for other in meant:
        suffix = tr(" (with buffering off)") if other.unbuffered else ""
        text = tr(
            "{name}{suffix} does not serve it: {why}", name=other.name, suffix=suffix, why=other.why
        )
        evidence.append(Evidence("config", str(other.directive.where), text))
    return tuple(evidence)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """A location looks meant for this path and does not serve it."""
    proxied = directives.is_proxied(resolution)
    return tuple(
        rule.config_finding(
            str(other.directive.where),
            tr("{name} does not serve this path: {why}", name=other.name, why=other.why),
        )
        for other in near_misses(resolution)
        if other.is_dead or not proxied or (other.unbuffered and _may_hold(resolution))
    )


def _may_hold(resolution: RequestResolution) -> bool:
    """True if the config holds an event stream, or the end of a large event, for some client."""
    return any(row.is_held or row.holds_tails for row in resolution.delivery)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """How an Ingress gives one path a location of its own."""
    return (_NOTES[style],) if style in _NOTES else ()


RULE = Rule(
    id="location-miss",
    stage=Stage.ROUTE,
    fix=Fix(tr("an exact (`=`) or `^~` location for the stream's path, so that it wins"), "nginx"),
    check=check,
    check_config=check_config,
    config_order=70,
    settings=NginxSettings(routes_stream=True, notes=notes),
)
