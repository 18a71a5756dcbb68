"""`FollowUp`, and how its requests are sent: each with a timeout, and closed again."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from wizard.model.case import Case, FollowUpResult
from wizard.model.events import Ended
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline, is_live
from wizard.probe.matrix import uncompressed
from wizard.probe.probe import run_probe_within
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.waits import silence_limit
from wizard.text.urls import join_url

EXCHANGE_TIMEOUT_S = 5.0
"""How long one request of a follow-up may take at most, in seconds."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Further requests for one purpose.

    Attributes:
        purpose: Its name in results and rules.
        question: What the requests decide, as a question.
        requests: When they are sent, and which they are.
        most: How many are sent at most.
        is_needed: True if the case leaves open a question that the requests decide.
        run: Sends the requests; never raises because of a server's behaviour.
        repeats_stream: True if it sends the stream's own request again.
    """

    purpose: str
    question: str
    requests: str
    most: int
    is_needed: Callable[[Case], bool]
    run: Callable[[Case, ProbeOptions], Awaitable[tuple[FollowUpResult, ...]]]
    repeats_stream: bool = False


def timeout_for(case: Case) -> float:
    """How long a request of this case may be silent, in seconds: as in the matrix, but bounded."""
    limit = silence_limit([result.timeline for result in case.direct], case.target.stall)
    return min(limit, EXCHANGE_TIMEOUT_S)


def best_direct(case: Case) -> ProbeResult | None:
    """The direct probe to repeat: one without compression, and a live one if there is one."""
    live = tuple(result for result in case.direct if is_live(result.timeline))
    return uncompressed(live or case.direct)


def direct_probe(result: ProbeResult) -> Probe:
    """A follow-up's HTTP/1.1 request without compression to the URL of a direct probe."""
    probe = result.timeline.probe
    return Probe("follow-up-direct", probe.url, vantage=probe.vantage, upgrade=probe.upgrade)


def best_direct_probe(case: Case) -> Probe:
    """A follow-up's request to the URL of the direct probe to repeat; the case has a direct one."""
    return direct_probe(best_direct(case) or case.direct[0])


def without_header(options: ProbeOptions, name: str) -> ProbeOptions:
    """The options without the user's header of this name, which is in lower case."""
    kept = tuple(header for header in options.headers if header[0].lower() != name)
    return replace(options, headers=kept)


def root_of(probe: Probe) -> Probe:
    """A request of `/` at the same origin, over HTTP/1.1."""
    return Probe("root-direct", join_url(probe.url, "/"), vantage=probe.vantage)


def repeated_probe(result: ProbeResult) -> Probe:
    """A follow-up's request that repeats a proxied probe."""
    return replace(result.timeline.probe, name="follow-up-proxy")


async def probe_first_event(
    probe: Probe, options: ProbeOptions, timeout_s: float, spec: RequestSpec | None = None
) -> Timeline:
    """Send the request; stop at the first event, at the end, or `timeout_s` seconds after it began.

    Without a `spec` it is the stream's own request, or the GET of the root path. A request that is
    stopped has the end `open`.
    """
    return await watch_stream(probe, options, timeout_s, spec)


async def watch_stream(
    probe: Probe,
    options: ProbeOptions,
    timeout_s: float,
    spec: RequestSpec | None = None,
    watch_s: float = 0.0,
) -> Timeline:
    """The same, but where `watch_s` is given, stop only at the end or after that many seconds."""
    timeline = Timeline(probe)
    start = options.clock()
    with suppress(TimeoutError):
        limit_s = watch_s or timeout_s
        async with aclosing(run_probe_within(probe, options, spec, limit_s)) as events:
            async for event in events:
                timeline = timeline.fold([event])
                if watch_s or not is_live(timeline):
                    continue
                if timeline.events or not timeline.is_event_stream:
                    break
    if timeline.ended:
        return timeline
    return timeline.fold([Ended(options.clock() - start - timeline.began_s, "open")])
