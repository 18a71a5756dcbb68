"""The root path at the direct URL: is `/` a short answer there, and who gives it?"""

from urllib.parse import urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.probe_result import HELD_OUTCOMES
from wizard.model.timeline import is_live, is_unanswered
from wizard.probe.followups.followup import (
    FollowUp,
    best_direct,
    probe_first_event,
    root_of,
    timeout_for,
)
from wizard.probe.request import ProbeOptions
from wizard.text.messages import tr


def _is_needed(case: Case) -> bool:
    """True if the stream is held, and the answer to `/` tells what else is held, or by whom.

    Through the proxy `/` is held as well, and directly the stream is live; or directly there are
    not even headers: if `/` is answered there, the answer may name another proxy; if not, the
    backend answers nothing.
    """
    if urlsplit(case.target.url).path in ("", "/"):
        return False
    if not any(result.outcome in HELD_OUTCOMES for result in case.proxy):
        return False
    root = case.root
    is_held = root is not None and is_unanswered(root) and root.ended == "open"
    if any(is_live(result.timeline) for result in case.direct):
        return is_held
    return bool(case.direct) and all(result.outcome == "held" for result in case.direct)


async def _send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one request for `/` to the address of a direct probe, a live one if there is one."""
    result = best_direct(case)
    if result is None:
        return ()
    timeline = await probe_first_event(root_of(result.timeline.probe), options, timeout_for(case))
    return (FollowUpResult(ROOT_DIRECT.purpose, timeline, tr("GET / at the direct URL's address")),)


ROOT_DIRECT = FollowUp(
    purpose="root-direct",
    question=tr("does `/` answer at the direct URL, and who answers?"),
    requests=tr("where the stream is held: GET of `/` there"),
    most=1,
    is_needed=_is_needed,
    run=_send,
)
