"""The names of requests in texts that people read."""

import pytest

from wizard.model.probe import Probe
from wizard.report.labels import probe_name, spell_out


@pytest.mark.parametrize(
    ("probe", "name", "label"),
    [
        (Probe("sse-proxy", "u"), "HTTP/1.1", "proxy HTTP/1.1"),
        (Probe("sse-proxy", "u", "1.1", "gzip"), "HTTP/1.1 + gzip", "proxy HTTP/1.1 + gzip"),
        (Probe("sse-direct", "u", "2"), "HTTP/2", "direct HTTP/2"),
        (Probe("root-proxy", "u", vantage="web"), "HTTP/1.1 from web", "proxy / HTTP/1.1 from web"),
        (Probe("sse-hop", "u", "2", "br", hop="edge"), "edge HTTP/2 + br", "hop edge HTTP/2 + br"),
        (Probe("mcp-proxy", "u"), "HTTP/1.1", "MCP proxy HTTP/1.1"),
    ],
)
def test_each_request_has_a_name(probe: Probe, name: str, label: str) -> None:
    assert probe_name(probe) == name
    assert spell_out(f"{probe.label}, {probe.label}: held") == f"{label}, {label}: held"


def test_other_texts_stay_as_they_are() -> None:
    assert spell_out("nginx.conf:20") == "nginx.conf:20"
    assert spell_out("ssewizard/1 (run=a; sse-proxy-h1-identity)").endswith(
        "sse-proxy-h1-identity)"
    )
    assert spell_out("sse-direct") == "direct"
