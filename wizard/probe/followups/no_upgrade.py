"""The direct request without the upgrade: is it answered as the proxied one is?"""

from dataclasses import replace

from wizard.model.case import Case, FollowUpResult
from wizard.model.upgrades import NO_UPGRADE, opened_directly, refused_upgrade
from wizard.probe.followups.followup import (
    FollowUp,
    best_direct,
    direct_probe,
    probe_first_event,
    timeout_for,
)
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.text.messages import tr

_PLAIN = RequestSpec(headers=(("Accept", "*/*"),))


def _is_needed(case: Case) -> bool:
    """True if the WebSocket opens directly, and not through the proxy."""
    return refused_upgrade(case) is not None and bool(opened_directly(case))


async def _send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    best = best_direct(case)
    if best is None:
        return ()
    probe = replace(direct_probe(best), upgrade=False)
    timeline = await probe_first_event(probe, options, timeout_for(case), _PLAIN)
    return (FollowUpResult(NO_UPGRADE, timeline, tr("the direct request without the upgrade")),)


WITHOUT_UPGRADE = FollowUp(
    purpose=NO_UPGRADE,
    question=tr("does the backend get the upgrade of a WebSocket?"),
    requests=tr("where it opens directly alone: GET of the direct URL without the upgrade"),
    most=1,
    is_needed=_is_needed,
    run=_send,
)
