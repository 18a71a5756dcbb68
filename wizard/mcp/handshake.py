"""Which transport the server speaks is found out, not asked for."""

from dataclasses import replace

from wizard.handshake import Handshake, Side
from wizard.judge import judge
from wizard.mcp.legacy import endpoint_of, legacy
from wizard.mcp.posting import OTHER_TRANSPORT, stateless, streamable
from wizard.model import HELD
from wizard.probe import Manner
from wizard.text import safe
from wizard.timeline import Timeline

WITHIN = 5.0
"""How long, in seconds, each exchange may take."""


async def shake_hands(
    side: Side, url: str, stream: Timeline | None, manner: Manner, *, speaks: str = ""
) -> Handshake:
    """Begin a session as far as `initialized`, and close it. No tool is ever called.

    Args:
        stream: What a GET of the URL showed; None if it was not asked.
        speaks: The transport that the other side was found to speak, if it was.
    """
    known = Handshake(side, url)
    if (why := _hopeless(stream, speaks)) is not None:
        return replace(known, skipped=True, why=why)
    if stream is not None and (endpoint_of(stream) is not None or speaks == "http+sse"):
        return await legacy(known, manner, WITHIN)
    return await _by_post(known, manner)


async def _by_post(known: Handshake, manner: Manner) -> Handshake:
    """The newest first; a status that says "not this transport" leads to the one before."""
    made = await stateless(known, manner, WITHIN)
    if made.done or not _speaks_another(made):
        return made
    older = await streamable(replace(known, exchanges=made.exchanges), manner, WITHIN)
    if older.done or not _speaks_another(older):
        return older
    return replace(older, transport="unknown", stage="stream")


def _speaks_another(made: Handshake) -> bool:
    last = made.last
    return last is not None and (
        last.status in OTHER_TRANSPORT or "the server answers with an error" in made.why
    )


def _hopeless(stream: Timeline | None, speaks: str) -> str | None:
    """Why no handshake is tried; None where it may succeed."""
    if stream is None:
        return None
    if stream.headers_s is None and stream.connect_s is None:
        return f"no connection: {safe(stream.detail or 'refused', 200)}"
    if speaks == "http+sse" and judge(stream).outcome in HELD | {"running"}:
        return "the stream is held: its endpoint event never came, so there is nowhere to POST"
    if stream.status in (301, 302, 303, 307, 308):
        return f"the URL answers {stream.status}; redirects are not followed"
    if stream.status in (401, 403, 407, 421):
        return f"the server refuses: {stream.status}"
    if stream.status is not None and stream.status >= 500:
        return f"the URL answers {stream.status}"
    return None
