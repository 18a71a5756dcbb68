"""Runs of all requests that are kept, so that "before" is not lost, and the proof of a fix."""

from dataclasses import dataclass
from typing import Literal

from wizard.model.diagnosis import Diagnosis
from wizard.model.handshake import Handshake, Side
from wizard.model.probe_result import ProbeResult

ProofOutcome = Literal["fixed", "live", "not-proven", "not-fixed"]
"""`live`: all works, and nothing was seen to be broken before."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of all requests, and what was concluded from it.

    Attributes:
        started: When its first request began, in seconds since the epoch; 0 if not known.
        ended: When its last request ended; 0 if not known.
        proxied: The probes of the public URL.
        handshakes: The MCP handshakes, with both sides.
        diagnosis: The conclusion at that time; None if nothing was concluded.
        log_causes: The ids of the causes that only the logs showed.
        log_faults: The number of log lines of these requests with a fault.
    """

    started: float = 0.0
    ended: float = 0.0
    proxied: tuple[ProbeResult, ...] = ()
    handshakes: tuple[Handshake, ...] = ()
    diagnosis: Diagnosis | None = None
    log_causes: tuple[str, ...] = ()
    log_faults: int = 0

    @property
    def causes(self) -> tuple[str, ...]:
        """The ids of the causes that are more than possible."""
        findings = self.diagnosis.causes if self.diagnosis else ()
        return tuple(cause.id for cause in findings if cause.confidence != "possible")

    def handshake(self, side: Side) -> Handshake | None:
        """The handshake with that side; None if there was none."""
        return next((handshake for handshake in self.handshakes if handshake.side == side), None)


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """A line of the config that was added (`+`) or removed (`-`); `where` is `file:line`."""

    sign: Literal["+", "-"]
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class CutOffCount:
    """How many requests of customers a log shows as cut off, before the change and since.

    Attributes:
        kind: `499` (of Nginx's access log) or `canceled` (of the backend's log).
        before: The number in the time before the first probe.
        before_s: The length of that time in seconds; None if no line names a time.
        now: The number since the verification began.
        now_s: The length of that time in seconds.
        own: How many of `now` may be of our own requests, which lines of this kind do not name.
    """

    file: str
    kind: Literal["499", "canceled"]
    before: int
    before_s: float | None
    now: int
    now_s: float
    own: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of verifying a fix: the probes of the case compared with those before.

    Attributes:
        outcome: What was shown.
        why: The reason in one sentence.
        at: When it was shown, in seconds since the epoch.
        config_changed: Whether the config differs from the one before; None if it was not read
            again.
        changes: The lines in which it differs, the first ones.
        cut_off: What the logs show of customers' requests.
        old_workers: The worker processes of this Nginx that were shutting down: they keep the
            connections from before the reload. None if that could not be seen.
        old_workers_at: The vantage at which they were counted, of all Nginx there; empty for those
            of the Nginx on this machine that serves the URL.
        reload_seen: When a new connection first answered otherwise than the one before it, in
            seconds since the epoch; None if that was not waited for, or already so at first.
    """

    outcome: ProofOutcome
    why: str
    at: float
    config_changed: bool | None = None
    changes: tuple[ConfigChange, ...] = ()
    cut_off: tuple[CutOffCount, ...] = ()
    old_workers: int | None = None
    old_workers_at: str = ""
    reload_seen: float | None = None
