"""HTTP+SSE, MCP 2024-11-05: a stream that names an endpoint, POSTs there, replies on the stream."""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from wizard.events import SseEvent
from wizard.handshake import Exchange, Handshake
from wizard.mcp.asking import Stream, ask, streamed_reply, streaming
from wizard.mcp.messages import LEGACY, initialize, initialized
from wizard.probe import Manner
from wizard.text import safe
from wizard.timeline import Leg, Timeline


async def legacy(known: Handshake, manner: Manner, within: float) -> Handshake:
    """GET, wait for the endpoint, POST `initialize` there, wait for the reply on the stream."""
    known = replace(known, transport="http+sse", stage="endpoint")
    async with streaming(Leg(f"mcp-{known.side}", known.url), manner) as stream:
        came = await stream.until(lambda line: endpoint_of(line) is not None, within)
        known = with_exchange(known, "stream", stream.line)
        if not came:
            return replace(known, why=_no_endpoint(stream.line, within))
        endpoint = endpoint_of(stream.line) or ""
        known = replace(known, endpoint=endpoint, post_url=urljoin(known.url, endpoint))
        if not same_origin(known.url, known.post_url):
            return replace(known, why=_elsewhere(known.post_url))
        return await _post(known, stream, manner, within)


async def _post(known: Handshake, stream: Stream, manner: Manner, within: float) -> Handshake:
    leg = Leg(f"mcp-{known.side}", known.post_url)
    answer = await ask(leg, manner, initialize(LEGACY), within)
    known = with_exchange(replace(known, stage="initialize"), "initialize", answer)
    if answer.status is None or not 200 <= answer.status < 300:
        return replace(known, why=answered(answer, "POST"))
    known = replace(known, stage="reply")
    if not await stream.until(lambda line: streamed_reply(line) is not None, within):
        said = f"the POST was taken ({answer.status}), but no reply came over the stream"
        return replace(known, why=said)
    reply = streamed_reply(stream.line)
    assert reply is not None
    if reply.error:
        return replace(known, why=f"the server answers with an error: {reply.error}")
    last = await ask(leg, manner, initialized(reply.version or LEGACY), within)
    known = with_exchange(known, "initialized", last)
    return replace(known, stage="done", version=reply.version, server=reply.server)


def endpoint_of(line: Timeline) -> str | None:
    """The data of the first event that names an endpoint."""
    for item in line.tail:
        if isinstance(item, SseEvent) and item.type == "endpoint":
            return item.data
    return None


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs lead to the same scheme, host and port: credentials go nowhere else."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def answered(line: Timeline, what: str) -> str:
    """What came of a request, in one sentence."""
    if line.status is None:
        return f"{what} got no answer: {line.detail or line.ended or 'silence'}"
    body = f": {safe(line.excerpt.strip(), 120)}" if line.excerpt.strip() else ""
    return f"{what} answered {line.status}{body}"


def _no_endpoint(line: Timeline, within: float) -> str:
    if line.status not in (None, 200):
        return answered(line, "GET")
    return f"no endpoint event came within {within:g} s"


def _elsewhere(url: str) -> str:
    return f"the endpoint is at another origin, {safe(url, 120)}: nothing was sent there"


def with_exchange(known: Handshake, what: str, line: Timeline) -> Handshake:
    """The handshake with one more exchange."""
    return replace(known, exchanges=(*known.exchanges, Exchange(what, line)))
