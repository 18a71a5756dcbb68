"""Nginx does not pass on a header of the request that the backend needs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wizard.diagnose.answer_end import last_error
from wizard.diagnose.facts import directives, posts
from wizard.diagnose.facts.evidence import (
    line_evidence,
    live_direct_evidence,
    post_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.facts.request_difference import (
    describe_distinction,
    difference_about,
    difference_evidence,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import is_success
from wizard.probe.mcp.messages import HEADER_MISMATCH, code_of
from wizard.text.display import safe
from wizard.text.messages import tr

_STATUSES = frozenset({400, 401, 403, 406})
"""Answers to a request that lacks a header."""
_NEEDED = frozenset({
    "accept", "authorization", "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version",
    "mcp-session-id",
})  # fmt: skip
"""Headers that a stream or a session needs, whoever sends them."""
_SENT = frozenset({"accept"})
"""Those of them that every probe sends."""
_SENT_IN_SESSION = _SENT | {
    "content-type", "mcp-method", "mcp-protocol-version", "mcp-session-id",
}  # fmt: skip
"""Those that the messages of a session have, or since MCP 2026-07-28 each message."""
_CREDENTIALS = frozenset({"authorization", "cookie", "x-api-key"})
_OF_OTHERS = frozenset({"accept-encoding", "origin", "upgrade"})
"""Headers whose replaced value is a failure mode of its own."""
_WHY_UNDERSCORES = tr("without this Nginx ignores headers with an underscore in their name")
_MEDIA_TYPES = ("application/json", "text/event-stream")
"""What MCP has a client accept (2025-11-25, "Sending Messages to the Server")."""
_DISTINGUISHES = tr(
    "The direct request has the same headers and is served. The proxied one is refused, and the "
    "config drops one of these headers."
)
_BY_AN_ERROR = tr(
    "The direct request has the same headers and is served. The answer through the proxy ends "
    "with an error, and the config drops one of these headers. Read the error's text to see "
    "whether it is about that header."
)

_MESSAGE_TITLE = tr("Nginx changes the method or the body of a message")
_CHANGED = tr(
    "The backend accepts the same message directly; through the proxy the config sends it with "
    "another method or body. Such lines belong to the location that auth_request asks."
)
_FIX_MESSAGE = tr("take the line at {where} out of the location of the stream and its messages")
_NAMED = tr(
    "The server answers that a header is missing or differs from the message. Our request had "
    "all of them, so one was lost on the way. The config shows which one, and where: {add_conf}."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Refused through the proxy, whose config drops a header that our requests had."""
    if difference := difference_about(case, is_about):
        return _measured(rule, case, difference)
    return _read(rule, case) or _changed_message(rule, case) or _named_by_server(rule, case)


def _changed_message(rule: Rule, case: Case) -> Finding | None:
    """The backend accepts a message, and the config sends it another method or another body."""
    failed, resolution = posts.failed_post(case), case.message_resolution
    lines = _changing_lines(resolution) if resolution else ()
    if failed is None or failed.accepted is None or not lines:
        return None
    fix = Fix(_FIX_MESSAGE.format(where=safe(str(lines[0].where), 200)), "nginx")
    finding = rule.finding(
        "likely", (*failed.evidence, *map(line_evidence, lines)), _CHANGED, fix=fix
    )
    return replace(finding, title=_MESSAGE_TITLE)


def _changing_lines(resolution: RequestResolution) -> tuple[Directive, ...]:
    """The lines in force by which Nginx sends a POST with another method or body."""
    names = (f"{resolution.prefix}_{name}" for name in ("pass_request_body", "set_body", "method"))
    lines = (directives.lines_in_force(resolution, name)[-1:] for name in names)
    return tuple(line for found in lines for line in found if line.args and _changes_post(line))


def _changes_post(line: Directive) -> bool:
    value = line.args[0]
    if line.name.endswith("_pass_request_body"):
        return value == "off"
    if line.name.endswith("_method"):
        return value.upper() not in ("POST", "$REQUEST_METHOD")
    return "$request_body" not in value


def _read(rule: Rule, case: Case) -> Finding | None:
    """The config has a line that drops a header which our refused request had."""
    resolution, refused = case.resolution, _refused(case)
    if resolution is None or not refused or not directives.is_proxied(resolution):
        return None
    sent = {name.lower() for name, _ in case.target.headers} | refused.sent
    lacking = (*_dropped(resolution), *_replaced(resolution), *_overwritten(case, resolution))
    dropped = [line for name, line in lacking if name in sent]
    if _passes_none(resolution) and sent - _set_names(resolution):
        dropped.append(setting_evidence(resolution, _pass_name(resolution)))
    if not dropped:
        return None
    evidence = (*refused.evidence, *dropped)
    if not refused.is_status:
        return rule.finding("possible", evidence, _BY_AN_ERROR)
    return rule.finding("likely", evidence, _DISTINGUISHES)


def _named_by_server(rule: Rule, case: Case) -> Finding | None:
    """The server itself says that a header is missing or differs (MCP 2026-07-28, -32020)."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    answers = [exchange.timeline for exchange in proxied.exchanges] if proxied else []
    named = next((each for each in answers if code_of(each) == HEADER_MISMATCH), None)
    if named is None or (direct is not None and not direct.is_complete):
        return None
    taken = direct.timeline("discover") if direct else None
    evidence = tuple(post_evidence(each) for each in (named, taken) if each)
    is_shown = taken is not None and case.resolution is None
    return rule.finding("likely" if is_shown else "possible", evidence, _NAMED)


def is_about(case: Case, difference: Difference) -> bool:
    """True for a header of the client that is not passed on, or not with the client's value."""
    if difference.kind != "header" or difference.own is None:
        return False
    return difference.sent is None or difference.name.lower() not in _OF_OTHERS


def _measured(rule: Rule, case: Case, difference: Difference) -> Finding:
    """The direct request without this header fails as the proxied one does."""
    dropped = tuple(_lines_about(case.resolution, difference)) if case.resolution else ()
    evidence = (*dropped, *difference_evidence(case, difference))
    distinguishes = describe_distinction(difference)
    return rule.finding("confirmed", evidence, distinguishes, fix=_fix(case, difference))


def _lines_about(resolution: RequestResolution, difference: Difference) -> Iterator[Evidence]:
    """The lines of the config that drop or replace this header."""
    for name, line in (*_dropped(resolution), *_replaced(resolution)):
        if difference.is_header(name):
            yield line
    if _passes_none(resolution) and difference.sent is None:
        yield setting_evidence(resolution, _pass_name(resolution))


def _fix(case: Case, difference: Difference) -> Fix | None:
    """What lets a header through whose name Nginx ignores."""
    name = safe(difference.name, 60)
    if "_" not in difference.name or difference.sent is not None:
        return None
    return Fix(tr("underscores_in_headers on, so that {name} is not ignored", name=name), "nginx")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A request that is refused through the proxy and served directly.

    Attributes:
        sent: The headers that it had beside the user's, in lower case.
        is_status: True if the status refuses it; else it got 200 and a stream that ends with an
            error, which may have other reasons.
    """

    sent: frozenset[str]
    evidence: tuple[Evidence, ...]
    is_status: bool = True


def _refused(case: Case) -> _Refused | None:
    """The first request that the proxied side refuses and the direct side serves."""
    refused = [result for result in case.proxy if result.timeline.status in _STATUSES]
    errors = [result for result in case.proxy if last_error(result.timeline)]
    if (refused or errors) and (live := live_direct_evidence(case)):
        evidence = (result_evidence((refused or errors)[0]), *live)
        return _Refused(_SENT, evidence, is_status=bool(refused))
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if direct is None or not direct.is_complete:
        return None
    others = {result.timeline.status for result in case.direct}
    differing = [result for result in refused if result.timeline.status not in others]
    if differing:
        served = Evidence("probe", f"mcp-{direct.side}", tr("the handshake succeeds"))
        return _Refused(_SENT, (result_evidence(differing[0]), served))
    for exchange in proxied.exchanges if proxied else ():
        other = direct.timeline(exchange.name)
        if other and is_success(other) and exchange.timeline.status in _STATUSES:
            evidence = (post_evidence(exchange.timeline), post_evidence(other))
            return _Refused(_SENT_IN_SESSION, evidence)
    return None


def _dropped(resolution: RequestResolution) -> Iterator[tuple[str, Evidence]]:
    """The headers that the config sets to nothing, by name in lower case."""
    is_guarded = bool(directives.guards_in_force(resolution))
    for line in _lines_in_force(resolution):
        name = line.args[0].lower() if line.args else ""
        # Nginx may have used the credentials itself, and then drops them on purpose.
        if line.args[1:] == ("",) and not (is_guarded and name == "authorization"):
            text = tr(
                '{name} {args} "": the backend never gets this header',
                name=line.name,
                args=safe(line.args[0], 60),
            )
            yield name, Evidence("config", str(line.where), text, line.name)


def _replaced(resolution: RequestResolution) -> Iterator[tuple[str, Evidence]]:
    """Accept, if the config sets it to a value that may not suffice."""
    for line in _lines_in_force(resolution):
        if len(line.args) > 1 and line.args[0].lower() == "accept" and _accepts_less(line.args[1]):
            value = safe(line.args[1], 60)
            text = tr(
                "{name} Accept {value}: the backend gets this instead of what was sent",
                name=line.name,
                value=value,
            )
            yield "accept", Evidence("config", str(line.where), text, line.name)


def _overwritten(case: Case, resolution: RequestResolution) -> Iterator[tuple[str, Evidence]]:
    """The credentials of the user, in place of which the config sends a value of its own."""
    is_guarded = bool(directives.guards_in_force(resolution))
    given = {name.lower(): value for name, value in case.target.headers}
    for line in () if is_guarded else _lines_in_force(resolution):
        name = line.args[0].lower() if len(line.args) > 1 else ""
        if name in _CREDENTIALS & set(given) and line.args[1] not in ("", given[name]):
            if "$" in line.args[1]:
                continue  # it may hold what the client sent
            text = tr(
                "{name} {args} …: the backend gets this value instead of the one that was sent",
                name=line.name,
                args=safe(line.args[0], 60),
            )
            yield (
                name,
                Evidence("config", str(line.where), text, line.name),
            )


def _accepts_less(value: str) -> bool:
    """True for a value of Accept, without variables, in which a media type of MCP is missing."""
    return (
        bool(value) and "$" not in value and not all(each in value.lower() for each in _MEDIA_TYPES)
    )


def _pass_name(resolution: RequestResolution) -> str:
    return f"{resolution.prefix}_pass_request_headers"


def _passes_none(resolution: RequestResolution) -> bool:
    """True if no header of the request is passed on but those that the config sets."""
    return resolution.value(_pass_name(resolution)) == "off"


def _set_names(resolution: RequestResolution) -> set[str]:
    """The headers that the config sets, in lower case."""
    return {line.args[0].lower() for line in _lines_in_force(resolution) if line.args}


def _lines_in_force(resolution: RequestResolution) -> tuple[Directive, ...]:
    """The lines that set headers: those of the innermost level that has any."""
    return directives.lines_in_force(resolution, f"{resolution.prefix}_set_header")


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The location drops a header that a stream or a session needs."""
    dropped = [line for name, line in _dropped(resolution) if name in _NEEDED]
    if _passes_none(resolution) and _NEEDED - _set_names(resolution):
        dropped.append(setting_evidence(resolution, _pass_name(resolution)))
    return tuple(rule.config_finding(line.where, line.text) for line in dropped)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The client's own value for each header that our requests had and the config drops."""
    if resolution is None:
        return ()
    difference = difference_about(case, is_about)
    measured = [(difference.name.lower(), difference)] if difference else []
    names = (*map(str.title, _SENT_IN_SESSION), *(name for name, _ in case.target.headers))
    sent = {name.lower(): name for name in (*names, *(each.name for _, each in measured))}
    changes = [
        Change(
            f"{resolution.prefix}_set_header",
            f"{sent[name]} $http_{name.replace('-', '_')}",
            tr("passes on the client's own value"),
        )
        for name, _ in (
            *_dropped(resolution),
            *_replaced(resolution),
            *_overwritten(case, resolution),
            *measured,
        )
        if name in sent
    ]
    if any("_" in name for name, _ in measured):
        return (Change("underscores_in_headers", "on", _WHY_UNDERSCORES, scope="http"),)
    if _passes_none(resolution):
        changes.append(Change(_pass_name(resolution), "on", tr("pass the client's headers on")))
    return tuple(changes)


RULE = Rule(
    id="header-dropped",
    stage=Stage.ADMIT,
    fix=Fix(tr("pass the header on: remove the line that sets it to nothing"), "nginx"),
    check=check,
    check_config=check_config,
    config_order=95,
    explains=frozenset({"auth-gate", "wrong-transport"}),
    settings=NginxSettings(both=settings),
    is_about=is_about,
)
