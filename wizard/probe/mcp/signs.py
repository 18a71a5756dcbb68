"""What shows that MCP is spoken at a URL: without it, nothing is posted there.

A hub publishes whatever is posted to its stream's URL, and an LLM endpoint charges for it.
"""

import re
from collections.abc import Iterable

from wizard.model.timeline import Timeline
from wizard.probe.www_authenticate import metadata_url
from wizard.text.messages import tr
from wizard.text.urls import split_url

NO_SIGN = tr(
    "nothing shows that this URL speaks MCP, so nothing was posted; --mcp always posts anyway"
)
_JSON_RPC = re.compile(r'"jsonrpc"\s*:\s*"2\.0"|"method"\s*:\s*"notifications/')
"""A JSON-RPC message. An excerpt may end before the rest of it, so it is not parsed."""


def sign_of_mcp(answers: Iterable[Timeline]) -> str:
    """What in the answers to GETs, or in the path of their URL, shows MCP; empty if nothing."""
    signs = (sign for answer in answers for sign in (sign_in(answer), _sign_in_path(answer)))
    return next(filter(None, signs), "")


def sign_in(answer: Timeline) -> str:
    """What in the answer to a GET shows MCP; empty if nothing does."""
    if endpoint_of(answer) is not None:
        return tr("an endpoint event")
    if header := next((name for name, _ in answer.headers if name.startswith("mcp-")), ""):
        return tr("the header {header}", header=header)
    if metadata_url(answer):
        return tr("a 401 that names resource metadata")
    bodies = [event.data for event in answer.tail_events]
    if any(map(_JSON_RPC.search, (answer.excerpt, *bodies))):
        return tr("a JSON-RPC message")
    return ""


def _sign_in_path(answer: Timeline) -> str:
    path = split_url(answer.probe.url).path.rstrip("/")
    return tr("a path that ends in /mcp") if path.lower().endswith("/mcp") else ""


def endpoint_of(timeline: Timeline) -> str | None:
    """The data of the first `endpoint` event in a timeline, cut as timelines are."""
    return next((event.data for event in timeline.tail_events if event.type == "endpoint"), None)
