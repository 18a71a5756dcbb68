"""Nginx asks the backend for a protocol upgrade on every request, also on a POST."""

from wizard.diagnose.facts import posts
from wizard.diagnose.facts.evidence import result_evidence, setting_evidence
from wizard.diagnose.facts.request_difference import (
    describe_distinction,
    difference_about,
    difference_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import HEADER_NOTES, NginxSettings
from wizard.diagnose.upgrade_settings import connection_header
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.text.messages import tr

REFUSED_STATUSES = frozenset({400, 426, 501})
"""Answers of servers that refuse an upgrade with a body."""
_DISTINGUISHES = tr(
    "The GET stream is live, and the backend accepts the same POST directly. The message "
    "arrives with its path and query, so the header that Nginx adds makes the difference."
)
_READ = tr(
    "By the config, the POST reaches the backend with its path and query, and with a header "
    "that some backends refuse. Whether this backend accepts the POST without it was not "
    "measured."
)
_WHY_CONNECTION = tr(
    "Connection: upgrade belongs to WebSockets alone; some backends answer 400 to a POST "
    "that carries it"
)
_OTHER_PATHS = tr(
    "an empty Connection header breaks WebSockets on other paths of this location. If they use "
    "any, send a variable from `map $http_upgrade` that is empty without Upgrade"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The POST is refused, and its location sends `Connection: upgrade` with every request."""
    if difference := difference_about(case, is_about):
        return rule.finding(
            "confirmed", difference_evidence(case, difference), describe_distinction(difference)
        )
    resolution, failed = case.message_resolution, posts.failed_post(case)
    if resolution is None or failed is None or failed.status not in REFUSED_STATUSES:
        return None
    if failed.by_nginx or not _is_hardcoded(resolution) or posts.drops_query(resolution):
        return None
    if posts.reaches_backend(case) is False:
        return None
    live = [result for result in case.proxy if result.outcome in ("live", "ended")]
    confidence: Confidence = "confirmed" if failed.accepted and live else "likely"
    setting = setting_evidence(resolution, "proxy_set_header")
    evidence = (*failed.evidence, *map(result_evidence, live[:1]), setting)
    distinguishes = _DISTINGUISHES if confidence == "confirmed" else _READ
    return rule.finding(confidence, evidence, distinguishes)


def is_about(case: Case, difference: Difference) -> bool:
    """True if Nginx asks for an upgrade that the client does not ask for."""
    is_asked = "upgrade" in (difference.sent or "").lower() and difference.kind == "connection"
    return is_asked or (difference.is_header("upgrade") and difference.own is None)


def _is_hardcoded(resolution: RequestResolution) -> bool:
    setting = resolution.settings.get("proxy_set_header")
    entries = setting.entries if setting else ()
    return any([arg.lower() for arg in entry] == ["connection", "upgrade"] for entry in entries)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The Connection header that the request needs, and the rest of the set as it is today.

    A variable that makes the header, such as that of a wrong map, shows in what was sent alone.
    """
    is_sent = difference_about(case, is_about) is not None
    if resolution is not None and not is_sent and not _is_hardcoded(resolution):
        return ()
    return connection_header(resolution, _WHY_CONNECTION)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What becomes of WebSockets; where an ingress controller takes the header from."""
    return HEADER_NOTES.get(style, () if case.message_resolution else (_OTHER_PATHS,))


RULE = Rule(
    id="upgrade-hardcoded",
    stage=Stage.MESSAGE,
    fix=Fix(
        tr(
            "set the Connection header by `map $http_upgrade`, which is empty for requests "
            'without Upgrade; or `proxy_set_header Connection "";` if the location serves no '
            "WebSocket"
        ),
        "nginx",
    ),
    check=check,
    settings=NginxSettings(both=settings, notes=notes),
    is_about=is_about,
)
