"""Nginx passes messages on without their query, and so without the session id."""

from wizard.diagnose.facts import posts
from wizard.diagnose.facts.evidence import path_evidence
from wizard.diagnose.facts.request_difference import (
    describe_distinction,
    difference_about,
    difference_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, prefix_notes
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.nginx.proxy_pass import replace_passes, with_query
from wizard.text.display import safe, sentences
from wizard.text.messages import tr

UNKNOWN_SESSION = frozenset({400, 404, 422})
"""Answers of servers to a message without a session id."""
_DISTINGUISHES = tr("Nginx passes the right path on, but without its query.")
_ACCEPTED = tr("The backend itself accepts the same message with its query.")
_RISK = tr("Read from the config, not seen: no POST could be sent.")
_WHY_QUERY = tr(
    "with variables, Nginx sends the URI exactly as it is written here: without $is_args$args "
    "the query with the session id is lost"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Refused, and the config drops the query: of the stream's URL, or of the endpoint."""
    if difference := difference_about(case, is_about):
        return rule.finding(
            "confirmed", difference_evidence(case, difference), describe_distinction(difference)
        )
    resolution = case.message_resolution
    if resolution is None or not posts.drops_query(resolution):
        return None
    if posts.reaches_backend(case) is False:
        return None
    failed = posts.failed_post(case)
    config = _config_evidence(resolution)
    if failed is None:
        is_untried = posts.is_untried(case)
        return rule.finding("likely", config, _RISK, latent=True) if is_untried else None
    if failed.status not in UNKNOWN_SESSION:
        return None
    confidence: Confidence = "confirmed" if failed.accepted else "likely"
    distinguishes = sentences((_ACCEPTED, _DISTINGUISHES)) if failed.accepted else _DISTINGUISHES
    return rule.finding(confidence, (*failed.evidence, *config), distinguishes)


def is_about(case: Case, difference: Difference) -> bool:
    """True for a query that was lost."""
    return difference.kind == "query" and difference.sent is None


def _config_evidence(resolution: RequestResolution) -> tuple[Evidence, ...]:
    upstream = resolution.upstream
    if upstream is None:
        return ()
    where = str(upstream.where or resolution.config.main)
    text = tr(
        "proxy_pass {passed} passes exactly that path, without the query",
        passed=safe(upstream.passed, 120),
    )
    if "$" not in upstream.passed:
        text = tr("a rewrite in this location drops the query")
    return (path_evidence(resolution), Evidence("config", where, text))


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The `proxy_pass` that loses the query, corrected."""
    upstream = resolution.upstream if resolution else None
    has_own = upstream is not None and "?" in upstream.passed
    if resolution is None or not (has_own or posts.drops_query(resolution)):
        return ()
    location = resolution.location if resolution else None
    lines = (location.directive.block or ()) if location else ()
    passes = (line for line in lines if line.name in PASS_DIRECTIVES)
    return tuple(replace_passes(passes, with_query, _WHY_QUERY))


RULE = Rule(
    id="query-dropped",
    stage=Stage.MESSAGE,
    fix=Fix(tr("append $is_args$args to the path in proxy_pass"), "nginx"),
    check=check,
    settings=NginxSettings(both=settings, notes=prefix_notes),
    is_about=is_about,
)
