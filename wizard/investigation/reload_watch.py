"""Wait until a change shows on a fresh connection: Nginx was reloaded with another config.

Workers with open streams keep the old config until those end (nginx.org, "Controlling nginx",
"Changing Configuration"), so only new connections tell.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from wizard.diagnose.outcome import classify, has_usual_status
from wizard.diagnose.rules import rule_named
from wizard.investigation.proof import is_in_nginx
from wizard.investigation.session import Session
from wizard.model.case import Case
from wizard.model.handshake import Handshake
from wizard.model.probe_result import DELAYED_OUTCOMES, ProbeResult
from wizard.model.reload_wait import ReloadWait
from wizard.probe.followups.followup import probe_first_event, timeout_for
from wizard.probe.mcp.session import run_handshakes

LONGEST_S = 300.0
"""How long a change is waited for, in seconds."""
PAUSES_S = (1.0, 2.0, 3.0, 5.0, 8.0, 10.0)
"""The pauses between two requests in seconds; the last one again and again."""
RELOAD_S = 5.0
"""How long after a change of the config Nginx is given to be reloaded, where only the config
shows a change, in seconds."""
SHOWN_AT_ONCE = DELAYED_OUTCOMES | {"status", "redirect", "not-a-stream", "refused"}
"""Outcomes that a single request shows within the wait for a first event."""

Pause = Callable[[float], Awaitable[None]]


def failing_probe(case: Case) -> ProbeResult | None:
    """The proxied probe whose fault one short request shows; None if there is none.

    A cut comes later, and a fault of chance may be absent at once: those are proven without a wait.
    A status that the direct GET has as well is no fault: a server that answers by POST need not
    offer a stream.
    """
    failing = (
        result
        for result in case.proxy
        if result.outcome in SHOWN_AT_ONCE and not has_usual_status(result, case.direct)
    )
    return None if case.target.is_sent_once else next(failing, None)


def failing_handshake(case: Case) -> Handshake | None:
    """The handshake through the proxy, if its messages fail and those of the direct one do not.

    None for a fault of chance, as above.
    """
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or proxied.skipped or proxied.is_complete or case.target.is_sent_once:
        return None
    causes = case.baseline.causes if case.baseline else ()
    is_chance = any(rule.by_chance for rule in filter(None, map(rule_named, causes)))
    return proxied if direct and direct.is_complete and not is_chance else None


async def wait_for_reload(
    session: Session,
    has_config_changed: Callable[[], Awaitable[bool | None]],
    pause: Pause | None = None,
) -> float | None:
    """Return once a fresh connection shows something else than before, or after `LONGEST_S`.

    At once where the user wants the proof now (`Session.proves_now`).

    The time at which it did, in seconds since the epoch; None if the first one did already.

    Sends one request at a time, and shows in `session.reload_wait` what is waited for.
    """
    pause = pause or partial(_pause, session)
    case = session.snapshot()
    before = failing_probe(case)
    messages = failing_handshake(case) if before is None else None
    if before is None and messages is None:
        await _wait_for_config(session, has_config_changed, pause)
        return None
    wait = ReloadWait(session.clock())
    pauses = _pauses()
    try:
        while _may_wait(session, wait):
            if (before and await _answers_otherwise(session, before)) or (
                messages and await _ends_otherwise(session, messages)
            ):
                return time.time() if wait.requests else None
            changed = await has_config_changed()
            wait = ReloadWait(wait.since, wait.requests + 1, changed)
            session.reload_wait = wait
            await pause(next(pauses))
    finally:
        session.reload_wait = None
    return None


async def _wait_for_config(
    session: Session, has_config_changed: Callable[[], Awaitable[bool | None]], pause: Pause
) -> None:
    """Return once the config has changed, with time for the reload, or after `LONGEST_S`.

    For a fault that no short request shows, if it is in Nginx and its config can be read: a proof
    before the change would only take the time of a cut to show the same again.
    """
    if not is_in_nginx(session.snapshot()):
        return
    wait, pauses = ReloadWait(session.clock()), _pauses()
    try:
        while _may_wait(session, wait):
            if (changed := await has_config_changed()) is None:
                return
            wait = ReloadWait(wait.since, wait.requests, changed)
            session.reload_wait = wait
            await pause(RELOAD_S if changed else next(pauses))
            if changed:
                return
    finally:
        session.reload_wait = None


def _may_wait(session: Session, wait: ReloadWait) -> bool:
    return session.clock() - wait.since < LONGEST_S and not session.proves_now.is_set()


async def _pause(session: Session, duration_s: float) -> None:
    """Wait for so long, or until the user wants the proof now."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(duration_s):
            await session.proves_now.wait()


def _pauses() -> Iterator[float]:
    yield from PAUSES_S
    while True:
        yield PAUSES_S[-1]


async def _ends_otherwise(session: Session, before: Handshake) -> bool:
    """Do the handshake through the proxy once more: True if it fails otherwise now, or succeeds."""
    case = session.snapshot()
    now = await run_handshakes(case, session.options(), "proxy")
    return any(_failure(each) != _failure(before) for each in now)


def _failure(handshake: Handshake) -> tuple[str, int | None]:
    """The stage at which the handshake ended, and the status of its last answer."""
    timelines = [exchange.timeline for exchange in handshake.exchanges]
    return handshake.stage, timelines[-1].status if timelines else None


async def _answers_otherwise(session: Session, before: ProbeResult) -> bool:
    """Send the failing request once more: True if its outcome or its status is another now."""
    case = session.snapshot()
    probe, options = before.timeline.probe, session.options()
    timeline = await probe_first_event(probe, options, timeout_for(case))
    now = classify(timeline, [result.timeline for result in case.direct])
    if now.outcome in DELAYED_OUTCOMES and before.outcome in DELAYED_OUTCOMES:
        return False
    return (now.outcome, now.timeline.status) != (before.outcome, before.timeline.status)
