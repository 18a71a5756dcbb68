"""The document that a 401 points to: is it there?"""

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import Probe
from wizard.probe.followups.followup import EXCHANGE_TIMEOUT_S, FollowUp, probe_first_event
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.www_authenticate import metadata_challenge, metadata_url, origin_of

PURPOSE = "metadata"


def _url(case: Case) -> str:
    """The URL if it may be asked: it leads where this case has been already."""
    result = metadata_challenge(case)
    url = metadata_url(result.timeline) if result else ""
    known = {origin_of(one) for one in (case.target.url, *(p.locator for p in case.target.direct))}
    return url if all(origin_of(url)) and origin_of(url) in known else ""


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    probe = Probe("replay-proxy", _url(case))
    accept = RequestSpec(headers=(("Accept", "application/json"),))
    line = await probe_first_event(
        probe, options, min(EXCHANGE_TIMEOUT_S, case.target.stall), accept
    )
    return (FollowUpResult(PURPOSE, line, "the metadata URL that the 401 names"),)


FOLLOW_UP = FollowUp(PURPOSE, lambda case: bool(_url(case)), _make)
