"""What each step does: from the notebook, a state and why, in one sentence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from wizard import nginx, verdicts
from wizard.errors import UsageError
from wizard.foresight import observed_version
from wizard.log_report import LogReport
from wizard.model import State, StepId
from wizard.nginx.at import config_at
from wizard.nginx.site import Site
from wizard.notebook import Notebook
from wizard.requests import conf_requests, proxied_legs, step_legs
from wizard.steps import STEP_TEXTS

LOG_PAUSE = 0.05
"""How often, in seconds, the logs are read again while our own lines are awaited."""
LOG_WAIT = 0.5
"""How long, in seconds, our own lines are awaited: Nginx logs a request once it has ended."""
FAR_WAIT = 2.0
"""The same where a command brings the lines: BusyBox's `tail` looks once a second."""

StepResult = tuple[State, str]


async def root(book: Notebook) -> StepResult:
    """The root path through the proxy."""
    await book.probe(step_legs(book.target, "root"))
    return verdicts.of_root(book.sightings.named("root-proxy")[0])


async def proxy(book: Notebook) -> StepResult:
    """The matrix through the proxy, the direct legs beside it: they set the wait."""
    book.forget_before()
    patience = book.target.patience
    await book.probe(proxied_legs(book.target), step_legs(book.target, "direct"), patience=patience)
    await book.shake_hands()
    await book.follow_up(anew=True)
    return verdicts.of_proxied(book.case)


async def direct(book: Notebook) -> StepResult:
    """The same against the backend."""
    await book.probe((), step_legs(book.target, "direct"), patience=book.target.patience)
    await book.shake_hands()
    await book.follow_up(anew=True)
    return verdicts.of_cells(book.case.direct, book.case.handshake("direct"))


async def read_logs(book: Notebook) -> StepResult:
    """The lines since the probes began; for a moment, our own are waited for."""
    await book.logs.begin(again=bool(book.case.logs))
    from_afar = await book.logs.compare_clocks()
    reports = book.read_logs()
    until = book.clock() + (FAR_WAIT if from_afar else LOG_WAIT)
    while book.clock() < until and not _complete(reports, len(book.sightings.named("sse-proxy"))):
        await asyncio.sleep(LOG_PAUSE)
        reports = book.read_logs()
    return verdicts.of_logs(reports)


def _complete(reports: tuple[LogReport, ...], probed: int) -> bool:
    """Whether each proxied leg has left its line in some access log."""
    known = {line.client for report in reports for line in report.lines if line.client}
    return len([client for client in known if client.startswith("sse-proxy")]) >= probed


async def read_config(book: Notebook) -> StepResult:
    """Who serves this path, with which settings. Raises `ConfigError`."""
    conf = book.target.conf
    if conf is None:
        raise UsageError(STEP_TEXTS["config"].missing)
    asked, root = conf_requests(book.target)
    config = await config_at(conf.what, book.outpost(conf.vantage), port=asked.reached)
    lines = [*book.sightings.named("root-proxy"), *book.sightings.named("sse-proxy")]
    version = config.version or observed_version(lines)
    site = nginx.inspect(config, asked, version)
    book.keep_site(site, nginx.inspect(config, root, version))
    await book.follow_up()  # The config may be what asks for them: several peers, a Host.
    return _with_doubt(verdicts.of_site(site), site)


def _with_doubt(result: StepResult, site: Site) -> StepResult:
    state, why = result
    more = [f"read by {site.config.asked}"] if site.config.asked else []
    if site.listens and not site.config.unsure:  # else it begins with that doubt
        more += site.undecided[:1]
    return state, "; ".join((why, *more))


async def verify(book: Notebook) -> StepResult:
    """The matrix again, before and after side by side."""
    book.keep_before()
    await book.probe(proxied_legs(book.target), step_legs(book.target, "direct"))
    await book.shake_hands()
    await book.follow_up(anew=True)
    return verdicts.of_verify(book.case)


WORK: Mapping[StepId, Callable[[Notebook], Awaitable[StepResult]]] = {
    "root": root,
    "proxy": proxy,
    "direct": direct,
    "logs": read_logs,
    "config": read_config,
    "verify": verify,
}
"""The steps that gather; `cause` and `fix` conclude from what these have kept."""
