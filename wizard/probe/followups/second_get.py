"""One request three times more: did it hang for what it is, or for where it happened to go?"""

import asyncio
from dataclasses import replace

from wizard.model.case import HELD_OUTCOMES, Case, FollowUpResult, ProbeResult
from wizard.nginx.upstream import balancing_of
from wizard.probe.followups.followup import FollowUp, patience, probe_first_event
from wizard.probe.request import ProbeOptions

PURPOSE = "again"
TIMES = 3
"""At once: one alone could be sent to the same peer as before, where peers take turns."""


def _needed(case: Case) -> bool:
    """One was late or held where another was live, and chance may have decided which."""
    result = unlucky(case)
    if result is None or not any(other.outcome == "live" for other in case.proxy):
        return False
    if case.resolution is not None:
        return len(balancing_of(case.resolution).peers) > 1
    return result.outcome == "late" or case.target.conf is None


def unlucky(case: Case) -> ProbeResult | None:
    """The first proxied probe that was late or held."""
    return next((result for result in case.proxy if result.outcome in HELD_OUTCOMES), None)


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    result = unlucky(case)
    assert result is not None
    asked = result.timeline.probe
    probe = replace(asked, name="replay-proxy")
    lines = await asyncio.gather(
        *(probe_first_event(probe, options, patience(case)) for _ in range(TIMES))
    )
    return tuple(FollowUpResult(PURPOSE, line, f"{asked.label} once more") for line in lines)


FOLLOW_UP = FollowUp(PURPOSE, _needed, _make)
