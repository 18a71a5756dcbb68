"""`ssewizard check`: all steps without a screen."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from wizard.diagnose import diagnose
from wizard.errors import UsageError
from wizard.investigation import Investigation
from wizard.model import StepId, StepState, Target
from wizard.probe import plain, warm
from wizard.report import render
from wizard.steps import STEP_TEXTS
from wizard.text import safe

STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}


def check(target: Target, format: str, output: str | None) -> int:
    """Run the checks, write the report, and return the exit status."""
    urls = [target.url, *(place.what for place in target.direct)]
    for version in ("1.1", "2"):
        warm(any(url.startswith("https:") for url in urls), version, target.insecure)
    started = time.monotonic()
    investigation = Investigation(target)
    try:
        asyncio.run(_run(investigation))
    finally:
        # Interrupted too: what was found so far is still reported.
        report = _report(investigation, format, time.monotonic() - started)
        write_report(report, output)
    return _status(investigation)


async def _run(investigation: Investigation) -> None:
    """The root path and the matrix side by side, then what reads their traces."""
    progress = _progress if sys.stderr.isatty() else _quiet
    together: tuple[StepId, ...] = ("root", "proxy")
    await asyncio.gather(*(_step(investigation, step, progress) for step in together))
    then: tuple[StepId, ...] = ("direct", "logs", "config", "cause", "fix")
    for step in then:
        if investigation.steps[step].state == "todo":
            await _step(investigation, step, progress)


Progress = Callable[[Investigation, StepState], None]


async def _step(investigation: Investigation, step: StepId, progress: Progress) -> None:
    progress(investigation, await investigation.run(step))


def _quiet(investigation: Investigation, state: StepState) -> None:
    """Nobody is looking."""


def _progress(investigation: Investigation, state: StepState) -> None:
    title = STEP_TEXTS[state.id].title
    sys.stderr.write(f"{title:<16} {state.state:<5} {safe(state.why, 200)}\n")
    sys.stderr.flush()


def _report(investigation: Investigation, format: str, elapsed_s: float) -> str:
    return render(
        format,
        case=investigation.case,
        diagnosis=investigation.diagnosis or diagnose(investigation.case),
        recommendation=investigation.recommendation,
        steps=investigation.steps,
        elapsed_s=elapsed_s,
        color=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
    )


def _status(investigation: Investigation) -> int:
    """The verdict's status, unless an input that was given could not be read."""
    problems = investigation.case.problems
    unreadable = [problems[step] for step in problems]
    unreadable += [report.problem for report in investigation.case.logs if report.problem]
    for problem in unreadable:
        sys.stderr.write(f"ssewizard: {safe(problem)}\n")
    verdict = investigation.diagnosis.verdict if investigation.diagnosis else "inconclusive"
    return 2 if unreadable else STATUS[verdict]


def write_report(text: str, output: str | None) -> None:
    """To the file, or to standard output where none is named. Raises `UsageError`."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output}: {plain(error)}") from None
