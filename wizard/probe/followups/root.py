"""The root path at the backend itself: is `/` a short answer that only the proxy does not give?"""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.probe_result import HELD_OUTCOMES
from wizard.model.timeline import is_live
from wizard.probe.followups.followup import FollowUp, direct_probe, probe_first_event, timeout_for
from wizard.probe.matrix import uncompressed
from wizard.probe.request import ProbeOptions


def _is_needed(case: Case) -> bool:
    """True if `/` and the stream are held through the proxy, and the stream is live directly."""
    root = case.root
    is_held = root is not None and root.headers_s is None and root.ended == "open"
    if not is_held or urlsplit(case.target.url).path in ("", "/"):
        return False
    held = any(result.outcome in HELD_OUTCOMES for result in case.proxy)
    return held and any(is_live(result.timeline) for result in case.direct)


async def _send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one request for `/` to the address of a live direct probe."""
    live = uncompressed(tuple(result for result in case.direct if is_live(result.timeline)))
    if live is None:
        return ()
    probe = direct_probe(live)
    probe = replace(probe, url=urljoin(probe.url, "/"))
    timeline = await probe_first_event(probe, options, timeout_for(case))
    return (FollowUpResult(ROOT_DIRECT.purpose, timeline, "GET / at the backend itself"),)


ROOT_DIRECT = FollowUp("root-direct", _is_needed, _send)
