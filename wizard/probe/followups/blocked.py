"""A second direct stream while the first is open: can the backend serve two at once?"""

from wizard.model.case import Case, Cell, Replay
from wizard.model.timeline import Leg, is_live
from wizard.probe.followups.followup import FollowUp, look, patience
from wizard.probe.mcp.exchange import streaming
from wizard.probe.request import Manner

FIRST, SECOND = "first-of-two", "second-of-two"


def _needed(case: Case) -> bool:
    """Of several requests at once, some were live and a direct one got not even headers."""
    live = any(is_live(cell.timeline) for cell in (*case.proxy, *case.direct))
    return live and (any(map(_stuck, case.direct)) or _post_hangs(case))


def _stuck(cell: Cell) -> bool:
    return cell.outcome in ("held", "headers-held") and cell.timeline.connect_s is not None


def _post_hangs(case: Case) -> bool:
    """Whether the direct POST got no answer while its stream was open."""
    spoken = case.handshake("direct")
    posted = spoken.exchange("initialize") if spoken else None
    return bool(posted and posted.connect_s is not None and posted.headers_s is None)


async def _make(case: Case, manner: Manner) -> tuple[Replay, ...]:
    """Two requests: the second is begun once the first is live, and only then."""
    asked = case.direct[0].timeline.leg
    leg = Leg("replay-direct", asked.url, vantage=asked.vantage)
    async with streaming(leg, manner) as first:
        came = await first.until(lambda heard: is_live(heard.line), patience(case))
        alone = Replay(FIRST, first.heard.line, "one direct stream alone")
        if not came:
            return (alone,)
        line = await look(leg, manner, patience(case))
        return (
            Replay(FIRST, first.heard.line, alone.why),
            Replay(SECOND, line, "a second direct stream while the first is open"),
        )


FOLLOW_UP = FollowUp(FIRST, _needed, _make)
