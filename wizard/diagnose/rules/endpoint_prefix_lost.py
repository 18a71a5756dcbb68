"""Nginx removes a prefix from the path, and the endpoint event does not have it; or the backend has
the stream itself below that prefix."""

from dataclasses import replace

from wizard.diagnose.facts import posts
from wizard.diagnose.facts.evidence import (
    endpoint_evidence,
    path_evidence,
    path_evidences,
    result_evidence,
)
from wizard.diagnose.facts.request_difference import (
    describe_distinction,
    difference_about,
    difference_evidence,
    is_path,
    lost_prefix,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, prefix_notes
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.locations import PASS_DIRECTIVES, normalize_path
from wizard.nginx.proxy_pass import for_upstream_uri, replace_passes
from wizard.text.display import safe
from wizard.text.messages import tr

_UNREAD = tr(" Without the config this rests on the two URLs: {add_conf}.")
_COLLISION = tr(
    "if several servers behind one host all use {}, they would collide: then set the prefix in "
    "the server itself (its root path), and keep the prefix in proxy_pass"
)
_STREAM_TITLE = tr("Nginx removes a prefix that the stream has at the backend as well")
_STREAM_FIX = Fix(
    tr(
        "keep {} in the path: a proxy_pass without a URI (no slash, no path after the "
        "address), and no rewrite that removes it"
    ),
    "nginx",
)
_WHY_KEPT = tr(
    "without a URI here, Nginx passes the path on with its prefix, as the backend expects it"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The backend has the stream below the removed prefix; or the POST to the endpoint fails, and
    the endpoint's path lacks it."""
    return _check_stream(rule, case) or _check_endpoint(rule, case)


def _check_stream(rule: Rule, case: Case) -> Finding | None:
    """The direct request of the stream fails by the path alone that Nginx makes of it."""
    difference, prefix, resolution = (
        difference_about(case, is_path),
        lost_prefix(case),
        case.resolution,
    )
    if difference is None or resolution is None or not prefix:
        return None
    failed = [each for each in case.proxy if each.outcome not in ("live", "ended")]
    evidence = (
        *map(result_evidence, failed[:1]),
        path_evidence(resolution),
        *difference_evidence(case, difference)[1:],
    )
    fix = Fix(_STREAM_FIX.summary.format(safe(prefix, 80)), _STREAM_FIX.where)
    finding = rule.finding("confirmed", evidence, describe_distinction(difference), fix=fix)
    return replace(finding, title=_STREAM_TITLE)


def _check_endpoint(rule: Rule, case: Case) -> Finding | None:
    """The POST to the endpoint fails, and the endpoint's path lacks the removed prefix."""
    prefix, path = posts.stripped_prefix(case), posts.message_path(case)
    if not prefix or not path or path.startswith(f"{prefix}/") or posts.reaches_backend(case):
        return None
    failed = posts.failed_post(case)
    if failed is None:
        return _latent(rule, case, prefix)
    confidence, difference = _confidence(case, failed), difference_about(case, is_path)
    distinguishes = _distinguishes(case, prefix) + ("" if case.resolution else _UNREAD)
    evidence = (*failed.evidence, *_evidence(case))
    if difference is not None:
        evidence = (*evidence, *difference_evidence(case, difference))
        return rule.finding("confirmed", evidence, distinguishes)
    return rule.finding(confidence, evidence, distinguishes) if confidence else None


def _confidence(case: Case, failed: posts.FailedPost) -> Confidence | None:
    if failed.status in posts.NOT_ABOUT_THE_PATH:
        return None
    not_found = failed.status in posts.NOT_FOUND
    if posts.reaches_backend(case) is None:
        # The config does not decide it; without one, the two URLs show a prefix.
        return "likely" if not_found and failed.accepted and case.resolution is None else None
    return "confirmed" if not_found and failed.accepted else "likely"


def _latent(rule: Rule, case: Case, prefix: str) -> Finding | None:
    if not posts.is_untried(case) or posts.reaches_backend(case) is not False:
        return None
    text = _distinguishes(case, prefix)
    distinguishes = tr("{text} Read from the config: no POST was made.", text=text)
    return rule.finding("likely", _evidence(case), distinguishes, latent=True)


def _evidence(case: Case) -> tuple[Evidence, ...]:
    endpoint = endpoint_evidence(case, "proxy") or endpoint_evidence(case, "direct")
    return (*((endpoint,) if endpoint else ()), *path_evidences(case))


def _distinguishes(case: Case, prefix: str) -> str:
    path = posts.message_path(case)
    expected = f"{safe(prefix, 80)}{safe(path, 120)}"
    text = tr(
        "Clients join the endpoint with the URL's origin, so they post to {path}. From outside "
        "it should be {expected}.",
        path=safe(path, 120),
        expected=expected,
    )
    direct = case.handshake("direct")
    is_accepted = direct is not None and direct.is_complete
    return (
        tr("{text} The backend accepts the message under its own path.", text=text)
        if is_accepted
        else text
    )


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """No usual path of messages leads to the stream's backend: a prefix was removed."""
    unrouted = posts.unrouted_messages(resolution)
    if unrouted is None or not unrouted.prefix_removed:
        return ()
    return (rule.config_finding(unrouted.where, unrouted.text),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A `proxy_pass` that keeps the prefix, where the stream needs it, without the `rewrite` that
    removes it."""
    location = resolution.location if resolution else None
    if resolution is None or location is None or not lost_prefix(case):
        return ()
    path = normalize_path(resolution.request.path, resolution.merges_slashes)
    passes = [line for line in location.directive.block or () if line.name in PASS_DIRECTIVES]
    changes = replace_passes(passes, lambda line: for_upstream_uri(line, path, path), _WHY_KEPT)
    if any(change.args != line.args for change, line in zip(changes, passes, strict=False)):
        return tuple(changes)
    if not any(location.directive.children("rewrite")):
        return ()
    return tuple(replace(change, drops=frozenset({"rewrite"})) for change in changes)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What speaks for the other fixes."""
    messages = case.message_resolution
    if style != "nginx" or messages is None:
        return prefix_notes(case, style)
    return (_COLLISION.format(normalize_path(messages.request.path, messages.merges_slashes)),)


RULE = Rule(
    id="endpoint-prefix-lost",
    stage=Stage.MESSAGE,
    fix=Fix(
        tr(
            "set the prefix in the backend (its root path), or keep it in Nginx, or add a "
            "location for the endpoint's path"
        ),
        "nginx",
    ),
    check=check,
    check_config=check_config,
    config_order=80,
    settings=NginxSettings(stream=settings, routes_messages=True, notes=notes),
    is_about=is_path,
)
