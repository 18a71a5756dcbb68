"""Wait until a change shows on a fresh connection: Nginx was reloaded with another config.

Workers with open streams keep the old config until those end (nginx.org, "Controlling nginx",
"Changing Configuration"), so only new connections tell.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from wizard.diagnose.outcome import classify
from wizard.investigation.session import Session
from wizard.model.case import Case
from wizard.model.probe_result import DELAYED_OUTCOMES, ProbeResult
from wizard.model.reload_wait import ReloadWait
from wizard.probe.followups.followup import probe_first_event, timeout_for

LONGEST_S = 300.0
"""How long a change is waited for, in seconds."""
PAUSES_S = (1.0, 2.0, 3.0, 5.0, 8.0, 10.0)
"""The pauses between two requests in seconds; the last one again and again."""
SHOWN_AT_ONCE = DELAYED_OUTCOMES | {"status", "redirect", "not-a-stream", "refused"}
"""Outcomes that a single request shows within the wait for a first event."""

Pause = Callable[[float], Awaitable[None]]


def failing_probe(case: Case) -> ProbeResult | None:
    """The proxied probe whose fault one short request shows; None if there is none.

    A cut comes later, and a fault of chance may be absent at once: those are proven without a wait.
    So is one of the messages, where the direct GET has the same status: a server that answers by
    POST need not offer a stream.
    """
    usual = {each.timeline.status for each in case.direct if each.outcome == "status"}
    failing = (
        result
        for result in case.proxy
        if result.outcome in SHOWN_AT_ONCE
        if not (result.outcome == "status" and result.timeline.status in usual)
    )
    return None if case.target.is_sent_once else next(failing, None)


async def wait_for_reload(
    session: Session,
    has_config_changed: Callable[[], Awaitable[bool | None]],
    pause: Pause = asyncio.sleep,
) -> None:
    """Return once a fresh connection shows something else than before, or after `LONGEST_S`.

    Sends one request at a time, and shows in `session.reload_wait` what is waited for.
    """
    before = failing_probe(session.snapshot())
    if before is None:
        return
    wait = ReloadWait(session.clock())
    pauses = _pauses()
    try:
        while session.clock() - wait.since < LONGEST_S:
            if await _answers_otherwise(session, before):
                return
            changed = await has_config_changed()
            wait = ReloadWait(wait.since, wait.requests + 1, changed)
            session.reload_wait = wait
            await pause(next(pauses))
    finally:
        session.reload_wait = None


def _pauses() -> Iterator[float]:
    yield from PAUSES_S
    while True:
        yield PAUSES_S[-1]


async def _answers_otherwise(session: Session, before: ProbeResult) -> bool:
    """Send the failing request once more: True if its outcome or its status is another now."""
    case = session.snapshot()
    probe, options = before.timeline.probe, session.options()
    timeline = await probe_first_event(probe, options, timeout_for(case))
    now = classify(timeline, [result.timeline for result in case.direct])
    if now.outcome in DELAYED_OUTCOMES and before.outcome in DELAYED_OUTCOMES:
        return False
    return (now.outcome, now.timeline.status) != (before.outcome, before.timeline.status)
