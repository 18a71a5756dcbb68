"""Nginx asks the backend for another path than the one under which it has the stream."""

from wizard.diagnose.facts.evidence import path_evidence, result_evidence
from wizard.diagnose.facts.request_difference import (
    describe_distinction,
    difference_about,
    difference_evidence,
    is_path,
    lost_prefix,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.nginx.locations import PASS_DIRECTIVES, normalize_path
from wizard.nginx.proxy_pass import for_upstream_uri, replace_passes
from wizard.text.display import safe
from wizard.text.messages import tr

_WHY_PATH = tr("the path at which the backend serves the stream, as the direct request shows")
_FIX = tr("let Nginx ask the backend for {own} in place of {sent}: the URI of proxy_pass decides")


def check(rule: Rule, case: Case) -> Finding | None:
    """The direct request of the stream fails by the path alone that Nginx makes of it."""
    difference, resolution = _path_difference(case), case.resolution
    if difference is None or resolution is None:
        return None
    failed = [each for each in case.proxy if each.outcome not in ("live", "ended")]
    evidence = (
        *map(result_evidence, failed[:1]),
        path_evidence(resolution),
        *difference_evidence(case, difference)[1:],
    )
    own, sent = safe(difference.own or "", 120), safe(difference.sent or "", 120)
    fix = Fix(_FIX.format(own=own, sent=sent), "nginx")
    return rule.finding("confirmed", evidence, describe_distinction(difference), fix=fix)


def _path_difference(case: Case) -> Difference | None:
    """The path that makes the stream's request fail; None if it is that of another message, or one
    that only lacks the beginning of the public path (`endpoint-prefix-lost`)."""
    difference = difference_about(case, is_path)
    upstream = case.resolution.upstream if case.resolution else None
    if difference is None or upstream is None or not difference.own or lost_prefix(case):
        return None
    asked = (upstream.request_uri or "").partition("?")[0]
    return difference if difference.sent == asked else None


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A `proxy_pass` that asks for the path which the backend has."""
    difference, location = _path_difference(case), resolution.location if resolution else None
    if difference is None or resolution is None or location is None or location.modifier == "@":
        return ()
    path = normalize_path(resolution.request.path, resolution.merges_slashes)
    wanted = difference.own or ""
    passes = [line for line in location.directive.block or () if line.name in PASS_DIRECTIVES]
    return tuple(
        replace_passes(passes, lambda line: for_upstream_uri(line, path, wanted), _WHY_PATH)
    )


RULE = Rule(
    id="wrong-backend-path",
    stage=Stage.ROUTE,
    fix=Fix(
        tr("let Nginx ask for the path that the backend has: the URI of proxy_pass decides"),
        "nginx",
    ),
    check=check,
    explains=frozenset({"endpoint-prefix-lost", "message-path-unrouted", "wrong-transport"}),
    settings=NginxSettings(stream=settings),
    is_about=is_path,
)
