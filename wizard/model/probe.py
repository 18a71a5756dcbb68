"""A probe: one request to make."""

from dataclasses import dataclass
from typing import Literal

from wizard.model.target import Http

Encoding = Literal["identity", "gzip", "br"]
"""What a probe accepts: nothing compressed, gzip, or what browsers do (br and zstd as well)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One request to make: URL, HTTP version, encoding and vantage.

    Attributes:
        name: The id of its check: `root-proxy`, `sse-proxy`, `sse-hop` or `sse-direct`.
        http: The requested HTTP version (`2` is negotiated by ALPN over TLS).
        encoding: What the Accept-Encoding header allows.
        vantage: The vantage that sends the request; `local` is this machine.
        hop: The hop that the request enters; empty for the public URL and for direct probes.
        host: The Host header; empty if it is the URL's own host and port.
        upgrade: Whether it asks for a WebSocket.
        once: Whether it is sent once (`Target.is_sent_once`): its answer is finite as a rule.
    """

    name: str
    url: str
    http: Http = "1.1"
    encoding: Encoding = "identity"
    vantage: str = "local"
    hop: str = ""
    host: str = ""
    upgrade: bool = False
    once: bool = False

    @property
    def label(self) -> str:
        """The probe's name in evidence: `sse-proxy h1 identity`."""
        origin = "" if self.vantage == "local" else f" from {self.vantage}"
        name = f"{self.name} {self.hop}" if self.hop else self.name
        return f"{name} h{self.http[0]} {self.encoding}{origin}"

    @property
    def enters_outside(self) -> bool:
        """True if the request goes to the public URL, as customers' requests do."""
        return self.name.endswith("-proxy")


def is_local(probe: Probe) -> bool:
    """True if the probe runs from this machine."""
    return probe.vantage == "local"
