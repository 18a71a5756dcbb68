"""The result of an MCP handshake: transport, the stage it reached, and each request of it."""

from dataclasses import dataclass
from typing import Literal

from wizard.model.probe import Probe
from wizard.model.timeline import Timeline

OPENING = ("discover", "initialize")
"""The messages that open a session, the older one last: it follows where `discover` failed."""
FOLLOWING = ("initialized", "tools", "ping")
"""The messages that follow in a session."""
CLIENT_NAME = "ssewizard"
"""The name of the client in our handshakes."""
Transport = Literal["http+sse", "streamable-http", "stateless", "unknown"]
"""The transports of MCP revisions 2024-11-05 (`http+sse`), 2025-03-26 to 2025-11-25
(`streamable-http`) and 2026-07-28 (`stateless`); `unknown` if no MCP server answered."""
Side = Literal["proxy", "direct"]
HandshakeStage = Literal[
    "stream", "endpoint", "initialize", "reply", "initialized", "tools", "ping", "done"
]
"""What the handshake waits for: the stream, its endpoint event, the response to the POST of
`initialize`, of `notifications/initialized`, of `tools/list` or (without tools) `ping`; `reply` is
the JSON-RPC reply, on the stream or in that response; `done` at the end."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a handshake.

    Attributes:
        name: `discover`, `initialize`, `initialized`, `tools`, `ping`, `listen` (the session's
            GET stream, or the POST of `subscriptions/listen`) or `delete`; over HTTP+SSE `stream`
            for the GET.
        sent: The size of its body in bytes.
        reply_bytes: The size of the JSON-RPC reply in bytes; of one that is not whole, how many
            bytes came.
        replied_s: When the whole reply was here, in seconds since the request began, also where it
            came over another stream; None if it did not come whole.
    """

    name: str
    timeline: Timeline
    sent: int = 0
    reply_bytes: int = 0
    replied_s: float | None = None

    @property
    def is_cut(self) -> bool:
        """True if the reply began to come and is not whole."""
        return self.reply_bytes > 0 and self.replied_s is None


@dataclass(frozen=True, slots=True)
class Handshake:
    """One handshake with one side.

    Attributes:
        stage: The stage in which it ended; `done` is success.
        why: Why it ended or was not tried, in one sentence.
        skipped: True if the handshake was not tried, so that nothing is known.
        lacks_sign: True if it was skipped because nothing shows that the URL speaks MCP.
        endpoint: The data of the endpoint event, as received.
        post_url: The URL to which messages were posted.
        version: The negotiated protocol version.
        server: The name and version that the server reports.
        session: True if the server gave a session id.
        sibling: The handshake with the other transport's usual path (`/mcp` beside `/sse`), tried
            if no MCP server answered at the URL itself; else None.
        vantage: The vantage that made the requests; `local` is this machine.
    """

    side: Side
    url: str
    transport: Transport = "unknown"
    stage: HandshakeStage = "stream"
    why: str = ""
    skipped: bool = False
    lacks_sign: bool = False
    endpoint: str = ""
    post_url: str = ""
    version: str = ""
    server: str = ""
    session: bool = False
    exchanges: tuple[Exchange, ...] = ()
    sibling: "Handshake | None" = None
    vantage: str = "local"

    def probe(self, url: str = "") -> Probe:
        """The probe of one request of this handshake, to its own URL unless another is given."""
        return Probe(f"mcp-{self.side}", url or self.url, vantage=self.vantage)

    @property
    def is_complete(self) -> bool:
        """True if the handshake succeeded."""
        return self.stage == "done"

    @property
    def last_timeline(self) -> Timeline | None:
        """The timeline of the last request; None if there was none."""
        return self.exchanges[-1].timeline if self.exchanges else None

    @property
    def opening(self) -> Exchange | None:
        """The POST that opens the session: the last of `OPENING` that was sent; None without."""
        return next(filter(None, map(self.exchange, reversed(OPENING))), None)

    def exchange(self, name: str) -> Exchange | None:
        """The request of that name; None if there was none."""
        return next((each for each in self.exchanges if each.name == name), None)

    def timeline(self, name: str) -> Timeline | None:
        """The timeline of the request of that name; None if there was none."""
        exchange = self.exchange(name)
        return exchange.timeline if exchange else None
