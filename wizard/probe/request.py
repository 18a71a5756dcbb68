"""What is asked, and in which manner: method, headers, who we say we are."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wizard import __version__
from wizard.model.timeline import Probe
from wizard.vantage.session import VantageSession

CONNECT_TIMEOUT_S = 10.0
"""How long, in seconds, a connection (TCP, then TLS) may take."""
EXCERPT = 400
"""How many bytes of such a body are kept for the reader."""


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """What is asked: a plain GET unless said otherwise.

    Attributes:
        headers: They replace ours of the same name.
        excerpt: How many bytes to keep of a body that is not an event stream.
    """

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    excerpt: int = EXCERPT


GET = RequestSpec()


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """How requests are made: what all probes of a run share.

    Attributes:
        run: The token in the User-Agent by which the log step finds our own lines.
        headers: Added to each request; they replace ours of the same name.
        connect_to: Host and port to connect to instead of the public URL's own.
        connect_timeout: Seconds for TCP and for TLS, each.
        vantage sessions: The vantages by name; a probe of one of them is run there.
    """

    run: str = "0"
    headers: tuple[tuple[str, str], ...] = ()
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    connect_timeout: float = CONNECT_TIMEOUT_S
    clock: Callable[[], float] = time.monotonic
    vantage_sessions: Mapping[str, VantageSession] = field(default_factory=dict)


def user_agent(probe: Probe, run: str) -> str:
    """Our name in the logs, with the run token and the probe."""
    return f"ssewizard/{__version__} (run={run}; {probe.label.replace(' ', '-')})"


def request_headers(
    probe: Probe, options: ProbeOptions, spec: RequestSpec = GET
) -> list[tuple[str, str]]:
    """The headers that a probe sends; Host only where it is not the URL's own."""
    accept = "*/*" if probe.name.startswith("root") else "text/event-stream"
    ours = {
        "user-agent": ("User-Agent", user_agent(probe, options.run)),
        "accept": ("Accept", accept),
        "accept-encoding": ("Accept-Encoding", probe.encoding),
    }
    if probe.host:
        ours["host"] = ("Host", probe.host)
    ours.update({name.lower(): (name, value) for name, value in spec.headers})
    for name, _ in options.headers:
        ours.pop(name.lower(), None)
    return [*ours.values(), *options.headers]
