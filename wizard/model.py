"""What was asked and what was seen: frozen values that all else speaks in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wizard.handshake import Handshake, Side
from wizard.nginx.site import Delivery, Site
from wizard.timeline import Timeline
from wizard.vantage import Equipment, Vantage

LOCAL = "local"
"""The vantage that is this machine."""

StepId = Literal["root", "proxy", "direct", "logs", "config", "cause", "fix", "verify"]
STEPS: tuple[StepId, ...] = (
    "root",
    "proxy",
    "direct",
    "logs",
    "config",
    "cause",
    "fix",
    "verify",
)
State = Literal["todo", "running", "pass", "warn", "fail", "skip"]
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
        connect_to: Host and port to connect to instead of the URL's own.
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


@dataclass(frozen=True, slots=True)
class StepState:
    """One step's state and, in one sentence, why."""

    id: StepId
    state: State = "todo"
    why: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that matters.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        ours: Whether it belongs to one of our own probes (by run token, else time and path).
        meaning: What it shows, in one sentence; empty if it only gives context.
        tag: A word that rules look for: `held-499`, `live-200`, `read-timeout`,
            `header-timeout`, `connect-failed`, `upstream-tls`, `premature-close`, `invalid-answer`,
            `reload`, `limited`, `delayed`, `auth-request`, `tried-again`, `worker-timeout`,
            `canceled`; empty otherwise.
    """

    file: str
    text: str
    kind: str
    ours: bool
    tag: str = ""
    meaning: str = ""
    client: str = ""
    """What our own probe was, by its User-Agent: `sse-proxy h1 identity`; empty otherwise."""


@dataclass(frozen=True, slots=True)
class History:
    """What a log says of the time before the probes began, our own probes left out.

    Attributes:
        lines: How many lines of that time were read.
        counted: Whether some of them are of a form that would show who was cut off.
        since: When the first of them was written, and `until` when the probes began: seconds
            since the epoch. None where no line names a time.
        own_clock: Whether these two are by the log's own clock, whose zone is not known.
        older: Whether the log reaches back further than was read.
        bucket_s: How long one bucket is, in seconds.
        left: How many requests were logged as 499, bucket by bucket, the oldest first.
        canceled: How many requests the backend saw canceled, in the same buckets.
        clients: Who had the most of both, by address, else by name; and how many.
        clock: How the times were read, where that matters, in one sentence.
    """

    lines: int = 0
    counted: bool = False
    since: float | None = None
    until: float | None = None
    own_clock: bool = False
    older: bool = False
    bucket_s: int = 60
    left: tuple[int, ...] = ()
    canceled: tuple[int, ...] = ()
    clients: tuple[tuple[str, int], ...] = ()
    clock: str = ""

    @property
    def counts(self) -> tuple[int, ...]:
        """How many were cut off in each bucket, either way."""
        return tuple(map(sum, zip(self.left, self.canceled, strict=True)))


@dataclass(frozen=True, slots=True)
class LogReport:
    """What one log showed since the probes began, and what it says of the time before.

    Attributes:
        read: How many lines are new.
        problem: Why not all of it could be read, in one sentence; empty otherwise.
        history: None where nothing was read of the time before.
    """

    file: str
    lines: tuple[LogLine, ...] = ()
    read: int = 0
    problem: str = ""
    history: History | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One leg judged beside its reference.

    Attributes:
        outcome: `answered` (the root path, whatever it says), `live` (events came), `late` (only
            in a burst, long after the direct leg), `held` (not even headers), `events-held`
            (headers, no event), `headers-held` (as the direct leg has headers but no event yet,
            and this one has no headers), `silent` (headers and no event, and nothing says one was
            due), `no-event` (bytes, but not the event that was due), `cut` (broken off), `ended`
            (a clean end), `status` (another status than 200), `redirect`, `not-a-stream`,
            `refused` (no connection, no TLS, no address), `not-offered` (HTTP/2 was asked for and
            not negotiated), `not-asked` (the vantage could not make the request), `running`.
        why: One sentence.
    """

    timeline: Timeline
    outcome: "Outcome"
    why: str = ""

    @property
    def counts(self) -> bool:
        """Whether it says anything of the server: it was asked, and offers this way to ask."""
        return self.outcome not in ("not-offered", "not-asked")


Outcome = Literal[
    "running",
    "answered",
    "live",
    "late",
    "held",
    "events-held",
    "headers-held",
    "silent",
    "no-event",
    "cut",
    "ended",
    "status",
    "redirect",
    "not-a-stream",
    "refused",
    "not-offered",
    "not-asked",
]
HELD: frozenset[str] = frozenset({"held", "events-held", "headers-held", "late"})


@dataclass(frozen=True, slots=True)
class Loss:
    """Where the stream is lost on its way out: between two neighbouring places.

    Attributes:
        kind: What the place is where it is not well any more: `outside` (the URL itself), `hop`,
            or `direct`.
        name: What that place is called, and `cell` what was seen there.
        inner: What the next place further in is called, where all is well, and `fine` what was
            seen there.
    """

    kind: str
    name: str
    cell: Cell
    inner_kind: str
    inner: str
    fine: Cell


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the config says of one proxied leg, to be held against what was seen."""

    label: str
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Replay:
    """A further request that was made to decide between causes.

    Attributes:
        purpose: What it was to decide; `wizard.followups` names them.
        why: What was asked, in a few words.
    """

    purpose: str
    line: Timeline
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that was given and seen in one investigation.

    Attributes:
        run: The token in our User-Agent; the log step finds our own lines by it.
        started: When the first probe began, in seconds since the epoch.
        hops: The cells of each of the proxies in a row, outermost first.
        loss: Where the stream is lost, once the places were compared; None before, and where
            they do not say.
        equipment: What was found out at each vantage that was used.
        before: The proxied cells before the reload, once the user verifies.
        before_handshakes: The handshakes before the reload.
        message_site: What the config says of the path to which messages are posted; None where
            that path or the config is not known.
        handshakes: One for each side that was tried, or that could not be.
        replays: The further requests, in the order in which they were made.
        problems: What could not be done, by step, one sentence each.
    """

    target: Target
    run: str = ""
    started: float = 0.0
    root: Timeline | None = None
    proxy: tuple[Cell, ...] = ()
    direct: tuple[Cell, ...] = ()
    hops: tuple[Cell, ...] = ()
    loss: Loss | None = None
    equipment: tuple[Equipment, ...] = ()
    before: tuple[Cell, ...] = ()
    before_handshakes: tuple[Handshake, ...] = ()
    logs: tuple[LogReport, ...] = ()
    site: Site | None = None
    root_site: Site | None = None
    message_site: Site | None = None
    predictions: tuple[Prediction, ...] = ()
    handshakes: tuple[Handshake, ...] = ()
    replays: tuple[Replay, ...] = ()
    problems: Mapping[StepId, str] = field(default_factory=dict)

    def handshake(self, side: Side) -> Handshake | None:
        """The handshake from that side; None if it was not begun."""
        return next((one for one in self.handshakes if one.side == side), None)
