"""Samples of oauth-metadata-lost."""

from dataclasses import replace

from tests.rules.samples.build import make_case, with_answer
from wizard.model.case import Case

_TLS_URL = "https://mcp.example.com/sse"


def _case(metadata: str) -> Case:
    case = make_case(proxy="401", direct="401", settings={"proxy_buffering": "off"})
    case = replace(case, target=replace(case.target, url=_TLS_URL))
    challenge = f'Bearer resource_metadata="{metadata}"'
    return with_answer(case, (("www-authenticate", challenge),))


def fires() -> Case:
    """The backend does not know that the client used https."""
    return _case("http://mcp.example.com/.well-known/oauth-protected-resource/sse")


def silent() -> Case:
    """The URL is right: the client only has no token yet."""
    return _case("https://mcp.example.com/.well-known/oauth-protected-resource/sse")
