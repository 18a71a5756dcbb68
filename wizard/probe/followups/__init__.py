"""Requests made only where they decide between causes: each file is one, and says when.

All are bounded: at most ten requests for one purpose, each with a time of its own, each stream
closed again. A case that is clear already (a stream held in every cell) asks nothing more.
"""

from wizard.model.case import Case, Replay
from wizard.probe.followups import affinity, again, alone, blocked, metadata, preflight, public_host
from wizard.probe.followups.followup import FollowUp
from wizard.probe.request import Manner

__all__ = ["FOLLOW_UPS", "follow_up"]

FOLLOW_UPS: tuple[FollowUp, ...] = (
    public_host.FOLLOW_UP,
    public_host.ORIGIN,
    metadata.FOLLOW_UP,
    alone.FOLLOW_UP,
    blocked.FOLLOW_UP,
    affinity.FOLLOW_UP,
    again.FOLLOW_UP,
    preflight.FOLLOW_UP,
)


async def follow_up(case: Case, manner: Manner) -> tuple[Replay, ...]:
    """What the case still asks for, made one after the other; nothing is asked twice.

    Returns:
        The case's replays with the new ones behind them.
    """
    known = case.replays
    for one in FOLLOW_UPS:
        if one.purpose not in {replay.purpose for replay in known} and one.needed(case):
            known = (*known, *await one.make(case, manner))
    return known
