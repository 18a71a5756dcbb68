"""What one investigation knows so far: the target, the probes' timelines, logs, config."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from wizard.diagnose.hops import conf_hop
from wizard.diagnose.outcome import classify, left
from wizard.logs.watch import LogWatch
from wizard.model.case import Case, ProbeResult, StepId
from wizard.model.log_report import LogReport
from wizard.model.resolution import RequestResolution
from wizard.model.target import Target
from wizard.model.timeline import Probe, Timeline
from wizard.nginx.prediction import predictions
from wizard.probe.followups import run_follow_ups
from wizard.probe.matrix import Matrix
from wizard.probe.mcp.message_path import message_resolution
from wizard.probe.mcp.session import run_handshakes
from wizard.probe.request import CONNECT_TIMEOUT_S, ProbeOptions
from wizard.probe.timing import MIN_WAIT_S
from wizard.text.redaction import has_withheld_secret
from wizard.vantage.session import VantageSession


class Sightings:
    """The probes' timelines, kept up to date while they run.

    Attributes:
        running: The matrices under way.
    """

    def __init__(self, clock: Callable[[], float], stored: Case) -> None:
        """With what a stored case has seen, if it has."""
        self.running: list[Matrix] = []
        self._clock = clock
        self._lines: dict[Probe, Timeline] = {line.probe: line for line in _seen_in(stored)}

    def named(self, name: str) -> list[Timeline]:
        """The timelines of the probes of that name."""
        return [line for probe, line in self._lines.items() if probe.name == name]

    def classified(self, name: str, direct: Sequence[Timeline] = ()) -> tuple[ProbeResult, ...]:
        """The same as probes; what is undecided and not under way was interrupted."""
        results = tuple(classify(line, direct) for line in self.named(name))
        return results if self.running else tuple(map(left, results))

    def forget(self, *names: str) -> None:
        """Drop the probes of these names; without any name, all of them."""
        kept = {
            probe: line for probe, line in self._lines.items() if names and probe.name not in names
        }
        self._lines = kept

    async def run_probes(
        self,
        target: Target,
        options: ProbeOptions,
        proxied: Sequence[Probe],
        direct: Sequence[Probe],
        *,
        patience: float,
    ) -> None:
        """Run these probes side by side; their timelines grow here as events come."""
        matrix = Matrix(
            proxied,
            direct,
            self._lines,
            options=options,
            stall=target.stall,
            patience=patience,
            least=lambda: self._root_wait(target.stall),
            clock=self._clock,
        )
        self.running.append(matrix)
        try:
            await matrix.run()
        finally:
            self.running.remove(matrix)

    def _root_wait(self, stall: float) -> float:
        """A proxy that is slow for `/` is slow, and holds nothing: silence counts only after
        twice what that took, and not while that is still awaited; seconds."""
        root = next(iter(self.named("root-proxy")), None)
        if root is None or root.ended not in (None, "eof", "open"):
            return 0.0
        return stall if root.headers_s is None else 2 * root.headers_s


def _seen_in(case: Case) -> list[Timeline]:
    """The timelines of a case's own probes."""
    root = [case.root] if case.root else []
    return [*root, *(result.timeline for result in (*case.proxy, *case.direct, *case.hops))]


_WHOLE: tuple[StepId, ...] = ("root", "proxy", "direct", "config")


class Session:
    """Kept up to date while steps run; `case` is a snapshot of it.

    Attributes:
        logs: The logs, from before the first probe on.
        sightings: What the probes have shown so far.
    """

    def __init__(
        self, target: Target, clock: Callable[[], float], stored: Case | None = None
    ) -> None:
        """With a stored case it begins as that one ended; nothing is asked or followed yet."""
        self.clock = clock
        self._case = stored or Case(target, run=secrets.token_hex(6), started=time.time())
        self.sightings = Sightings(clock, self._case)
        self._is_stored = stored is not None
        self._vantage_sessions = {one.name: VantageSession(one) for one in target.vantages}
        self.logs = LogWatch(target.logs, self._vantage_sessions, watched=stored is None)

    @property
    def target(self) -> Target:
        """What the user gave."""
        return self._case.target

    @property
    def case(self) -> Case:
        """All that is known now; probes under way have the outcome `running`, and `interrupted`
        once their step was left."""
        seen = self.sightings
        direct = seen.named("sse-direct")
        proxied, hops = seen.classified("sse-proxy", direct), seen.classified("sse-hop", direct)
        resolution = self._case.resolution
        here = conf_hop(self.target)
        asked = [result.timeline.probe for result in (hops if here else proxied)]
        asked = [probe for probe in asked if probe.hop == here]
        found = {one.vantage: one for one in self._case.capabilities}
        found |= {name: one.known for name, one in self._vantage_sessions.items() if one.known}
        return replace(
            self._case,
            capabilities=tuple(found.values()),
            root=next(iter(seen.named("root-proxy")), None),
            proxy=proxied,
            direct=seen.classified("sse-direct"),
            hops=hops,
            predictions=predictions(resolution, asked, direct) if resolution else (),
        )

    def vantage_session(self, name: str) -> VantageSession | None:
        """The vantage of that name in use; None for this machine."""
        return self._vantage_sessions.get(name)

    async def run_probes(
        self, proxied: Sequence[Probe], direct: Sequence[Probe] = (), *, patience: float = 0.0
    ) -> None:
        """Run these probes side by side, the logs followed from before."""
        await self.logs.begin()
        options = self._options()
        await self.sightings.run_probes(self.target, options, proxied, direct, patience=patience)

    async def shake_hands(self) -> None:
        """An MCP handshake from each side, unless the user wants none."""
        self._is_stored = False
        made = await run_handshakes(self.case, self._options())
        self._case = replace(self._case, handshakes=made)
        self._route_messages()

    def _route_messages(self) -> None:
        """Whichever is known last, the path of the messages or the config, decides."""
        self._case = replace(self._case, message_resolution=message_resolution(self._case))

    async def run_follow_ups(self, *, anew: bool = False) -> None:
        """The further requests that the case asks for by now.

        Args:
            anew: Whether those made before are forgotten: what they followed was probed again.
        """
        if self._is_stored and not anew:
            return  # its session ids are gone, and so may be what it speaks of
        known = replace(self.case, follow_ups=()) if anew else self.case
        self._case = replace(self._case, follow_ups=known.follow_ups)
        follow_ups = await run_follow_ups(known, self._options())
        self._case = replace(self._case, follow_ups=follow_ups)

    def _options(self) -> ProbeOptions:
        target = self.target
        return ProbeOptions(
            run=self._case.run,
            headers=tuple(pair for pair in target.headers if not has_withheld_secret(pair[1])),
            insecure=target.insecure,
            connect_to=target.connect_to,
            connect_timeout=min(CONNECT_TIMEOUT_S, max(target.stall, MIN_WAIT_S)),
            vantage_sessions=self._vantage_sessions,
        )

    def read_logs(self) -> tuple[LogReport, ...]:
        """What the logs show by now; kept."""
        self._case = replace(self._case, logs=self.logs.read(self._case))
        return self._case.logs

    def give_headers(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Other headers from now on; what was seen stays."""
        self._case = replace(self._case, target=replace(self.target, headers=headers))

    def keep_resolution(
        self, resolution: RequestResolution | None, root_resolution: RequestResolution | None
    ) -> None:
        """What the config says of the stream and of the root path."""
        self._case = replace(self._case, resolution=resolution, root_resolution=root_resolution)
        self._route_messages()

    def keep_before(self) -> None:
        """What the proxied probes are before the first proof is what they were before the reload;
        kept until they are probed anew."""
        if not self._case.before:
            hands = self._case.handshakes
            self._case = replace(self._case, before=self.case.proxy, before_handshakes=hands)

    def forget_before(self) -> None:
        """The stream is probed anew: whatever was before is no longer the question."""
        self._case = replace(self._case, before=(), before_handshakes=())

    def begin(self, step: StepId) -> None:
        """The step runs: until it ends, what it has seen is not all that it was to see."""
        self.keep_problem(step, "")
        self._case = replace(self._case, unfinished=(*self._case.unfinished, step))

    def end(self, step: StepId) -> None:
        """The step has come to its end, whatever that was."""
        others = tuple(one for one in self._case.unfinished if one != step)
        self._case = replace(self._case, unfinished=others)

    def keep_problem(self, step: StepId, problem: str) -> None:
        """What could not be done, in one sentence; an empty one is forgotten."""
        others = {one: said for one, said in self._case.problems.items() if one != step}
        self._case = replace(self._case, problems={**others, step: problem} if problem else others)

    def amend(self, target: Target) -> list[StepId]:
        """Take a changed target; returns the steps whose results no longer hold."""
        known, stale = self.target, list[StepId]()
        if target.vantages != known.vantages:
            self._vantage_sessions = {
                one.name: self._vantage_sessions[one.name]
                if one in known.vantages
                else VantageSession(one)
                for one in target.vantages
            }
        self._case = replace(self._case, target=target)
        if (target.vantages, target.logs) != (known.vantages, known.logs):
            moved = not set(known.vantages) <= set(target.vantages)
            self.logs.change(target.logs, self._vantage_sessions, vantages_changed=moved)
        if target.logs != known.logs:
            stale.append("logs")
        if target.conf != known.conf:
            self.keep_resolution(None, None)
            stale.append("config")
        if target.direct != known.direct:
            self.sightings.forget("sse-direct")
            stale.append("direct")
        if target.hops != known.hops:
            self.sightings.forget("sse-hop")
            self.keep_resolution(None, None)  # It was asked as the Nginx of another place sees it.
            stale += ["proxy", "config"]
        if _rest(target) != _rest(known):
            self.sightings.forget()
            self._case = replace(self._case, handshakes=(), follow_ups=(), message_resolution=None)
            stale += _WHOLE
        return stale


def _rest(target: Target) -> Target:
    """The part of a target that every probe depends on."""
    return replace(target, logs=(), conf=None, direct=(), style="", hops=(), vantages=())
