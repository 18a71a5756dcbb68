"""`ssewizard check`: all steps without a screen."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TextIO

from wizard.cli.output import check_writable, hand_in, say
from wizard.cli.save import check_save, save_case, saving
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.model.steps import STEP_TEXTS, StepId, StepState
from wizard.model.target import Target
from wizard.probe.network import preload
from wizard.report import render
from wizard.report.result import input_problems, unread_inputs
from wizard.text.display import safe

STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}
UNREADABLE = 2


def check(target: Target, format: str, output: str | None, save: str | None = None) -> int:
    """Run the checks, write the report, and return the exit status.

    Args:
        save: Where the case file goes: after each step, since a later one may fail.
    """
    check_writable(output)
    check_save(save)
    warm_up(target)
    started, whole = time.monotonic(), False
    investigation = Investigation(target)
    progress = _progress if is_terminal(sys.stderr) else quiet
    try:
        asyncio.run(run_steps(investigation, saving(save, progress)))
        whole = True
    finally:
        # Interrupted too: what was found so far is still reported.
        elapsed_s = time.monotonic() - started
        made = partial(report_of, investigation, format, output, elapsed_s)
        hand_in(made, format, output, whole=whole)
        save_case(investigation, save, elapsed_s)
    return status_of(investigation)


def warm_up(target: Target) -> None:
    """Load what this target's probes need, before a clock starts."""
    urls = [target.url, *(place.locator for place in target.direct)]
    for version in ("1.1", "2"):
        preload(any(url.startswith("https:") for url in urls), version, target.insecure)


Progress = Callable[[Investigation, StepState], None]


async def run_steps(investigation: Investigation, progress: Progress) -> None:
    """The root path and the matrix side by side, then what reads their traces."""
    together: tuple[StepId, ...] = ("root", "proxy")
    then: tuple[StepId, ...] = ("direct", "logs", "config", "cause", "fix")
    try:
        # A group: upon a bug in one of them the other must not go on behind our back.
        async with asyncio.TaskGroup() as group:
            for step in together:
                group.create_task(_step(investigation, step, progress))
        for step in then:
            if investigation.steps[step].state == "todo":
                await _step(investigation, step, progress)
    finally:
        await investigation.close()


async def _step(investigation: Investigation, step: StepId, progress: Progress) -> None:
    progress(investigation, await investigation.run(step))


def quiet(investigation: Investigation, state: StepState) -> None:
    """Nobody is to be told."""


def _progress(investigation: Investigation, state: StepState) -> None:
    title = STEP_TEXTS[state.id].title
    sys.stderr.write(f"{title:<16} {state.state:<5} {safe(state.why, 200)}\n")
    sys.stderr.flush()


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def report_of(
    investigation: Investigation, format: str, output: str | None, elapsed_s: float
) -> str:
    """All that is known by now, as a report for that output."""
    return render(
        format,
        case=investigation.case,
        diagnosis=investigation.diagnosis or diagnose(investigation.case),
        recommendation=investigation.recommendation,
        steps=investigation.steps,
        elapsed_s=elapsed_s,
        color=in_color(output),
    )


def in_color(output: str | None) -> bool:
    """Whether the report may have colours: it goes to a terminal whose user wants them."""
    return output is None and is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")


def status_of(investigation: Investigation) -> int:
    """The verdict's status, unless an input that was given could not be read."""
    for problem in input_problems(investigation.case):
        say(f"ssewizard: {problem}")
    verdict = investigation.diagnosis.verdict if investigation.diagnosis else "inconclusive"
    return UNREADABLE if unread_inputs(investigation.case) else STATUS[verdict]
