"""One request with no other beside it, where several at once were refused."""

from dataclasses import replace

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import is_live
from wizard.probe.followups.followup import FollowUp, patience, plain, probe_first_event
from wizard.probe.request import ProbeOptions

PURPOSE = "alone"
REFUSED = frozenset({429, 503})


def _needed(case: Case) -> bool:
    """All were refused that came together, and direct all is well."""
    refused = bool(case.proxy) and all(result.timeline.status in REFUSED for result in case.proxy)
    return refused and any(is_live(result.timeline) for result in case.direct)


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    result = plain(case.proxy)
    if result is None:
        return ()
    asked = result.timeline.probe
    probe = replace(asked, name="replay-proxy")
    line = await probe_first_event(probe, options, patience(case))
    return (FollowUpResult(PURPOSE, line, f"{asked.label} with no other beside it"),)


FOLLOW_UP = FollowUp(PURPOSE, _needed, _make)
