"""Samples of wrong-transport."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case


def fires() -> Case:
    """404 at /sse, Streamable HTTP at /mcp."""
    return _sample("done")


def silent() -> Case:
    """404 at both."""
    return _sample("initialize")


def _sample(stage: str) -> Case:
    here = make_handshake("proxy", transport="unknown", stage="stream", status=404)
    there = make_handshake(
        "proxy",
        transport="streamable-http",
        stage="done" if stage == "done" else "initialize",
        url="http://127.0.0.1:8081/mcp",
        status=200 if stage == "done" else 404,
    )
    return make_case(
        proxy="404",
        direct="404",
        settings={"proxy_buffering": "off"},
        handshakes=(replace(here, sibling=there),),
    )
