"""Further requests, sent only if they decide between causes.

Each request has its own timeout, and every stream is closed again. A clear case (such as a stream
that every probe finds held) needs none.
"""

from dataclasses import replace

from wizard.model.case import Case, FollowUpResult
from wizard.probe.followups.affinity import AFFINITY, BACKEND_AFFINITY
from wizard.probe.followups.as_proxy import ENDPOINT, REDIRECT
from wizard.probe.followups.as_sent import AS_SENT
from wizard.probe.followups.followup import FollowUp
from wizard.probe.followups.host_origin import NO_ORIGIN, PUBLIC_HOST
from wizard.probe.followups.no_upgrade import WITHOUT_UPGRADE
from wizard.probe.followups.oauth_cors import (
    DIRECT_METADATA,
    FORWARDED,
    METADATA,
    PREFLIGHT,
    RESOURCE,
)
from wizard.probe.followups.repeats import AGAIN, TWO_STREAMS
from wizard.probe.followups.root import ROOT_DIRECT
from wizard.probe.followups.scheme import OTHER_SCHEME
from wizard.probe.request import ProbeOptions, RequestBudget
from wizard.text.bugs import report_bug
from wizard.text.messages import tr

FOLLOW_UPS: tuple[FollowUp, ...] = (
    OTHER_SCHEME,
    WITHOUT_UPGRADE,
    AS_SENT,
    PUBLIC_HOST,
    NO_ORIGIN,
    ROOT_DIRECT,
    METADATA,
    DIRECT_METADATA,
    FORWARDED,
    RESOURCE,
    ENDPOINT,
    REDIRECT,
    TWO_STREAMS,
    AFFINITY,
    BACKEND_AFFINITY,
    AGAIN,
    PREFLIGHT,
)
"""All follow-ups, in the order in which they are sent."""
MAX_REQUESTS = 60
"""How many requests all follow-ups of a run send at most."""


async def run_follow_ups(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send the follow-ups that the case needs, one after the other.

    A request that may change something at the server is not repeated (`Target.is_sent_once`).

    Returns:
        The case's follow-ups so far, then the new ones. No purpose is sent a second time.
    """
    left = MAX_REQUESTS
    for follow_up in FOLLOW_UPS:
        if case.target.is_sent_once and follow_up.repeats_stream:
            continue
        is_sent = follow_up.purpose in {result.purpose for result in case.follow_ups}
        if is_sent or follow_up.most > left:
            continue
        budget = RequestBudget(follow_up.most)
        results = await _run(follow_up, case, replace(options, budget=budget))
        left -= budget.sent
        case = replace(case, follow_ups=(*case.follow_ups, *results))
    return case.follow_ups


async def _run(
    follow_up: FollowUp, case: Case, options: ProbeOptions
) -> tuple[FollowUpResult, ...]:
    try:
        return await follow_up.run(case, options) if follow_up.is_needed(case) else ()
    except Exception as error:  # noqa: BLE001
        report_bug(tr("the follow-up {purpose}", purpose=follow_up.purpose), error)
        return ()
