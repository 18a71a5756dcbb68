"""All evidence of one investigation, and the values it consists of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.model.attempt import Attempt, ConfigChange, Proof
from wizard.model.handshake import Handshake, Side
from wizard.model.log_report import LogReport
from wizard.model.probe_result import ProbeResult
from wizard.model.request_difference import Difference, Likeness
from wizard.model.resolution import Delivery, RequestResolution
from wizard.model.steps import StepId
from wizard.model.target import LOCAL, Target
from wizard.model.timeline import Timeline
from wizard.model.vantage import Capabilities
from wizard.text.messages import tr


def place_label(kind: str, name: str, vantage: str) -> str:
    """A place between the client and the backend, in words; JSON has its name."""
    if kind == "outside":
        return tr("outside")
    if kind == "direct" and vantage == LOCAL:
        return tr("direct")
    return tr("direct from {vantage}", vantage=vantage) if kind == "direct" else name


@dataclass(frozen=True, slots=True)
class FirstFailingHop:
    """The two hops between which the stream stops: it fails at the outer and works at the inner.

    Attributes:
        kind: The kind of the outer hop: `outside` (the URL itself), `hop` or `direct`.
        name: The outer hop's name; `result` is its probe.
        inner_kind: The kind of the inner hop.
        inner: The inner hop's name; `inner_result` is its probe.
        unseen: The hops between these two whose probes show nothing; each may be at fault.
    """

    kind: str
    name: str
    result: ProbeResult
    inner_kind: str
    inner: str
    inner_result: ProbeResult
    unseen: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The outer hop in words."""
        return place_label(self.kind, self.name, self.result.timeline.probe.vantage)

    @property
    def inner_label(self) -> str:
        """The inner hop in words."""
        return place_label(self.inner_kind, self.inner, self.inner_result.timeline.probe.vantage)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The delivery that the config predicts for the proxied probe of this label."""

    label: str
    delivery: Delivery


CROWDED = "crowded"
"""The purpose of a request that failed beside others of ours, and was served alone."""


@dataclass(frozen=True, slots=True)
class FollowUpResult:
    """A further request that decides between causes.

    Attributes:
        purpose: What it decides; the modules of `wizard/probe/followups/` define the values.
        why: What was requested, in a few words.
        headers: Those that it had beside the client's own, as `name: value`.
        differences: In what the request differed from the client's own, of those differences that
            Nginx makes.
        likeness: How it was answered, where it was sent because of these differences.
        doubts: In what it is not the request that it stands for, one sentence each.
    """

    purpose: str
    timeline: Timeline
    why: str
    differences: tuple[Difference, ...] = ()
    likeness: Likeness = ""
    doubts: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """All evidence of one investigation.

    Attributes:
        run: The token in the User-Agent of every probe, by which the log step finds its lines.
        started: When the first probe began, in seconds since the epoch.
        proxy: The probes of the public URL.
        direct: The probes of the backend's own URLs.
        hops: The probes of each proxy in a row, outermost first.
        first_failing_hop: Where the stream stops; None before the hops were compared, and if the
            comparison shows nothing.
        measured_from: When the newest run of all requests began, in seconds since the epoch.
        measured_until: When it ended; 0 while it runs.
        baseline: The run before the reload, once the user verifies: what `proxy` is compared with.
        attempts: Older runs, oldest first, without `baseline`.
        proof: What the newest verification showed.
        config_changed: Whether the config differs from the one before the reload; None if it was
            not read again.
        config_changes: The lines in which it differs.
        resolution: What the config does with the stream's request.
        message_resolution: What the config does with the path to which messages are posted; None
            if that path or the config is not known.
        handshakes: One for each side that was tried or could not be tried.
        follow_ups: The further requests, in the order in which they were made.
        problems: What could not be done, by step, one sentence each.
        unfinished: The steps that are running or were interrupted.
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
    measured_from: float = 0.0
    measured_until: float = 0.0
    baseline: Attempt | None = None
    attempts: tuple[Attempt, ...] = ()
    proof: Proof | None = None
    config_changed: bool | None = None
    config_changes: tuple[ConfigChange, ...] = ()
    logs: tuple[LogReport, ...] = ()
    resolution: RequestResolution | None = None
    root_resolution: RequestResolution | None = None
    message_resolution: RequestResolution | None = None
    predictions: tuple[Prediction, ...] = ()
    handshakes: tuple[Handshake, ...] = ()
    follow_ups: tuple[FollowUpResult, ...] = ()
    problems: Mapping[StepId, str] = field(default_factory=dict)
    unfinished: tuple[StepId, ...] = ()

    @property
    def before(self) -> tuple[ProbeResult, ...]:
        """The probes of the public URL before the reload; empty before the user verifies."""
        return self.baseline.proxied if self.baseline else ()

    @property
    def is_fixed(self) -> bool:
        """True if something was broken before, and the newest verification showed that it works."""
        return self.proof is not None and self.proof.outcome == "fixed"

    @property
    def is_crowded(self) -> bool:
        """True if several of our requests at once were too many for the server."""
        return any(sent.purpose == CROWDED for sent in self.follow_ups)

    @property
    def proxied_answers(self) -> tuple[Timeline, ...]:
        """The answers at the public URL: those of the probes, then those of the MCP session."""
        handshake = self.handshake("proxy")
        messages = handshake.exchanges if handshake else ()
        return (*(each.timeline for each in self.proxy), *(each.timeline for each in messages))

    def handshake(self, side: Side) -> Handshake | None:
        """The handshake with that side; None if it has not begun."""
        return next((handshake for handshake in self.handshakes if handshake.side == side), None)
