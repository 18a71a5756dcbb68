"""The rows of the delivery model (docs/delivery.md): locations of one nginx.conf, and clients."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import get_args

from wizard.lab.scenario import Behaviour
from wizard.model.resolution import Client, Encoding, UpstreamFraming
from wizard.nginx.delivery import ENCODINGS

PING = 0.1
"""Seconds between two pings of a backend."""
CLIENTS: tuple[Client, ...] = get_args(Client)
V10, V11 = "proxy_http_version 1.0; ", "proxy_http_version 1.1; "
OFF = "proxy_buffering off; "
GZIP = "gzip on; gzip_types text/event-stream; "
IGNORE = "proxy_ignore_headers X-Accel-Buffering; "
PASS_HEADER = "proxy_pass_header X-Accel-Buffering; "

BACKENDS: dict[str, Behaviour] = {
    "chunked": Behaviour(every_s=None, ping_s=PING),
    "close": Behaviour(framing="close", every_s=None, ping_s=PING),
    "silent": Behaviour(first_s=None),
    "silent-close": Behaviour(framing="close", first_s=None),
    "mute": Behaviour(first_s=None, flush=False),
    "no": Behaviour(every_s=None, ping_s=PING, headers={"X-Accel-Buffering": "no"}),
    "yes": Behaviour(every_s=None, ping_s=PING, headers={"X-Accel-Buffering": "yes"}),
}


@dataclass(frozen=True)
class Location:
    """One location of the config.

    Attributes:
        backend: A backend's name, or `self/NAME/` for another location of the same Nginx.
        framing: How the response reaches Nginx.
        directives: The directives in front of proxy_pass.
        x_accel_buffering: The X-Accel-Buffering header that reaches Nginx.
        outer: The directives of the location around it; None if it is not nested.
        listener: The name of its port; None if the kind of client decides it.
    """

    name: str
    backend: str
    framing: UpstreamFraming
    directives: str = ""
    x_accel_buffering: str | None = None
    outer: str | None = None
    listener: str | None = None

    @property
    def is_silent(self) -> bool:
        """True if no event ever comes."""
        return self.backend in ("silent", "silent-close", "mute")

    def text(self) -> str:
        """The location block."""
        target = self.backend if "/" in self.backend else f"{self.backend}/"
        block = f"location /{self.name}/ {{ {self.directives}proxy_pass http://${target}; }}"
        return block if self.outer is None else f"location /{self.name} {{ {self.outer}{block} }}"


@dataclass(frozen=True)
class DeliveryRow:
    """One request: location, kind of client, Accept-Encoding, and whether it has a Via header."""

    location: Location
    client: Client
    encoding: Encoding = "identity"
    via: bool = False

    @property
    def id(self) -> str:
        """A unique word for the row, which is also its run token in the logs."""
        return f"{self.location.name}-{self.client}-{self.encoding}" + ("-via" * self.via)

    def url(self, ports: Mapping[str, int]) -> str:
        """The URL of the request."""
        secure = self.client in ("h1-tls", "h2")
        name = self.location.listener or ("tls" if secure else self.client)
        return f"http{'s' * secure}://127.0.0.1:{ports[name]}/{self.location.name}/sse"


def _model() -> dict[str, Location]:
    """Upstream framing × buffering × gzip; buffering is on by default, never by a directive."""
    framings: tuple[tuple[str, str, UpstreamFraming, str], ...] = (
        ("http10", "chunked", "close", V10),
        ("close", "close", "close", V11),
        ("chunked", "chunked", "chunked", V11),
    )
    locations = [
        Location(f"{name}-{on}-{compression}", backend, framing, version + buffering + gzip)
        for name, backend, framing, version in framings
        for on, buffering in (("on", ""), ("off", OFF))
        for compression, gzip in (("plain", ""), ("gzip", GZIP))
    ]
    return {location.name: location for location in locations}


MODEL = _model()
MATRIX_ROWS = tuple(DeliveryRow(*axes) for axes in product(MODEL.values(), CLIENTS, ENCODINGS))

SILENT_ROWS = tuple(
    DeliveryRow(location, client)
    for location in (
        Location("silent-chunked", "silent", "chunked", V11),
        Location("silent-close", "silent-close", "close", V11),
        Location("silent-off", "silent", "chunked", V11 + OFF),
    )
    for client in CLIENTS
)
X_ACCEL = {
    "no": Location("no", "no", "close", V10, "no"),
    "no-ignored": Location("no-ignored", "no", "close", V10 + IGNORE, "no"),
    "no-kept": Location("no-kept", "no", "close", V10 + PASS_HEADER, "no"),
    "yes": Location("yes", "yes", "close", V10 + OFF, "yes"),
    "yes-ignored": Location("yes-ignored", "yes", "close", V10 + OFF + IGNORE, "yes"),
    # Two Nginx in a row: the outer one gets only the headers that the inner one passes on.
    "stripped": Location("stripped", "self/no/", "close", V10),
    "handed-on": Location("handed-on", "self/no-kept/", "close", V10, "no"),
}
_STAR = Location("star", "chunked", "chunked", V11 + "gzip on; gzip_types *; ")
_HTML = Location("html", "chunked", "chunked", V11 + "gzip on; ")
_ANY = Location("any", "chunked", "chunked", V11 + GZIP + "gzip_proxied any; ")
_USUAL = Location(
    "usual", "chunked", "chunked", V11 + GZIP + "gzip_proxied expired no-cache no-store private; "
)
COMPRESSED = {
    DeliveryRow(_STAR, "h1", "gzip"): "held",
    DeliveryRow(_HTML, "h1", "gzip"): "live",
    DeliveryRow(_ANY, "h1", "gzip", via=True): "held",
    DeliveryRow(_USUAL, "h1", "gzip", via=True): "held",
    DeliveryRow(MODEL["chunked-on-gzip"], "h1", "gzip", via=True): "live",
}
INHERITED = {
    Location("off-on", "chunked", "close", V10 + "proxy_buffering on; ", outer=OFF): "held",
    Location("on-off", "chunked", "close", V10 + OFF, outer="proxy_buffering on; "): "live",
    Location("off-kept", "chunked", "close", V10, outer=OFF): "live",
}
LEVELS = {
    Location("of-http", "chunked", "close", V10): "live",
    Location("of-server", "chunked", "close", V10, listener="other"): "held",
    Location("of-location", "chunked", "close", V10 + OFF, listener="other"): "live",
}
"""Locations of a second config, which sets buffering at the http and the server level."""
LEVEL_ROWS = tuple(DeliveryRow(location, "h1") for location in LEVELS)
LEVEL_CONTROL_ROWS = (DeliveryRow(next(iter(LEVELS)), "h1", via=True),)
DEFAULT = Location("default", "chunked", "chunked")
SHORT_TIMEOUT = "proxy_read_timeout 700ms; "
PINGS_BEYOND_TIMEOUT = 9
"""The number of pings that last longer than that timeout."""
PINGING = Location("pinged", "chunked", "chunked", V11 + OFF + SHORT_TIMEOUT)
SILENT_STREAM = Location("dried-up", "silent", "chunked", V11 + OFF + SHORT_TIMEOUT)
NO_RESPONSE = Location("no-answer", "mute", "chunked", V11 + SHORT_TIMEOUT)
TIMEOUT_ROWS = (
    DeliveryRow(SILENT_STREAM, "h1"),
    DeliveryRow(NO_RESPONSE, "h1"),
    DeliveryRow(PINGING, "h1"),
)

ALL_ROWS = (
    *MATRIX_ROWS,
    *SILENT_ROWS,
    *(DeliveryRow(location, "h1") for location in (*X_ACCEL.values(), *INHERITED, DEFAULT)),
    *COMPRESSED,
)
CONTROL_ROWS = tuple(
    DeliveryRow(MODEL["chunked-off-plain"], client, via=True) for client in CLIENTS
)
"""Rows that are live on any Nginx: their pings are the clock that measures silence."""
