"""The transport HTTP+SSE (MCP 2024-11-05).

A GET stream names an endpoint, messages are posted there, and replies come over the stream.
"""

from dataclasses import dataclass, replace

import httpx

from wizard.model.handshake import Exchange, Handshake, HandshakeStage
from wizard.model.timeline import Timeline, is_success
from wizard.probe.mcp import messages
from wizard.probe.mcp.exchange import (
    ENDPOINT_LIMIT_CHARS,
    Condition,
    OpenStream,
    Timeouts,
    has_endpoint,
    has_reply,
    notify,
    open_stream,
    send_request,
    with_exchange,
)
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import http_url, join_url, socket_path, split_url


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
        handshake = with_exchange(handshake, Exchange("stream", stream.timeline))
        if endpoint is None:
            why = messages.describe_missing_endpoint(stream.timeline, timeout_s)
            return replace(handshake, why=why)
        if why := _invalid_url_problem(handshake.url, endpoint):
            # The endpoint is not kept, so that later code need not handle it.
            return replace(handshake, why=why)
        handshake = replace(handshake, endpoint=endpoint)
        if why := endpoint_problem(handshake.url, endpoint):
            return replace(handshake, why=why)
        handshake = replace(handshake, post_url=join_url(handshake.url, endpoint))
        return await _initialize(handshake, stream, options, timeouts)


async def _initialize(
    handshake: Handshake, stream: OpenStream, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """POST `initialize`, `initialized`, and then `tools/list` or `ping`; see that all succeed."""
    talk = _Talk(stream, options, timeouts)
    spec = messages.initialize_request(messages.HTTP_SSE_VERSION)
    handshake = await talk.ask(handshake, "initialize", spec, timeouts.next_post_s())
    reply = stream.reader.reply
    if handshake.why or reply is None:
        return handshake
    if reply.error:
        return replace(
            handshake, why=tr("the server answers with an error: {error}", error=reply.error)
        )
    handshake = replace(handshake, version=reply.version, server=reply.server)
    spec = messages.initialized_request(reply.version)
    handshake = await notify(handshake, options, spec, timeouts.next_s())
    if not handshake.why:
        stage, spec = messages.following(reply)
        stream.reader.expect(messages.FOLLOWING_ID)
        handshake = await talk.ask(handshake, stage, spec, timeouts.next_s())
    return handshake if handshake.why else replace(handshake, stage="done")


@dataclass(frozen=True, slots=True)
class _Talk:
    """A stream over which replies come, and how long they may take."""

    stream: OpenStream
    options: ProbeOptions
    timeouts: Timeouts

    async def ask(
        self, handshake: Handshake, stage: HandshakeStage, spec: RequestSpec, timeout_s: float
    ) -> Handshake:
        """POST a request and wait for its reply on the stream; without one, say why."""
        probe, sent_at = handshake.probe(handshake.post_url), self.options.clock()
        answer = await send_request(probe, self.options, spec, timeout_s)
        handshake = replace(handshake, stage=stage)
        sent_at += answer.began_s
        if is_success(answer):
            handshake = replace(handshake, stage="reply")
            await self.stream.wait_for(has_reply, self.timeouts.next_s())
        exchange = self._exchange(stage, answer, len(spec.content), sent_at)
        handshake = with_exchange(handshake, Exchange("stream", self.stream.timeline))
        handshake = with_exchange(handshake, exchange)
        return replace(handshake, why=self._problem(stage, answer))

    def _exchange(self, name: str, answer: Timeline, sent: int, sent_at: float) -> Exchange:
        replied_at = self.stream.replied_at
        replied_s = None if replied_at is None else max(0.0, replied_at - sent_at)
        return Exchange(name, answer, sent, self.stream.reader.reply_bytes, replied_s)

    def _problem(self, stage: HandshakeStage, answer: Timeline) -> str:
        request = messages.POSTS[stage]
        if answer.status is None or not is_success(answer):
            return messages.describe_answer(answer, request)
        if self.stream.reader.reply is None:
            return messages.describe_missing_reply(self.stream.timeline, answer.status, request)
        return messages.describe_error(self.stream.reader.reply, stage)


def endpoint_problem(url: str, endpoint: str) -> str:
    """Why nothing may be sent to the endpoint that `url` names, in one sentence; empty if it may.

    It must be a valid URL at the same origin: credentials are sent nowhere else.
    """
    if why := _invalid_url_problem(url, endpoint):
        return why
    post_url = join_url(url, endpoint)
    if not is_same_origin(url, post_url):
        return tr(
            "the endpoint is at another origin, {post_url}: nothing was sent there",
            post_url=safe(post_url, 120),
        )
    if httpx.URL(http_url(post_url)).userinfo != httpx.URL(http_url(url)).userinfo:
        return tr("the endpoint names a user or a password: nothing was sent there")
    return ""


def _invalid_url_problem(url: str, endpoint: str) -> str:
    """Why the endpoint is no usable URL, in one sentence; empty if it is one."""
    if len(endpoint) > ENDPOINT_LIMIT_CHARS:
        limit = tr("{endpoint_limit_chars} characters", endpoint_limit_chars=ENDPOINT_LIMIT_CHARS)
        return tr("the endpoint is longer than {limit}: nothing was sent there", limit=limit)
    if any(char < " " or char == "\x7f" for char in endpoint):
        return tr("the endpoint holds control characters, so it is no URL: nothing was sent there")
    try:
        post_url = join_url(url, endpoint)
        is_same_origin(url, post_url)
        _port = split_url(post_url).port
    except (httpx.InvalidURL, ValueError):
        return tr(
            "the endpoint is no URL, {endpoint}: nothing was sent there",
            endpoint=safe(endpoint, 120),
        )
    return ""


def is_same_origin(url: str, other: str) -> bool:
    """True if two URLs have the same scheme, host and port, or the same unix socket.

    They are parsed by httpx, which sends the request: another parser could read them differently.
    """
    return _origin(url) == _origin(other)


def _origin(url: str) -> tuple[str, str, bytes, int | None]:
    parts = httpx.URL(http_url(url))
    return socket_path(url), parts.scheme, parts.raw_host, parts.port
