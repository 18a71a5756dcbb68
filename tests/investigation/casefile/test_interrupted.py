"""What was cut off in the middle: shown as such, never as running or healthy; opened too."""

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


async def cut_short(url: str, seen: set[str]) -> Investigation:
    """Left in the middle of the matrix, once its probes have come that far."""
    known = Investigation(Target(url, stall=30.0, patience=30.0, mcp=False))
    task = asyncio.create_task(known.run("proxy"))
    outcomes: set[str] = set()
    while outcomes != seen:
        await asyncio.sleep(0.01)  # the investigation tells nobody, so it is asked
        outcomes = {result.outcome for result in known.case.proxy}
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await known.close()
    return known


async def test_a_leg_that_was_left_is_not_running() -> None:
    async with serving(saying(b"", then="open")) as url:
        known = await cut_short(url, {"running"})
    for one in (known, reopened(known)):
        assert {result.outcome for result in one.case.proxy} == {"interrupted"}
        text = report_of(one, "text", None, 1.0)
        assert "interrupted" in text
        assert "running" not in text
    assert_same(known)


def test_opening_a_check_that_was_interrupted_is_inconclusive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """However live its probes were by then."""

    async def stored() -> None:
        async with serving(saying(LIVE, then="open")) as url:
            known = await cut_short(url, {"live"})
        casefile.write(tmp_path / "case.json", record_of(known))

    asyncio.run(stored())
    assert main(["open", str(tmp_path / "case.json")], open_wizard=no_wizard) == 3
    said = capsys.readouterr().out
    assert said.startswith("INCONCLUSIVE")
    assert "interrupted" in said


def no_wizard(given: Target | Investigation | None, apply: ApplyFix | None) -> int:
    raise AssertionError("there is no terminal here")
