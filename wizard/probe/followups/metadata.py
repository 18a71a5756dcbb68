"""The document that a 401 points to: is it there?"""

from wizard.model.case import Case, Replay
from wizard.model.timeline import Leg
from wizard.probe.followups.followup import WITHIN, FollowUp, look
from wizard.probe.request import Ask, Manner
from wizard.probe.www_authenticate import challenged, metadata_url, origin

PURPOSE = "metadata"


def _url(case: Case) -> str:
    """The URL if it may be asked: it leads where this case has been already."""
    cell = challenged(case)
    url = metadata_url(cell.timeline) if cell else ""
    known = {origin(one) for one in (case.target.url, *(p.what for p in case.target.direct))}
    return url if all(origin(url)) and origin(url) in known else ""


async def _make(case: Case, manner: Manner) -> tuple[Replay, ...]:
    leg = Leg("replay-proxy", _url(case))
    accept = Ask(headers=(("Accept", "application/json"),))
    line = await look(leg, manner, min(WITHIN, case.target.stall), accept)
    return (Replay(PURPOSE, line, "the metadata URL that the 401 names"),)


FOLLOW_UP = FollowUp(PURPOSE, lambda case: bool(_url(case)), _make)
