"""The names of requests and states in every text that people read; JSON has its own."""

import re
from collections.abc import Mapping
from dataclasses import replace

from wizard.model.diagnosis import Finding, Verdict
from wizard.model.resolution import CLIENT_NAMES, Client
from wizard.model.target import Http
from wizard.model.timeline import Encoding, Probe
from wizard.text.display import safe
from wizard.text.messages import tr

_LABEL = re.compile(
    r"\b(?P<name>(?:root|sse|mcp|follow-up)-(?:proxy|direct)|sse-hop)(?P<hop>(?: [^\s,:;]+)??)"
    r" h(?P<http>[12]) (?P<encoding>identity|gzip|br)\b(?: from (?P<vantage>[^\s,:;]+))?"
)
_PLACES = {
    "root-proxy": tr("proxy /"), "sse-proxy": tr("proxy"), "mcp-proxy": tr("MCP proxy"),
    "follow-up-proxy": tr("proxy"), "sse-hop": tr("hop"),
    "root-direct": tr("direct /"), "sse-direct": tr("direct"), "mcp-direct": tr("MCP direct"),
    "follow-up-direct": tr("direct"), "access log": tr("access log"),
}  # fmt: skip
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
FIX_PLACES: Mapping[str, str] = {
    "nginx": "nginx",
    "backend": tr("backend"),
    "client": tr("client"),
    "outer-proxy": tr("outer-proxy"),
}
_BARE_NAME = re.compile(r"\b(?:root-proxy|sse-proxy|sse-direct|access log)$")


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


def spell_out(text: str) -> str:
    """The text with the labels of evidence in words: `proxy HTTP/1.1 + gzip`.

    A text that is the name of a check alone, as the place of evidence, is its side; that of the
    access logs is in words.
    """
    if _BARE_NAME.fullmatch(text):
        return _PLACES[text]
    return _LABEL.sub(_name_of, text)


def spell_out_finding(finding: Finding) -> Finding:
    """The finding with all its labels in words."""
    evidence = tuple(
        replace(item, where=spell_out(item.where), text=spell_out(item.text))
        for item in finding.evidence
    )
    return replace(finding, evidence=evidence, distinguishes=spell_out(finding.distinguishes))


def _name_of(label: re.Match[str]) -> str:
    http: Http = "2" if label["http"] == "2" else "1.1"
    encoding: Encoding = "gzip" if label["encoding"] == "gzip" else "identity"
    variant = variant_name(http, "br" if label["encoding"] == "br" else encoding)
    origin = tr(" from {label}", label=label["vantage"]) if label["vantage"] else ""
    return f"{_PLACES[label['name']]}{label['hop']} {variant}{origin}"
