"""The location that serves the stream is another one than was meant."""

from wizard.diagnose.facts import addresses, directives, streams
from wizard.diagnose.facts.evidence import direct_evidence, result_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.settings import NginxSettings
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.locations import NearMiss, near_misses

_HELD = frozenset(
    {"proxy-buffering-hold", "gzip-plus-buffering", "xab-ignored", "idle-headers-held"}
)
_ELSEWHERE = (
    "Buffering is off in a location that looks meant for this stream, and Nginx chooses another "
    "one, where it is on: the change stands in the wrong place, it is not a wrong change."
)
_STATIC = (
    "The direct request is answered by the backend and the proxied one by Nginx itself, from "
    "files: no backend is asked for this path, so nothing is held or refused there."
)
_NOTES: dict[Style, str] = {
    "ingress-nginx": "use-regex or rewrite-target on any Ingress of this host turns all its paths "
    "into regexes: keep such paths on another host, or write the stream's path as a regex that "
    "comes first",
    "f5": "pathType: Exact for the stream's path (or nginx.org/path-regex: exact)",
}


def check(rule: Rule, case: Case) -> Finding | None:
    """Held in one location while another has buffering off; or no backend is asked at all."""
    if case.resolution is None:
        return _same_page(rule, case)
    if case.resolution.server is not None and not directives.is_proxied(case.resolution):
        return _not_passed(rule, case, case.resolution)
    others = [one for one in near_misses(case.resolution) if one.unbuffered]
    if not others or not any(row.result == "held" for row in case.resolution.delivery):
        return None
    stuck = (*streams.held_probes(case), *streams.held_probes(case, "gzip"))
    if stuck:
        return _no_effect(rule, case, others[0], stuck)
    distinguishes = (
        "The stream is live now, and not thanks to that location: it does not serve this path."
    )
    return rule.finding(
        "likely", _of_config(case.resolution, others[0]), distinguishes, latent=True
    )


def _no_effect(
    rule: Rule, case: Case, other: NearMiss, stuck: tuple[ProbeResult, ...]
) -> Finding | None:
    """What was to switch buffering off does not serve the path."""
    if case.resolution is None or (case.direct and not streams.live_direct_probes(case)):
        return None
    explained = all(streams.could_be_held(case, result) for result in stuck)
    measured = bool(streams.live_direct_probes(case)) and addresses.same_backend_reason(case)
    sure: Confidence = "confirmed" if explained and measured else "likely"
    evidence = (
        *map(result_evidence, stuck[:2]),
        *_direct(case),
        *_of_config(case.resolution, other),
    )
    return rule.finding(sure, evidence, _ELSEWHERE, explains=_HELD)


def _not_passed(rule: Rule, case: Case, resolution: RequestResolution) -> Finding | None:
    """By the config no backend is asked, and the answer looks like it."""
    wrong = [result for result in case.proxy if _is_local(result)]
    if not wrong or not _backend_is_well(case):
        return None
    others = near_misses(resolution)
    evidence = (
        result_evidence(wrong[0]),
        *_direct(case),
        *_of_config(resolution, *others[:1]),
    )
    sure: Confidence = "likely" if any(map(_matters, resolution.undecided)) else "confirmed"
    return rule.finding(sure, evidence, _STATIC, explains=frozenset({"wrong-transport"}))


def _matters(doubt: str) -> bool:
    """Whether another server or location could be meant: files and versions decide nothing here."""
    return not any(word in doubt for word in ("through to", "files exist", "version is not known"))


def _is_local(result: ProbeResult) -> bool:
    """What Nginx answers by itself: a page, or that there is no such file."""
    return result.outcome == "not-a-stream" or result.timeline.status in (404, 405)


def _backend_is_well(case: Case) -> bool:
    spoken = case.handshake("direct")
    return bool(streams.live_direct_probes(case)) or (spoken is not None and spoken.is_complete)


def _same_page(rule: Rule, case: Case) -> Finding | None:
    """Without the config: the stream's path brings the very page that / brings."""
    pages = [result for result in case.proxy if result.outcome == "not-a-stream"]
    if not pages or case.root is None or not streams.live_direct_probes(case):
        return None
    mark = case.root.header("etag")
    if mark is None or pages[0].timeline.header("etag") != mark:
        return None
    said = "the answer has the same ETag as / has: it is the same file"
    evidence = (
        result_evidence(pages[0]),
        Evidence("probe", pages[0].timeline.probe.label, said),
    )
    return rule.finding("likely", (*evidence, *_direct(case)), _STATIC)


def _direct(case: Case) -> tuple[Evidence, ...]:
    return tuple(direct_evidence(result) for result in streams.live_direct_probes(case)[:1])


def _of_config(resolution: RequestResolution, *others: NearMiss) -> tuple[Evidence, ...]:
    """Who serves, and who was meant to."""
    found = []
    if resolution.location is not None:
        written = " ".join(resolution.location.directive.args)
        text = f"location {written} serves {resolution.request.path}: {resolution.location.reason}"
        found.append(Evidence("config", str(resolution.location.directive.where), text))
    for one in others:
        more = " (with buffering off)" if one.unbuffered else ""
        text = f"{one.name}{more} does not: {one.why}"
        found.append(Evidence("config", str(one.directive.where), text))
    return tuple(found)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """A location looks meant for this path and does not serve it."""
    proxied = directives.is_proxied(resolution)
    if proxied and not any(delivery.result == "held" for delivery in resolution.delivery):
        return ()
    return tuple(
        rule.config_finding(str(other.directive.where), f"{other.name} does not serve: {other.why}")
        for other in near_misses(resolution)
        if other.unbuffered or not proxied
    )


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """How an Ingress gives one path a location of its own."""
    return (_NOTES[style],) if style in _NOTES else ()


RULE = Rule(
    id="location-miss",
    stage=Stage.ROUTE,
    fix=Fix("`location = /sse` or `location ^~ /sse` for the stream, so that it wins", "nginx"),
    check=check,
    check_config=check_config,
    config_order=70,
    settings=NginxSettings(routes_stream=True, notes=notes),
)
