"""The transports that are spoken by POST to the URL itself: stateless and Streamable HTTP."""

import re
from dataclasses import replace

from wizard.model.handshake import Handshake, Transport
from wizard.model.timeline import Timeline
from wizard.probe.mcp.exchange import MessageReader, Timeouts, send_request
from wizard.probe.mcp.http_sse import with_exchange
from wizard.probe.mcp.messages import (
    NO_METHOD,
    STREAMABLE_VERSION,
    answered,
    delete_request,
    discover_request,
    initialize_request,
    initialized_request,
    listen_request,
)
from wizard.probe.request import ProbeOptions, RequestSpec

OTHER_TRANSPORT = frozenset({400, 404, 405, 406, 415})
"""The statuses by which a server says that it does not speak this transport."""
CLOSING = 1.0
"""How long, in seconds, the optional GET stream's headers and the end of a session may take."""
_SESSION = re.compile(r"[\x21-\x7e]{1,4096}")
"""What a session id may be (MCP 2025-11-25, "Session Management": visible ASCII)."""


async def handshake_stateless(known: Handshake, options: ProbeOptions, pace: Timeouts) -> Handshake:
    """MCP 2026-07-28: one `server/discover`; there is no session to close."""
    heard = MessageReader(known.probe())
    try:
        known = await _first(
            known, "stateless", "discover", discover_request(), heard, options, pace
        )
    finally:
        # An older server may open a session whatever it is asked, and name it in its error.
        closed = await _close(known, heard, options)
    return closed


async def handshake_over_streamable_http(
    known: Handshake, options: ProbeOptions, pace: Timeouts
) -> Handshake:
    """MCP 2025-03-26 to 2025-11-25: `initialize`, `initialized`, and the session is deleted."""
    heard, ours = MessageReader(known.probe()), initialize_request(STREAMABLE_VERSION)
    try:
        known = await _first(known, "streamable-http", "initialize", ours, heard, options, pace)
        if known.is_complete:
            known = await _go_on(known, heard, options, pace)
    finally:
        # Cancelled too: the session is closed first, which is bounded.
        closed = await _close(known, heard, options)
    return closed


async def _go_on(
    known: Handshake, heard: MessageReader, options: ProbeOptions, pace: Timeouts
) -> Handshake:
    """Confirm, and look whether there is a GET stream; neither is needed to be done."""
    session, probe = session_id_of(heard.line), known.probe()
    if not session and heard.line.header("mcp-session-id"):
        return replace(known, why="the session id that the server gives fits no header")
    said = await send_request(
        probe, options, initialized_request(known.version, session), pace.wait()
    )
    known = with_exchange(known, "initialized", said)
    stream = listen_request(known.version, session)
    line = await MessageReader(probe).send(options, stream, min(CLOSING, pace.wait()), _has_headers)
    return with_exchange(known, "listen", line)


def _has_headers(heard: MessageReader) -> bool:
    return heard.line.headers_s is not None


async def _close(known: Handshake, heard: MessageReader, options: ProbeOptions) -> Handshake:
    """Delete the session, if one was opened; 405 means that the server lets it time out."""
    session = session_id_of(heard.line)
    if not session:
        return known
    ours = delete_request(known.version or STREAMABLE_VERSION, session)
    line = await send_request(known.probe(), options, ours, CLOSING)
    return with_exchange(replace(known, session=True), "delete", line)


def session_id_of(line: Timeline) -> str:
    """The session id that the server gave; empty where it gave none that can be sent back."""
    session = line.header("mcp-session-id") or ""
    return session if _SESSION.fullmatch(session) else ""


async def _first(
    known: Handshake,
    transport: Transport,
    what: str,
    asked: RequestSpec,
    heard: MessageReader,
    options: ProbeOptions,
    pace: Timeouts,
) -> Handshake:
    """The request that tells whether this transport is spoken."""
    opens = what == "initialize"
    line = await heard.send(options, asked, pace.post_wait() if opens else pace.wait())
    known = with_exchange(replace(known, post_url=known.url), what, line, len(asked.content))
    reply = heard.reply
    if line.status != 200 or reply is None:
        known = replace(known, stage="reply" if line.status == 200 else "initialize")
        return replace(known, why=answered(line, "POST"))
    if reply.error:
        # To discover, any error may mean an older server; to initialize, one does not.
        spoken = transport if opens and reply.code != NO_METHOD else "unknown"
        said = f"the server answers with an error: {reply.error}"
        return replace(known, transport=spoken, stage="reply", why=said)
    told = replace(known, version=reply.version, server=reply.server)
    return replace(told, transport=transport, stage="done", why="")
