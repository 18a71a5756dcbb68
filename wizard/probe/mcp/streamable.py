"""The transports over POST to the URL itself: Streamable HTTP, and the stateless revision."""

import re
from dataclasses import replace

from wizard.model.handshake import Exchange, Handshake, HandshakeStage, Transport
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.probe.mcp import messages
from wizard.probe.mcp.exchange import (
    Condition,
    MessageReader,
    OpenStream,
    Timeouts,
    exchange_of,
    has_event,
    has_headers,
    notify,
    open_stream,
    send_request,
    with_exchange,
)
from wizard.probe.mcp.messages import HEADER_MISMATCH, METHOD_NOT_FOUND, STREAMABLE_VERSION
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.text.messages import tr

OTHER_TRANSPORT = frozenset({400, 404, 405, 406, 415})
"""The statuses with which a server answers if it does not support this transport."""
CLOSE_TIMEOUT_S = 1.0
"""How long the DELETE may take, in seconds."""
LISTEN_TIMEOUT_S = 2.0
"""How long the headers of the session's GET stream, or the first message of the stream of
`subscriptions/listen`, may take, in seconds: they are due at once."""
LISTEN_SETTLE_S = 0.3
"""How long that stream is watched after its headers without the user's patience, in seconds."""
_SESSION_ID = re.compile(r"[\x21-\x7e]{1,4096}")
"""Valid session ids (MCP 2025-11-25, "Session Management": visible ASCII)."""


async def handshake_stateless(
    handshake: Handshake, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """MCP 2026-07-28: POST `server/discover`, `tools/list` and `subscriptions/listen`; there is no
    session."""
    reader, spec = MessageReader(handshake.probe()), messages.discover_request()
    try:
        await reader.send(options, spec, timeouts.next_s())
        handshake = _with_first_exchange(handshake, "discover", reader, spec)
        handshake = _with_reply(handshake, reader, "stateless")
        if handshake.is_complete and reader.reply and reader.reply.has_tools:
            handshake = await _ask(handshake, reader, options, timeouts)
        if handshake.is_complete and reader.reply:
            spec = messages.subscribe_request(reader.reply)
            async with open_stream(handshake.probe(), options, spec) as stream:
                # The first message, an acknowledgement, is due at once.
                listened = await _listen(stream, timeouts.patience_s, has_event)
            handshake = with_exchange(handshake, Exchange("listen", listened, len(spec.content)))
    finally:
        # An older server may open a session for any message, and name it in its error.
        closed = await _end_session(handshake, reader, options)
    return closed


async def handshake_over_streamable_http(
    handshake: Handshake, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """MCP 2025-03-26 to 2025-11-25: POST `initialize` and what follows, DELETE the session."""
    reader = MessageReader(handshake.probe())
    spec = messages.initialize_request(STREAMABLE_VERSION)
    try:
        await reader.send(options, spec, timeouts.next_post_s())
        handshake = _with_first_exchange(handshake, "initialize", reader, spec)
        handshake = _with_reply(handshake, reader, "streamable-http")
        if handshake.is_complete:
            handshake = await _confirm(handshake, reader, options, timeouts)
    finally:
        # Also when cancelled: closing the session takes at most `CLOSE_TIMEOUT_S`.
        closed = await _end_session(handshake, reader, options)
    return closed


def _with_first_exchange(
    handshake: Handshake, name: str, reader: MessageReader, spec: RequestSpec
) -> Handshake:
    handshake = replace(handshake, post_url=handshake.url)
    return with_exchange(handshake, exchange_of(name, reader, spec))


def _with_reply(handshake: Handshake, reader: MessageReader, transport: Transport) -> Handshake:
    """The handshake with the server's reply, or with the reason why there is none.

    The transport stays `unknown` if the reply does not show that the server supports it.
    """
    timeline, reply = reader.timeline, reader.reply
    if timeline.status != 200 or reply is None:
        why = messages.describe_answer(timeline, "POST")
        stage: HandshakeStage = "reply" if timeline.status == 200 else "initialize"
        is_stateless = reply is not None and reply.code == HEADER_MISMATCH
        known: Transport = "stateless" if is_stateless else handshake.transport
        return replace(handshake, transport=known, stage=stage, why=why)
    if reply.error:
        # Any error to `server/discover` may mean an older server.
        is_supported = transport == "streamable-http" and reply.code != METHOD_NOT_FOUND
        why = tr("the server answers with an error: {error}", error=reply.error)
        supported: Transport = transport if is_supported else "unknown"
        return replace(handshake, transport=supported, stage="reply", why=why)
    handshake = replace(handshake, version=reply.version, server=reply.server)
    return replace(handshake, transport=transport, stage="done", why="")


async def _confirm(
    handshake: Handshake, reader: MessageReader, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """POST `initialized`, then `tools/list` or `ping`, while the session's GET stream is open."""
    session, probe = session_id_of(reader.timeline), handshake.probe()
    if not session and reader.timeline.header("mcp-session-id"):
        return replace(handshake, why=tr("the session id of the server is no valid header value"))
    spec = messages.initialized_request(handshake.version, session)
    handshake = await notify(handshake, options, spec, timeouts.next_s())
    if handshake.why:
        return handshake
    spec = messages.listen_request(handshake.version, session)
    async with open_stream(probe, options, spec) as stream:
        handshake = await _ask(handshake, reader, options, timeouts)
        listened = await _listen(stream, timeouts.patience_s)
    return with_exchange(handshake, Exchange("listen", listened))


async def _listen(
    stream: OpenStream, patience_s: float, is_open: Condition = has_headers
) -> Timeline:
    """Watch the stream over which the server may send messages of its own, and leave it.

    See MCP 2025-11-25, "Listening for Messages from the Server". It may be silent for ever.
    """
    await stream.wait_for(is_open, max(LISTEN_TIMEOUT_S, patience_s))
    if stream.timeline.headers_s is not None:
        await stream.wait_for(lambda _: False, max(LISTEN_SETTLE_S, patience_s))
    return stream.leave()


async def _ask(
    handshake: Handshake, opening: MessageReader, options: ProbeOptions, timeouts: Timeouts
) -> Handshake:
    """POST `tools/list` or `ping`: the handshake fails at it if no reply comes."""
    if opening.reply is None:
        return handshake
    stage, spec = messages.following(opening.reply, session_id_of(opening.timeline))
    reader = MessageReader(handshake.probe(), messages.FOLLOWING_ID)
    await reader.send(options, spec, timeouts.next_s())
    handshake = with_exchange(handshake, exchange_of(stage, reader, spec))
    if reader.reply is not None:
        why = messages.describe_error(reader.reply, stage)
        return replace(handshake, stage="reply", why=why) if why else handshake
    why = messages.describe_answer(reader.timeline, messages.POSTS[stage])
    has_begun = reader.timeline.status == 200
    return replace(handshake, stage="reply" if has_begun else stage, why=why)


async def _end_session(
    handshake: Handshake, reader: MessageReader, options: ProbeOptions
) -> Handshake:
    """Close the session, if one was opened."""
    session = session_id_of(reader.timeline)
    if not session:
        return handshake
    version = handshake.version or STREAMABLE_VERSION
    deleted = await close_session(handshake.probe(), options, session, version)
    return with_exchange(replace(handshake, session=True), Exchange("delete", deleted))


async def close_session(
    probe: Probe, options: ProbeOptions, session: str, version: str = STREAMABLE_VERSION
) -> Timeline:
    """DELETE a session, which takes at most `CLOSE_TIMEOUT_S`.

    405 means that the server lets it time out (MCP 2025-11-25, "Session Management").
    """
    spec = messages.delete_request(version, session)
    return await send_request(probe, options, spec, CLOSE_TIMEOUT_S)


def session_id_of(timeline: Timeline) -> str:
    """The server's session id; empty if it sent none or an invalid one."""
    session = timeline.header("mcp-session-id") or ""
    return session if _SESSION_ID.fullmatch(session) else ""
