"""Nginx asks for credentials before the request reaches the backend."""

import re
from dataclasses import replace

from wizard.diagnose.facts import directives, metadata, streams
from wizard.diagnose.facts.evidence import (
    body_suffix,
    live_direct_evidence,
    log_evidence,
    result_evidence,
    setting_evidences,
)
from wizard.diagnose.facts.request_difference import AS_SENT
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.statuses import REDIRECTS
from wizard.model.timeline import Timeline
from wizard.text.display import comma_list, safe, sentences
from wizard.text.messages import tr

GATE_STATUSES = REDIRECTS | {401, 403, 500}
OWN_PAGE = "<hr><center>"
"""Part of the error pages that Nginx, OpenResty and their like make themselves."""
_LOGIN = re.compile(r"(?i)log-?in|sign-?in|sso|oauth|authori[sz]e|/auth\b|saml")
_PARAMETER = re.compile(r'(?i)\b(realm|error|error_description|scope|resource_metadata)="([^"]*)"')
_DISTINGUISHES = tr("No stream has begun, so nothing is held: this answer came instead.")
_MEASURED = tr(
    "The backend serves the same direct request without credentials, so the backend is not the "
    "one that asks for them."
)


_PENDING = tr(
    "Nginx's error log says that it still waited for the subrequest {path} when we closed our "
    "request. Nginx asks the backend only after that subrequest is answered."
)
_UNSEEN = tr(
    "The config holds nothing, but Nginx asks {path} before the backend. If that service does "
    "not answer, it looks like this. Check it with curl from Nginx's host; an error log at "
    "level info names the subrequest."
)
_CERTIFICATE_PAGES = ("No required SSL certificate was sent", "The SSL certificate error")
"""What Nginx's pages with 400 say where `ssl_verify_client` refuses (ngx_http_special_response)."""
_CERTIFICATE_TITLE = tr("Nginx asks for a client certificate")
_CERTIFICATE = Fix(
    tr(
        "the client has to send a certificate that ssl_client_certificate trusts; or "
        "ssl_verify_client optional, with a check in the locations that need it"
    ),
    "client",
)
_OWN_PAGE = tr("Nginx's own error page says so: no backend was asked.")
_SILENT_TITLE = tr("An authentication gate in Nginx does not answer")
_ANSWER = Fix(
    tr(
        "make the service that auth_request asks answer at once: check that it runs and that "
        "this Nginx can reach it. A short read timeout in its location makes it fail soon "
        "instead of hanging"
    ),
    "backend",
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The status of a gate through the proxy, which the backend itself does not give."""
    if finding := _without_certificate(rule, case):
        return finding
    refused = _refused_stream(case) or _refused_message(case)
    if refused is None:
        return _unanswered(rule, case)
    answer, resolution = refused
    guards = _guards(resolution, answer)
    logged = streams.own_log_lines(case, "auth-request") if answer.status == 500 else ()
    confidence = _confidence(case, answer, resolution, bool(guards), bool(logged))
    evidence = (
        *_answer_evidence(answer),
        *live_direct_evidence(case),
        *setting_evidences(resolution, *guards),
        *map(log_evidence, logged[:1]),
    )
    is_measured = streams.is_served_directly(case)
    distinguishes = sentences((_MEASURED, _DISTINGUISHES)) if is_measured else _DISTINGUISHES
    return rule.finding(confidence, evidence, distinguishes) if confidence else None


def _without_certificate(rule: Rule, case: Case) -> Finding | None:
    """Nginx's own page says that it wants a certificate of the client, or another one."""
    asking = [each for each in case.proxy if _asks_for_certificate(each.timeline)]
    if not asking:
        return None
    lines = case.resolution and directives.lines_in_force(case.resolution, "ssl_verify_client")
    config = [Evidence("config", str(e.where), f"{e.name} {e.args[0]}") for e in lines or ()]
    evidence = (result_evidence(asking[0]), *live_direct_evidence(case), *config)
    finding = rule.finding("confirmed", evidence, _OWN_PAGE, fix=_CERTIFICATE)
    return replace(finding, title=_CERTIFICATE_TITLE)


def _asks_for_certificate(answer: Timeline) -> bool:
    is_asked = any(each in answer.excerpt for each in _CERTIFICATE_PAGES)
    return answer.status == 400 and is_asked and OWN_PAGE in answer.excerpt


def _unanswered(rule: Rule, case: Case) -> Finding | None:
    """Nothing at all comes, since the service that `auth_request` asks has not answered.

    Only the error log shows it (level info: the client left, with the subrequest); without that
    line it is possible where the config would deliver what is held.
    """
    resolution = case.resolution
    made = [result for result in case.proxy if result.was_made]
    is_silent = bool(made) and all(
        each.outcome == "held" and each.timeline.headers_s is None for each in made
    )
    if resolution is None or not is_silent or not streams.is_served_directly(case):
        return None
    path = resolution.value("auth_request")
    if path in ("", "off"):
        return None
    lines = streams.own_log_lines(case, "subrequest-pending")
    pending = [line for line in lines if f'subrequest: "{path}' in line.text]
    if not pending and not all(streams.is_unexpected(case, each) for each in made):
        return None
    evidence = (
        result_evidence(made[0]),
        *live_direct_evidence(case),
        *setting_evidences(resolution, "auth_request"),
        *map(log_evidence, pending[:1]),
    )
    confidence: Confidence = "confirmed" if pending else "possible"
    text = _PENDING if pending else _UNSEEN
    finding = rule.finding(confidence, evidence, text.format(path=safe(path, 120)), fix=_ANSWER)
    explains = finding.explains | {"outer-proxy-buffers"}
    return replace(finding, title=_SILENT_TITLE, explains=explains)


def _refused_stream(case: Case) -> tuple[Timeline, RequestResolution | None] | None:
    """The first proxied answer of a gate; None if the backend gives it as well."""
    answers = [result.timeline for result in case.proxy if result.timeline.status in GATE_STATUSES]
    follow_ups = (*streams.follow_ups(case, "public-host"), *streams.follow_ups(case, AS_SENT))
    backend_statuses = {result.timeline.status for result in case.direct}
    backend_statuses |= {follow_up.timeline.status for follow_up in follow_ups}
    if not answers or answers[0].status in backend_statuses or _is_slash_redirect(answers[0]):
        return None
    return answers[0], case.resolution


def _refused_message(case: Case) -> tuple[Timeline, RequestResolution | None] | None:
    """The answer of a gate to the POST, if the backend accepts the direct one."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    opening = proxied.opening if proxied and proxied.stage == "initialize" else None
    answer = opening.timeline if opening else None
    if answer is None or answer.status not in GATE_STATUSES or _is_slash_redirect(answer):
        return None
    return (answer, case.message_resolution) if direct and direct.is_complete else None


def _is_slash_redirect(answer: Timeline) -> bool:
    """True for a redirect to the same path apart from slashes, which no gate makes."""
    target = _path(answer.header("location") or "")
    return bool(target) and target == _path(answer.probe.url)


def _path(url: str) -> str:
    return re.sub(r"^\w+://[^/]*", "", url).partition("?")[0].strip("/")


def _guards(resolution: RequestResolution | None, answer: Timeline) -> tuple[str, ...]:
    """The directives in force that can give this answer."""
    if resolution is None:
        return ()
    is_basic = _is_basic(resolution.value("auth_basic"), answer)
    in_force = directives.guards_in_force(resolution)
    return tuple(name for name in in_force if name != "auth_basic" or is_basic)


def _is_basic(realm: str, answer: Timeline) -> bool:
    """True if `auth_basic` with this realm asks so (ngx_http_auth_basic_set_realm)."""
    challenge = answer.header("www-authenticate") or ""
    named = dict(_PARAMETER.findall(challenge)).get("realm", "")
    is_named = named == realm or "$" in realm
    return answer.status == 401 and challenge.lower().startswith("basic ") and is_named


def _is_own(answer: Timeline, resolution: RequestResolution | None) -> bool:
    """True if Nginx may have given the answer itself: with its own page, or by `error_page`."""
    is_replaced = resolution is not None and bool(resolution.value("error_page"))
    return is_replaced or OWN_PAGE in answer.excerpt


def _confidence(
    case: Case, answer: Timeline, resolution: RequestResolution | None, guards: bool, logged: bool
) -> Confidence | None:
    measured = streams.is_served_directly(case)
    if logged and (guards or resolution is None):
        return "confirmed"
    if guards:
        if not _is_own(answer, resolution):
            return None  # The request has passed the gate: it is the backend that refuses.
        return "confirmed" if measured and answer.status != 500 else "likely"
    leads_to_login = _LOGIN.search(answer.header("location") or "")
    if not measured or not (answer.status == 401 or leads_to_login):
        return None
    if not _is_own(answer, resolution):
        return None if resolution or metadata.has_token(case) else "possible"
    return "likely" if resolution is None else "possible"


def _answer_evidence(answer: Timeline) -> tuple[Evidence, ...]:
    """The answer, its challenge's scheme, and those of its parameters that hold no secret."""
    location, challenge = answer.header("location"), answer.header("www-authenticate") or ""
    target = tr(" to {location}", location=safe(location, 200)) if location else ""
    label, text = (
        answer.probe.label,
        tr(
            "HTTP {status}{target}{body_suffix}",
            status=answer.status,
            target=target,
            body_suffix=body_suffix(answer),
        ),
    )
    if not challenge.strip():
        return (Evidence("probe", label, text),)
    pairs = (f"{name}: {safe(value, 200)}" for name, value in _PARAMETER.findall(challenge))
    details = comma_list(pairs) or tr("no details")
    challenge_text = tr(
        "it asks for {scheme} ({details})", scheme=safe(challenge.split()[0], 40), details=details
    )
    return (Evidence("probe", label, text), Evidence("probe", label, challenge_text))


RULE = Rule(
    id="auth-gate",
    stage=Stage.ADMIT,
    fix=Fix(
        tr(
            "send the credentials that it asks for, or repair the service that auth_request "
            "asks. If the backend checks credentials itself, switch the gate off in the "
            "stream's location"
        ),
        "nginx",
    ),
    explains=frozenset(
        {
            "endpoint-prefix-lost",
            "location-miss",
            "message-path-unrouted",
            "query-dropped",
            "slash-redirect",
            "wrong-transport",
        }
    ),
    check=check,
)
