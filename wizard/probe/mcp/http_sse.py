"""The transport HTTP+SSE (MCP 2024-11-05).

A GET stream names an endpoint, messages are posted there, and replies come over the stream.
"""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import httpx

from wizard.model.handshake import Handshake
from wizard.probe.mcp import messages
from wizard.probe.mcp.exchange import (
    ENDPOINT_LIMIT_CHARS,
    Condition,
    OpenStream,
    Timeouts,
    has_endpoint,
    has_reply,
    open_stream,
    send_request,
    with_exchange,
)
from wizard.probe.request import ProbeOptions
from wizard.text.display import safe


async def handshake_over_http_sse(
    handshake: Handshake,
    options: ProbeOptions,
    timeouts: Timeouts,
    until: Condition = has_endpoint,
) -> Handshake:
    """GET the stream, wait `until` it names its endpoint, and post the messages there."""
    handshake = replace(handshake, transport="http+sse", stage="endpoint")
    async with open_stream(handshake.probe(), options) as stream:
        timeout_s = timeouts.next_s()
        await stream.wait_for(until, timeout_s)
        endpoint = stream.reader.endpoint
        handshake = with_exchange(handshake, "stream", stream.timeline)
        if endpoint is None:
            why = messages.describe_missing_endpoint(stream.timeline, timeout_s)
            return replace(handshake, why=why)
        if why := _invalid_url_problem(handshake.url, endpoint):
            # The endpoint is not kept, so that later code need not handle it.
            return replace(handshake, why=why)
        handshake = replace(handshake, endpoint=endpoint)
        if why := endpoint_problem(handshake.url, endpoint):
            return replace(handshake, why=why)
        handshake = replace(handshake, post_url=urljoin(handshake.url, endpoint))
        return await _initialize(handshake, stream, options, timeouts)


async def _initialize(
    handshake: Handshake, stream: OpenStream, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """POST `initialize`, wait for the reply on the stream, and POST `initialized`."""
    probe = handshake.probe(handshake.post_url)
    spec = messages.initialize_request(messages.HTTP_SSE_VERSION)
    handshake = replace(handshake, stage="initialize")
    answer = await send_request(probe, options, spec, timeouts.next_post_s())
    handshake = with_exchange(handshake, "initialize", answer, len(spec.content))
    if answer.status is None or not 200 <= answer.status < 300:
        return replace(handshake, why=messages.describe_answer(answer, "POST"))
    await stream.wait_for(has_reply, timeouts.next_s())
    handshake = with_exchange(replace(handshake, stage="reply"), "stream", stream.timeline)
    reply = stream.reader.reply
    if reply is None:
        why = messages.describe_missing_reply(stream.timeline, answer.status)
        return replace(handshake, why=why)
    if reply.error:
        return replace(handshake, why=f"the server answers with an error: {reply.error}")
    spec = messages.initialized_request(reply.version)
    confirmed = await send_request(probe, options, spec, timeouts.next_s())
    handshake = with_exchange(handshake, "initialized", confirmed)
    return replace(handshake, stage="done", version=reply.version, server=reply.server)


def endpoint_problem(url: str, endpoint: str) -> str:
    """Why nothing may be sent to the endpoint that `url` names, in one sentence; empty if it may.

    It must be a valid URL at the same origin: credentials are sent nowhere else.
    """
    if why := _invalid_url_problem(url, endpoint):
        return why
    post_url = urljoin(url, endpoint)
    if is_same_origin(url, post_url):
        return ""
    return f"the endpoint is at another origin, {safe(post_url, 120)}: nothing was sent there"


def _invalid_url_problem(url: str, endpoint: str) -> str:
    """Why the endpoint is no usable URL, in one sentence; empty if it is one."""
    if len(endpoint) > ENDPOINT_LIMIT_CHARS:
        limit = f"{ENDPOINT_LIMIT_CHARS} characters"
        return f"the endpoint is longer than {limit}: nothing was sent there"
    if any(char < " " or char == "\x7f" for char in endpoint):
        return "the endpoint holds control characters, so it is no URL: nothing was sent there"
    try:
        post_url = urljoin(url, endpoint)
        is_same_origin(url, post_url)
        _port = urlsplit(post_url).port
    except (httpx.InvalidURL, ValueError):
        return f"the endpoint is no URL, {safe(endpoint, 120)}: nothing was sent there"
    return ""


def is_same_origin(url: str, other: str) -> bool:
    """True if two URLs have the same scheme, host and port.

    They are parsed by httpx, which sends the request: another parser could read them differently.
    """
    return _origin(httpx.URL(url)) == _origin(httpx.URL(other))


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port
