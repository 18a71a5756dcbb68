"""What one investigation knows so far: the target, the legs' timelines, logs, config."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from wizard.diagnose.hops import conf_hop
from wizard.diagnose.outcome import judge, left
from wizard.logs.watch import Logbook
from wizard.model.case import Case, Cell, StepId
from wizard.model.log_report import LogReport
from wizard.model.resolution import Site
from wizard.model.target import Target
from wizard.model.timeline import Leg, Timeline
from wizard.nginx.prediction import predictions
from wizard.probe.followups import follow_up
from wizard.probe.matrix import Matrix
from wizard.probe.mcp.message_path import message_site
from wizard.probe.mcp.session import both_sides
from wizard.probe.request import CONNECT_TIMEOUT, Manner
from wizard.probe.timing import LEAST
from wizard.text.text import is_withheld
from wizard.vantage.session import Outpost


class Sightings:
    """The legs' timelines, kept up to date while they run.

    Attributes:
        running: The matrices under way.
    """

    def __init__(self, clock: Callable[[], float], stored: Case) -> None:
        """With what a stored case has seen, if it has."""
        self.running: list[Matrix] = []
        self._clock = clock
        self._lines: dict[Leg, Timeline] = {line.leg: line for line in _seen_in(stored)}

    def named(self, name: str) -> list[Timeline]:
        """The timelines of the legs of that name."""
        return [line for leg, line in self._lines.items() if leg.name == name]

    def judged(self, name: str, direct: Sequence[Timeline] = ()) -> tuple[Cell, ...]:
        """The same as cells; what is undecided and not under way was interrupted."""
        cells = tuple(judge(line, direct) for line in self.named(name))
        return cells if self.running else tuple(map(left, cells))

    def forget(self, *names: str) -> None:
        """Drop the legs of these names; without any name, all of them."""
        kept = {leg: line for leg, line in self._lines.items() if names and leg.name not in names}
        self._lines = kept

    async def probe(
        self,
        target: Target,
        manner: Manner,
        proxied: Sequence[Leg],
        direct: Sequence[Leg],
        *,
        patience: float,
    ) -> None:
        """Run these legs side by side; their timelines grow here as events come."""
        matrix = Matrix(
            proxied,
            direct,
            self._lines,
            manner=manner,
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
    """The timelines of a case's own legs."""
    root = [case.root] if case.root else []
    return [*root, *(cell.timeline for cell in (*case.proxy, *case.direct, *case.hops))]


_WHOLE: tuple[StepId, ...] = ("root", "proxy", "direct", "config")


class Notebook:
    """Kept up to date while steps run; `case` is a snapshot of it.

    Attributes:
        logs: The logs, from before the first probe on.
        sightings: What the legs have shown so far.
    """

    def __init__(
        self, target: Target, clock: Callable[[], float], stored: Case | None = None
    ) -> None:
        """With a stored case it begins as that one ended; nothing is asked or followed yet."""
        self.clock = clock
        self._case = stored or Case(target, run=secrets.token_hex(6), started=time.time())
        self.sightings = Sightings(clock, self._case)
        self._is_stored = stored is not None
        self._outposts = {one.name: Outpost(one) for one in target.vantages}
        self.logs = Logbook(target.logs, self._outposts, watched=stored is None)

    @property
    def target(self) -> Target:
        """What the user gave."""
        return self._case.target

    @property
    def case(self) -> Case:
        """All that is known now; legs under way have the outcome `running`, and `interrupted` once
        their step was left."""
        seen = self.sightings
        direct = seen.named("sse-direct")
        proxied, hops = seen.judged("sse-proxy", direct), seen.judged("sse-hop", direct)
        site = self._case.site
        here = conf_hop(self.target)
        asked = [cell.timeline.leg for cell in (hops if here else proxied)]
        asked = [leg for leg in asked if leg.hop == here]
        found = {one.vantage: one for one in self._case.equipment}
        found |= {name: one.known for name, one in self._outposts.items() if one.known}
        return replace(
            self._case,
            equipment=tuple(found.values()),
            root=next(iter(seen.named("root-proxy")), None),
            proxy=proxied,
            direct=seen.judged("sse-direct"),
            hops=hops,
            predictions=predictions(site, asked, direct) if site else (),
        )

    def outpost(self, name: str) -> Outpost | None:
        """The vantage of that name in use; None for this machine."""
        return self._outposts.get(name)

    async def probe(
        self, proxied: Sequence[Leg], direct: Sequence[Leg] = (), *, patience: float = 0.0
    ) -> None:
        """Run these legs side by side, the logs followed from before."""
        await self.logs.begin()
        manner = self._manner()
        await self.sightings.probe(self.target, manner, proxied, direct, patience=patience)

    async def shake_hands(self) -> None:
        """An MCP handshake from each side, unless the user wants none."""
        self._is_stored = False
        made = await both_sides(self.case, self._manner())
        self._case = replace(self._case, handshakes=made)
        self._route_messages()

    def _route_messages(self) -> None:
        """Whichever is known last, the path of the messages or the config, decides."""
        self._case = replace(self._case, message_site=message_site(self._case))

    async def follow_up(self, *, anew: bool = False) -> None:
        """The further requests that the case asks for by now.

        Args:
            anew: Whether those made before are forgotten: what they followed was probed again.
        """
        if self._is_stored and not anew:
            return  # its session ids are gone, and so may be what it speaks of
        known = replace(self.case, replays=()) if anew else self.case
        self._case = replace(self._case, replays=known.replays)
        replays = await follow_up(known, self._manner())
        self._case = replace(self._case, replays=replays)

    def _manner(self) -> Manner:
        target = self.target
        return Manner(
            run=self._case.run,
            headers=tuple(pair for pair in target.headers if not is_withheld(pair[1])),
            insecure=target.insecure,
            connect_to=target.connect_to,
            connect_timeout=min(CONNECT_TIMEOUT, max(target.stall, LEAST)),
            outposts=self._outposts,
        )

    def read_logs(self) -> tuple[LogReport, ...]:
        """What the logs show by now; kept."""
        self._case = replace(self._case, logs=self.logs.read(self._case))
        return self._case.logs

    def give_headers(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Other headers from now on; what was seen stays."""
        self._case = replace(self._case, target=replace(self.target, headers=headers))

    def keep_site(self, site: Site | None, root_site: Site | None) -> None:
        """What the config says of the stream and of the root path."""
        self._case = replace(self._case, site=site, root_site=root_site)
        self._route_messages()

    def keep_before(self) -> None:
        """What the proxied cells are before the first proof is what they were before the reload;
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
            self._outposts = {
                one.name: self._outposts[one.name] if one in known.vantages else Outpost(one)
                for one in target.vantages
            }
        self._case = replace(self._case, target=target)
        if (target.vantages, target.logs) != (known.vantages, known.logs):
            moved = not set(known.vantages) <= set(target.vantages)
            self.logs.change(target.logs, self._outposts, anew=moved)
        if target.logs != known.logs:
            stale.append("logs")
        if target.conf != known.conf:
            self.keep_site(None, None)
            stale.append("config")
        if target.direct != known.direct:
            self.sightings.forget("sse-direct")
            stale.append("direct")
        if target.hops != known.hops:
            self.sightings.forget("sse-hop")
            self.keep_site(None, None)  # It was asked as the Nginx of another place sees it.
            stale += ["proxy", "config"]
        if _rest(target) != _rest(known):
            self.sightings.forget()
            self._case = replace(self._case, handshakes=(), replays=(), message_site=None)
            stale += _WHOLE
        return stale


def _rest(target: Target) -> Target:
    """The part of a target that every probe depends on."""
    return replace(target, logs=(), conf=None, direct=(), style="", hops=(), vantages=())
