"""The delivery model's cells as data: the locations of one nginx.conf, and who asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import get_args

from wizard.lab.scenario import Behaviour
from wizard.model.resolution import Client, Encoding, UpstreamFraming
from wizard.nginx.delivery import ENCODINGS

PING = 0.1
"""Seconds between a backend's pings: small, so that what Nginx collects stays small too."""
CLIENTS: tuple[Client, ...] = get_args(Client)
V10, V11 = "proxy_http_version 1.0; ", "proxy_http_version 1.1; "
OFF = "proxy_buffering off; "
GZIP = "gzip on; gzip_types text/event-stream; "
IGNORE = "proxy_ignore_headers X-Accel-Buffering; "
KEEP = "proxy_pass_header X-Accel-Buffering; "

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
        passed: A backend's name, or `self/NAME/` for another location of the same Nginx.
        framing: How the response comes to Nginx.
        said: The X-Accel-Buffering that comes with it.
        outer: What stands around it, where it is nested.
        listener: Its port's name, where the client's kind does not tell.
    """

    name: str
    passed: str
    framing: UpstreamFraming
    lines: str = ""
    said: str | None = None
    outer: str | None = None
    listener: str | None = None

    @property
    def quiet(self) -> bool:
        """Whether no event ever comes."""
        return self.passed in ("silent", "silent-close", "mute")

    def text(self) -> str:
        """The block."""
        target = self.passed if "/" in self.passed else f"{self.passed}/"
        block = f"location /{self.name}/ {{ {self.lines}proxy_pass http://${target}; }}"
        return block if self.outer is None else f"location /{self.name} {{ {self.outer}{block} }}"


@dataclass(frozen=True)
class Cell:
    """One request: which location, which client, and its Accept-Encoding."""

    location: Location
    client: Client
    encoding: Encoding = "identity"
    via: bool = False

    @property
    def id(self) -> str:
        """The cell in one word; its run token in the logs too."""
        return f"{self.location.name}-{self.client}-{self.encoding}" + ("-via" * self.via)

    def url(self, ports: Mapping[str, int]) -> str:
        """Where it is asked for."""
        secure = self.client in ("h1-tls", "h2")
        name = self.location.listener or ("tls" if secure else self.client)
        return f"http{'s' * secure}://127.0.0.1:{ports[name]}/{self.location.name}/sse"


def _model() -> dict[str, Location]:
    """Upstream framing × buffering × gzip. Buffering is never switched on: it is the default."""
    framings: tuple[tuple[str, str, UpstreamFraming, str], ...] = (
        ("http10", "chunked", "close", V10),
        ("close", "close", "close", V11),
        ("chunked", "chunked", "chunked", V11),
    )
    found = [
        Location(f"{name}-{on}-{squeezed}", passed, framing, version + buffering + gzip)
        for name, passed, framing, version in framings
        for on, buffering in (("on", ""), ("off", OFF))
        for squeezed, gzip in (("plain", ""), ("gzip", GZIP))
    ]
    return {location.name: location for location in found}


MODEL = _model()
MATRIX = tuple(Cell(*axes) for axes in product(MODEL.values(), CLIENTS, ENCODINGS))

SILENT = tuple(
    Cell(location, client)
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
    "no-kept": Location("no-kept", "no", "close", V10 + KEEP, "no"),
    "yes": Location("yes", "yes", "close", V10 + OFF, "yes"),
    "yes-ignored": Location("yes-ignored", "yes", "close", V10 + OFF + IGNORE, "yes"),
    # Two Nginx in a row: the outer one sees only what the inner one passes on.
    "stripped": Location("stripped", "self/no/", "close", V10),
    "handed-on": Location("handed-on", "self/no-kept/", "close", V10, "no"),
}
_STAR = Location("star", "chunked", "chunked", V11 + "gzip on; gzip_types *; ")
_HTML = Location("html", "chunked", "chunked", V11 + "gzip on; ")
_ANY = Location("any", "chunked", "chunked", V11 + GZIP + "gzip_proxied any; ")
_USUAL = Location(
    "usual", "chunked", "chunked", V11 + GZIP + "gzip_proxied expired no-cache no-store private; "
)
SQUEEZED = {
    Cell(_STAR, "h1", "gzip"): "held",
    Cell(_HTML, "h1", "gzip"): "live",
    Cell(_ANY, "h1", "gzip", via=True): "held",
    Cell(_USUAL, "h1", "gzip", via=True): "held",
    Cell(MODEL["chunked-on-gzip"], "h1", "gzip", via=True): "live",
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
"""In a config of their own: what the http and the server level say."""
LEVEL_CELLS = tuple(Cell(location, "h1") for location in LEVELS)
LEVEL_CONTROLS = (Cell(next(iter(LEVELS)), "h1", via=True),)
DEFAULT = Location("default", "chunked", "chunked")
SHORT = "proxy_read_timeout 700ms; "
OUTLIVED = 9
"""So many pings last longer than that timeout."""
PINGED = Location("pinged", "chunked", "chunked", V11 + OFF + SHORT)
DRIED_UP = Location("dried-up", "silent", "chunked", V11 + OFF + SHORT)
NO_ANSWER = Location("no-answer", "mute", "chunked", V11 + SHORT)
TIMED = (Cell(DRIED_UP, "h1"), Cell(NO_ANSWER, "h1"), Cell(PINGED, "h1"))

RESULTS = (
    *MATRIX,
    *SILENT,
    *(Cell(location, "h1") for location in (*X_ACCEL.values(), *INHERITED, DEFAULT)),
    *SQUEEZED,
)
CONTROLS = tuple(Cell(MODEL["chunked-off-plain"], client, via=True) for client in CLIENTS)
"""Live on any Nginx: their pings are the clock by which silence is measured."""
