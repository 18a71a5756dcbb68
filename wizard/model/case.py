"""What was asked and what was seen: frozen values that all else speaks in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wizard.model.handshake import Handshake, Side
from wizard.model.log_report import LogReport
from wizard.model.resolution import Delivery, RequestResolution
from wizard.model.steps import StepId
from wizard.model.target import Target
from wizard.model.timeline import Timeline
from wizard.model.vantage import Capabilities


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One probe judged beside its reference.

    Attributes:
        outcome: `answered` (the root path, whatever it says), `live` (events came), `late` (only
            in a burst, long after the direct probe), `held` (not even headers), `events-held`
            (headers, no event), `headers-held` (as the direct probe has headers but no event yet,
            and this one has no headers), `silent` (headers and no event, and nothing says one was
            due), `no-event` (bytes, but not the event that was due), `cut` (broken off), `ended`
            (a clean end), `status` (another status than 200), `redirect`, `not-a-stream`,
            `refused` (no connection, no TLS, no address), `not-offered` (HTTP/2 was asked for and
            not negotiated), `not-asked` (the vantage could not make the request), `running`,
            `interrupted` (the step was left before this one had shown what it does).
        why: One sentence.
    """

    timeline: Timeline
    outcome: "Outcome"
    why: str = ""

    @property
    def was_made(self) -> bool:
        """Whether it says anything of the server: it was asked, and offers this way to ask."""
        return self.outcome not in ("not-offered", "not-asked")

    @property
    def outcome_label(self) -> str:
        """The outcome for a reader, in a word or two: which status, why there is no connection."""
        if self.outcome == "status":
            return f"HTTP {self.timeline.status}"
        if self.outcome == "refused":
            return _REFUSED.get(self.timeline.ended or "", "refused")
        return self.outcome


Outcome = Literal[
    "running",
    "interrupted",
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
_REFUSED = {"dns": "no address", "tls": "TLS failed", "timeout": "no answer"}
HELD_OUTCOMES: frozenset[str] = frozenset({"held", "events-held", "headers-held", "late"})


@dataclass(frozen=True, slots=True)
class FirstFailingHop:
    """Where the stream is lost on its way out: between two neighbouring places.

    Attributes:
        kind: What the place is where it is not well any more: `outside` (the URL itself), `hop`,
            or `direct`.
        name: What that place is called, and `result` what was seen there.
        inner: What the next place further in is called, where all is well, and `inner_result`
            what was seen there.
        unseen: The hops between these two that say nothing: it may be any of them.
    """

    kind: str
    name: str
    result: ProbeResult
    inner_kind: str
    inner: str
    inner_result: ProbeResult
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the config says of one proxied probe, to be held against what was seen."""

    label: str
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class FollowUpResult:
    """A further request that was made to decide between causes.

    Attributes:
        purpose: What it was to decide; `wizard.followups` names them.
        why: What was asked, in a few words.
    """

    purpose: str
    timeline: Timeline
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that was given and seen in one investigation.

    Attributes:
        run: The token in our User-Agent; the log step finds our own lines by it.
        started: When the first probe began, in seconds since the epoch.
        hops: The probes of each of the proxies in a row, outermost first.
        loss: Where the stream is lost, once the places were compared; None before, and where
            they do not say.
        equipment: What was found out at each vantage that was used.
        before: The proxied probes before the reload, once the user verifies.
        before_handshakes: The handshakes before the reload.
        message_site: What the config says of the path to which messages are posted; None where
            that path or the config is not known.
        handshakes: One for each side that was tried, or that could not be.
        replays: The further requests, in the order in which they were made.
        problems: What could not be done, by step, one sentence each.
        unfinished: The steps that have begun and not ended: they run, or were interrupted.
    """

    target: Target
    run: str = ""
    started: float = 0.0
    root: Timeline | None = None
    proxy: tuple[ProbeResult, ...] = ()
    direct: tuple[ProbeResult, ...] = ()
    hops: tuple[ProbeResult, ...] = ()
    first_failing_hop: FirstFailingHop | None = None
    capabilities: tuple[Capabilities, ...] = ()
    before: tuple[ProbeResult, ...] = ()
    before_handshakes: tuple[Handshake, ...] = ()
    logs: tuple[LogReport, ...] = ()
    resolution: RequestResolution | None = None
    root_resolution: RequestResolution | None = None
    message_resolution: RequestResolution | None = None
    predictions: tuple[Prediction, ...] = ()
    handshakes: tuple[Handshake, ...] = ()
    follow_ups: tuple[FollowUpResult, ...] = ()
    problems: Mapping[StepId, str] = field(default_factory=dict)
    unfinished: tuple[StepId, ...] = ()

    def handshake(self, side: Side) -> Handshake | None:
        """The handshake from that side; None if it was not begun."""
        return next((one for one in self.handshakes if one.side == side), None)
