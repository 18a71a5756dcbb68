"""The transports that are spoken by POST to the URL itself: stateless and Streamable HTTP."""

from dataclasses import replace

from wizard.handshake import Handshake, Transport
from wizard.mcp.asking import ask, reply_of
from wizard.mcp.legacy import answered, with_exchange
from wizard.mcp.messages import STREAMABLE, delete, discover, initialize, initialized
from wizard.probe import Ask, Manner
from wizard.timeline import Leg

OTHER_TRANSPORT = frozenset({400, 404, 405, 406, 415})
"""The statuses by which a server says that it does not speak this transport."""


async def stateless(known: Handshake, manner: Manner, within: float) -> Handshake:
    """MCP 2026-07-28: one `server/discover`; there is no session to close."""
    return await _first(known, "stateless", "discover", discover(), manner, within)


async def streamable(known: Handshake, manner: Manner, within: float) -> Handshake:
    """MCP 2025-03-26 to 2025-11-25: `initialize`, `initialized`, and the session is deleted."""
    ours = initialize(STREAMABLE)
    known = await _first(known, "streamable-http", "initialize", ours, manner, within)
    opened = known.exchange("initialize")
    session = (opened.header("mcp-session-id") if opened else None) or ""
    if not known.done and not session:
        return known
    version = known.version or STREAMABLE
    leg = Leg(f"mcp-{known.side}", known.url)
    if known.done:
        said = await ask(leg, manner, initialized(version, session), within)
        known = with_exchange(known, "initialized", said)
    if session:
        closed = await ask(leg, manner, delete(version, session), within)
        known = with_exchange(replace(known, session=True), "delete", closed)
    return known


async def _first(
    known: Handshake, transport: Transport, what: str, asked: Ask, manner: Manner, within: float
) -> Handshake:
    line = await ask(Leg(f"mcp-{known.side}", known.url), manner, asked, within)
    known = with_exchange(replace(known, post_url=known.url), what, line)
    reply = reply_of(line)
    if line.status != 200 or reply is None or reply.error:
        error = f"the server answers with an error: {reply.error}" if reply and reply.error else ""
        return replace(
            known,
            stage="reply" if line.status == 200 else "initialize",
            why=error or answered(line, "POST"),
        )
    return replace(
        known,
        transport=transport,
        stage="done",
        why="",
        version=reply.version,
        server=reply.server,
    )
