"""HTTP+SSE, MCP 2024-11-05: a stream that names an endpoint, POSTs there, replies on the stream."""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import httpx

from wizard.model.events import SseEvent
from wizard.model.handshake import Exchange, Handshake
from wizard.model.timeline import Probe, Timeline
from wizard.probe.mcp.exchange import (
    ENDPOINT_LIMIT,
    OpenStream,
    Timeouts,
    open_stream,
    send_request,
)
from wizard.probe.mcp.messages import (
    HTTP_SSE_VERSION,
    Reply,
    answered,
    elsewhere,
    initialize_request,
    initialized_request,
    no_endpoint,
    no_reply,
)
from wizard.probe.request import ProbeOptions
from wizard.text.display import safe


async def handshake_over_http_sse(
    known: Handshake, options: ProbeOptions, pace: Timeouts
) -> Handshake:
    """GET, wait for the endpoint, POST `initialize` there, wait for the reply on the stream."""
    known = replace(known, transport="http+sse", stage="endpoint")
    async with open_stream(known.probe(), options) as stream:
        wait = pace.wait()
        came = await stream.until(lambda heard: heard.endpoint is not None, wait)
        known = with_exchange(known, "stream", stream.line)
        if not came:
            return replace(known, why=no_endpoint(stream.line, wait))
        endpoint = stream.heard.endpoint or ""
        if why := no_url(known.url, endpoint):
            # It is not kept: nobody is to stumble over it later.
            return replace(known, why=why)
        known = replace(known, endpoint=endpoint)
        if why := unfit(known.url, endpoint):
            return replace(known, why=why)
        there = urljoin(known.url, endpoint)
        return await _post(replace(known, post_url=there), stream, options, pace)


async def _post(
    known: Handshake, stream: OpenStream, options: ProbeOptions, pace: Timeouts
) -> Handshake:
    probe = known.probe(known.post_url)
    ours = initialize_request(HTTP_SSE_VERSION)
    answer = await send_request(probe, options, ours, pace.post_wait())
    known = with_exchange(
        replace(known, stage="initialize"), "initialize", answer, len(ours.content)
    )
    if answer.status is None or not 200 <= answer.status < 300:
        return replace(known, why=answered(answer, "POST"))
    await stream.until(lambda heard: heard.reply is not None, pace.wait())
    known = with_exchange(replace(known, stage="reply"), "stream", stream.line)
    reply = stream.heard.reply
    if reply is None:
        return replace(known, why=no_reply(stream.line, answer.status))
    if reply.error:
        return replace(known, why=f"the server answers with an error: {reply.error}")
    return await _confirm(known, probe, reply, options, pace)


async def _confirm(
    known: Handshake, probe: Probe, reply: Reply, options: ProbeOptions, pace: Timeouts
) -> Handshake:
    last = await send_request(probe, options, initialized_request(reply.version), pace.wait())
    known = with_exchange(known, "initialized", last)
    return replace(known, stage="done", version=reply.version, server=reply.server)


def endpoint_of(line: Timeline) -> str | None:
    """The data of the first event that names an endpoint, cut as timelines are."""
    for item in line.tail:
        if isinstance(item, SseEvent) and item.type == "endpoint":
            return item.data
    return None


def unfit(url: str, endpoint: str) -> str:
    """Why nothing may be sent to that endpoint; empty where it may."""
    if why := no_url(url, endpoint):
        return why
    there = urljoin(url, endpoint)
    return "" if same_origin(url, there) else elsewhere(there)


def no_url(url: str, endpoint: str) -> str:
    """Why the endpoint is no URL that anything may be done with; empty where it is one."""
    if len(endpoint) > ENDPOINT_LIMIT:
        return f"the endpoint is longer than {ENDPOINT_LIMIT} characters: nothing was sent there"
    if any(char < " " or char == "\x7f" for char in endpoint):
        return "the endpoint holds control characters, so it is no URL: nothing was sent there"
    try:
        there = urljoin(url, endpoint)
        same_origin(url, there)
        _port = urlsplit(there).port
    except (httpx.InvalidURL, ValueError):
        return f"the endpoint is no URL, {safe(endpoint, 120)}: nothing was sent there"
    return ""


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs lead to the same scheme, host and port: credentials go nowhere else.

    Asked of the parser that the request is made with, so that no other reading of the URL counts.
    """
    return _origin(httpx.URL(one)) == _origin(httpx.URL(other))


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def with_exchange(known: Handshake, what: str, line: Timeline, sent: int = 0) -> Handshake:
    """The handshake with one more exchange; one of the same name is brought up to date."""
    made = {one.name: one for one in known.exchanges} | {what: Exchange(what, line, sent)}
    return replace(known, exchanges=tuple(made.values()))
