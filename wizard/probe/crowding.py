"""Requests that a server refused or let wait because several of ours were open at once.

A backend with few workers, or a limit of Nginx, serves some of the probes and not the others. That
is no fault that a single client meets, so these requests are made again, one at a time.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from wizard.model.case import FollowUpResult
from wizard.model.probe import Probe
from wizard.model.probe_result import REFUSED_STATUSES, ProbeResult
from wizard.model.timeline import Timeline, is_connected, is_live, is_unanswered
from wizard.probe.followups.followup import probe_first_event, root_of
from wizard.probe.matrix import Matrix
from wizard.probe.request import ProbeOptions
from wizard.probe.waits import MIN_WAIT_S, MIN_WATCH_S
from wizard.text.messages import tr

ALONE, FREE_WORKER = "alone", "free-worker"
"""Purposes of results: a request with no other of ours beside it, and `GET /` sent directly while
the streams were open."""
MAX_REPEATS = 4
"""How many requests are made again at most."""
REFUSAL_PAUSE_S = 1.0
"""How long to wait, in seconds, before a request that was refused is made again."""
ALONE_WAIT_S = 5.0
"""How long a request alone may be silent, in seconds: a worker may first have to notice that its
client has left."""


def is_worker_doubtful(proxied: Sequence[Timeline], direct: Sequence[Timeline]) -> bool:
    """True if requests through the proxy are silent while direct streams are live."""
    silent = [t for t in proxied if is_unanswered(t) and t.ended in (None, "open")]
    return bool(silent) and any(map(is_live, direct))


async def probe_free_worker(direct: Sequence[Timeline], options: ProbeOptions) -> FollowUpResult:
    """Ask the backend for `/` while the streams are open: does it still have a free worker?"""
    live = next(timeline for timeline in direct if is_live(timeline))
    timeline = await probe_first_event(root_of(live.probe), options, MIN_WAIT_S / 2)
    return FollowUpResult(
        FREE_WORKER, timeline, tr("GET / sent directly while the streams are open")
    )


def crowded_probes(
    proxied: Sequence[ProbeResult],
    direct: Sequence[ProbeResult],
    free_worker: FollowUpResult | None,
) -> tuple[Probe, ...]:
    """The probes to make again alone: they failed, and others beside them may be the reason.

    A refusal (503, 429) counts if another probe was served, or if all through the proxy were
    refused. Silence counts only if the backend itself let a direct request wait: otherwise it is
    the proxy that holds the stream.
    """
    results = (*proxied, *direct)
    if not any(is_live(result.timeline) for result in results):
        return ()
    refused = [result for result in results if result.timeline.status in REFUSED_STATUSES]
    waiting = [result for result in results if _is_waiting(result)]
    is_backend_full = any(map(_is_waiting, direct)) or _is_unanswered(free_worker)
    failed = (*refused, *(waiting if is_backend_full else ()))
    return tuple(result.timeline.probe for result in failed)[:MAX_REPEATS]


def _is_waiting(result: ProbeResult) -> bool:
    timeline = result.timeline
    return is_unanswered(timeline) and timeline.ended == "open" and is_connected(timeline)


def _is_unanswered(free_worker: FollowUpResult | None) -> bool:
    return free_worker is not None and is_unanswered(free_worker.timeline)


async def probe_alone(
    probe: Probe,
    options: ProbeOptions,
    stall: float,
    clock: Callable[[], float],
    *,
    pause_s: float = 0.0,
) -> tuple[Timeline, FollowUpResult]:
    """Make a request with no other of ours beside it, twice if it is live.

    Twice, because one of several peers may have refused it, and the first repeat may by chance
    have reached another one. `pause_s` seconds are waited before each request: a limit on the rate
    of requests may let one through each second.

    Returns:
        The timeline of the first repeat, and the last repeat as a follow-up.
    """
    timelines: dict[Probe, Timeline] = {}
    wait_s = min(stall, ALONE_WAIT_S)
    matrix = Matrix(
        [probe],
        [],
        timelines,
        options=options,
        stall=wait_s,
        max_watch_s=2 * MIN_WATCH_S,
        clock=clock,
    )
    await asyncio.sleep(pause_s)
    await matrix.run()
    timeline, why = (
        timelines[probe],
        tr("{label} with no other request at the same time", label=probe.label),
    )
    if not is_live(timeline):
        return timeline, FollowUpResult(ALONE, timeline, why)
    name = "follow-up-direct" if "direct" in probe.name else "follow-up-proxy"
    await asyncio.sleep(pause_s)
    again = await probe_first_event(replace(probe, name=name), options, wait_s)
    return timeline, FollowUpResult(ALONE, again, why)
