"""What each step does: from the session, a state and why, in one sentence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from wizard import nginx
from wizard.diagnose.hops import conf_hop
from wizard.investigation import step_results
from wizard.investigation.session import Session
from wizard.model.case import State, StepId
from wizard.model.log_report import LogReport
from wizard.model.resolution import Request, RequestResolution
from wizard.model.steps import STEP_TEXTS
from wizard.model.target import Target
from wizard.model.timeline import Probe
from wizard.nginx.fetch.fetch import config_at
from wizard.nginx.prediction import observed_version, request_for
from wizard.probe.matrix import probes_for_url
from wizard.probe.network import is_ip_address
from wizard.text.errors import UsageError


def step_probes(target: Target, step: StepId) -> tuple[Probe, ...]:
    """The requests of a step, those at hops left out."""
    if step == "root":
        return (Probe("root-proxy", root_url(target)),)
    if step in ("proxy", "verify"):
        return probes_for_url("sse-proxy", target.url)
    places = target.direct if step == "direct" else ()
    return tuple(
        probe for one in places for probe in probes_for_url("sse-direct", one.locator, one.vantage)
    )


def proxied_probes(target: Target) -> tuple[Probe, ...]:
    """The requests at the URL, and at each of the proxies in a row behind it."""
    inner = (
        replace(probe, hop=hop.name, host=_host_for(target, hop.source.locator))
        for hop in target.hops
        for probe in probes_for_url("sse-hop", hop.source.locator, hop.source.vantage)
    )
    return (*step_probes(target, "proxy"), *inner)


def _host_for(target: Target, url: str) -> str:
    """An address has no virtual hosts: a hop given by its address is asked for the name that
    customers ask for."""
    named = urlsplit(url).hostname or ""
    return urlsplit(target.url).netloc if is_ip_address(named) else ""


def root_url(target: Target) -> str:
    """The root path at the target's host."""
    parts = urlsplit(target.url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))


def conf_requests(target: Target) -> tuple[Request, Request]:
    """The request for the stream, and that for the root path, as the Nginx sees them whose config
    is read: at its hop, else where the URL leads."""
    here, root = conf_hop(target), request_for(root_url(target))
    inside = next((hop.source.locator for hop in target.hops if hop.name == here), "")
    stream = request_for(inside or target.url)
    if inside:
        # By the name that is sent there, which for an address is the public one.
        return replace(stream, host=root.host if _host_for(target, inside) else stream.host), root
    if target.connect_to is None:
        return stream, root
    port = target.connect_to[1]
    return replace(stream, port=port), replace(root, port=port)


LOG_PAUSE = 0.05
"""How often, in seconds, the logs are read again while our own lines are awaited."""
LOG_WAIT = 0.5
"""How long, in seconds, our own lines are awaited: Nginx logs a request once it has ended."""
FAR_WAIT = 2.0
"""The same where a command brings the lines: BusyBox's `tail` looks once a second."""

StepResult = tuple[State, str]


async def root(book: Session) -> StepResult:
    """The root path through the proxy."""
    await book.run_probes(step_probes(book.target, "root"))
    return step_results.of_root(book.sightings.named("root-proxy")[0])


async def proxy(book: Session) -> StepResult:
    """The matrix through the proxy, the direct probes beside it: they set the wait."""
    book.forget_before()
    patience = book.target.patience
    await book.run_probes(
        proxied_probes(book.target), step_probes(book.target, "direct"), patience=patience
    )
    await book.shake_hands()
    await book.run_follow_ups(anew=True)
    return step_results.of_proxied(book.case)


async def direct(book: Session) -> StepResult:
    """The same against the backend."""
    await book.run_probes((), step_probes(book.target, "direct"), patience=book.target.patience)
    await book.shake_hands()
    await book.run_follow_ups(anew=True)
    return step_results.of_results(book.case.direct, book.case.handshake("direct"))


async def read_logs(book: Session) -> StepResult:
    """The lines since the probes began; for a moment, our own are waited for."""
    await book.logs.begin(again=bool(book.case.logs))
    from_afar = await book.logs.compare_clocks()
    reports = book.read_logs()
    until = book.clock() + (FAR_WAIT if from_afar else LOG_WAIT)
    while book.clock() < until and not _complete(reports, len(book.sightings.named("sse-proxy"))):
        await asyncio.sleep(LOG_PAUSE)
        reports = book.read_logs()
    return step_results.of_logs(reports)


def _complete(reports: tuple[LogReport, ...], probed: int) -> bool:
    """Whether each proxied probe has left its line in some access log."""
    known = {line.client for report in reports for line in report.lines if line.client}
    return len([client for client in known if client.startswith("sse-proxy")]) >= probed


async def read_config(book: Session) -> StepResult:
    """Who serves this path, with which settings. Raises `ConfigError`."""
    conf = book.target.conf
    if conf is None:
        raise UsageError(STEP_TEXTS["config"].missing)
    asked, root = conf_requests(book.target)
    config = await config_at(conf.locator, book.vantage_session(conf.vantage), port=asked.reached)
    lines = [*book.sightings.named("root-proxy"), *book.sightings.named("sse-proxy")]
    version = config.version or observed_version(lines)
    resolution = nginx.inspect(config, asked, version)
    book.keep_resolution(resolution, nginx.inspect(config, root, version))
    await book.run_follow_ups()  # The config may be what asks for them: several peers, a Host.
    return _with_doubt(step_results.of_resolution(resolution), resolution)


def _with_doubt(result: StepResult, resolution: RequestResolution) -> StepResult:
    state, why = result
    more = [f"read by {resolution.config.asked}"] if resolution.config.asked else []
    if resolution.listens and not resolution.config.unsure:  # else it begins with that doubt
        more += resolution.undecided[:1]
    return state, "; ".join((why, *more))


async def verify(book: Session) -> StepResult:
    """The matrix again, before and after side by side."""
    book.keep_before()
    await book.run_probes(proxied_probes(book.target), step_probes(book.target, "direct"))
    await book.shake_hands()
    await book.run_follow_ups(anew=True)
    return step_results.of_verify(book.case)


STEP_RUNNERS: Mapping[StepId, Callable[[Session], Awaitable[StepResult]]] = {
    "root": root,
    "proxy": proxy,
    "direct": direct,
    "logs": read_logs,
    "config": read_config,
    "verify": verify,
}
"""The steps that gather; `cause` and `fix` conclude from what these have kept."""
