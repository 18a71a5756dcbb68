"""Method, headers and body of a request, and the options that all probes share."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wizard import __version__
from wizard.model.client_request import body_type_of
from wizard.model.probe import Encoding, Probe
from wizard.model.target import Target
from wizard.probe.websocket import handshake_headers
from wizard.text.messages import tr
from wizard.text.redaction import has_withheld_secret
from wizard.vantage.session import VantageSession

CONNECT_TIMEOUT_S = 10.0
"""How long TCP and TLS may take, each, in seconds."""
EXCERPT_BYTES = 400
"""How many bytes are kept of a body without events."""


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """Method, headers and body of a request; a plain GET by default.

    Attributes:
        headers: They replace our own of the same name.
        excerpt: How many bytes to keep of a response body without events.
        wire: The exact bytes of the whole request, which replace all of the above but the method;
            empty for a request as httpx writes it.
    """

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    excerpt: int = EXCERPT_BYTES
    wire: bytes = b""


GET = RequestSpec()


STREAM_HEADERS = frozenset({"accept", "content-type"})
"""Headers of the user, in lower case, that describe the stream's request alone: others, such as a
message of MCP, have other bodies and want other answers."""


def spec_of(target: Target) -> RequestSpec:
    """The stream's request as the client makes it; the user's other headers are in `ProbeOptions`.

    A body whose type is not among the headers of the target is sent with that of `body_type_of`.
    """
    headers = {"content-type": ("Content-Type", body_type_of(target.body))} if target.body else {}
    given = (pair for pair in target.headers if pair[0].lower() in STREAM_HEADERS)
    headers |= {name.lower(): (name, value) for name, value in given}
    return RequestSpec(target.method, tuple(headers.values()), target.body)


def headers_of_all(target: Target) -> tuple[tuple[str, str], ...]:
    """The user's headers that are sent with each request; those with a withheld value are not."""
    return tuple(
        (name, value)
        for name, value in target.headers
        if name.lower() not in STREAM_HEADERS and not has_withheld_secret(value)
    )


class TooManyRequestsError(Exception):
    """More requests than the budget allows: a bug of the caller."""


class RequestBudget:
    """How many requests may still be sent for one purpose.

    The limits that SECURITY.md states are kept here, whatever the callers do.
    """

    def __init__(self, most: int) -> None:
        self._most, self.sent = most, 0

    def take(self) -> None:
        """Count a request that is about to be sent.

        Raises:
            TooManyRequestsError: All allowed requests were sent.
        """
        if self.sent >= self._most:
            raise TooManyRequestsError(tr("more than {most} requests", most=self._most))
        self.sent += 1


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """The options that all probes of a run share.

    Attributes:
        run: The run token in the User-Agent, by which the log step finds our own lines.
        headers: The user's headers; they replace all others of the same name.
        insecure: True to accept any certificate.
        connect_to: Host and port to connect to instead of the public URL's own.
        connect_timeout: How long TCP and TLS may take, each, in seconds.
        vantage_sessions: The vantages by name; a probe from one of them runs there.
        stream: The stream's request as the client makes it.
        budget: Counts the requests, and refuses those beyond its limit; None if only the plan
            limits them, as in the matrix.
    """

    run: str = "0"
    headers: tuple[tuple[str, str], ...] = ()
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    connect_timeout: float = CONNECT_TIMEOUT_S
    clock: Callable[[], float] = time.monotonic
    vantage_sessions: Mapping[str, VantageSession] = field(default_factory=dict)
    stream: RequestSpec = GET
    budget: RequestBudget | None = None

    def spec_for(self, probe: Probe) -> RequestSpec:
        """The request of a probe: the stream's, or a GET of the root path."""
        return GET if probe.name.startswith("root") else self.stream


def user_agent(probe: Probe, run: str) -> str:
    """Our User-Agent, with the run token and the probe's label: logs show both."""
    return f"ssewizard/{__version__} (run={run}; {probe.label.replace(' ', '-')})"


AGENT = ("User-Agent", f"ssewizard/{__version__}")
"""Our User-Agent without what differs from probe to probe: a config may tell it from others."""
ACCEPT_ENCODING: Mapping[Encoding, str] = {
    "identity": "identity",
    "gzip": "gzip",
    "br": "gzip, deflate, br, zstd",
}
"""The Accept-Encoding header of each kind of probe."""


def accepted_encoding(headers: Sequence[tuple[str, str]]) -> Encoding:
    """The kind of probe that sends the user's own Accept-Encoding."""
    values = (value.lower() for name, value in headers if name.lower() == "accept-encoding")
    codings = {part.partition(";")[0].strip() for value in values for part in value.split(",")}
    if codings & {"br", "zstd"}:
        return "br"
    return "gzip" if codings & {"gzip", "deflate", "*"} else "identity"


def user_headers(headers: Sequence[tuple[str, str]], probe: Probe) -> tuple[tuple[str, str], ...]:
    """The user's headers for this probe: Accept-Encoding only where the probe stands for it."""
    accepted = accepted_encoding(headers)
    is_sent = probe.encoding == accepted and not probe.name.startswith("root")
    return tuple(pair for pair in headers if is_sent or pair[0].lower() != "accept-encoding")


def request_headers(
    probe: Probe, options: ProbeOptions, spec: RequestSpec = GET
) -> list[tuple[str, str]]:
    """The headers that a probe sends; Host only if it is not the URL's own."""
    accept = "*/*" if probe.name.startswith("root") else "text/event-stream"
    headers = {
        "user-agent": ("User-Agent", user_agent(probe, options.run)),
        "accept": ("Accept", accept),
        "accept-encoding": ("Accept-Encoding", ACCEPT_ENCODING[probe.encoding]),
    }
    if probe.host:
        headers["host"] = ("Host", probe.host)
    more = (*spec.headers, *(handshake_headers() if probe.upgrade else ()))
    headers.update({name.lower(): (name, value) for name, value in more})
    own_agent, own = headers["user-agent"][1], user_headers(options.headers, probe)
    for name, _ in own:
        headers.pop(name.lower(), None)
    return [*headers.values(), *(_with_run(*header, own_agent) for header in own)]


def _with_run(name: str, value: str, own_agent: str) -> tuple[str, str]:
    """The user's header; a User-Agent is followed by ours, so that logs show whose request it is.

    Without it our aborted requests would look like those of other clients.
    """
    return (name, f"{value} {own_agent}") if name.lower() == "user-agent" else (name, value)
