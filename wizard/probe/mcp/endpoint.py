"""The endpoint that the stream of HTTP+SSE names: a URL, perhaps at another origin."""

from wizard.model.case import Case
from wizard.model.timeline import Timeline
from wizard.text.urls import join_url, origin_of


def named_endpoint(timeline: Timeline) -> str:
    """The URL in the endpoint event of a stream; empty without a valid one."""
    data = next((each.data for each in timeline.tail_events if each.type == "endpoint"), "")
    return _joined(timeline.probe.url, data)


def foreign_endpoint(case: Case) -> str:
    """The URL of an endpoint at another origin that the public stream names; empty if it does not.

    Clients refuse it (`sse_client` of the Python SDK, `SSEClientTransport` of the TypeScript SDK).
    """
    handshake = case.handshake("proxy")
    if handshake is None or handshake.stage != "endpoint" or handshake.post_url:
        return ""
    url, public = _joined(handshake.url, handshake.endpoint), origin_of(handshake.url)
    is_foreign = all(origin_of(url)) and all(public) and origin_of(url) != public
    return url if is_foreign else ""


def _joined(url: str, reference: str) -> str:
    try:
        return join_url(url, reference) if reference else ""
    except ValueError:
        return ""
