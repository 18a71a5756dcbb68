"""An interrupted step is never healthy, whatever it had shown by then."""

import asyncio
import contextlib
from pathlib import Path

from tests.probe.jumping_clock import JumpingClock
from tests.probe.scripted import CHUNKED, chunk, saying, serving
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import MAX_ABSENCE_S, STOPPED, Investigation
from wizard.model.target import Source, Target


async def test_an_interrupted_check_of_a_live_stream_is_inconclusive() -> None:
    live = CHUNKED + chunk(b"data: b\n\n")
    async with serving(saying(live, then="open")) as url:
        investigation = Investigation(Target(url, patience=30.0, mcp="never"))
        task = asyncio.create_task(investigation.run("proxy"))
        outcomes: set[str] = set()
        while outcomes != {"live"}:
            await asyncio.sleep(0.01)  # there is no notification of progress
            outcomes = {result.outcome for result in investigation.case.proxy}
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        diagnosis = diagnose(investigation.case)
        await investigation.close()
    assert investigation.case.unfinished == ("proxy",)
    assert diagnosis.verdict == "inconclusive"
    assert "interrupted" in diagnosis.summary


async def test_a_complete_check_of_a_live_stream_is_healthy() -> None:
    live = CHUNKED + chunk(b"data: b\n\n")
    async with serving(saying(live, then="open")) as url:
        investigation = Investigation(Target(url, mcp="never"))
        await investigation.run("proxy")
        await investigation.close()
    assert investigation.case.unfinished == ()
    assert diagnose(investigation.case).verdict == "healthy"


async def test_a_step_during_which_the_process_was_stopped_shows_nothing() -> None:
    """Bytes seem late that had arrived while nothing was read."""
    clock = JumpingClock()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock.jump(2 * MAX_ABSENCE_S)
        writer.write(CHUNKED + chunk(b"data: b\n\n"))
        await reader.read()

    live = saying(CHUNKED, chunk(b"data: b\n\n"), then="open")
    async with serving(act) as url, serving(live) as direct:
        target = Target(url, direct=(Source(direct),), mcp="never")
        investigation = Investigation(target, clock=clock)
        state = await investigation.run("proxy")
        await investigation.close()
    assert (state.state, state.why) == ("todo", STOPPED)
    assert investigation.steps["direct"].why == STOPPED
    assert (investigation.case.proxy, investigation.case.direct) == ((), ())
    assert diagnose(investigation.case).verdict == "inconclusive"


async def test_a_stream_that_is_asked_for_again_leaves_new_lines_to_read(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.touch()
    async with serving(saying(CHUNKED + chunk(b"data: b\n\n"), then="open")) as url:
        investigation = Investigation(Target(url, logs=(Source(str(log)),), mcp="never"))
        await investigation.run("proxy")
        await investigation.run("logs")
        read = investigation.steps["logs"].state
        await investigation.run("proxy")
        assert (read, investigation.steps["logs"].state) == ("warn", "todo")
        await investigation.close()
