"""What Nginx does with one request, read from its config: values only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.model.config import Config, Directive, Where

Client = Literal["h1", "h1-tls", "h2", "h2c"]
Encoding = Literal["identity", "gzip"]
UpstreamFraming = Literal["chunked", "close"]
Result = Literal["live", "headers-held", "held"]
Level = Literal["http", "server", "location", "default"]


@dataclass(frozen=True, slots=True)
class Request:
    """The request to resolve: what Nginx sees of it.

    Attributes:
        port: None means the scheme's default.
        method: Only `if` and `limit_except` could care.
    """

    path: str
    host: str | None = None
    scheme: Literal["http", "https"] = "http"
    port: int | None = None
    query: str = ""

    @property
    def reached(self) -> int:
        """The port at which it arrives: the scheme's own where none is named."""
        return self.port or (443 if self.scheme == "https" else 80)


@dataclass(frozen=True, slots=True)
class Setting:
    """One directive's effective value.

    Attributes:
        value: The arguments as one text; for a list directive, one entry a line.
        level: The level at which it is set, `default` where Nginx's own default rules.
        where: The directive's place, None for a default.
        entries: For list directives (proxy_set_header, gzip_types …) each entry's arguments.
    """

    name: str
    value: str
    level: Level = "default"
    where: Where | None = None
    entries: tuple[tuple[str, ...], ...] = ()

    @property
    def origin(self) -> str:
        """`default`, or `file:line`."""
        return "default" if self.where is None else str(self.where)


@dataclass(frozen=True, slots=True)
class ServerRef:
    """The server block that Nginx chooses, and why (`reason`, one sentence)."""

    name: str
    listen: tuple[str, ...]
    directive: Directive
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LocationRef:
    """The location that Nginx chooses.

    Attributes:
        modifier: `=`, `^~`, `~`, `~*`, `@` for a named one, or empty for a plain prefix.
        parents: The locations around it, outermost first.
        reason: One sentence: why this one wins.
    """

    modifier: str
    path: str
    directive: Directive
    parents: tuple[Directive, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the request goes: `proxy_pass` as written, the peers, the URI that the backend gets.

    Attributes:
        kind: `proxy`, `fastcgi`, `uwsgi`, `scgi`, `grpc`, or `static`.
        request_uri: None where variables leave it undecided.
    """

    kind: str
    passed: str
    peers: tuple[str, ...] = ()
    request_uri: str | None = None
    where: Where | None = None

    @property
    def authority(self) -> str:
        """Host and port as written; `urlsplit` would raise for an address that is none."""
        return re.split("[/?#]", self.passed.partition("://")[2] or self.passed, maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The prediction for one kind of client and upstream framing, as in the delivery model."""

    client: Client
    encoding: Encoding
    upstream: UpstreamFraming
    result: Result


@dataclass(frozen=True, slots=True)
class RequestResolution:
    """All that the config says about one request.

    Attributes:
        version: The Nginx version whose defaults were used, None if not known.
        clients: The client kinds that the server's `listen` lines allow.
        undecided: What could not be decided from the config alone, one sentence each.
        listens: Whether a server listens on the request's port; behind another proxy or a port
            mapping none does, and in the config of another Nginx neither.
    """

    request: Request
    config: Config
    version: str | None
    server: ServerRef | None
    location: LocationRef | None
    upstream: Upstream | None
    effective: Mapping[str, Setting]
    clients: tuple[Client, ...] = ()
    delivery: tuple[Delivery, ...] = ()
    undecided: tuple[str, ...] = ()
    listens: bool = True

    def value(self, name: str) -> str:
        """The effective value of a directive, empty if it is not known."""
        setting = self.effective.get(name)
        return setting.value if setting else ""
