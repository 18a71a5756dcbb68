"""Run each step: collect evidence into the session, and return a state with its reason."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from wizard.investigation import step_results
from wizard.investigation.after_reload import compare_cut_off, count_old_workers, count_workers_at
from wizard.investigation.attempts import config_changes, discard_proof, keep_attempt
from wizard.investigation.proof import plan_proof, prove, rate_proof
from wizard.investigation.reload_watch import wait_for_reload
from wizard.investigation.requests import conf_requests, step_probes, stream_probes
from wizard.investigation.session import Session
from wizard.investigation.step_results import StepResult
from wizard.model.case import CROWDED, Case, FollowUpResult
from wizard.model.handshake import Handshake
from wizard.model.log_report import LogReport
from wizard.model.probe import Probe
from wizard.model.probe_result import REFUSED_STATUSES
from wizard.model.resolution import RequestResolution
from wizard.model.steps import STEP_TEXTS, StepId
from wizard.model.target import LOCAL, Target
from wizard.model.timeline import is_live
from wizard.nginx.fetch.aside import run_aside
from wizard.nginx.fetch.fetch import fetch_config
from wizard.nginx.prediction import observed_version
from wizard.nginx.resolve import resolve_request
from wizard.probe.crowding import (
    FREE_WORKER,
    REFUSAL_PAUSE_S,
    crowded_probes,
    is_worker_doubtful,
    probe_alone,
    probe_free_worker,
)
from wizard.probe.followups import run_follow_ups
from wizard.probe.matrix import Matrix
from wizard.probe.mcp.session import run_handshakes
from wizard.probe.waits import MIN_WAIT_S
from wizard.text.bugs import report_bug
from wizard.text.display import clauses
from wizard.text.errors import SsewizardError, UsageError
from wizard.text.messages import tr

LOG_POLL_S = 0.05
"""How often, in seconds, the logs are read again while our own lines are missing."""
LOG_WAIT_S = 0.5
"""How long, in seconds, to wait for our own lines: Nginx logs a request once it has ended."""
SLOW_LOG_WAIT_S = 2.0
"""The same where a command prints the lines: BusyBox's `tail` reads once a second."""


def missing_input(target: Target, step: StepId) -> str:
    """The input that the step needs and the user has not given; empty if it can run."""
    inputs = {"direct": target.direct, "logs": target.logs, "config": target.conf}
    return "" if inputs.get(step, True) else STEP_TEXTS[step].missing


async def probe_root(session: Session) -> StepResult:
    """Request the root path through the proxy."""
    await _run_probes(session, step_probes(session.target, "root"))
    return step_results.rate_root(session.timelines_of("root-proxy")[0])


async def probe_proxy(session: Session) -> StepResult:
    """Run the matrix through the proxy, and at the same time the direct probes to compare with."""
    session.update(**discard_proof(session.snapshot()))
    session.config_before = None
    proxied, direct = stream_probes("proxy", session.snapshot())
    await _run_all(session, proxied, direct, patience=session.patience_s)
    return step_results.rate_proxied(session.snapshot())


async def probe_direct(session: Session) -> StepResult:
    """Run the matrix against the backend alone."""
    _, direct = stream_probes("direct", session.snapshot())
    if direct:
        await _run_all(session, (), direct, patience=session.patience_s)
    return step_results.rate_direct(session.snapshot())


async def verify(session: Session) -> StepResult:
    """Make all requests again after Nginx was reloaded, as long and as often as the fault needs."""
    _keep_run(session, session.snapshot())
    reload_seen = None
    if session.waits_for_reload:
        reload_seen = await wait_for_reload(session, _config_watch(session))
    await _read_config_again(session)
    since, logs = time.time(), session.logs.read(session.snapshot())
    plan = plan_proof(session.snapshot())
    patience = max(plan.watch_s, session.patience_s)
    proxied, direct = stream_probes("verify", session.snapshot())
    for _ in range(1 if session.target.is_sent_once else plan.rounds):
        await _run_all(session, proxied, direct, patience=patience)
        if step_results.rate_proxied(session.snapshot())[0] == "fail":
            break
    case, now = session.snapshot(), time.time()
    cut_off = compare_cut_off(case, logs, session.logs.read(case), now - since)
    old_workers, place = await _old_workers(session, case)
    proof = replace(
        prove(case, now),
        cut_off=cut_off,
        old_workers=old_workers,
        old_workers_at=place,
        reload_seen=reload_seen,
    )
    session.update(proof=proof)
    return rate_proof(proof)


async def _old_workers(session: Session, case: Case) -> tuple[int | None, str]:
    """The workers that shut down, here or where the config or the logs are read, and that place."""
    if (count := await asyncio.to_thread(count_old_workers, case)) is not None:
        return count, ""
    sources = (*((case.target.conf,) if case.target.conf else ()), *case.target.logs)
    names = dict.fromkeys(source.vantage for source in sources if source.vantage != LOCAL)
    for name in names:
        count = await count_workers_at(session.vantage_sessions[name])
        if count is not None:
            return count, name
    return None, ""


def _keep_run(session: Session, case: Case) -> None:
    """Keep the newest run of this case, and the config as it was then, to compare with them."""
    kept = keep_attempt(case)
    if "baseline" in kept and case.resolution is not None and not session.is_stored:
        session.config_before = case.resolution.config
    session.update(**kept)


def _note_changed_config(session: Session) -> None:
    """Note whether the newest config differs from the one with which the fault was measured."""
    before, now = session.config_before, session.snapshot().resolution
    if before is None or now is None:
        return
    if before.root == now.config.root:
        session.update(config_changed=False, config_changes=())
    else:
        session.update(config_changed=True, config_changes=config_changes(before, now.config))


def _config_watch(session: Session) -> Callable[[], Awaitable[bool | None]]:
    """A function that tells whether a config of files on this machine differs from before."""
    resolution, conf = session.snapshot().resolution, session.target.conf
    before = session.config_before or (resolution.config if resolution else None)
    stream = conf_requests(session.target)[0]

    async def has_changed() -> bool | None:
        is_file = conf is not None and conf.vantage == LOCAL and conf.locator not in ("", "-")
        if before is None or conf is None or not is_file or session.is_stored:
            return None
        try:
            config = await fetch_config(conf.locator, None, port=stream.effective_port)
        except SsewizardError:
            return None  # perhaps half written
        return config.root != before.root

    return has_changed


async def _read_config_again(session: Session) -> None:
    """Read the config again, unless it came over standard input, and note whether it changed."""
    before, conf = session.snapshot().resolution, session.target.conf
    if before is None or conf is None or conf.locator == "-" or session.is_stored:
        return
    try:
        await _resolve_config(session)
    except SsewizardError:
        return  # the config of before stays; the step that reads it reports the problem
    if session.config_before is None:
        session.config_before = before.config
    _note_changed_config(session)


async def _run_all(
    session: Session, proxied: Sequence[Probe], direct: Sequence[Probe], *, patience: float = 0.0
) -> None:
    """Run these probes, then the MCP handshakes and the follow-up requests."""
    session.update(follow_ups=())
    if proxied:
        session.update(measured_from=time.time(), measured_until=0.0)
    await _run_probes(session, proxied, direct, patience)
    if not session.target.is_sent_once:
        await _repeat_crowded_probes(session)
    session.is_stored = False
    case = session.snapshot()
    case = replace(case, target=replace(case.target, patience=patience))
    handshakes = await run_handshakes(case, session.options())
    if any(map(_is_refused_at_once, handshakes)):
        # A limit on the rate of requests counts our probes; a client would not have sent them.
        await asyncio.sleep(REFUSAL_PAUSE_S)
        handshakes = await run_handshakes(case, session.options())
    session.update(handshakes=handshakes)
    await _run_follow_ups(session)
    if proxied:
        session.update(measured_until=time.time())


def _is_compared_again(session: Session, direct: Sequence[Probe]) -> bool:
    """True if probes are compared with the direct stream of before, which is not sent again."""
    return session.target.is_sent_once and not direct


def _is_refused_at_once(handshake: Handshake) -> bool:
    """True if a limit refused the first request of a handshake."""
    exchanges = handshake.exchanges
    return bool(exchanges) and exchanges[0].timeline.status in REFUSED_STATUSES


async def _follow_logs(session: Session) -> None:
    """Follow the logs; a bug there must not cost the probes."""
    try:
        await session.logs.begin()
    except SsewizardError:
        raise
    except Exception as error:  # noqa: BLE001
        report_bug(tr("following the logs"), error)


async def _run_probes(
    session: Session, proxied: Sequence[Probe], direct: Sequence[Probe] = (), patience: float = 0.0
) -> None:
    """Run probes side by side; the session's timelines grow as events come."""
    await _follow_logs(session)
    stall = session.target.stall
    matrix = Matrix(
        proxied,
        direct,
        session.timelines,
        options=session.options(),
        stall=stall,
        patience=patience,
        min_wait=lambda: _root_wait(session, stall),
        clock=session.clock,
        known=session.timelines_of("sse-direct") if _is_compared_again(session, direct) else (),
    )
    session.running.append(matrix)
    try:
        async with asyncio.TaskGroup() as group:
            free_worker = group.create_task(_look_for_free_worker(session, proxied, direct))
            await matrix.run()
            free_worker.cancel()
    finally:
        session.running.remove(matrix)


async def _look_for_free_worker(
    session: Session, proxied: Sequence[Probe], direct: Sequence[Probe]
) -> None:
    """Send `GET /` directly if the proxied probes are silent and direct ones live after a while."""
    await asyncio.sleep(MIN_WAIT_S / 3)
    timelines = [session.timelines[probe] for probe in direct]
    if not is_worker_doubtful([session.timelines[probe] for probe in proxied], timelines):
        return
    result = await probe_free_worker(timelines, session.options())
    session.add_follow_ups(result)


async def _repeat_crowded_probes(session: Session) -> None:
    """Make requests again alone that failed among others; those that are live then replace them."""
    case = session.snapshot()
    purposes = {result.purpose: result for result in case.follow_ups}
    for probe in crowded_probes(case.proxy, case.direct, purposes.get(FREE_WORKER)):
        options, stall = session.options(), session.target.stall
        is_refused = session.timelines[probe].status in REFUSED_STATUSES
        timeline, alone = await probe_alone(
            probe, options, stall, session.clock, pause_s=REFUSAL_PAUSE_S if is_refused else 0.0
        )
        results = [alone]
        if is_live(alone.timeline):
            why = tr("{label} beside the others", label=probe.label)
            results.append(FollowUpResult(CROWDED, session.timelines[probe], why))
            session.timelines[probe] = timeline
        session.add_follow_ups(*results)


def _root_wait(session: Session, stall: float) -> float:
    """The least time in seconds that a proxied probe may be silent before it counts as held.

    A proxy that is slow for `/` is slow and holds nothing: so twice the time of its answer to `/`,
    and the full `stall` until that answer has come.
    """
    root = next(iter(session.timelines_of("root-proxy")), None)
    if root is None or root.ended not in (None, "eof", "open"):
        return 0.0
    return stall if root.headers_s is None else 2 * root.headers_s


async def _run_follow_ups(session: Session) -> None:
    """Make the further requests that decide between the causes possible so far."""
    if not session.is_stored:
        session.update(follow_ups=await run_follow_ups(session.snapshot(), session.options()))


async def read_logs(session: Session) -> StepResult:
    """Read the lines written since the probes began; wait a moment for our own."""
    await session.logs.begin(again=bool(session.snapshot().logs))
    wait = SLOW_LOG_WAIT_S if await session.logs.compare_clocks() else LOG_WAIT_S
    reports = _read_logs(session)
    deadline = session.clock() + wait
    while session.clock() < deadline and not _has_all_probes(session, reports):
        await asyncio.sleep(LOG_POLL_S)
        reports = _read_logs(session)
    return step_results.rate_logs(reports)


def _read_logs(session: Session) -> tuple[LogReport, ...]:
    reports = session.logs.read(session.snapshot())
    session.update(logs=reports)
    return reports


def _has_all_probes(session: Session, reports: Sequence[LogReport]) -> bool:
    """True if each proxied probe has left its line in an access log."""
    clients = {line.client for report in reports for line in report.lines if line.client}
    logged = [client for client in clients if client.startswith("sse-proxy")]
    return len(logged) >= len(session.timelines_of("sse-proxy"))


async def read_config(session: Session) -> StepResult:
    """Read the config and resolve the stream's path and the root path. Raises `ConfigError`."""
    conf = session.target.conf
    if conf is None:
        raise UsageError(STEP_TEXTS["config"].missing)
    before = session.snapshot()
    resolution = await _resolve_config(session)
    _keep_measured_run(session, before)
    # The config may call for further requests: it names several peers, or another Host. It may
    # have changed since the last time, and what Nginx passes on with it.
    if not session.is_stored:
        session.drop_requests_as_sent()
    await _run_follow_ups(session)
    return _with_source(step_results.rate_resolution(resolution), resolution)


def _keep_measured_run(session: Session, before: Case) -> None:
    """If the config has changed since the requests were made, keep their run with that of before.

    `before` is the case before the config was read again.
    """
    known, now = before.resolution, session.snapshot().resolution
    is_compared = known is not None and now is not None and not session.is_stored
    if is_compared and before.baseline is None and known.config.root != now.config.root:  # type: ignore[union-attr]
        _keep_run(session, before)
    _note_changed_config(session)


async def _resolve_config(session: Session) -> RequestResolution:
    """Read the config and resolve the requests of stream and root path. Raises `ConfigError`."""
    conf = session.target.conf
    assert conf is not None
    stream, root = conf_requests(session.target)
    vantage = session.vantage_sessions.get(conf.vantage)
    config = await fetch_config(conf.locator, vantage, port=stream.effective_port)
    answers = [*session.timelines_of("root-proxy"), *session.timelines_of("sse-proxy")]
    version = config.version or observed_version(answers)
    # Aside: a config of hundreds of thousands of locations takes seconds.
    resolution, root_resolution = await run_aside(
        lambda: (resolve_request(config, stream, version), resolve_request(config, root, version))
    )
    session.update(resolution=resolution, root_resolution=root_resolution)
    return resolution


def _with_source(result: StepResult, resolution: RequestResolution) -> StepResult:
    """Add to the reason the command that printed the config, and what could not be decided."""
    state, why = result
    more = (
        [tr("read by {command}", command=resolution.config.command)]
        if resolution.config.command
        else []
    )
    if resolution.listens and not resolution.config.doubt:  # else the reason begins with a doubt
        more += map(str, resolution.undecided[:1])
    return state, clauses((why, *more))


STEP_RUNNERS: Mapping[StepId, Callable[[Session], Awaitable[StepResult]]] = {
    "root": probe_root,
    "proxy": probe_proxy,
    "direct": probe_direct,
    "logs": read_logs,
    "config": read_config,
    "verify": verify,
}
"""The steps that collect evidence; `cause` and `fix` conclude from it."""
