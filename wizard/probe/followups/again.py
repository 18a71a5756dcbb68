"""One request three times more: did it hang for what it is, or for where it happened to go?"""

import asyncio
from dataclasses import replace

from wizard.model.case import HELD, Case, Cell, Replay
from wizard.nginx.upstream import balancing
from wizard.probe.followups.followup import FollowUp, look, patience
from wizard.probe.request import Manner

PURPOSE = "again"
TIMES = 3
"""At once: one alone could be sent to the same peer as before, where peers take turns."""


def _needed(case: Case) -> bool:
    """One was late or held where another was live, and chance may have decided which."""
    cell = unlucky(case)
    if cell is None or not any(other.outcome == "live" for other in case.proxy):
        return False
    if case.site is not None:
        return len(balancing(case.site).peers) > 1
    return cell.outcome == "late" or case.target.conf is None


def unlucky(case: Case) -> Cell | None:
    """The first proxied cell that was late or held."""
    return next((cell for cell in case.proxy if cell.outcome in HELD), None)


async def _make(case: Case, manner: Manner) -> tuple[Replay, ...]:
    cell = unlucky(case)
    assert cell is not None
    asked = cell.timeline.leg
    leg = replace(asked, name="replay-proxy")
    lines = await asyncio.gather(*(look(leg, manner, patience(case)) for _ in range(TIMES)))
    return tuple(Replay(PURPOSE, line, f"{asked.label} once more") for line in lines)


FOLLOW_UP = FollowUp(PURPOSE, _needed, _make)
