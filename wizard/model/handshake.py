"""What an MCP handshake showed: how far it came, over which transport, each exchange on the way."""

from dataclasses import dataclass
from typing import Literal

from wizard.model.timeline import Probe, Timeline

Transport = Literal["http+sse", "streamable-http", "stateless", "unknown"]
"""MCP 2024-11-05; 2025-03-26 to 2025-11-25; 2026-07-28; none that answered."""
Side = Literal["proxy", "direct"]
HandshakeStage = Literal["stream", "endpoint", "initialize", "reply", "done"]
"""How far it came: waiting for the stream, for its endpoint event, for the answer to the POST, for
the reply (over the stream or in the answer), to the end."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a handshake, its timeline, and the size of its body in bytes (`sent`)."""

    name: str
    timeline: Timeline
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Handshake:
    """One handshake, from one side.

    Attributes:
        stage: The stage it was in when it ended; `done` is success.
        why: One sentence: what ended it, or why there was none.
        skipped: True where it was not tried; then nothing is known.
        endpoint: The endpoint event's data, as the server sent it.
        post_url: Where the messages were sent.
        version: The protocol version agreed on.
        server: The server's name and version, as it says.
        session: Whether the server gave a session id.
        vantage: The place that it was made from; `local` is this machine.
        sibling: What the other transport's usual path (`/mcp` beside `/sse`) answered, where no
            MCP server answered at the URL itself; None where it was not asked.
    """

    side: Side
    url: str
    transport: Transport = "unknown"
    stage: HandshakeStage = "stream"
    why: str = ""
    skipped: bool = False
    endpoint: str = ""
    post_url: str = ""
    version: str = ""
    server: str = ""
    session: bool = False
    exchanges: tuple[Exchange, ...] = ()
    sibling: "Handshake | None" = None
    vantage: str = "local"

    def probe(self, url: str = "") -> Probe:
        """A request of this handshake: to its own URL unless another is named, from its vantage."""
        return Probe(f"mcp-{self.side}", url or self.url, vantage=self.vantage)

    @property
    def is_complete(self) -> bool:
        """Whether the server and we have understood each other."""
        return self.stage == "done"

    @property
    def last_timeline(self) -> Timeline | None:
        """The exchange that ended it."""
        return self.exchanges[-1].timeline if self.exchanges else None

    def timeline(self, name: str) -> Timeline | None:
        """The exchange of that name, None if there was none."""
        return next((one.timeline for one in self.exchanges if one.name == name), None)
