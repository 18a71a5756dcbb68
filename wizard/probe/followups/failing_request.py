"""The request that fails through the proxy and is served at the direct URL, and how to send it.

Only a GET, and messages of MCP that change nothing, are sent again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from wizard.model.case import Case
from wizard.model.handshake import FOLLOWING, OPENING, Exchange, Handshake
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.nginx.resolve import request_for, resolve_request
from wizard.nginx.settings import is_new_default
from wizard.probe.followups.followup import (
    EXCHANGE_TIMEOUT_S,
    best_direct,
    direct_probe,
    timeout_for,
    watch_stream,
)
from wizard.probe.likeness import AnswerKind, is_same, message_answer, stream_answer
from wizard.probe.mcp import messages
from wizard.probe.mcp.exchange import (
    MessageReader,
    has_endpoint,
    has_reply,
    is_accepted,
    open_stream,
    send_request,
)
from wizard.probe.mcp.http_sse import endpoint_problem
from wizard.probe.mcp.streamable import close_session, session_id_of
from wizard.probe.request import ProbeOptions, RequestSpec, request_headers
from wizard.probe.request_variants import RawRequest
from wizard.probe.waits import MIN_WATCH_S
from wizard.text.messages import tr
from wizard.text.urls import http_url, join_url

MAX_END_S = 5.0
"""Up to which age an end counts as one that the request causes, in seconds: each trial waits for
it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A request to the direct URL, its answer, and how many requests were made for it."""

    timeline: Timeline
    answer: AnswerKind
    requests: int = 1


Send = Callable[[RawRequest], Awaitable[Trial]]
"""Sends a request to the direct URL."""


@dataclass(frozen=True, slots=True)
class FailingRequest:
    """A request that fails through the proxy alone.

    Attributes:
        name: The method, and the message of a POST.
        proxied: How it was answered through the proxy.
        direct: How it was answered at the direct URL.
        exchange: The name of the message; empty for the GET of the stream.
        watch_s: How long a stream is watched for its end, in seconds; 0 for its first event.
        is_new_default: True if it fails directly as well, and may be served in the HTTP version
            that was Nginx's default before 1.29.7.
    """

    name: str
    proxied: AnswerKind
    direct: AnswerKind
    exchange: str = ""
    watch_s: float = 0.0
    is_new_default: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """The client's own request at the direct URL, ready to be sent.

    Attributes:
        resolution: What the config does with it.
        requests: How many requests were sent to prepare it.
        most: How many requests a trial is that is served: a session that it opens is closed again.
    """

    own: RawRequest
    probe: Probe
    resolution: RequestResolution
    send: Send
    requests: int = 0
    most: int = 1


def failing_request(case: Case) -> FailingRequest | None:
    """The stream's GET if it fails through the proxy alone, or else the first such message."""
    target, upstream = case.target, case.resolution.upstream if case.resolution else None
    if target.method != "GET" or target.hops:
        return None
    if upstream is None or upstream.kind != "proxy":
        return None
    return _failing_stream(case) or _failing_message(case) or _failing_in_new_default(case)


def _failing_stream(case: Case) -> FailingRequest | None:
    """The GET. A server that answers by POST may refuse it in a way of its own."""
    direct, handshake = best_direct(case), case.handshake("direct")
    proxied = _plain_results(case)
    if direct is None or not proxied:
        return None
    served, failed = stream_answer(direct.timeline), stream_answer(proxied[0].timeline)
    is_stream = served.kind == "live" or (served.kind == "silent" and served.status == 200)
    is_served = is_stream or (handshake is not None and handshake.is_complete)
    kinds = {stream_answer(each.timeline).kind for each in proxied}
    if not is_served or len(kinds) > 1 or failed.kind == "unknown" or _is_any_live(case):
        return None
    is_silent = failed.kind == served.kind == "silent"  # a stream that may be silent
    if is_same(failed, served) or is_silent or _is_predicted(case, proxied[0]):
        return None
    if failed.kind != "ended":
        return FailingRequest("GET", failed, served)
    end_s = proxied[0].timeline.waited_s or 0.0
    watch_s = max(MIN_WATCH_S, 2 * end_s + 0.5)
    return FailingRequest("GET", failed, served, "", watch_s) if end_s <= MAX_END_S else None


def _is_any_live(case: Case) -> bool:
    """True if one of the proxied probes got data of a stream: the request of all is the same."""
    made = (each for each in case.proxy if each.was_made)
    return any(stream_answer(each.timeline).kind == "live" for each in made)


def _plain_results(case: Case) -> list[ProbeResult]:
    """The proxied probes without compression of one HTTP version, the older one if it was asked."""
    made = [each for each in case.proxy if each.was_made]
    plain = [each for each in made if each.timeline.probe.encoding == "identity"]
    first = min((each.timeline.probe.http for each in plain), default="")
    return [each for each in plain if each.timeline.probe.http == first]


def _is_predicted(case: Case, result: ProbeResult) -> bool:
    """True if the config holds this stream, so that the request is not what fails."""
    label = result.timeline.probe.label
    rows = [row.delivery for row in case.predictions if row.label == label]
    is_held = result.timeline.status in (None, 200) and result.timeline.ended == "open"
    return is_held and any(row.is_held for row in rows)


def _failing_message(case: Case) -> FailingRequest | None:
    """The first message whose answer through the proxy is another than the direct one's."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or direct is None or not direct.is_complete:
        return None
    for exchange in proxied.exchanges:
        other = direct.exchange(exchange.name)
        if exchange.name not in (*OPENING, *FOLLOWING) or other is None:
            continue
        failed, served = (
            _exchange_answer(proxied, exchange),
            _exchange_answer(direct, other),
        )
        if failed.kind not in ("live", "unknown") and not is_same(failed, served):
            return FailingRequest(
                tr("POST of {name}", name=exchange.name), failed, served, exchange.name
            )
    return None


def _exchange_answer(handshake: Handshake, exchange: Exchange) -> AnswerKind:
    """How a message was answered; over HTTP+SSE its reply comes elsewhere."""
    is_due = exchange.name != "initialized" and handshake.transport != "http+sse"
    is_replied = exchange.replied_s is not None or not is_due
    return message_answer(exchange.timeline, is_replied=is_replied)


def _failing_in_new_default(case: Case) -> FailingRequest | None:
    """The GET, if the backend closes the connection on each request in HTTP/1.1, which Nginx sends
    by a default that is new."""
    resolution = case.resolution
    answers = [stream_answer(each.timeline) for each in case.proxy if each.was_made]
    direct = [stream_answer(each.timeline) for each in case.direct if each.was_made]
    if resolution is None or not is_new_default(resolution) or not direct:
        return None
    is_closed = all(answer.kind == "closed" for answer in direct)
    if not is_closed or not answers or any(answer.status != 502 for answer in answers):
        return None
    return FailingRequest("GET", answers[0], AnswerKind("live", 200), is_new_default=True)


@asynccontextmanager
async def prepared(
    case: Case, options: ProbeOptions, failing: FailingRequest
) -> AsyncIterator[Attempt | None]:
    """The request, ready to be sent to the direct URL; None if the backend does not let it be."""
    handshake = case.handshake("direct")
    if not failing.exchange:
        yield _prepare_get(case, options, failing)
    elif handshake is None:
        yield None
    elif handshake.transport == "http+sse":
        async with _prepared_over_http_sse(case, options, handshake) as attempt:
            yield attempt
    elif failing.exchange in OPENING:
        yield _prepare_opening(case, options, handshake, failing.exchange)
    else:
        async with _prepared_in_session(case, options, handshake, failing.exchange) as attempt:
            yield attempt


def _prepare_get(case: Case, options: ProbeOptions, failing: FailingRequest) -> Attempt | None:
    direct, resolution = best_direct(case) or next(iter(case.direct), None), case.resolution
    if direct is None or resolution is None:
        return None
    probe, timeout_s = direct_probe(direct), timeout_for(case)
    own = _own_request(probe, options, options.stream)

    async def send(request: RawRequest) -> Trial:
        spec = replace(options.stream, wire=request.wire)
        timeline = await watch_stream(probe, options, timeout_s, spec, failing.watch_s)
        return Trial(timeline, stream_answer(timeline))

    return Attempt(own, probe, resolution, send)


def _prepare_opening(
    case: Case, options: ProbeOptions, handshake: Handshake, name: str
) -> Attempt | None:
    """`server/discover`, or `initialize`, whose session is closed again."""
    spec = messages.discover_request()
    if name == "initialize":
        spec = messages.initialize_request(messages.STREAMABLE_VERSION)
    attempt = _prepare_message(case, options, _direct_probe(handshake), spec, messages.OPENING_ID)
    if attempt is None or name == "discover":
        return attempt
    send = attempt.send

    async def send_and_close(request: RawRequest) -> Trial:
        trial = await send(request)
        session = session_id_of(trial.timeline)
        if session:
            await close_session(attempt.probe, options, session)
        return replace(trial, requests=2 if session else 1)

    return replace(attempt, send=send_and_close, most=2)


@asynccontextmanager
async def _prepared_in_session(
    case: Case, options: ProbeOptions, handshake: Handshake, name: str
) -> AsyncIterator[Attempt | None]:
    """A message that follows: in a session of its own, unless the server has none."""
    probe, version, session, requests = _direct_probe(handshake), handshake.version, "", 0
    if handshake.transport == "streamable-http":
        spec = messages.initialize_request(messages.STREAMABLE_VERSION)
        opened = await send_request(probe, options, spec, EXCHANGE_TIMEOUT_S)
        session, requests = session_id_of(opened), 2
    makers = {
        "initialized": messages.initialized_request,
        "tools": messages.tools_request,
        "ping": messages.ping_request,
    }
    spec = makers[name](version, session)
    try:
        attempt = _prepare_message(case, options, probe, spec, messages.FOLLOWING_ID)
        yield replace(attempt, requests=requests) if attempt else None
    finally:
        if session:
            await close_session(probe, options, session)


@asynccontextmanager
async def _prepared_over_http_sse(
    case: Case, options: ProbeOptions, handshake: Handshake
) -> AsyncIterator[Attempt | None]:
    """`initialize`, posted to the endpoint of a stream of its own."""
    probe = _direct_probe(handshake)
    async with open_stream(probe, options) as stream:
        await stream.wait_for(has_endpoint, EXCHANGE_TIMEOUT_S)
        endpoint = stream.reader.endpoint
        if not endpoint or endpoint_problem(probe.url, endpoint):
            yield None
            return
        spec = messages.initialize_request(messages.HTTP_SSE_VERSION)
        attempt = _prepare_message(case, options, probe, spec, messages.OPENING_ID, endpoint)
        yield replace(attempt, requests=1) if attempt else None


def _prepare_message(
    case: Case,
    options: ProbeOptions,
    probe: Probe,
    spec: RequestSpec,
    message_id: int,
    endpoint: str = "",
) -> Attempt | None:
    """A POST to the direct URL, or to the endpoint that its stream names.

    None if the config leads it to another backend than the stream.
    """
    url = join_url(case.target.url, endpoint)
    resolution = _resolve_message(case, url, (*spec.headers, *options.headers))
    if resolution is None:
        return None
    probe = replace(probe, url=join_url(probe.url, endpoint))
    is_notification = bool(endpoint) or b'"id"' not in spec.content
    is_enough, timeout_s = is_accepted if is_notification else has_reply, timeout_for(case)

    async def send(request: RawRequest) -> Trial:
        reader = MessageReader(probe, message_id)
        sent = replace(spec, wire=request.wire)
        timeline = await reader.send(options, sent, timeout_s, is_enough)
        is_replied = is_notification or reader.reply is not None
        return Trial(timeline, message_answer(timeline, is_replied=is_replied))

    return Attempt(_own_request(probe, options, spec), probe, resolution, send)


def _resolve_message(
    case: Case, url: str, headers: tuple[tuple[str, str], ...]
) -> RequestResolution | None:
    stream = case.resolution
    if stream is None or urlsplit(url)[:2] != urlsplit(case.target.url)[:2]:
        return None
    request = request_for(url, "POST", headers)
    resolution = resolve_request(stream.config, request, stream.version)
    first, second = stream.upstream, resolution.upstream
    is_same = first is not None and second is not None and first.peers == second.peers
    return resolution if is_same else None


def _direct_probe(handshake: Handshake) -> Probe:
    return replace(handshake.probe(), name="follow-up-direct")


def _own_request(probe: Probe, options: ProbeOptions, spec: RequestSpec) -> RawRequest:
    """The client's request as a probe sends it to this URL."""
    parts = urlsplit(http_url(probe.url))
    headers = request_headers(probe, options, spec)
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    if spec.content:
        headers.append(("Content-Length", str(len(spec.content))))
    uri = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return RawRequest(spec.method, uri, tuple(headers), "1.1", spec.content)
