"""Which transport the server speaks is found out, not asked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from wizard.model.case import Case, ProbeResult
from wizard.model.handshake import Handshake, Side
from wizard.model.timeline import Timeline, is_live
from wizard.probe.mcp.exchange import Timeouts, handshake_timeouts
from wizard.probe.mcp.http_sse import endpoint_of, handshake_over_http_sse
from wizard.probe.mcp.message_path import post_timeout
from wizard.probe.mcp.streamable import (
    OTHER_TRANSPORT,
    handshake_over_streamable_http,
    handshake_stateless,
)
from wizard.probe.request import ProbeOptions
from wizard.text.display import safe

EXCHANGE_TIMEOUT_S = 5.0
"""How long, in seconds, each exchange may take at most."""
DOUBTFUL_TIMEOUT_S = 2.0
"""The same where a live stream names no endpoint: it is hardly an MCP server's."""
NO_CONNECTION = frozenset({"refused", "timeout", "tls", "dns", "unreached"})
REFUSALS = frozenset({401, 403, 407, 421, 429, 502, 503, 504})
"""The statuses that say nothing of the transport: the server, or what is before it, will not."""


async def run_handshake(
    side: Side,
    url: str,
    stream: Timeline | None,
    options: ProbeOptions,
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
    known = Handshake(side, url, vantage=stream.probe.vantage if stream else "local")
    if (why := _hopeless(stream, speaks)) is not None:
        return replace(known, skipped=True, why=why)
    ours = _pace(stream, options, post_within)
    if speaks == "http+sse" or (stream is not None and endpoint_of(stream) is not None):
        return await handshake_over_http_sse(known, options, ours)
    made = await by_post(known, options, ours)
    if made.is_complete or not _has_more(stream):
        return made
    older = await handshake_over_http_sse(known, options, ours)
    return older if older.endpoint else made


def _pace(stream: Timeline | None, options: ProbeOptions, post: float) -> Timeouts:
    doubtful = stream is not None and is_live(stream) and endpoint_of(stream) is None
    reach = stream.began_s if stream is not None else 0.0
    return handshake_timeouts(
        options, DOUBTFUL_TIMEOUT_S if doubtful else EXCHANGE_TIMEOUT_S, post=post, reach=reach
    )


def _has_more(stream: Timeline | None) -> bool:
    """Whether the stream said more than its timeline keeps, so that an endpoint may be lost."""
    return stream is None or stream.events + stream.comments > len(stream.tail)


async def by_post(known: Handshake, options: ProbeOptions, ours: Timeouts) -> Handshake:
    """The newest first; an answer that is none to us leads to the one before."""
    made = await handshake_stateless(known, options, ours)
    if made.is_complete or not _speaks_another(made):
        return made
    older = await handshake_over_streamable_http(
        replace(known, exchanges=made.exchanges), options, ours
    )
    if older.transport != "unknown" or not _speaks_another(older):
        return older
    return replace(older, stage="stream")


def _speaks_another(made: Handshake) -> bool:
    """Whether the server answered, and not as one that refuses."""
    asked = made.timeline("initialize") or made.timeline("discover")
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


_BESIDE = {"sse": "mcp", "mcp": "sse"}
ABSENT = OTHER_TRANSPORT | {410, 501}
"""The statuses to a GET that leave open whether the server lives at another path."""


def sibling_url(url: str) -> str | None:
    """`…/mcp` for `…/sse` and the reverse, at the same origin; None for another path."""
    parts = urlsplit(url)
    folder, slash, name = parts.path.rstrip("/").rpartition("/")
    other = _BESIDE.get(name.lower())
    return other and urlunsplit((*parts[:2], f"{folder}{slash}{other}", parts.query, ""))


async def beside(made: Handshake, stream: Timeline, options: ProbeOptions) -> Handshake:
    """The handshake, with one at the sibling path where none succeeded at the URL itself.

    Args:
        stream: What a GET of the URL showed: where it is a stream, the transport is right.
    """
    url = sibling_url(made.url)
    if made.is_complete or made.skipped or url is None or not _is_elsewhere(stream):
        return made
    if made.last_timeline is None or made.last_timeline.status not in ABSENT | {200, 202}:
        return made  # Who is silent here would be waited for again there; a refusal is one.
    asked = Handshake(made.side, url, vantage=made.vantage)
    if url.partition("?")[0].endswith("/mcp"):
        return replace(
            made,
            sibling=await by_post(asked, options, handshake_timeouts(options, EXCHANGE_TIMEOUT_S)),
        )
    return replace(
        made,
        sibling=await handshake_over_http_sse(
            asked, options, handshake_timeouts(options, EXCHANGE_TIMEOUT_S)
        ),
    )


def _is_elsewhere(stream: Timeline) -> bool:
    """Whether a GET found no stream, but something that answers."""
    return stream.status in ABSENT or (stream.status == 200 and not stream.is_event_stream)


async def run_handshakes(case: Case, options: ProbeOptions) -> tuple[Handshake, ...]:
    """The handshakes; none where the user wants none."""
    if not case.target.mcp:
        return ()
    streams: dict[Side, Timeline | None] = {
        "proxy": _plain(case.proxy),
        "direct": _plain(case.direct),
    }
    lines = {side: line for side, line in streams.items() if line}
    # What one side shows is known of the other: a held stream names no endpoint.
    speaks = "http+sse" if any(map(endpoint_of, lines.values())) else ""
    wait = post_timeout(case, EXCHANGE_TIMEOUT_S)
    made = [_one(side, line, options, speaks, wait) for side, line in lines.items()]
    return tuple(await asyncio.gather(*made))


async def _one(
    side: Side, stream: Timeline, options: ProbeOptions, speaks: str, post_within: float
) -> Handshake:
    url = stream.probe.url
    made = await run_handshake(side, url, stream, options, speaks=speaks, post_within=post_within)
    return await beside(made, stream, options)


def _plain(results: Sequence[ProbeResult]) -> Timeline | None:
    """The probe that is asked as the official SDKs ask: HTTP/1.1, nothing compressed."""
    lines = (result.timeline for result in results)
    return next((line for line in lines if line.probe.encoding == "identity"), None)
