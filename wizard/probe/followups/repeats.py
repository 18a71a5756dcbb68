"""Repeated requests: one three times, and two direct streams at the same time."""

import asyncio

from wizard.model.case import Case, FollowUpResult
from wizard.model.probe_result import DELAYED_OUTCOMES, ProbeResult
from wizard.model.timeline import is_live, is_unanswered
from wizard.nginx.upstream import balancing_of
from wizard.probe.followups.followup import (
    FollowUp,
    direct_probe,
    probe_first_event,
    repeated_probe,
    timeout_for,
)
from wizard.probe.mcp.exchange import open_stream
from wizard.probe.request import ProbeOptions
from wizard.text.messages import tr

REPEATS = 3
"""How many requests are sent at once: where peers take turns, one could reach the same peer."""


def _is_again_needed(case: Case) -> bool:
    """True if one probe was late or held, another was live, and chance may have decided which."""
    result = first_held(case)
    if result is None or not any(other.outcome == "live" for other in case.proxy):
        return False
    if case.resolution is not None:
        return len(balancing_of(case.resolution).peers) > 1
    return result.outcome == "late" or case.target.conf is None


def first_held(case: Case) -> ProbeResult | None:
    """The first proxied probe that was late or held; None if there is none."""
    return next((result for result in case.proxy if result.outcome in DELAYED_OUTCOMES), None)


async def _send_again(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Repeat the held request: did its properties hold it, or the peer that it reached?"""
    result = first_held(case)
    assert result is not None
    probe, timeout_s = repeated_probe(result), timeout_for(case)
    requests = (probe_first_event(probe, options, timeout_s) for _ in range(REPEATS))
    timelines = await asyncio.gather(*requests)
    why = tr("{label} once more", label=result.timeline.probe.label)
    return tuple(FollowUpResult(AGAIN.purpose, timeline, why) for timeline in timelines)


FIRST_OF_TWO, SECOND_OF_TWO = "first-of-two", "second-of-two"


def _is_second_stream_needed(case: Case) -> bool:
    """True if some requests were live while a direct one did not even get headers."""
    is_some_live = any(is_live(result.timeline) for result in (*case.proxy, *case.direct))
    return is_some_live and (any(map(_is_stuck, case.direct)) or _is_post_stuck(case))


def _is_stuck(result: ProbeResult) -> bool:
    return result.outcome in ("held", "headers-held") and result.timeline.connect_s is not None


def _is_post_stuck(case: Case) -> bool:
    """True if the direct POST got no answer while its stream was open."""
    handshake = case.handshake("direct")
    opening = handshake.opening if handshake else None
    post = opening.timeline if opening else None
    return bool(post and post.connect_s is not None and is_unanswered(post))


async def _send_two_streams(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Open a direct stream, and once it is live a second one: can the backend serve both?"""
    probe, timeout_s = direct_probe(case.direct[0]), timeout_for(case)
    second = tuple[FollowUpResult, ...]()
    async with open_stream(probe, options, options.stream) as stream:
        if await stream.wait_for(lambda reader: is_live(reader.timeline), timeout_s):
            timeline = await probe_first_event(probe, options, timeout_s)
            why = tr("a second direct stream while the first is open")
            second = (FollowUpResult(SECOND_OF_TWO, timeline, why),)
        return (
            FollowUpResult(FIRST_OF_TWO, stream.timeline, tr("one direct stream alone")),
            *second,
        )


AGAIN = FollowUp(
    purpose="again",
    question=tr("was it chance?"),
    requests=tr("where one probe was late or held and another was live: the first one repeated"),
    most=REPEATS,
    is_needed=_is_again_needed,
    run=_send_again,
    repeats_stream=True,
)
TWO_STREAMS = FollowUp(
    purpose=FIRST_OF_TWO,
    question=tr("can the backend serve two streams?"),
    requests=tr("GET of the direct URL, and a second one while the first is open"),
    most=2,
    is_needed=_is_second_stream_needed,
    run=_send_two_streams,
    repeats_stream=True,
)
