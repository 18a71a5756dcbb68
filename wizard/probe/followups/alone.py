"""One request with no other beside it, where several at once were refused."""

from dataclasses import replace

from wizard.model.case import Case, Replay
from wizard.model.timeline import is_live
from wizard.probe.followups.followup import FollowUp, look, patience, plain
from wizard.probe.request import Manner

PURPOSE = "alone"
REFUSED = frozenset({429, 503})


def _needed(case: Case) -> bool:
    """All were refused that came together, and direct all is well."""
    refused = bool(case.proxy) and all(cell.timeline.status in REFUSED for cell in case.proxy)
    return refused and any(is_live(cell.timeline) for cell in case.direct)


async def _make(case: Case, manner: Manner) -> tuple[Replay, ...]:
    cell = plain(case.proxy)
    if cell is None:
        return ()
    asked = cell.timeline.leg
    leg = replace(asked, name="replay-proxy")
    line = await look(leg, manner, patience(case))
    return (Replay(PURPOSE, line, f"{asked.label} with no other beside it"),)


FOLLOW_UP = FollowUp(PURPOSE, _needed, _make)
