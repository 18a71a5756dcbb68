"""Requests made only where they decide between causes: each file is one, and says when.

All are bounded: at most ten requests for one purpose, each with a time of its own, each stream
closed again. A case that is clear already (a stream held in every probe) asks nothing more.
"""

from wizard.model.case import Case, FollowUpResult
from wizard.probe.followups import (
    affinity,
    alone,
    blocked,
    metadata,
    preflight,
    public_host,
    second_get,
)
from wizard.probe.followups.followup import FollowUp
from wizard.probe.request import ProbeOptions

__all__ = ["FOLLOW_UPS", "follow_up"]

FOLLOW_UPS: tuple[FollowUp, ...] = (
    public_host.FOLLOW_UP,
    public_host.ORIGIN,
    metadata.FOLLOW_UP,
    alone.FOLLOW_UP,
    blocked.FOLLOW_UP,
    affinity.FOLLOW_UP,
    second_get.FOLLOW_UP,
    preflight.FOLLOW_UP,
)


async def run_follow_ups(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """What the case still asks for, made one after the other; nothing is asked twice.

    Returns:
        The case's replays with the new ones behind them.
    """
    known = case.follow_ups
    for one in FOLLOW_UPS:
        if one.purpose not in {follow_up.purpose for follow_up in known} and one.needed(case):
            known = (*known, *await one.make(case, options))
    return known
