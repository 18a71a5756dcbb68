"""The names of requests and states in every text that people read; JSON has its own."""

import re
from collections.abc import Mapping
from dataclasses import replace

from wizard.diagnose.facts.product import is_proxy_shown
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Verdict
from wizard.model.probe import Encoding, Probe
from wizard.model.resolution import CLIENT_NAMES, Client
from wizard.model.target import Http
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr

_LABEL = re.compile(
    r"\b(?P<name>root|sse|mcp|follow-up)-(?P<side>proxy|direct|hop)(?P<hop>(?: [^\s,:;]+)??)"
    r" h(?P<http>[12]) (?P<encoding>identity|gzip|br)\b(?: from (?P<vantage>[^\s,:;]+))?"
)


def check_name(id: str, sides: Mapping[str, str]) -> str:
    """The name of a check in texts."""
    name, _, side = id.partition("-")
    return sides[side] if side and name == "sse" and side != "hop" else _CHECKS[id]


_PROXY, _URL, _DIRECT = tr("proxy"), tr("URL"), tr("direct")
_PLACES = {"root": "{side} /", "sse": "{side}", "mcp": "MCP {side}", "follow-up": "{side}"}
VERDICT_WORDS: Mapping[Verdict, str] = {
    "healthy": tr("HEALTHY"),
    "fault": tr("FAULT"),
    "inconclusive": tr("INCONCLUSIVE"),
}
EVIDENCE_WORDS: Mapping[str, str] = {
    "probe": tr("probe"),
    "config": tr("config"),
    "log": tr("log"),
    "follow-up": tr("follow-up"),
}
_CHECKS: Mapping[str, str] = {
    "root-proxy": "/",
    "sse-hop": tr("hops"),
    "logs": tr("logs"),
    "config": tr("config"),
    "handshake": "MCP",
}
FIX_PLACES: Mapping[str, str] = {
    "nginx": "nginx",
    "backend": tr("backend"),
    "client": tr("client"),
    "outer-proxy": tr("outer-proxy"),
}
_BARE_NAME = re.compile(r"\b(?P<name>root|sse)-(?P<side>proxy|direct)$")


def variant_name(http: Http, encoding: Encoding) -> str:
    """The name of a way to ask: `HTTP/1.1`, `HTTP/2 + gzip`."""
    return f"HTTP/{http}" if encoding == "identity" else f"HTTP/{http} + {encoding}"


def client_name(client: Client, encoding: Encoding) -> str:
    """The name of a kind of client and how it asks: `HTTP/1.1 over TLS + gzip`."""
    name = CLIENT_NAMES[client]
    return name if encoding == "identity" else f"{name} + {encoding}"


def probe_name(probe: Probe) -> str:
    """The name of a request among those of one side: `HTTP/1.1 + gzip from web`."""
    hop = f"{safe(probe.hop, 40)} " if probe.hop else ""
    origin = (
        "" if probe.vantage == "local" else tr(" from {vantage}", vantage=safe(probe.vantage, 40))
    )
    return f"{hop}{variant_name(probe.http, probe.encoding)}{origin}"


def side_names(case: Case) -> Mapping[str, str]:
    """What was requested: the public URL, in words, and the direct one.

    It is called the proxy only where something shows that there is one.
    """
    public = _PROXY if is_proxy_shown(case) else _URL
    return {"proxy": public, "direct": _DIRECT, "hop": tr("hop")}


_SIDES = {"proxy": _PROXY, "direct": _DIRECT, "hop": tr("hop")}


def spell_out(text: str, sides: Mapping[str, str] = _SIDES) -> str:
    """The text with the labels of evidence in words: `proxy HTTP/1.1 + gzip`.

    A text that is the name of a check alone, as the place of evidence, is its side; that of the
    access logs is in words.
    """
    if text == "access log":
        return tr("access log")
    if name := _BARE_NAME.fullmatch(text):
        return _place_of(name, sides)
    return _LABEL.sub(lambda label: _name_of(label, sides), text)


def not_the_cause(cause: Finding) -> str:
    """What was ruled out beside the cause, in one sentence; empty if nothing was."""
    others = comma_list(cause.ruled_out)
    return tr("Not the cause: {others}.", others=others) if others else ""


def spell_out_finding(finding: Finding, sides: Mapping[str, str] = _SIDES) -> Finding:
    """The finding with all its labels in words."""
    evidence = tuple(
        replace(
            item,
            where=comma_list(spell_out(part, sides) for part in item.where.split(", ")),
            text=spell_out(item.text, sides),
        )
        for item in finding.evidence
    )
    distinguishes = spell_out(finding.distinguishes, sides)
    return replace(finding, evidence=evidence, distinguishes=distinguishes)


def _place_of(label: re.Match[str], sides: Mapping[str, str]) -> str:
    return _PLACES[label["name"]].format(side=sides[label["side"]])


def _name_of(label: re.Match[str], sides: Mapping[str, str]) -> str:
    http: Http = "2" if label["http"] == "2" else "1.1"
    encoding: Encoding = "gzip" if label["encoding"] == "gzip" else "identity"
    variant = variant_name(http, "br" if label["encoding"] == "br" else encoding)
    origin = tr(" from {label}", label=label["vantage"]) if label["vantage"] else ""
    return f"{_place_of(label, sides)}{label['hop']} {variant}{origin}"
