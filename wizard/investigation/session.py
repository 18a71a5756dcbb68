"""The collected evidence of one investigation; `Session.snapshot` makes the `Case` of it."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from operator import is_
from typing import TypedDict, Unpack

from wizard.diagnose.hops import hop_of_config
from wizard.diagnose.outcome import classify, interrupt
from wizard.diagnose.predictions import predict
from wizard.logs.watch import LogWatch
from wizard.model.attempt import Attempt, ConfigChange, Proof
from wizard.model.case import Case, FollowUpResult
from wizard.model.config import Config
from wizard.model.handshake import Handshake
from wizard.model.log_report import LogReport
from wizard.model.probe_result import ProbeResult
from wizard.model.reload_wait import ReloadWait
from wizard.model.resolution import RequestResolution
from wizard.model.steps import StepId
from wizard.model.target import Target
from wizard.model.timeline import Timeline
from wizard.probe.matrix import Matrix
from wizard.probe.mcp.message_path import message_resolution
from wizard.probe.request import CONNECT_TIMEOUT_S, ProbeOptions, headers_of_all, spec_of
from wizard.probe.waits import MIN_WAIT_S
from wizard.text.bugs import confine
from wizard.text.marks import MARKS
from wizard.text.messages import tr
from wizard.text.redaction import redact, redact_header
from wizard.text.urls import split_url
from wizard.vantage.session import VantageSession

BODY_CHARS = 64 << 10
"""How much of a body is searched for secrets, in bytes."""


class Evidence(TypedDict, total=False):
    """The fields of a `Case` that `Session.update` sets."""

    handshakes: tuple[Handshake, ...]
    follow_ups: tuple[FollowUpResult, ...]
    logs: tuple[LogReport, ...]
    resolution: RequestResolution | None
    root_resolution: RequestResolution | None
    measured_from: float
    measured_until: float
    baseline: Attempt | None
    attempts: tuple[Attempt, ...]
    proof: Proof | None
    config_changed: bool | None
    config_changes: tuple[ConfigChange, ...]


class Session:
    """The evidence of one investigation; steps add to it while requests run.

    Attributes:
        clock: Returns seconds of a monotonic clock.
        timelines: The timeline of each probe; a running matrix replaces them as events come.
        running: The matrices under way.
        logs: The logs, followed from before the first probe on.
        patience_s: How long the running step watches streams at least, in seconds: the target's
            patience, or more by the user's word for this run.
        waits_for_reload: True if the proof waits until a fresh connection shows a change.
        proves_now: Set once the user wants the proof without further waiting.
        reload_wait: What is known while it waits; None at other times.
        config_before: The config as it was when the fault was measured, once there is a run to
            compare with; None if it is not known.
        is_stored: True while the handshakes come from a case file: the MCP sessions in them are
            gone, so no follow-up request can refer to them.
    """

    def __init__(
        self, target: Target, clock: Callable[[], float], stored: Case | None = None
    ) -> None:
        """Begin empty, or with the evidence of a stored case, whose logs are not followed yet."""
        self.clock = clock
        _register_secrets(target)
        self._facts = stored or Case(target, run=secrets.token_hex(6), started=time.time())
        self.timelines = {timeline.probe: timeline for timeline in _stored_timelines(self._facts)}
        self.running: list[Matrix] = []
        self.patience_s = target.patience
        self.is_stored = stored is not None
        self.waits_for_reload = False
        self.proves_now = asyncio.Event()
        self.reload_wait: ReloadWait | None = None
        self.config_before: Config | None = None
        self.vantage_sessions = {item.name: VantageSession(item) for item in target.vantages}
        self.logs = LogWatch(target.logs, self.vantage_sessions, watched=stored is None)
        self._snapshot: tuple[tuple[object, ...], Case] | None = None

    @property
    def target(self) -> Target:
        """What the user gave."""
        return self._facts.target

    def snapshot(self) -> Case:
        """All evidence as a frozen case, with the probes classified and the delivery predicted.

        Probes under way have the outcome `running`; those that an ended step left undecided are
        `interrupted`. Without new evidence the last snapshot is returned again.
        """
        capabilities = (session.discovered for session in self.vantage_sessions.values())
        evidence = (self._facts, bool(self.running), *self.timelines.values(), *capabilities)
        if self._snapshot is None or not _is_same(evidence, self._snapshot[0]):
            self._snapshot = (evidence, self._case())
        return self._snapshot[1]

    def _case(self) -> Case:
        direct = self.timelines_of("sse-direct")
        proxied = self._results("sse-proxy", direct)
        hops = self._results("sse-hop", direct)
        hop = hop_of_config(self.target)
        probes = [result.timeline.probe for result in (hops if hop else proxied)]
        probes = [probe for probe in probes if probe.hop == hop]
        discovered = (session.discovered for session in self.vantage_sessions.values())
        capabilities = {item.vantage: item for item in self._facts.capabilities}
        capabilities |= {item.vantage: item for item in discovered if item}
        case = replace(
            self._facts,
            capabilities=tuple(capabilities.values()),
            root=next(iter(self.timelines_of("root-proxy")), None),
            proxy=proxied,
            direct=self._results("sse-direct"),
            hops=hops,
        )
        predict_all = partial(predict, case, probes)
        return replace(case, predictions=confine(tr("the prediction"), predict_all, lambda _: ()))

    def timelines_of(self, name: str) -> list[Timeline]:
        """The timelines of the probes with this name."""
        return [timeline for probe, timeline in self.timelines.items() if probe.name == name]

    def _results(self, name: str, direct: Sequence[Timeline] = ()) -> tuple[ProbeResult, ...]:
        results = (_classify(timeline, direct) for timeline in self.timelines_of(name))
        return tuple(results if self.running else map(interrupt, results))

    def options(self) -> ProbeOptions:
        """The options that all requests share; headers with a withheld value are not sent."""
        target = self.target
        return ProbeOptions(
            run=self._facts.run,
            headers=headers_of_all(target),
            insecure=target.insecure,
            connect_to=target.connect_to,
            connect_timeout=min(CONNECT_TIMEOUT_S, max(target.stall, MIN_WAIT_S)),
            clock=self.clock,
            vantage_sessions=self.vantage_sessions,
            stream=spec_of(target),
        )

    def update(self, **changes: Unpack[Evidence]) -> None:
        """Replace these fields of the case."""
        self._facts = replace(self._facts, **changes)
        if "handshakes" in changes or "resolution" in changes:
            # A handshake gives the path of the messages; the config decides who serves it.
            self._facts = replace(self._facts, message_resolution=message_resolution(self._facts))

    def add_follow_ups(self, *results: FollowUpResult) -> None:
        """Add results to the case's follow-ups."""
        self.update(follow_ups=(*self._facts.follow_ups, *results))

    def drop_requests_as_sent(self) -> None:
        """Forget what the requests showed that were sent as the config passes them on."""
        kept = tuple(each for each in self._facts.follow_ups if not each.likeness)
        self.update(follow_ups=kept)

    def drop_timelines(self, names: Sequence[str]) -> None:
        """Forget what the probes of these names showed, and what was asked because of it."""
        for name in names:
            self._forget(name)
        if any(name.startswith("sse-") for name in names):
            self.update(handshakes=(), follow_ups=())

    def begin(self, step: StepId) -> None:
        """Note that the step runs: until `end` its evidence is incomplete."""
        unfinished = (*self._facts.unfinished, step)
        self._facts = replace(self._facts, unfinished=unfinished, problems=self._problems(step))

    def end(self, step: StepId, problem: str = "") -> None:
        """Note that the step has ended; `problem` is a sentence on what could not be done."""
        unfinished = tuple(other for other in self._facts.unfinished if other != step)
        problems = self._problems(step) | ({step: problem} if problem else {})
        self._facts = replace(self._facts, unfinished=unfinished, problems=problems)

    def _problems(self, step: StepId) -> dict[StepId, str]:
        """The problems of the other steps."""
        return {other: text for other, text in self._facts.problems.items() if other != step}

    def set_request(self, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        """Send other headers and another body from now on; the evidence stays."""
        target = replace(self.target, headers=headers, body=body)
        self._facts = replace(self._facts, target=target)

    def amend(self, target: Target) -> list[StepId]:
        """Take a changed target, drop the evidence that no longer holds, return its steps."""
        _register_secrets(target)
        previous, stale = self.target, list[StepId]()
        self._facts = replace(self._facts, target=target)
        self._change_sources(previous)
        if target.logs != previous.logs:
            stale.append("logs")
        if target.conf != previous.conf:
            self.update(resolution=None, root_resolution=None)
            self.config_before = None
            self.drop_requests_as_sent()
            stale.append("config")
        if target.direct != previous.direct:
            self._forget("sse-direct")
            self.drop_requests_as_sent()
            stale.append("direct")
        if target.hops != previous.hops:
            self._forget("sse-hop")
            # The config was resolved for the request as another hop receives it.
            self.update(resolution=None, root_resolution=None)
            stale += ["proxy", "config"]
        if _request_fields(target) != _request_fields(previous):
            # What was proven, and all that was measured, was another request.
            self.update(baseline=None, attempts=(), proof=None)
            self.update(config_changed=None, config_changes=())
            self.config_before = None
            self.timelines = {}
            self.update(handshakes=(), follow_ups=())
            stale += ["root", "proxy", "direct", "config"]
        return stale

    def _forget(self, name: str) -> None:
        # A new dict: a matrix that still runs must not bring them back.
        kept = {probe: timeline for probe, timeline in self.timelines.items() if probe.name != name}
        self.timelines = kept

    def _change_sources(self, previous: Target) -> None:
        """Open new vantages and logs; those that were in the previous target stay as they are."""
        target, sessions = self.target, self.vantage_sessions
        if (target.vantages, target.logs) == (previous.vantages, previous.logs):
            return
        self.vantage_sessions = {
            item.name: sessions[item.name] if item in previous.vantages else VantageSession(item)
            for item in target.vantages
        }
        changed = not set(previous.vantages) <= set(target.vantages)
        self.logs.change(target.logs, self.vantage_sessions, vantages_changed=changed)


def _register_secrets(target: Target) -> None:
    """Note the secrets of the request: other texts may have only their values."""
    urls = (target.url, *(source.locator for source in target.direct))
    for url in urls:
        with suppress(ValueError):
            parts = split_url(url)
            MARKS.keep((parts.netloc.rpartition("@")[2], parts.path))
    for url in urls:
        redact(url)
    for name, value in target.headers:
        redact_header(name, value)
    redact(target.body[:BODY_CHARS].decode("utf-8", "replace"))


def _stored_timelines(case: Case) -> list[Timeline]:
    results = (*case.proxy, *case.direct, *case.hops)
    return [*filter(None, [case.root]), *(result.timeline for result in results)]


def _is_same(evidence: Sequence[object], other: Sequence[object]) -> bool:
    """True if both hold the same objects: they are frozen, so identity is enough."""
    return len(evidence) == len(other) and all(map(is_, evidence, other))


def _request_fields(target: Target) -> Target:
    """The target with only the fields that every probe depends on.

    How long streams are watched (`patience`) does not make what was seen wrong.
    """
    return replace(
        target, logs=(), conf=None, direct=(), style="", hops=(), vantages=(), patience=0.0
    )


def _classify(timeline: Timeline, direct: Sequence[Timeline]) -> ProbeResult:
    """The result of a probe; one that a bug leaves without an outcome counts as not asked."""
    return confine(
        tr("the outcome of {label}", label=timeline.probe.label),
        lambda: classify(timeline, direct),
        lambda why: ProbeResult(timeline, "not-asked", why),
    )
