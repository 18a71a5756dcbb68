"""An MCP handshake from each side whose stream was probed, side by side."""

import asyncio
from collections.abc import Sequence

from wizard.ask import Manner
from wizard.foresight import message_wait
from wizard.handshake import Handshake, Side
from wizard.mcp.handshake import WITHIN, shake_hands
from wizard.mcp.legacy import endpoint_of
from wizard.mcp.sibling import beside
from wizard.model import Case, Cell
from wizard.timeline import Timeline


async def both_sides(case: Case, manner: Manner) -> tuple[Handshake, ...]:
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
    wait = message_wait(case, WITHIN)
    made = [_one(side, line, manner, speaks, wait) for side, line in lines.items()]
    return tuple(await asyncio.gather(*made))


async def _one(
    side: Side, stream: Timeline, manner: Manner, speaks: str, post_within: float
) -> Handshake:
    url = stream.leg.url
    made = await shake_hands(side, url, stream, manner, speaks=speaks, post_within=post_within)
    return await beside(made, stream, manner)


def _plain(cells: Sequence[Cell]) -> Timeline | None:
    """The leg that is asked as the official SDKs ask: HTTP/1.1, nothing compressed."""
    lines = (cell.timeline for cell in cells)
    return next((line for line in lines if line.leg.encoding == "identity"), None)
