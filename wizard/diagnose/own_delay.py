"""Which outcomes the times at which this program did not run may explain: these are not judged.

A stream that this program read late looks late, in bursts or silent, and on a busy machine a fault
can hide behind the same. So an outcome counts only if it is the same on every clock of
`wizard/model/absences.py`, for the probe and for the direct ones that it is compared with.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from wizard.model.absences import (
    HiddenWait,
    absent_s,
    hidden_wait,
    hidden_watch,
    lateness_s,
    running,
    spread,
)
from wizard.model.case import Case
from wizard.model.handshake import Handshake
from wizard.model.probe_result import Outcome
from wizard.model.timeline import Timeline, connected_s
from wizard.text.display import seconds
from wizard.text.messages import tr

MAX_END_LATENESS_S = 0.5
"""How late the end of a stream may be noticed, in seconds, so that its time still tells a timeout
of whole seconds."""
_UNTIMED: frozenset[Outcome] = frozenset({
    "running", "answered", "status", "redirect", "not-offered", "not-asked", "not-http",
    "undecodable", "partial-head", "only-interim", "not-sent",
})  # fmt: skip
"""Outcomes that do not depend on when something came."""
Judge = Callable[[Timeline, Sequence[Timeline]], tuple[Outcome, str]]


def why_not_judged(timeline: Timeline, direct: Sequence[Timeline], judge: Judge) -> str:
    """Why the outcome of a probe that has ended cannot be judged; empty if it can.

    `judge` returns the outcome of a probe beside the direct ones.
    """
    is_absent = any(each.absences for each in (timeline, *direct))
    if not is_absent or timeline.ended is None:
        return ""
    outcome, _ = judge(timeline, direct)
    if outcome in _UNTIMED:
        return ""
    if hidden := hidden_watch(timeline) if outcome == "live" else hidden_wait(timeline):
        return _describe(hidden.absent, hidden.waited)
    is_end_late = outcome in ("cut", "ended") and _end_lateness_s(timeline) > MAX_END_LATENESS_S
    if not is_end_late and all(judge(*view)[0] == outcome for view in _views(timeline, direct)):
        return ""
    since = connected_s(timeline)
    until = timeline.waited_s or since
    return _describe(absent_s(timeline, since, until), until - since)


def without_hidden_requests(case: Case) -> Case:
    """The case without the sessions and further requests that were waited for in vain, while this
    program did not run for more than half of the time."""
    return replace(
        case,
        handshakes=tuple(each for each in case.handshakes if not _hidden_exchange(each)),
        follow_ups=tuple(each for each in case.follow_ups if not hidden_wait(each.timeline)),
    )


def describe_hidden_session(case: Case) -> str:
    """Why the MCP session through the proxy is not judged, in one sentence; empty if it is."""
    handshake = case.handshake("proxy")
    hidden = _hidden_exchange(handshake) if handshake else None
    return (
        tr("The MCP session: {absent}.", absent=_describe(hidden.absent, hidden.waited))
        if hidden
        else ""
    )


def _hidden_exchange(handshake: Handshake) -> HiddenWait | None:
    if handshake.is_complete:
        return None
    waits = (hidden_wait(exchange.timeline) for exchange in handshake.exchanges)
    return next((wait for wait in waits if wait), None)


def _describe(absent: float, waited: float) -> str:
    return tr(
        "not judged: this machine was busy for {absent} of the {waited}",
        absent=seconds(absent),
        waited=seconds(waited),
    )


def _end_lateness_s(timeline: Timeline) -> float:
    """By how much the silence before the end may be wrong, in seconds."""
    return max(lateness_s(timeline, at) for at in (timeline.waited_s, timeline.last_byte_s))


def _views(
    timeline: Timeline, direct: Sequence[Timeline]
) -> Iterator[tuple[Timeline, Sequence[Timeline]]]:
    """The probe at its best beside the direct ones, and at its worst: when and in how many pieces
    the bytes may have come."""
    yield running(timeline), direct
    yield timeline, [running(other) for other in direct]
    yield spread(timeline), direct
    yield timeline, [spread(other) for other in direct]
