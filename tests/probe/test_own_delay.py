"""Times at which this program did not run, on a clock that jumps: nothing blocks."""

import asyncio
from collections.abc import Callable

import pytest

from tests.probe.jumping_clock import JumpingClock
from tests.probe.scripted import CHUNKED, Act, chunk, saying, serving
from wizard.diagnose.outcome import classify
from wizard.model.absences import absent_s
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline
from wizard.probe.followups.followup import probe_first_event
from wizard.probe.matrix import Matrix
from wizard.probe.own_delay import TICK_S, noting_absences
from wizard.probe.request import ProbeOptions

EVENT = chunk(b"event: endpoint\ndata: /m\n\n")
LIVE = saying(CHUNKED, EVENT, then="open")
HELD = saying(then="open")
JUMP_S = 30.0


@pytest.fixture
async def clock() -> JumpingClock:
    return JumpingClock()


async def test_an_absence_is_noted_with_its_length(clock: JumpingClock) -> None:
    noted: list[float] = []
    with noting_absences(noted.append):
        await asyncio.sleep(3 * TICK_S)
        clock.jump(JUMP_S)
        await asyncio.sleep(3 * TICK_S)
    assert max(noted) >= JUMP_S - TICK_S
    count = len(noted)
    clock.jump(JUMP_S)
    await asyncio.sleep(3 * TICK_S)
    assert len(noted) == count


def jumping(clock: JumpingClock, after: Callable[[], None] = lambda: None) -> Act:
    """A server that lets the clock jump before it answers."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3 * TICK_S)
        clock.jump(JUMP_S)
        after()
        writer.write(CHUNKED + EVENT)
        await reader.read()

    return act


async def probe(clock: JumpingClock, proxy: Act, direct: Act, stall: float) -> ProbeResult:
    timelines: dict[Probe, Timeline] = {}
    async with serving(proxy) as url, serving(direct) as other:
        proxied, beside = Probe("sse-proxy", url), Probe("sse-direct", other)
        options = ProbeOptions(clock=clock)
        await Matrix(
            [proxied], [beside], timelines, options=options, stall=stall, clock=clock
        ).run()
    return classify(timelines[proxied], [timelines[beside]])


async def test_what_comes_late_beside_an_absence_is_not_judged(clock: JumpingClock) -> None:
    result = await probe(clock, jumping(clock), LIVE, stall=60)
    assert result.timeline.events == 1
    assert absent_s(result.timeline, 0.0) == pytest.approx(JUMP_S, abs=1.0)
    assert result.is_unjudged


async def test_silence_across_an_absence_is_not_judged(clock: JumpingClock) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3 * TICK_S)
        clock.jump(JUMP_S)
        await reader.read()

    result = await probe(clock, silent, LIVE, stall=0.4)
    assert (result.timeline.ended, result.timeline.headers_s) == ("open", None)
    assert result.is_unjudged


async def test_a_follow_up_waits_on_after_an_absence(clock: JumpingClock) -> None:
    async with serving(jumping(clock)) as url:
        options, probe = ProbeOptions(clock=clock), Probe("follow-up-proxy", url)
        timeline = await probe_first_event(probe, options, 1.0)
    assert timeline.events == 1


async def test_a_follow_up_ends_without_absences(clock: JumpingClock) -> None:
    async with serving(HELD) as url:
        options, probe = ProbeOptions(clock=clock), Probe("follow-up-proxy", url)
        timeline = await probe_first_event(probe, options, 0.1)
    assert (timeline.ended, timeline.headers_s) == ("open", None)
