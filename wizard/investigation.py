"""The eight steps over one case. Knows no screen: the wizard and `check` both drive it."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from wizard import logs, nginx, verdicts
from wizard.curl import curl
from wizard.diagnose import diagnose
from wizard.errors import SsewizardError, UsageError
from wizard.foresight import observed_version, predictions, request_for
from wizard.judge import judge
from wizard.matrix import Matrix, legs
from wizard.model import (
    STEPS,
    Case,
    Diagnosis,
    LogReport,
    Recommendation,
    State,
    StepId,
    StepState,
    Target,
)
from wizard.nginx.site import Site
from wizard.probe import CONNECT_TIMEOUT, Manner
from wizard.recommend import recommend
from wizard.stall import LEAST
from wizard.steps import STEP_TEXTS
from wizard.timeline import Leg, Timeline

LOG_PAUSE = 0.05
"""How often, in seconds, the logs are read again while our own lines are awaited."""
LOG_WAIT = 0.5
"""How long, in seconds, our own lines are awaited: Nginx logs a request once it has ended."""

StepResult = tuple[State, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is being waited for, since when (seconds on `time.monotonic`), at most how long."""

    what: str
    since: float
    at_most: float


class Investigation:
    """One investigation, from the target to the proof.

    Each step can run again at any time; what was concluded from it is then `todo` again. All
    properties are snapshots, safe to read while steps run.
    """

    def __init__(self, target: Target, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._case = Case(target, run=secrets.token_hex(6), started=time.time())
        self._states = {step: StepState(step) for step in STEPS}
        self._lines: dict[Leg, Timeline] = {}
        self._running: list[Matrix] = []
        self._logs = logs.watch(target.logs)
        self._diagnosis: Diagnosis | None = None
        self._recommendation: Recommendation | None = None

    @property
    def target(self) -> Target:
        """What the user gave."""
        return self._case.target

    @property
    def case(self) -> Case:
        """All that is known now; legs under way have the outcome `running`."""
        direct = self._seen("sse-direct")
        proxied = tuple(judge(line, direct) for line in self._seen("sse-proxy"))
        site = self._case.site
        asked = [cell.timeline.leg for cell in proxied]
        return replace(
            self._case,
            root=next(iter(self._seen("root-proxy")), None),
            proxy=proxied,
            direct=tuple(judge(line) for line in direct),
            predictions=predictions(site, asked, direct) if site else (),
        )

    def _seen(self, name: str) -> list[Timeline]:
        return [line for leg, line in self._lines.items() if leg.name == name]

    @property
    def steps(self) -> Mapping[StepId, StepState]:
        """Each step's state, in the order of `STEPS`."""
        return dict(self._states)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The conclusion, once the `cause` step has run."""
        return self._diagnosis

    @property
    def recommendation(self) -> Recommendation | None:
        """What to paste, once the `fix` step has run; None where Nginx is not at fault."""
        return self._recommendation

    @property
    def waiting(self) -> Waiting | None:
        """What a running step waits for, or None."""
        matrix = max(self._running, key=lambda running: running.at_most, default=None)
        return Waiting(matrix.waits_for, matrix.started, matrix.at_most) if matrix else None

    def missing(self, step: StepId) -> str:
        """What the step needs and has not been given; empty if it can run."""
        given = {"direct": self.target.direct, "logs": self.target.logs, "config": self.target.conf}
        return "" if given.get(step, True) else STEP_TEXTS[step].missing

    def curl(self, step: StepId) -> tuple[str, ...]:
        """The commands that would show the same, quoted for a shell, secrets left out."""
        asked = {"root": self._root_legs, "proxy": self._proxy_legs, "direct": self._direct_legs}
        legs_of = asked.get("proxy" if step == "verify" else step)
        return (
            tuple(curl(leg, self.target, self.target.stall) for leg in legs_of()) if legs_of else ()
        )

    def amend(self, target: Target) -> None:
        """Take a changed target; the steps that what changed belongs to are `todo` again."""
        known, self._case = self.target, replace(self._case, target=target)
        if target.logs != known.logs:
            self._logs = logs.watch(target.logs)
            self._reset("logs")
        if target.conf != known.conf:
            self._case = replace(self._case, site=None, root_site=None)
            self._reset("config")
        if target.direct != known.direct:
            self._forget("sse-direct")
            self._reset("direct")
        others = {"logs": (), "conf": None, "direct": ()}
        if replace(target, **others) != replace(known, **others):  # type: ignore[arg-type]
            self._lines.clear()
            self._reset("root", "proxy", "direct", "config")

    def _forget(self, name: str) -> None:
        self._lines = {leg: line for leg, line in self._lines.items() if leg.name != name}

    def _reset(self, *steps: StepId) -> None:
        """These steps, and what was concluded from them, are to be done (again)."""
        for step in (*steps, "cause", "fix", "verify"):
            self._states[step] = StepState(step)
        self._diagnosis = self._recommendation = None

    async def run(self, step: StepId) -> StepState:
        """Run one step (again); `proxy` runs the direct legs beside it.

        Never raises for anything that a server, a log or a config does. Cancelled, it closes its
        connections, keeps what was seen, and the step is `todo` again.
        """
        if missing := self.missing(step):
            return self._enter(step, "skip", f"not given: {missing}")
        if step in ("root", "proxy", "direct", "logs", "config"):
            self._reset(step)
        self._enter(step, "running", "")
        try:
            state, why = await self._work(step)
        except SsewizardError as error:
            problems = {**self._case.problems, step: str(error)}
            self._case = replace(self._case, problems=problems)
            state, why = "fail", str(error)
        except asyncio.CancelledError:
            for one in [one for one in self._states.values() if one.state == "running"]:
                self._enter(one.id, "todo", "interrupted")
            raise
        return self._enter(step, state, why)

    def _enter(self, step: StepId, state: State, why: str) -> StepState:
        self._states[step] = StepState(step, state, why)
        return self._states[step]

    def _work(self, step: StepId) -> Awaitable[StepResult]:
        work: dict[StepId, Callable[[], Awaitable[StepResult]]] = {
            "root": self._run_root,
            "proxy": self._run_proxy,
            "direct": self._run_direct,
            "logs": self._run_logs,
            "config": self._run_config,
            "cause": self._run_cause,
            "fix": self._run_fix,
            "verify": self._run_verify,
        }
        return work[step]()

    def _root_legs(self) -> tuple[Leg, ...]:
        parts = urlsplit(self.target.url)
        return (Leg("root-proxy", urlunsplit((parts.scheme, parts.netloc, "/", "", ""))),)

    def _proxy_legs(self) -> tuple[Leg, ...]:
        return legs("sse-proxy", self.target.url)

    def _direct_legs(self) -> tuple[Leg, ...]:
        return tuple(
            leg
            for place in self.target.direct
            for leg in legs("sse-direct", place.what, place.vantage)
        )

    async def _probe(self, proxied: tuple[Leg, ...], direct: tuple[Leg, ...] = ()) -> None:
        target = self.target
        manner = Manner(
            run=self._case.run,
            headers=target.headers,
            insecure=target.insecure,
            connect_to=target.connect_to,
            connect_timeout=min(CONNECT_TIMEOUT, max(target.stall, LEAST)),
        )
        matrix = Matrix(
            proxied,
            direct,
            self._lines,
            manner=manner,
            stall=target.stall,
            patience=target.patience if proxied != self._root_legs() else 0.0,
            clock=self._clock,
        )
        self._running.append(matrix)
        try:
            await matrix.run()
        finally:
            self._running.remove(matrix)

    async def _run_root(self) -> StepResult:
        await self._probe(self._root_legs())
        return verdicts.of_root(self._lines[self._root_legs()[0]])

    async def _run_proxy(self) -> StepResult:
        direct = self._direct_legs()
        if direct:
            self._enter("direct", "running", "")
        await self._probe(self._proxy_legs(), direct)
        if direct:
            self._enter("direct", *verdicts.of_cells(self.case.direct))
        return verdicts.of_cells(self.case.proxy)

    async def _run_direct(self) -> StepResult:
        await self._probe((), self._direct_legs())
        return verdicts.of_cells(self.case.direct)

    async def _run_logs(self) -> StepResult:
        reports = self._collect()
        until = self._clock() + LOG_WAIT
        while self._clock() < until and not _complete(reports, len(self._seen("sse-proxy"))):
            await asyncio.sleep(LOG_PAUSE)
            reports = self._collect()
        self._case = replace(self._case, logs=reports)
        return verdicts.of_logs(reports)

    def _collect(self) -> tuple[LogReport, ...]:
        path = urlsplit(self.target.url).path or "/"
        return self._logs.collect(self._case.run, path)

    async def _run_config(self) -> StepResult:
        conf = self.target.conf
        if conf is None:
            raise UsageError(STEP_TEXTS["config"].missing)
        read = nginx.dump_local if not conf.what else lambda: nginx.read(conf.what)
        config = await asyncio.to_thread(read)
        version = config.version or observed_version([*self._lines.values()])
        site = nginx.inspect(config, request_for(self.target.url), version)
        root = nginx.inspect(config, request_for(self._root_legs()[0].url), version)
        self._case = replace(self._case, site=site, root_site=root)
        return _with_notes(verdicts.of_site(site), site)

    async def _run_cause(self) -> StepResult:
        self._diagnosis = diagnose(self.case)
        return verdicts.of_diagnosis(self._diagnosis)

    async def _run_fix(self) -> StepResult:
        if self._diagnosis is None:
            self._enter("cause", *await self._run_cause())
        diagnosis = self._diagnosis
        assert diagnosis is not None
        self._recommendation = recommend(self.case, diagnosis)
        return verdicts.of_recommendation(self._recommendation, diagnosis)

    async def _run_verify(self) -> StepResult:
        self._case = replace(self._case, before=self.case.proxy)
        await self._probe(self._proxy_legs(), self._direct_legs())
        return verdicts.of_verify(self._case.before, self.case.proxy)


def _complete(reports: tuple[LogReport, ...], legs_probed: int) -> bool:
    """Whether each proxied leg has left its line in some access log."""
    known = {line.client for report in reports for line in report.lines if line.client}
    return len([client for client in known if client.startswith("sse-proxy")]) >= legs_probed


def _with_notes(result: StepResult, site: Site) -> StepResult:
    state, why = result
    return state, "; ".join((why, *site.undecided[:1]))
