"""What a follow-up is, and how one of its requests is made: bounded, and closed again."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from wizard.model.case import Case, Cell, Replay
from wizard.model.events import Ended
from wizard.model.timeline import Leg, Timeline, is_live
from wizard.probe.probe import probe_within
from wizard.probe.request import GET, Ask, Manner
from wizard.probe.timing import held_after

WITHIN = 5.0
"""How long, in seconds, one exchange of a follow-up may take at the most."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Further requests for one purpose.

    Attributes:
        needed: Whether this case leaves open what they would decide.
        make: Makes them; never raises for what a server does.
    """

    purpose: str
    needed: Callable[[Case], bool]
    make: Callable[[Case, Manner], Awaitable[tuple[Replay, ...]]]


def patience(case: Case) -> float:
    """How long a request of this case may be silent, in seconds: as in the matrix."""
    return min(held_after([cell.timeline for cell in case.direct], case.target.stall), WITHIN)


def plain(cells: tuple[Cell, ...]) -> Cell | None:
    """The cell that is asked as the official SDKs ask: HTTP/1.1, nothing compressed."""
    return next((cell for cell in cells if cell.timeline.leg.encoding == "identity"), None)


async def look(leg: Leg, manner: Manner, within: float, ask: Ask = GET) -> Timeline:
    """Make the request and leave with the first event, the end, or `within` seconds after it
    began."""
    line = Timeline(leg)
    begun = manner.clock()
    try:
        async with aclosing(probe_within(within, leg, manner, ask)) as events:
            async for event in events:
                line = line.fold([event])
                if is_live(line) and line.events:
                    break
    except TimeoutError:
        pass
    return line if line.ended else line.fold([Ended(manner.clock() - begun - line.began_s, "open")])
