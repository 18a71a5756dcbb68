"""Where no MCP server answers at a URL: is one at the other transport's usual path beside it?"""

from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from wizard.ask import Manner
from wizard.handshake import Handshake
from wizard.mcp.asking import pace
from wizard.mcp.handshake import WITHIN, by_post
from wizard.mcp.legacy import legacy
from wizard.mcp.posting import OTHER_TRANSPORT
from wizard.timeline import Timeline

_BESIDE = {"sse": "mcp", "mcp": "sse"}
ABSENT = OTHER_TRANSPORT | {410, 501}
"""The statuses to a GET that leave open whether the server lives at another path."""


def sibling_url(url: str) -> str | None:
    """`…/mcp` for `…/sse` and the reverse, at the same origin; None for another path."""
    parts = urlsplit(url)
    folder, slash, name = parts.path.rstrip("/").rpartition("/")
    other = _BESIDE.get(name.lower())
    return other and urlunsplit((*parts[:2], f"{folder}{slash}{other}", parts.query, ""))


async def beside(made: Handshake, stream: Timeline, manner: Manner) -> Handshake:
    """The handshake, with one at the sibling path where none succeeded at the URL itself.

    Args:
        stream: What a GET of the URL showed: where it is a stream, the transport is right.
    """
    url = sibling_url(made.url)
    if made.done or made.skipped or url is None or not _is_elsewhere(stream):
        return made
    if made.last is None or made.last.status not in ABSENT | {200, 202}:
        return made  # Who is silent here would be waited for again there; a refusal is one.
    asked = Handshake(made.side, url, vantage=made.vantage)
    if url.partition("?")[0].endswith("/mcp"):
        return replace(made, sibling=await by_post(asked, manner, pace(manner, WITHIN)))
    return replace(made, sibling=await legacy(asked, manner, pace(manner, WITHIN)))


def _is_elsewhere(stream: Timeline) -> bool:
    """Whether a GET found no stream, but something that answers."""
    return stream.status in ABSENT or (stream.status == 200 and not stream.is_event_stream)
