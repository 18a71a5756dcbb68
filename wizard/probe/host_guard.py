"""A backend's guard against DNS rebinding: which request it refuses, and which Host it may get."""

from typing import Literal
from urllib.parse import urlsplit

from wizard.model.case import Case
from wizard.model.timeline import Timeline, is_live
from wizard.nginx.upstream import host_header

REFUSALS = frozenset({400, 403, 421})
"""How guards answer to a name that they do not know."""
Method = Literal["GET", "POST"]


def refused_request(case: Case) -> tuple[Method, Timeline] | None:
    """The request that is refused through the proxy and served directly, and its answer.

    A GET that both sides refuse alike, as Streamable HTTP may, says nothing; then the opening POST
    of the handshake counts.
    """
    handshake, direct = case.handshake("proxy"), case.handshake("direct")
    is_complete = direct is not None and direct.is_complete
    own = {result.timeline.status for result in case.direct}
    gets = (result.timeline for result in case.proxy)
    get = next((each for each in gets if each.status in REFUSALS - own), None)
    if get is not None and (is_complete or any(is_live(each.timeline) for each in case.direct)):
        return "GET", get
    if handshake is None or direct is None or not is_complete or direct.transport == "http+sse":
        return None
    post = handshake.opening
    is_refused = post is not None and post.timeline.status in REFUSALS
    return ("POST", post.timeline) if post and is_refused else None


def requested_host(case: Case) -> str:
    """The Host header of the client, as `$http_host` has it: the one given, or the URL's."""
    given = (value for name, value in case.target.headers if name.lower() == "host")
    return next(given, "") or urlsplit(case.target.url).netloc.rpartition("@")[2]


def passed_hosts(case: Case) -> tuple[str, ...]:
    """The Host headers that Nginx may pass on: the configured one, or else the likely ones."""
    requested = requested_host(case)
    host = host_header(case.resolution, requested) if case.resolution else ""
    bare = urlsplit(f"//{requested}").hostname or ""
    return (host,) if host else tuple(filter(None, dict.fromkeys((requested, bare))))
