"""Nginx asks for credentials before the request reaches the backend."""

import re

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import (
    body_suffix,
    direct_evidence,
    log_evidence,
    setting_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.text.display import safe

GATE = frozenset({301, 302, 303, 307, 308, 401, 403, 500})
_LOGIN = re.compile(r"(?i)log-?in|sign-?in|sso|oauth|authori[sz]e|/auth\b|saml")
_PARAMETER = re.compile(r'(?i)\b(realm|error|error_description|scope|resource_metadata)="([^"]*)"')
DISTINGUISHES = (
    "The same request past the proxy is not asked for credentials, so it is not the backend that "
    "asks. No stream has begun, so nothing is held: the event is missing because of this answer."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A gate's status through the proxy that the backend itself does not give."""
    found = _stream(case) or _message(case)
    if found is None:
        return None
    line, resolution = found
    guard = _guard(resolution, line)
    logged = streams.own_log_lines(case, "auth-request") if line.status == 500 else ()
    sure = _confidence(case, line, resolution, guard=bool(guard), logged=bool(logged))
    if sure is None:
        return None
    evidence = [_of_line(line), *_of_challenge(line)]
    evidence += [direct_evidence(result) for result in streams.live_direct_probes(case)[:1]]
    evidence += [setting_evidence(resolution, name) for name in guard if resolution is not None]
    evidence += [log_evidence(one) for one in logged[:1]]
    return rule.finding(sure, tuple(evidence), DISTINGUISHES)


def _stream(case: Case) -> tuple[Timeline, RequestResolution | None] | None:
    """The first proxied answer of a gate; None where the backend gives it, too."""
    gated = [result.timeline for result in case.proxy if result.timeline.status in GATE]
    own = {result.timeline.status for result in case.direct}
    own |= {follow_up.timeline.status for follow_up in streams.follow_ups(case, "public-host")}
    if not gated or gated[0].status in own or _is_a_slash(gated[0]):
        return None
    return gated[0], case.resolution


def _message(case: Case) -> tuple[Timeline, RequestResolution | None] | None:
    """The same of the POST, where the direct one is taken."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    posted = proxied.timeline("initialize") if proxied and proxied.stage == "initialize" else None
    if posted is None or direct is None or not direct.is_complete or posted.status not in GATE:
        return None
    return None if _is_a_slash(posted) else (posted, case.message_resolution)


def _is_a_slash(line: Timeline) -> bool:
    """Whether it is a redirect to nearly the same path: no gate's."""
    aim = _path(line.header("location") or "")
    return bool(aim) and aim == _path(line.probe.url)


def _path(url: str) -> str:
    return re.sub(r"^\w+://[^/]*", "", url).partition("?")[0].strip("/")


def _guard(resolution: RequestResolution | None, line: Timeline) -> tuple[str, ...]:
    """The directives in force that can give this answer."""
    if resolution is None:
        return ()
    names = ("auth_basic",) if line.status == 401 else ()
    asked = (*names, "auth_request")
    return tuple(name for name in asked if resolution.value(name) not in ("", "off"))


def _confidence(
    case: Case, line: Timeline, resolution: RequestResolution | None, *, guard: bool, logged: bool
) -> Confidence | None:
    measured = bool(streams.live_direct_probes(case))
    if logged and (guard or resolution is None):
        return "confirmed"
    if guard:
        return "confirmed" if measured and line.status != 500 else "likely"
    if not measured or not (line.status == 401 or _to_login(line)):
        return None
    return "likely" if resolution is None else "possible"


def _to_login(line: Timeline) -> bool:
    return bool(_LOGIN.search(line.header("location") or ""))


def _of_line(line: Timeline) -> Evidence:
    aim = f" to {safe(line.header('location') or '', 200)}" if line.header("location") else ""
    return Evidence("probe", line.probe.label, f"HTTP {line.status}{aim}{body_suffix(line)}")


def _of_challenge(line: Timeline) -> tuple[Evidence, ...]:
    """What is asked for: the scheme and the parameters that hold no secret."""
    challenge = line.header("www-authenticate") or ""
    if not challenge:
        return ()
    known = ", ".join(
        f"{name}: {safe(value, 200)}" for name, value in _PARAMETER.findall(challenge)
    )
    scheme = safe(challenge.split()[0], 40)
    return (Evidence("probe", line.probe.label, f"it asks for {scheme} ({known or 'no details'})"),)


RULE = Rule(
    id="auth-gate",
    stage=Stage.ADMIT,
    fix=Fix(
        "give the credentials it asks for; mend where auth_request leads, or switch the gate off "
        "in the stream's location where the backend checks by itself",
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
