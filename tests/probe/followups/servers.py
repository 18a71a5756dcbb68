"""Servers and configs that the tests of follow-ups share."""

from dataclasses import replace

from tests.probe.mcp.server import Server, event_stream
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult
from wizard.model.target import Source

LIVE = event_stream(b"event: endpoint\ndata: /m?s=1\n\n")
"""A live event stream."""
ONE_PEER = """
http { upstream bots { server 127.0.0.1:12213; }
server { listen 8081; location / { proxy_pass http://bots; %s } } }
"""
"""A config with one backend, and a place for a directive."""


def at(case: Case, server: Server, *, public_url: str = "") -> Case:
    """The same case with the server behind its URLs; the public URL may differ."""
    target = replace(case.target, url=public_url or server.url, direct=(Source(server.url),))
    proxy = tuple(_moved(result, target.url) for result in case.proxy)
    direct = tuple(_moved(result, server.url) for result in case.direct)
    return replace(case, target=target, proxy=proxy, direct=direct)


def _moved(result: ProbeResult, url: str) -> ProbeResult:
    probe = replace(result.timeline.probe, url=url)
    return replace(result, timeline=replace(result.timeline, probe=probe))
