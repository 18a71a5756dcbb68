"""A browser refuses the stream because of the server's CORS headers."""

from wizard.diagnose.cors_settings import layer_at_fault, notes, settings
from wizard.diagnose.facts import cors
from wizard.diagnose.facts.cors import ALLOW_HEADERS, ALLOW_ORIGIN
from wizard.diagnose.facts.evidence import setting_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.timeline import Timeline
from wizard.probe.preflight import foreign_origin
from wizard.text.display import comma_list, labelled, safe
from wizard.text.messages import tr

_SHOWN_HEADERS = frozenset({ALLOW_ORIGIN, ALLOW_HEADERS})
_DOUBLED = tr(
    "The header has several values. A browser accepts only one; other clients do not check it."
)
_NOT_ALLOWED = tr(
    "The answer does not allow the origin that was sent. A browser keeps the answer from the "
    "page; other clients do not check it."
)
_NOT_EXPOSED = tr(
    "A web page of another origin can begin a session but cannot read its id; other clients can."
)
_BY_BACKEND = Fix(
    tr(
        "let the backend allow the page's origin and headers: it is the backend that sends the "
        "CORS headers"
    ),
    "backend",
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The header is doubled, does not allow the given origin, or the session id is not exposed.

    Browsers check none of it for a WebSocket, whose server checks the Origin (RFC 6455, 10.2).
    """
    if case.target.upgrade:
        return None
    if (answer := cors.doubled_answer(case)) is not None:
        evidence = _doubled_evidence(case, answer)
        distinguishes = f"{_DOUBLED}{_preflight_advice(case)}"
        return rule.finding("likely", evidence, distinguishes, fix=_fix(case))
    return _refused(rule, case) or _unexposed(rule, case)


def _fix(case: Case) -> Fix | None:
    """Who has to act: Nginx does not take over what the backend has decided."""
    return _BY_BACKEND if layer_at_fault(case) == "backend" else None


def _refused(rule: Rule, case: Case) -> Finding | None:
    """The given origin is not allowed by a response, or not by a preflight that the page needs."""
    origin = foreign_origin(case)
    if origin is None:
        return None
    failing = [(answer, "") for answer in cors.refused_answers(case)]
    failing += cors.failed_preflights(case)
    evidence = tuple(_answer_evidence(answer, origin, problem) for answer, problem in failing[:2])
    if not failing:
        return None
    return rule.finding("confirmed", evidence, _NOT_ALLOWED, fix=_fix(case))


def _answer_evidence(answer: Timeline, origin: str, problem: str) -> Evidence:
    shown = [(name, value) for name, value in answer.headers if name in _SHOWN_HEADERS]
    headers = comma_list(f"{name}: {safe(value, 80)}" for name, value in shown)
    text = tr(
        "to {origin} it answers {status} with {headers}",
        origin=safe(origin, 80),
        status=answer.status,
        headers=headers or tr("no CORS header"),
    )
    return Evidence("probe", answer.probe.label, labelled(text, problem) if problem else text)


def _doubled_evidence(case: Case, answer: Timeline) -> tuple[Evidence, ...]:
    origins = cors.allowed_origins(answer)
    text = tr(
        "Access-Control-Allow-Origin names {count} origins: {origins}",
        count=len(origins),
        origins=safe(str(origins), 120),
    )
    evidence = [Evidence("probe", answer.probe.label, text)]
    direct = cors.backend_answer(case)
    if direct and (backend_origins := cors.allowed_origins(direct)):
        text = tr(
            "the backend alone says {backend_origins}",
            backend_origins=safe(str(backend_origins), 120),
        )
        evidence.append(Evidence("probe", direct.probe.label, text))
    if case.resolution is not None and ALLOW_ORIGIN in case.resolution.value("add_header").lower():
        evidence += setting_evidences(case.resolution, "add_header")
    return tuple(evidence)


def _unexposed(rule: Rule, case: Case) -> Finding | None:
    """The server sends a session id, and pages of other origins cannot read it."""
    answer = cors.unexposed_answer(case)
    if answer is None:
        return None
    exposed = answer.header(cors.EXPOSE_HEADERS) or ""
    shown = safe(exposed) or "absent"
    text = tr("Mcp-Session-Id is sent, and Access-Control-Expose-Headers is {shown}", shown=shown)
    evidence = (Evidence("probe", answer.probe.label, text),)
    return rule.finding("likely", evidence, f"{_NOT_EXPOSED}{_preflight_advice(case)}", latent=True)


def _preflight_advice(case: Case) -> str:
    """How to have a preflight sent; empty if the origin of the page was given."""
    if foreign_origin(case) is not None:
        return ""
    return tr(" No preflight was sent: add --header 'Origin: https://your.app'.")


RULE = Rule(
    id="cors",
    stage=Stage.ADMIT,
    fix=Fix(
        tr("send the CORS headers from one place only: allow the origin and expose Mcp-Session-Id"),
        "nginx",
    ),
    check=check,
    settings=NginxSettings(both=settings, notes=notes),
)
