"""Samples of cache-replay."""

from dataclasses import replace

from tests.rules.samples.build import make_case, with_endpoint
from wizard.model.case import Case


def _case(*endpoints: str) -> Case:
    case = make_case(
        proxy="live",
        direct="live",
        settings={
            "proxy_buffering": "on",
            "proxy_cache": "one",
            "proxy_ignore_headers": "Cache-Control",
        },
    )
    results = zip((*case.proxy, *case.direct), endpoints, strict=True)
    named = [with_endpoint(result, name) for result, name in results]
    return replace(case, proxy=tuple(named[:2]), direct=tuple(named[2:]))


def fires() -> Case:
    """Both proxied streams name the same session."""
    return _case("/message?sessionId=1", "/message?sessionId=1", "/m?sessionId=2", "/m?sessionId=3")


def silent() -> Case:
    """The server names the same endpoint to every client."""
    return _case("/message", "/message", "/message", "/message")
