"""An interrupted step is never healthy, whatever it had shown by then."""

import asyncio
import contextlib

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.model.target import Target


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
