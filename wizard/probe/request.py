"""What is asked, and in which manner: method, headers, who we say we are."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wizard import __version__
from wizard.model.timeline import Leg
from wizard.vantage.session import Outpost

CONNECT_TIMEOUT = 10.0
"""How long, in seconds, a connection (TCP, then TLS) may take."""
EXCERPT = 400
"""How many bytes of such a body are kept for the reader."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: a plain GET unless said otherwise.

    Attributes:
        headers: They replace ours of the same name.
        excerpt: How many bytes to keep of a body that is not an event stream.
    """

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    excerpt: int = EXCERPT


GET = Ask()


@dataclass(frozen=True, slots=True)
class Manner:
    """How requests are made: what all legs of a run share.

    Attributes:
        run: The token in the User-Agent by which the log step finds our own lines.
        headers: Added to each request; they replace ours of the same name.
        connect_to: Host and port to connect to instead of the public URL's own.
        connect_timeout: Seconds for TCP and for TLS, each.
        outposts: The vantages by name; a leg of one of them is run there.
    """

    run: str = "0"
    headers: tuple[tuple[str, str], ...] = ()
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    connect_timeout: float = CONNECT_TIMEOUT
    clock: Callable[[], float] = time.monotonic
    outposts: Mapping[str, Outpost] = field(default_factory=dict)


def user_agent(leg: Leg, run: str) -> str:
    """Our name in the logs, with the run token and the leg."""
    return f"ssewizard/{__version__} (run={run}; {leg.label.replace(' ', '-')})"


def request_headers(leg: Leg, manner: Manner, ask: Ask = GET) -> list[tuple[str, str]]:
    """The headers that a leg sends; Host only where it is not the URL's own."""
    accept = "*/*" if leg.name.startswith("root") else "text/event-stream"
    ours = {
        "user-agent": ("User-Agent", user_agent(leg, manner.run)),
        "accept": ("Accept", accept),
        "accept-encoding": ("Accept-Encoding", leg.encoding),
    }
    if leg.host:
        ours["host"] = ("Host", leg.host)
    ours.update({name.lower(): (name, value) for name, value in ask.headers})
    for name, _ in manner.headers:
        ours.pop(name.lower(), None)
    return [*ours.values(), *manner.headers]
