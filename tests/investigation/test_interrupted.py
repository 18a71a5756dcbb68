"""What was interrupted is not healthy, whatever it had shown by then."""

import asyncio
import contextlib

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.model.target import Target


async def test_a_live_stream_whose_check_was_cut_short() -> None:
    live = CHUNKED + chunk(b"data: b\n\n")
    async with serving(saying(live, then="open")) as url:
        known = Investigation(Target(url, patience=30.0, mcp=False))
        task = asyncio.create_task(known.run("proxy"))
        outcomes: set[str] = set()
        while outcomes != {"live"}:
            await asyncio.sleep(0.01)  # the investigation tells nobody, so it is asked
            outcomes = {result.outcome for result in known.case.proxy}
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        found = diagnose(known.case)
        await known.close()
    assert known.case.unfinished == ("proxy",)
    assert found.verdict == "inconclusive"
    assert "interrupted" in found.summary


async def test_a_check_that_came_to_its_end() -> None:
    live = CHUNKED + chunk(b"data: b\n\n")
    async with serving(saying(live, then="open")) as url:
        known = Investigation(Target(url, mcp=False))
        await known.run("proxy")
        await known.close()
    assert known.case.unfinished == ()
    assert diagnose(known.case).verdict == "healthy"
