"""The endpoint event names another origin than the one that the client asked."""

from wizard.diagnose.facts import origins, streams
from wizard.diagnose.facts.evidence import setting_evidences
from wizard.diagnose.forwarded_settings import forwarded_headers
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case, FollowUpResult
from wizard.model.change import Change
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.probe.mcp.endpoint import foreign_endpoint, named_endpoint
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import origin_of

_REFUSED = tr(
    "The stream arrives, but it tells clients to post their messages to another origin. The "
    "SDKs refuse that, so no message is sent."
)
_WHY = tr(
    "the backend builds its endpoint from this header: with it, a direct request got the public URL"
)
_BY_ITSELF = Fix(
    tr(
        "let the backend give its endpoint as a path alone, or set its public URL: even with a "
        "proxy's headers it names another origin"
    ),
    "backend",
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The endpoint of the public stream is at another origin."""
    url, handshake = foreign_endpoint(case), case.handshake("proxy")
    if not url or handshake is None:
        return None
    why = origins.problem(case, url)
    text = tr(
        "the endpoint event names {url}{separator}{problem}",
        url=safe(url, 200),
        separator=": " if why else "",
        problem=why,
    )
    asked = streams.follow_ups(case, "endpoint-forwarded")
    shown = _helpful(case) or next(iter(asked[-1:]), None)
    evidence = (
        Evidence("probe", handshake.probe().label, text),
        *([_asked_evidence(shown)] if shown else []),
        *setting_evidences(case.resolution, "proxy_set_header"),
    )
    # A public name may be one of the same service, for clients that allow it.
    return rule.finding("confirmed" if why else "likely", evidence, _REFUSED, fix=_fix(case))


def _asked_evidence(asked: FollowUpResult) -> Evidence:
    text = tr(
        "{why}: it names {url}",
        why=safe(asked.why, 300),
        url=safe(named_endpoint(asked.timeline), 200) or tr("no URL"),
    )
    return Evidence("follow-up", asked.timeline.probe.label, text)


def _helpful(case: Case) -> FollowUpResult | None:
    """The direct request with a proxy's headers that named the public origin; None without."""
    asked, public = streams.follow_ups(case, "endpoint-forwarded"), origin_of(case.target.url)
    return next(
        (each for each in asked if origin_of(named_endpoint(each.timeline)) == public), None
    )


def _fix(case: Case) -> Fix | None:
    if helpful := _helpful(case):
        sent = origins.forwarded_names(helpful)
        return Fix(tr("Nginx passes on what the client asked for: {sent}", sent=sent), "nginx")
    return _BY_ITSELF if streams.follow_ups(case, "endpoint-forwarded") else None


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The headers that made the backend name the public URL, and the rest of the set as it is."""
    return forwarded_headers(case, resolution, _helpful(case), _WHY)


RULE = Rule(
    id="endpoint-other-origin",
    stage=Stage.MESSAGE,
    fix=Fix(
        tr(
            "let the backend give its endpoint as a path alone, or with the public URL: from "
            "Host and X-Forwarded-Proto as Nginx passes them on, or from a setting of its own"
        ),
        "backend",
    ),
    check=check,
    settings=NginxSettings(both=settings),
)
