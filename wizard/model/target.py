"""What the user gave: where things are, and how to ask."""

from dataclasses import dataclass
from typing import Literal

from wizard.model.vantage import Vantage

LOCAL = "local"
"""The vantage that is this machine."""

Style = Literal["", "nginx", "ingress-nginx", "f5", "npm"]
"""What a recommendation is written as; empty leaves it to what the config shows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something at a vantage: a URL, a path, `-`; empty `what` means `nginx -T` there.

    Attributes:
        name: What a log's command is called; empty for a path or a URL.
        command: For a log: the words whose output is the log; empty where `what` is a path.
    """

    what: str
    vantage: str = LOCAL
    name: str = ""
    command: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name:
            return self.name
        return self.what if self.vantage == LOCAL else f"{self.vantage}={self.what}"


@dataclass(frozen=True, slots=True)
class Hop:
    """One of several proxies in a row: its name, and the URL at which it is entered."""

    name: str
    place: Place

    def __str__(self) -> str:
        return f"{self.name}={self.place}"


@dataclass(frozen=True, slots=True)
class Target:
    """What the user gave.

    Attributes:
        stall: The longest wait, in seconds, before a silent stream counts as held.
        patience: How long, in seconds, to watch a live stream for a cut; 0 does not watch.
        connect_to: Host and port to connect to instead of the public URL's own.
        vantages: The places to look from, besides this machine.
        hops: The proxies in a row behind the URL, outermost first.
        style: What the recommendation is written as: Nginx's own config, annotations of one of
            the two ingress controllers, or Nginx Proxy Manager's box.
    """

    url: str
    direct: tuple[Place, ...] = ()
    conf: Place | None = None
    logs: tuple[Place, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    stall: float = 10.0
    patience: float = 0.0
    mcp: bool = True
    style: Style = ""
    vantages: tuple[Vantage, ...] = ()
    hops: tuple[Hop, ...] = ()

    def vantage(self, name: str) -> Vantage | None:
        """The vantage of that name; None for this machine."""
        return next((one for one in self.vantages if one.name == name), None)
