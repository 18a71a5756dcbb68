"""What the user gave: the URL to examine, where its backend, config and logs are, and options."""

from dataclasses import dataclass
from typing import Literal

from wizard.model.vantage import Vantage

LOCAL = "local"
"""The name of this machine as a vantage."""

McpMode = Literal["auto", "always", "never"]
"""When the MCP handshake is tried: `auto` posts only where an answer or the path shows MCP."""
Http = Literal["1.1", "2"]
"""The HTTP version of a request."""
Style = Literal["", "nginx", "ingress-nginx", "f5", "npm"]
"""The form of the recommendation; empty chooses it from the config."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a stream, a config or a log comes from, and the vantage from which it is reached.

    Attributes:
        locator: A URL, a path, `-` for standard input, or a log's command line; empty for the
            output of `nginx -T`.
        name: The name of a log that a command prints; empty otherwise.
        command: The words of that command; empty if `locator` is a path or a URL.
    """

    locator: str
    vantage: str = LOCAL
    name: str = ""
    command: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name:
            return self.name
        return self.locator if self.vantage == LOCAL else f"{self.vantage}={self.locator}"


@dataclass(frozen=True, slots=True)
class Hop:
    """One of several proxies in a row: its name, and the URL of its entry point."""

    name: str
    source: Source

    def __str__(self) -> str:
        return f"{self.name}={self.source}"


@dataclass(frozen=True, slots=True)
class Target:
    """What the user gave.

    Attributes:
        url: The public URL of the stream.
        direct: The backend's own URLs, past every proxy.
        headers: Sent with every request.
        insecure: Whether TLS certificates are accepted unchecked.
        connect_to: Host and port to connect to instead of those of the public URL.
        stall: Seconds without data after which a stream counts as held.
        patience: Seconds to watch a live stream for a disconnect, and a held one for what comes
            when the proxy gives up reading; 0 does not watch them.
        mcp: When an MCP handshake is tried.
        style: The form of the recommendation: Nginx's own config, annotations of one of the two
            ingress controllers, or the input box of Nginx Proxy Manager.
        vantages: The places other than this machine where requests and commands can run.
        hops: The proxies in a row behind the URL, outermost first.
        method: The method of the stream's request.
        body: The body of that request.
        http: The HTTP version of that request; None tries all that the URL allows.
        repeat: Whether a request that is not a GET may be sent more than once on each side.
        upgrade: Whether the URL is a WebSocket: it is opened, and nothing is sent in it.
    """

    url: str
    direct: tuple[Source, ...] = ()
    conf: Source | None = None
    logs: tuple[Source, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    stall: float = 10.0
    patience: float = 0.0
    mcp: McpMode = "auto"
    style: Style = ""
    vantages: tuple[Vantage, ...] = ()
    hops: tuple[Hop, ...] = ()
    method: str = "GET"
    body: bytes = b""
    http: Http | None = None
    repeat: bool = False
    upgrade: bool = False

    @property
    def is_sent_once(self) -> bool:
        """True if the stream's request may change something at the server, so that it is sent once
        on each side (RFC 9110, section 9.2.1, names the safe methods)."""
        return (self.method != "GET" or self.body != b"") and not self.repeat

    @property
    def request_line(self) -> str:
        """The URL, after the method if that is not GET: `POST https://h/v1/chat`."""
        return self.url if self.method == "GET" else f"{self.method} {self.url}"

    @property
    def typed_url(self) -> str:
        """The URL as a user types it: that of a WebSocket begins with `ws` or `wss`."""
        return self.url.replace("http", "ws", 1) if self.upgrade else self.url

    def vantage(self, name: str) -> Vantage | None:
        """The vantage of that name; None for this machine."""
        return next((vantage for vantage in self.vantages if vantage.name == name), None)
