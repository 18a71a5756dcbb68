"""No MCP server answers at the URL, but one does at the other transport's path beside it."""

from urllib.parse import urlsplit

from wizard.diagnose.facts.evidence import path_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.handshake import Handshake
from wizard.text.display import safe

_DISTINGUISHES = (
    "The same server, by the same way, completes a handshake at the path beside this one."
)
_BEHIND = (
    "The backend itself completes a handshake at the path beside this one and none at this one; "
    "through Nginx that path does not answer yet."
)
_BOTH = Fix("use the path that the server speaks at, and pass that path on in Nginx", "client")


def check(rule: Rule, case: Case) -> Finding | None:
    """The URL answers 404, 405 or 406; a handshake at its sibling succeeds."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or proxied.is_complete or _serves(case, direct):
        return None
    through, behind = _found(proxied), _found(direct)
    if through is not None:
        distinguishes = f"{_DISTINGUISHES} {_path(through)} is where the server is."
        return rule.finding("confirmed", _evidence(case, proxied, through), distinguishes)
    if behind is not None and direct is not None:
        evidence = (*_evidence(case, direct, behind), *path_evidences(case))
        return rule.finding("likely", evidence, _BEHIND, fix=_BOTH)
    return None


def _serves(case: Case, direct: Handshake | None) -> bool:
    """Whether the backend does speak MCP at the URL's own path: then the way there is at fault."""
    return bool(direct and direct.is_complete and _path(direct) == urlsplit(case.target.url).path)


def _found(spoken: Handshake | None) -> Handshake | None:
    sibling = spoken.sibling if spoken else None
    return sibling if sibling and sibling.is_complete else None


def _path(spoken: Handshake) -> str:
    return urlsplit(spoken.url).path


def _evidence(case: Case, asked: Handshake, found: Handshake) -> tuple[Evidence, ...]:
    results = case.proxy if asked.side == "proxy" else case.direct
    line = next((result.timeline for result in results), None)
    got = f"GET {safe(_path(asked), 120)} answered {line.status}" if line else safe(asked.why)
    spoken = f"{found.transport} {safe(found.version, 40)}"
    there = f"{safe(_path(found), 120)} speaks MCP over {spoken}: {safe(found.server, 80)}"
    where = line.probe.label if line else f"mcp-{asked.side}"
    return (
        Evidence("probe", where, got),
        Evidence("probe", f"mcp-{asked.side}", there.removesuffix(": ")),
    )


RULE = Rule(
    id="wrong-transport",
    stage=Stage.ROUTE,
    fix=Fix("the client uses the path and the transport that the server speaks", "client"),
    check=check,
)
