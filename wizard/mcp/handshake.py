"""Which transport the server speaks is found out, not asked for."""

from dataclasses import replace

from wizard.ask import Manner
from wizard.handshake import Handshake, Side
from wizard.mcp.asking import Pace, pace
from wizard.mcp.legacy import endpoint_of, legacy
from wizard.mcp.posting import stateless, streamable
from wizard.stall import is_live
from wizard.text import safe
from wizard.timeline import Timeline

WITHIN = 5.0
"""How long, in seconds, each exchange may take at most."""
DOUBTFUL = 2.0
"""The same where a live stream names no endpoint: it is hardly an MCP server's."""
NO_CONNECTION = frozenset({"refused", "timeout", "tls", "dns", "unreached"})
REFUSALS = frozenset({401, 403, 407, 421, 429, 502, 503, 504})
"""The statuses that say nothing of the transport: the server, or what is before it, will not."""


async def shake_hands(
    side: Side,
    url: str,
    stream: Timeline | None,
    manner: Manner,
    *,
    speaks: str = "",
    post_within: float = 0.0,
) -> Handshake:
    """Begin a session as far as `initialized`, and close it. No tool is ever called.

    Args:
        stream: What a GET of the URL showed; None if it was not asked.
        speaks: The transport that the other side was found to speak, if it was.
        post_within: What the POST of `initialize` is given, in seconds, where that is more.
    """
    known = Handshake(side, url, vantage=stream.leg.vantage if stream else "local")
    if (why := _hopeless(stream, speaks)) is not None:
        return replace(known, skipped=True, why=why)
    ours = _pace(stream, manner, post_within)
    if speaks == "http+sse" or (stream is not None and endpoint_of(stream) is not None):
        return await legacy(known, manner, ours)
    made = await by_post(known, manner, ours)
    if made.done or not _has_more(stream):
        return made
    older = await legacy(known, manner, ours)
    return older if older.endpoint else made


def _pace(stream: Timeline | None, manner: Manner, post: float) -> Pace:
    doubtful = stream is not None and is_live(stream) and endpoint_of(stream) is None
    reach = stream.began_s if stream is not None else 0.0
    return pace(manner, DOUBTFUL if doubtful else WITHIN, post=post, reach=reach)


def _has_more(stream: Timeline | None) -> bool:
    """Whether the stream said more than its timeline keeps, so that an endpoint may be lost."""
    return stream is None or stream.events + stream.comments > len(stream.tail)


async def by_post(known: Handshake, manner: Manner, ours: Pace) -> Handshake:
    """The newest first; an answer that is none to us leads to the one before."""
    made = await stateless(known, manner, ours)
    if made.done or not _speaks_another(made):
        return made
    older = await streamable(replace(known, exchanges=made.exchanges), manner, ours)
    if older.transport != "unknown" or not _speaks_another(older):
        return older
    return replace(older, stage="stream")


def _speaks_another(made: Handshake) -> bool:
    """Whether the server answered, and not as one that refuses."""
    asked = made.exchange("initialize") or made.exchange("discover")
    if asked is None or asked.status is None or asked.ended == "timeout":
        return False
    return asked.status not in REFUSALS and not 300 <= asked.status < 400


def _hopeless(stream: Timeline | None, speaks: str) -> str | None:
    """Why no handshake is tried; None where it may succeed."""
    if stream is None:
        return None
    if stream.headers_s is None and stream.ended in NO_CONNECTION:
        said = safe(stream.detail or "refused", 200)
        return said if said.startswith("no connection") else f"no connection: {said}"
    if speaks == "http+sse" and _is_held(stream):
        return "the stream is held: its endpoint event never came, so there is nowhere to POST"
    if stream.status is not None and 300 <= stream.status < 400:
        return f"the URL answers {stream.status}; redirects are not followed"
    if stream.status in (401, 403, 407, 421):
        return f"the server refuses: {stream.status}"
    if stream.status is not None and stream.status >= 500:
        return f"the URL answers {stream.status}"
    return None


def _is_held(stream: Timeline) -> bool:
    """Whether a stream that names its endpoint at once has shown nothing."""
    if stream.ended not in (None, "open"):
        return False
    return stream.headers_s is None or (stream.is_event_stream and stream.first_data_s is None)
