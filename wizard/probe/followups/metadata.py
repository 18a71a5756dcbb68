"""The document that a 401 points to: is it there?"""

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import Probe
from wizard.probe.followups.followup import WITHIN, FollowUp, look
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.www_authenticate import challenged, metadata_url, origin

PURPOSE = "metadata"


def _url(case: Case) -> str:
    """The URL if it may be asked: it leads where this case has been already."""
    result = challenged(case)
    url = metadata_url(result.timeline) if result else ""
    known = {origin(one) for one in (case.target.url, *(p.what for p in case.target.direct))}
    return url if all(origin(url)) and origin(url) in known else ""


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    probe = Probe("replay-proxy", _url(case))
    accept = RequestSpec(headers=(("Accept", "application/json"),))
    line = await look(probe, options, min(WITHIN, case.target.stall), accept)
    return (FollowUpResult(PURPOSE, line, "the metadata URL that the 401 names"),)


FOLLOW_UP = FollowUp(PURPOSE, lambda case: bool(_url(case)), _make)
