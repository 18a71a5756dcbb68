"""What the soak runs: checks one after the other, and one stream for a long time."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator

from tests.soak.figures import Figures, measure
from wizard.cli.check import run_steps
from wizard.cli.options import make_parser, target_of
from wizard.investigation.investigation import Investigation
from wizard.model.target import Target
from wizard.report import render

SCENARIOS = ("incident", "healthy", "gzip")
"""A held stream, a live one, and one that differs between its probes."""


@contextlib.asynccontextmanager
async def lab(scenario: str) -> AsyncIterator[list[str]]:
    """Run a scenario in a process of its own; gives the words of `check` for it.

    Some requests are made through a vantage, and one log is the output of a command.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "screens", "lab", scenario, "--serve"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        described = json.loads(await process.stdout.readline())
        vantage = ["--vantage", "here=env", "--direct", f"here={described['direct']}"]
        log = ["--log", f"access=tail -n 100 -F {described['logs'][0]}"]
        yield [*described["command"][2:], *vantage, *log]
    finally:
        process.terminate()
        await process.wait()


def target_from(words: list[str]) -> Target:
    """Return the target of these words of `check`."""
    return target_of(make_parser("check").parse_args(words))


async def check_often(count: int) -> list[Figures]:
    """Run this many checks with their reports; return the figures after each."""
    samples = []
    async with contextlib.AsyncExitStack() as stack:
        labs = [await stack.enter_async_context(lab(name)) for name in SCENARIOS]
        for number in range(count):
            await check_once(target_from(labs[number % len(labs)]))
            samples.append(measure())
    return samples


async def check_once(target: Target) -> None:
    """Run all steps, and write the report in two formats."""
    investigation = Investigation(target)
    await run_steps(investigation, lambda state: None)
    assert investigation.diagnosis is not None
    for format in ("text", "json"):
        render(
            format,
            case=investigation.case,
            diagnosis=investigation.diagnosis,
            recommendation=investigation.recommendation,
            steps=investigation.steps,
            elapsed_s=investigation.elapsed_s,
        )


async def watch_stream(seconds: float, interval_s: float = 1.0) -> list[Figures]:
    """Watch a live stream through Nginx for that long; return the figures at each interval."""
    samples = []
    async with lab("healthy") as words:
        investigation = Investigation(target_from(words))
        watching = asyncio.create_task(investigation.run("proxy", seconds))
        while not watching.done():
            await asyncio.wait([watching], timeout=interval_s)
            samples.append(measure())
        assert (await watching).state == "pass", await watching
        await investigation.close()
    return samples[:-1]  # at the last one, the stream has ended
