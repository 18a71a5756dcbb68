"""Samples of endpoint-other-origin."""

from dataclasses import replace

from tests.rules.samples.build import PROXY_URL, make_case, make_handshake
from wizard.model.case import Case
from wizard.probe.mcp.http_sse import endpoint_problem


def _case(endpoint: str) -> Case:
    why = endpoint_problem(PROXY_URL, endpoint)
    named = make_handshake("proxy", stage="endpoint", endpoint=endpoint)
    named = replace(named, post_url="", why=why, exchanges=())
    direct = make_handshake("direct")
    return make_case(proxy="live", direct="live", settings={}, handshakes=(named, direct))


def fires() -> Case:
    """The endpoint is at the backend's own address."""
    return _case("http://127.0.0.1:12213/message?sessionId=1")


def silent() -> Case:
    """The endpoint is a path; why nothing was posted there is another matter."""
    return _case("/message?sessionId=1")
