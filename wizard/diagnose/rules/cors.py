"""A browser refuses the stream because of the server's CORS headers."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import setting_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline, is_success
from wizard.probe.preflight import foreign_origin, preflight_of
from wizard.text.display import safe

ALLOW_ORIGIN, EXPOSE_HEADERS = "access-control-allow-origin", "access-control-expose-headers"
ALLOW_HEADERS, AUTHORIZATION = "access-control-allow-headers", "authorization"
PREFLIGHT = "preflight"
_SHOWN_HEADERS = frozenset({ALLOW_ORIGIN, ALLOW_HEADERS})
_DOUBLED = (
    "The header has several values. A browser refuses more than one, whatever they are; other "
    "clients do not check."
)
_NOT_ALLOWED = (
    "This origin was sent, and the response does not allow it: a browser keeps it from the page, "
    "other clients do not check."
)
_NOT_EXPOSED = (
    "A page of another origin can begin a session and cannot read its id; other clients can."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The header is doubled, does not allow the given origin, or the session id is not exposed."""
    for result in case.proxy:
        if len(origins := _allowed_origins(result.timeline)) > 1:
            evidence = _doubled_evidence(case, result, origins)
            return rule.finding("likely", evidence, f"{_DOUBLED}{_preflight_advice(case)}")
    return _refused(rule, case) or _unexposed(rule, case)


def _allowed_origins(answer: Timeline) -> list[str]:
    """The origins that a response allows."""
    texts = [value for name, value in answer.headers if name == ALLOW_ORIGIN]
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _refused(rule: Rule, case: Case) -> Finding | None:
    """The given origin is not allowed by a response, or not by a preflight that the page needs."""
    origin = foreign_origin(case)
    if origin is None:
        return None
    failing = [(answer, "") for answer in _read_answers(case) if not _allows(answer, origin)]
    asked = preflight_of(case)
    for follow_up in streams.follow_ups(case, PREFLIGHT):
        answer = follow_up.timeline
        problem = _preflight_problem(answer, origin, asked.headers) if asked else ""
        failing += [(answer, problem)] if problem and answer.status else []
    evidence = tuple(_answer_evidence(answer, origin, problem) for answer, problem in failing[:2])
    return rule.finding("confirmed", evidence, _NOT_ALLOWED) if failing else None


def _read_answers(case: Case) -> list[Timeline]:
    """The proxied answers that a page reads: the streams, and a reply to a POST."""
    answers = [result.timeline for result in case.proxy if result.timeline.is_event_stream]
    handshake = case.handshake("proxy")
    posted = (handshake.timeline(name) for name in ("initialize", "discover")) if handshake else ()
    replied = bool(handshake and handshake.is_complete and handshake.transport != "http+sse")
    return [*answers, *(post for post in posted if replied and post and post.status == 200)]


def _allows(answer: Timeline, origin: str) -> bool:
    return bool({"*", origin} & set(_allowed_origins(answer)))


def _preflight_problem(answer: Timeline, origin: str, names: tuple[str, ...]) -> str:
    """Why a browser would not send the request after this answer; empty if it would.

    https://fetch.spec.whatwg.org/#cors-preflight-fetch: `*` does not cover Authorization.
    """
    if not _allows(answer, origin):
        return "the origin is not allowed"
    if not is_success(answer):
        return "its status is no success"
    values = (value.lower() for name, value in answer.headers if name == ALLOW_HEADERS)
    allowed = {part.strip() for value in values for part in value.split(",")}
    missing = [n for n in names if n not in allowed and ("*" not in allowed or n == AUTHORIZATION)]
    return f"it does not allow {safe(', '.join(missing), 120)}" if missing else ""


def _answer_evidence(answer: Timeline, origin: str, problem: str) -> Evidence:
    shown = [(name, value) for name, value in answer.headers if name in _SHOWN_HEADERS]
    headers = ", ".join(f"{name}: {safe(value, 80)}" for name, value in shown)
    text = f"to {safe(origin, 80)} it answers {answer.status} with {headers or 'no CORS header'}"
    return Evidence("probe", answer.probe.label, f"{text}: {problem}" if problem else text)


def _doubled_evidence(case: Case, result: ProbeResult, origins: list[str]) -> tuple[Evidence, ...]:
    text = f"Access-Control-Allow-Origin names {len(origins)} origins: {safe(str(origins), 120)}"
    evidence = [Evidence("probe", result.timeline.probe.label, text)]
    direct = case.direct[0].timeline if case.direct else None
    if direct and (backend_origins := _allowed_origins(direct)):
        text = f"the backend alone says {safe(str(backend_origins), 120)}"
        evidence.append(Evidence("probe", direct.probe.label, text))
    if case.resolution is not None and ALLOW_ORIGIN in case.resolution.value("add_header").lower():
        evidence += setting_evidences(case.resolution, "add_header")
    return tuple(evidence)


def _unexposed(rule: Rule, case: Case) -> Finding | None:
    """The server sends a session id, and pages of other origins cannot read it."""
    handshake = case.handshake("proxy")
    answer = handshake.timeline("initialize") if handshake and handshake.session else None
    if answer is None or not _allowed_origins(answer):
        return None
    exposed = (answer.header(EXPOSE_HEADERS) or "").lower()
    if "mcp-session-id" in exposed or "*" in exposed:
        return None
    shown = safe(exposed) or "absent"
    text = f"Mcp-Session-Id is sent, and Access-Control-Expose-Headers is {shown}"
    evidence = (Evidence("probe", answer.probe.label, text),)
    return rule.finding("likely", evidence, f"{_NOT_EXPOSED}{_preflight_advice(case)}", latent=True)


def _preflight_advice(case: Case) -> str:
    """How to have a preflight sent; empty if the origin of the page was given."""
    if foreign_origin(case) is not None:
        return ""
    return " No preflight was sent: give --header 'Origin: https://your.app'."


RULE = Rule(
    id="cors",
    stage=Stage.ADMIT,
    fix=Fix(
        "CORS headers come from one layer, allow the origin and expose Mcp-Session-Id", "nginx"
    ),
    check=check,
)
