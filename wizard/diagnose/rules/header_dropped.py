"""Nginx does not pass on a header of the request that the backend needs."""

from collections.abc import Iterator

from wizard.diagnose.facts import directives, streams
from wizard.diagnose.facts.evidence import live_direct_evidence, result_evidence, setting_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.nginx.settings import enclosing_blocks
from wizard.text.display import safe

_STATUSES = frozenset({400, 401, 403, 406})
"""Answers to a request that lacks a header."""
_NEEDED = frozenset({
    "accept", "authorization", "last-event-id", "mcp-protocol-version", "mcp-session-id",
})  # fmt: skip
"""Headers that a stream or a session needs, whoever sends them."""
_SENT = frozenset({"accept"})
"""Those of them that every probe sends."""
_GUARDS = ("auth_basic", "auth_request")
_DISTINGUISHES = (
    "The direct request has the same headers and is served; the proxied one is refused, and the "
    "config drops a header that it was sent with."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Refused through the proxy, whose config drops a header that our requests had."""
    resolution = case.resolution
    if resolution is None or not directives.is_proxied(resolution):
        return None
    sent = {name.lower() for name, _ in case.target.headers} | _SENT
    dropped = [line for name, line in _dropped(resolution) if name in sent]
    if _passes_none(resolution) and sent - _set_names(resolution):
        dropped.append(setting_evidence(resolution, _pass_name(resolution)))
    refused = [result for result in case.proxy if result.timeline.status in _STATUSES]
    if not dropped or not refused or not streams.live_direct_probes(case):
        return None
    evidence = (result_evidence(refused[0]), *live_direct_evidence(case), *dropped)
    return rule.finding("likely", evidence, _DISTINGUISHES)


def _dropped(resolution: RequestResolution) -> Iterator[tuple[str, Evidence]]:
    """The headers that the config sets to nothing, by name in lower case."""
    is_guarded = any(resolution.value(name) not in ("", "off") for name in _GUARDS)
    for line in _lines_in_force(resolution):
        name = line.args[0].lower() if line.args else ""
        # Nginx may have used the credentials itself, and then drops them on purpose.
        if line.args[1:] == ("",) and not (is_guarded and name == "authorization"):
            text = f'{line.name} {safe(line.args[0], 60)} "": the backend never gets this header'
            yield name, Evidence("config", str(line.where), text)


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
    name = f"{resolution.prefix}_set_header"
    blocks = reversed(enclosing_blocks(resolution))
    return next(filter(None, (tuple(block.children(name)) for block in blocks)), ())


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
    sent = {name.lower(): name for name, _ in case.target.headers} | {"accept": "Accept"}
    changes = [
        Change(
            f"{resolution.prefix}_set_header",
            f"{sent[name]} $http_{name.replace('-', '_')}",
            "the client's own value instead of none",
        )
        for name, _ in _dropped(resolution)
        if name in sent
    ]
    if _passes_none(resolution):
        changes.append(Change(_pass_name(resolution), "on", "the client's headers are passed on"))
    return tuple(changes)


RULE = Rule(
    id="header-dropped",
    stage=Stage.ADMIT,
    fix=Fix("pass the header on: remove the line that sets it to nothing", "nginx"),
    check=check,
    check_config=check_config,
    config_order=95,
    explains=frozenset({"auth-gate", "wrong-transport"}),
    settings=NginxSettings(both=settings),
)
