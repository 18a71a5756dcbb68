"""An interrupted step is shown as such, never as running or healthy, also once opened."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.investigation.casefile.roundtrip import assert_same, reopened
from tests.probe.scripted import CHUNKED, chunk, saying, serving
from wizard.cli import main
from wizard.cli.check import report_of
from wizard.investigation import casefile
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.investigation.saved import record_of
from wizard.model.target import Target

LIVE = CHUNKED + chunk(b"data: b\n\n")


async def interrupt(url: str, expected: set[str]) -> Investigation:
    """Cancel the matrix once its probes have these outcomes."""
    interrupted = Investigation(Target(url, stall=30.0, patience=30.0, mcp="never"))
    task = asyncio.create_task(interrupted.run("proxy"))
    outcomes: set[str] = set()
    while outcomes != expected:
        await asyncio.sleep(0.01)  # there is no notification of progress
        outcomes = {result.outcome for result in interrupted.case.proxy}
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await interrupted.close()
    return interrupted


async def test_an_interrupted_probe_is_not_running() -> None:
    async with serving(saying(b"", then="open")) as url:
        interrupted = await interrupt(url, {"running"})
    for investigation in (interrupted, reopened(interrupted)):
        assert {result.outcome for result in investigation.case.proxy} == {"interrupted"}
        text = report_of(investigation, "text", None, 1.0)
        assert "interrupted" in text
        assert "running" not in text
    assert_same(interrupted)


def test_an_opened_case_of_an_interrupted_check_is_inconclusive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even if its probes were live by then."""

    async def save() -> None:
        async with serving(saying(LIVE, then="open")) as url:
            interrupted = await interrupt(url, {"live"})
        casefile.write(tmp_path / "case.json", record_of(interrupted))

    asyncio.run(save())
    assert main(["open", str(tmp_path / "case.json")], open_wizard=no_wizard) == 3
    report = capsys.readouterr().out
    assert report.startswith("INCONCLUSIVE")
    assert "interrupted" in report


def no_wizard(given: Target | Investigation | None, apply: ApplyFix | None) -> int:
    raise AssertionError("the wizard must not open")
