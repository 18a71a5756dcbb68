"""The root path at the direct URL: is `/` a short answer there, and who gives it?"""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.probe_result import HELD_OUTCOMES
from wizard.model.timeline import is_live
from wizard.probe.followups.followup import FollowUp, direct_probe, probe_first_event, timeout_for
from wizard.probe.matrix import uncompressed
from wizard.probe.request import ProbeOptions


def _is_needed(case: Case) -> bool:
    """True if the stream is held, and the answer to `/` tells what else is held, or by whom.

    Through the proxy `/` is held as well, and directly the stream is live; or directly there are
    not even headers, so that what answers there may be another proxy.
    """
    if urlsplit(case.target.url).path in ("", "/"):
        return False
    if not any(result.outcome in HELD_OUTCOMES for result in case.proxy):
        return False
    root = case.root
    is_held = root is not None and root.headers_s is None and root.ended == "open"
    if any(is_live(result.timeline) for result in case.direct):
        return is_held
    return bool(case.direct) and all(result.outcome == "held" for result in case.direct)


async def _send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one request for `/` to the address of a direct probe, a live one if there is one."""
    live = tuple(result for result in case.direct if is_live(result.timeline))
    result = uncompressed(live or case.direct)
    if result is None:
        return ()
    probe = direct_probe(result)
    probe = replace(probe, url=urljoin(probe.url, "/"))
    timeline = await probe_first_event(probe, options, timeout_for(case))
    return (FollowUpResult(ROOT_DIRECT.purpose, timeline, "GET / at the direct URL's address"),)


ROOT_DIRECT = FollowUp("root-direct", _is_needed, _send)
