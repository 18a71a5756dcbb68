"""What a follow-up is, and how one of its requests is made: bounded, and closed again."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from wizard.model.case import Case, FollowUpResult, ProbeResult
from wizard.model.events import Ended
from wizard.model.timeline import Probe, Timeline, is_live
from wizard.probe.probe import run_probe_within
from wizard.probe.request import GET, ProbeOptions, RequestSpec
from wizard.probe.timing import silence_limit

EXCHANGE_TIMEOUT_S = 5.0
"""How long, in seconds, one exchange of a follow-up may take at the most."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Further requests for one purpose.

    Attributes:
        needed: Whether this case leaves open what they would decide.
        make: Makes them; never raises for what a server does.
    """

    purpose: str
    needed: Callable[[Case], bool]
    make: Callable[[Case, ProbeOptions], Awaitable[tuple[FollowUpResult, ...]]]


def patience(case: Case) -> float:
    """How long a request of this case may be silent, in seconds: as in the matrix."""
    return min(
        silence_limit([result.timeline for result in case.direct], case.target.stall),
        EXCHANGE_TIMEOUT_S,
    )


def plain(results: tuple[ProbeResult, ...]) -> ProbeResult | None:
    """The probe that is asked as the official SDKs ask: HTTP/1.1, nothing compressed."""
    return next(
        (result for result in results if result.timeline.probe.encoding == "identity"), None
    )


async def probe_first_event(
    probe: Probe, options: ProbeOptions, within: float, spec: RequestSpec = GET
) -> Timeline:
    """Make the request and leave with the first event, the end, or `within` seconds after it
    began."""
    line = Timeline(probe)
    begun = options.clock()
    try:
        async with aclosing(run_probe_within(within, probe, options, spec)) as events:
            async for event in events:
                line = line.fold([event])
                if is_live(line) and line.events:
                    break
    except TimeoutError:
        pass
    return (
        line if line.ended else line.fold([Ended(options.clock() - begun - line.began_s, "open")])
    )
