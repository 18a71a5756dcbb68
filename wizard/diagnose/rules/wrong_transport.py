"""No MCP server answers at the URL, but one does at the path of the other transport."""

from wizard.diagnose.facts.evidence import path_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.handshake import Handshake
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import split_url

_DISTINGUISHES = tr("The same server completes an MCP handshake at another path.")
_BEHIND = tr(
    "The backend itself completes a handshake at another path and none at this one; "
    "through Nginx that path does not answer yet."
)
_PATH_AND_NGINX = Fix(
    tr("use the path at which the server offers MCP, and pass that path on in Nginx"), "client"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The URL answers 404, 405 or 406; a handshake at its sibling path succeeds."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or proxied.is_complete or _is_right_path(case, direct):
        return None
    public, backend = _working_sibling(proxied), _working_sibling(direct)
    if public is not None:
        distinguishes = tr(
            "{distinguishes} The server is at {path}.",
            distinguishes=_DISTINGUISHES,
            path=_path(public),
        )
        return rule.finding("confirmed", _evidence(case, proxied, public), distinguishes)
    if backend is not None and direct is not None:
        evidence = (*_evidence(case, direct, backend), *path_evidences(case))
        return rule.finding("likely", evidence, _BEHIND, fix=_PATH_AND_NGINX)
    return None


def _is_right_path(case: Case, direct: Handshake | None) -> bool:
    """True if the backend speaks MCP at the URL's own path: then the path is right."""
    return bool(direct and direct.is_complete and _path(direct) == split_url(case.target.url).path)


def _working_sibling(handshake: Handshake | None) -> Handshake | None:
    sibling = handshake.sibling if handshake else None
    return sibling if sibling and sibling.is_complete else None


def _path(handshake: Handshake) -> str:
    return split_url(handshake.url).path


def _evidence(case: Case, handshake: Handshake, sibling: Handshake) -> tuple[Evidence, ...]:
    results = case.proxy if handshake.side == "proxy" else case.direct
    timeline = next((result.timeline for result in results), None)
    label = f"mcp-{handshake.side}"
    failure = Evidence("probe", label, safe(handshake.why))
    if timeline:
        answer = tr(
            "GET {path} answered {status}", path=safe(_path(handshake), 120), status=timeline.status
        )
        failure = Evidence("probe", timeline.probe.label, answer)
    protocol = f"{sibling.transport} {safe(sibling.version, 40)}"
    text = tr(
        "{path} speaks MCP over {protocol}: {server}",
        path=safe(_path(sibling), 120),
        protocol=protocol,
        server=safe(sibling.server, 80),
    )
    return failure, Evidence("probe", label, text.removesuffix(": "))


RULE = Rule(
    id="wrong-transport",
    stage=Stage.ROUTE,
    fix=Fix(tr("let the client use the path and the transport that the server offers"), "client"),
    explains=frozenset({"get-not-offered"}),
    check=check,
)
