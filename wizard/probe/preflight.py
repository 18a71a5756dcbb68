"""The preflight that a page of another origin sends before its request: is one sent, for what?

https://fetch.spec.whatwg.org/#cors-preflight-fetch
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.model.case import Case
from wizard.model.handshake import Handshake

_SET_BY_BROWSERS = re.compile(
    r"accept(-.+)?|cache-control|connection|content-(language|length)|cookie2?|date|dnt|expect|host|"
    r"keep-alive|last-event-id|origin|pragma|priority|range|referer|te|trailer|transfer-encoding|"
    r"upgrade|user-agent|via|(sec|proxy)-.+",
    re.IGNORECASE,
)
"""Headers that need no preflight, or that the browser sets itself: forbidden and safelisted names
of the Fetch standard, and those that are in every request copied from a browser."""
_VERSION_HEADER_SINCE = "2025-06-18"
"""The first MCP revision whose clients send MCP-Protocol-Version."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a page asks to send: the request's URL and method, and the names of its headers."""

    url: str
    method: str
    headers: tuple[str, ...]


def foreign_origin(case: Case) -> str | None:
    """The Origin that the user gave, if it is not the URL's own; None otherwise."""
    given = next((value for name, value in case.target.headers if name.lower() == "origin"), None)
    scheme, netloc, *_ = urlsplit(case.target.url)
    return given if given and given.lower() != f"{scheme}://{netloc}".lower() else None


def preflight_of(case: Case) -> Preflight | None:
    """The preflight of the page whose Origin was given; None if its requests need none.

    An `EventSource` needs none: it sends a GET without headers of its own. The messages of MCP are
    JSON, which needs one, and so does a stream that is read by `fetch` with Authorization.
    """
    if foreign_origin(case) is None:
        return None
    own = {name.lower() for name, _ in case.target.headers if not _SET_BY_BROWSERS.fullmatch(name)}
    handshake = _spoken(case)
    if handshake is not None:
        url = handshake.post_url if handshake.side == "proxy" else ""
        names = {"content-type", *own, *_mcp_headers(handshake)}
        return Preflight(url or case.target.url, "POST", tuple(sorted(names)))
    return Preflight(case.target.url, "GET", tuple(sorted(own))) if own else None


def _spoken(case: Case) -> Handshake | None:
    """The handshake that shows MCP, the proxied one first; None if none does."""
    both = filter(None, (case.handshake("proxy"), case.handshake("direct")))
    return next((each for each in both if each.is_complete or each.endpoint), None)


def _mcp_headers(handshake: Handshake) -> set[str]:
    """The MCP headers that a client of the negotiated revision sends after `initialize`."""
    names = {"mcp-session-id"} if handshake.session else set()
    if handshake.version >= _VERSION_HEADER_SINCE:
        names.add("mcp-protocol-version")
    return names | ({"mcp-method", "mcp-name"} if handshake.transport == "stateless" else set())
