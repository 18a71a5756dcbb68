"""A line of Nginx's config refuses the request, whose path it would pass to the backend."""

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.diagnose.facts import posts, product, streams
from wizard.diagnose.facts.directives import is_proxied, lines_in_force
from wizard.diagnose.facts.evidence import (
    live_direct_evidence,
    log_evidence,
    post_evidence,
    result_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.config import Directive
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.nginx.bypassed import bypassed_location
from wizard.text.config_redaction import redact_directive
from wizard.text.display import safe, sentences
from wizard.text.messages import tr

NO_ANSWER = 444
"""`return 444` closes the connection without an answer (ngx_http_rewrite_module)."""
_OF_OTHER_RULES = frozenset({401, 404, 405, 413, 429})
"""Statuses that other rules judge where no line answers for a location that would pass it on."""
_DECIDED = tr(
    "A line of the config answers this request so, before any backend is asked: it is neither a "
    "missing location nor the backend."
)
_LOGGED = tr("Nginx's error log says that a rule of its config refused the request.")
_BY_ADDRESS = tr(
    "Nginx itself answers 403, and rules of access are in force here that depend on the client's "
    'address; its error log would say "access forbidden by rule".'
)
_CONDITION = tr(
    "A condition in the config leads to this answer. It depends on what neither the config nor the "
    "request tells, a file or a variable: look there first."
)
_SERVED = tr("The backend accepts the same request directly.")
_UNSURE = tr("A backend may refuse it in the same way: {add_direct}.")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A refused request of the stream, or of a message.

    Attributes:
        status: The status; 444 for a connection that was closed without an answer.
        evidence: How it was refused.
        served: That the backend accepts it directly; empty if that was not seen.
    """

    resolution: RequestResolution | None
    answer: Timeline
    status: int
    evidence: Evidence
    served: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Reason:
    """What refuses it: the line, what shows that, and how sure it is."""

    line: Directive | None
    text: str
    confidence: Confidence


def check(rule: Rule, case: Case) -> Finding | None:
    """The answer is the one that a line of the config gives, or the error log says so."""
    findings = (_judge(rule, case, each) for each in _refused(case))
    return next(filter(None, findings), None)


def _refused(case: Case) -> Iterator[_Refused]:
    """What was refused, and not by the backend as well: the stream, then a message."""
    others = {result.timeline.status for result in case.direct}
    for result in case.proxy:
        answer, status = result.timeline, _status(result.timeline)
        if result.was_made and result.outcome != "running" and status and status not in others:
            served = live_direct_evidence(case)
            yield _Refused(case.resolution, answer, status, result_evidence(result), served)
    failed = posts.failed_post(case) if case.target.method == "GET" else None
    if failed and (status := _status(failed.answer)):
        served = (post_evidence(failed.accepted),) if failed.accepted else ()
        evidence = post_evidence(failed.answer)
        yield _Refused(case.message_resolution, failed.answer, status, evidence, served)


def _status(answer: Timeline) -> int:
    """The status of a refusal, 444 where a connection closes without an answer; else 0."""
    if answer.status is None:
        is_closed = answer.connect_s is not None and answer.ended in ("eof", "reset")
        return NO_ANSWER if is_closed else 0
    return answer.status if answer.status >= 400 else 0


def _judge(rule: Rule, case: Case, refused: _Refused) -> Finding | None:
    logged = streams.own_log_lines(case, "access-denied") if refused.status == 403 else ()
    reason = _decided(refused) or _by_address(refused, logged) or _by_condition(refused)
    if reason is None:
        return None
    evidence = (
        refused.evidence,
        *refused.served,
        *(_line_evidence(refused, reason.line) if reason.line else ()),
        *map(log_evidence, logged[:1]),
    )
    why = _SERVED if refused.served else "" if logged else _UNSURE
    confidence: Confidence = "confirmed" if logged else reason.confidence
    fix = _fix(refused, reason.line) if reason.line else None
    return rule.finding(confidence, evidence, sentences((reason.text, why)), fix=fix)


def _decided(refused: _Refused) -> _Reason | None:
    """The line by which Nginx gives this very answer."""
    resolution, answer = refused.resolution, refused.resolution and refused.resolution.answer
    if resolution is None or not answer or answer.status != refused.status:
        return None
    is_of_others = refused.status in _OF_OTHER_RULES or answer.directive.name == "try_files"
    if is_of_others and not (refused.served and bypassed_location(resolution)):
        return None
    return _Reason(answer.directive, _DECIDED, "confirmed" if refused.served else "likely")


def _by_address(refused: _Refused, logged: tuple[LogLine, ...]) -> _Reason | None:
    """Rules of access whose outcome depends on the client's address."""
    if refused.status != 403:
        return None
    rules = lines_in_force(refused.resolution, "allow", "deny") if refused.resolution else ()
    line = next((each for each in rules if each.name == "deny"), None)
    if logged:
        return _Reason(line, _LOGGED, "confirmed")
    is_own = product.is_nginx_page(refused.answer.excerpt)
    confidence: Confidence = "likely" if refused.served and is_own else "possible"
    return _Reason(line, _BY_ADDRESS, confidence) if line else None


def _by_condition(refused: _Refused) -> _Reason | None:
    """An `if` around a `return` of this status, which config and request do not decide."""
    resolution = refused.resolution
    if resolution is None or not is_proxied(resolution):
        return None
    for condition in resolution.conditions:
        statuses = [line.args[0] for line in condition.children("return") if line.args]
        if str(refused.status) in statuses:
            return _Reason(condition, _CONDITION, "likely" if refused.served else "possible")
    return None


def _line_evidence(refused: _Refused, line: Directive) -> tuple[Evidence, ...]:
    resolution = refused.resolution
    location = bypassed_location(resolution) if resolution else None
    text = f"`{_written(line)}`"
    if resolution is not None and location is not None:
        text = tr(
            "`{line}` answers {method} {path} before location {location} passes it on",
            line=_written(line),
            method=resolution.request.method,
            path=safe(resolution.request.path, 120),
            location=safe(" ".join(location.args), 80),
        )
    evidence = Evidence("config", str(line.where), text)
    server = resolution.server if resolution else None
    if server is None or not server.reason or line not in (server.directive.block or ()):
        return (evidence,)
    # The line answers all requests of this server: another one may have been meant.
    return (evidence, Evidence("config", str(server.directive.where), safe(server.reason, 200)))


def _written(line: Directive) -> str:
    """The line without secrets."""
    return safe(f"{line.name} {redact_directive(line.name, line.args)}".strip(), 120)


def _fix(refused: _Refused, line: Directive) -> Fix:
    """What to change: the condition around the line that refuses, or the line itself."""
    resolution = refused.resolution
    assert resolution is not None
    server = resolution.server
    around = next(_conditions_around(server.directive, line), line) if server else line
    request = f"{resolution.request.method} {safe(resolution.request.path, 120)}"
    where, written = safe(str(around.where), 200), _written(around)
    text = tr("{where}: change `{line}` so that it lets {request} pass")
    if around is line and line.name != "if":
        text = tr("{where}: keep `{line}` away from {request}")
    return Fix(text.format(where=where, line=written, request=request), "nginx")


def _conditions_around(block: Directive, line: Directive) -> Iterator[Directive]:
    """The `if` or `limit_except` in this block that the line stands in."""
    for child in block.block or ():
        if child.name in ("if", "limit_except") and line in (child.block or ()):
            yield child
        yield from _conditions_around(child, line)


RULE = Rule(
    id="refused-by-config",
    stage=Stage.ADMIT,
    fix=Fix(tr("let the line of the config that refuses this request pass it"), "nginx"),
    explains=frozenset(
        {
            "endpoint-prefix-lost",
            "limits",
            "location-miss",
            "message-path-unrouted",
            "query-dropped",
            "wrong-transport",
        }
    ),
    check=check,
)
