"""A second direct stream while the first is open: can the backend serve two at once?"""

from wizard.model.case import Case, FollowUpResult, ProbeResult
from wizard.model.timeline import Probe, is_live
from wizard.probe.followups.followup import FollowUp, patience, probe_first_event
from wizard.probe.mcp.exchange import open_stream
from wizard.probe.request import ProbeOptions

FIRST, SECOND = "first-of-two", "second-of-two"


def _needed(case: Case) -> bool:
    """Of several requests at once, some were live and a direct one got not even headers."""
    live = any(is_live(result.timeline) for result in (*case.proxy, *case.direct))
    return live and (any(map(_stuck, case.direct)) or _post_hangs(case))


def _stuck(result: ProbeResult) -> bool:
    return result.outcome in ("held", "headers-held") and result.timeline.connect_s is not None


def _post_hangs(case: Case) -> bool:
    """Whether the direct POST got no answer while its stream was open."""
    spoken = case.handshake("direct")
    posted = spoken.timeline("initialize") if spoken else None
    return bool(posted and posted.connect_s is not None and posted.headers_s is None)


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Two requests: the second is begun once the first is live, and only then."""
    asked = case.direct[0].timeline.probe
    probe = Probe("replay-direct", asked.url, vantage=asked.vantage)
    async with open_stream(probe, options) as first:
        came = await first.until(lambda heard: is_live(heard.line), patience(case))
        alone = FollowUpResult(FIRST, first.heard.line, "one direct stream alone")
        if not came:
            return (alone,)
        line = await probe_first_event(probe, options, patience(case))
        return (
            FollowUpResult(FIRST, first.heard.line, alone.why),
            FollowUpResult(SECOND, line, "a second direct stream while the first is open"),
        )


FOLLOW_UP = FollowUp(FIRST, _needed, _make)
