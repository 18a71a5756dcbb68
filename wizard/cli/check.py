"""`ssewizard check URL`: run all steps without a screen, write the report and the case file."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TextIO

from wizard.cli.output import cannot_write, check_writable, print_error, write_final_report
from wizard.cli.proxy_variables import describe_unused_proxy
from wizard.diagnose.diagnose import diagnose
from wizard.investigation import casefile
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import record_of
from wizard.model.steps import STATE_WORDS, STEP_TEXTS, StepId, StepState
from wizard.model.target import Target
from wizard.probe.network import preload
from wizard.report import render
from wizard.report.result import input_problems, unread_inputs
from wizard.text.bugs import confine, report_bug, reported
from wizard.text.columns import pad
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

EXIT_STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}
UNREADABLE_STATUS, BUG_STATUS = 2, 70
"""The exit statuses if an input could not be read, whatever the verdict, and after a bug."""
Progress = Callable[[StepState], None]
"""Called with the state of each step that has run."""


def check(target: Target, format: str, output: str | None, save: str | None = None) -> int:
    """Run the checks, write the report to `output` or print it, and return the exit status.

    The case file `save` is written after each step, since a later step may fail.
    """
    check_writable(output)
    _check_save(save)
    warm_up(target)
    started, complete = time.monotonic(), False
    investigation = Investigation(target)

    def progress(state: StepState) -> None:
        if is_terminal(sys.stderr):
            _print_state(state)
        with contextlib.suppress(UsageError):  # the last attempt reports it
            confine(tr("the case file"), lambda: _save_case(investigation, save), lambda _: None)

    try:
        asyncio.run(run_steps(investigation, progress))
        complete = True
    finally:
        # After Ctrl-C too: the evidence so far is still reported.
        elapsed_s = time.monotonic() - started
        make_report = partial(report_of, investigation, format, output, elapsed_s)
        write_final_report(make_report, format, output, complete=complete)
        save_last = partial(_save_case, investigation, save, elapsed_s)
        confine(tr("the case file"), save_last, lambda _: None)
    if unused := describe_unused_proxy(investigation.case):
        print_error(f"ssewizard: {unused}")
    return exit_status(investigation)


def warm_up(target: Target) -> None:
    """Import and build what this target's probes need, before any probe is timed."""
    urls = (target.url, *(source.locator for source in target.direct))
    uses_tls = any(url.startswith("https:") for url in urls)
    for version in ("1.1", "2"):
        preload(uses_tls, version, target.insecure)


async def run_steps(investigation: Investigation, progress: Progress) -> None:
    """Run the steps `root` and `proxy` side by side, then the others but `verify` in order."""

    async def run(step: StepId) -> None:
        progress(await investigation.run(step))

    try:
        # In a group: if a bug ends one of them, the other is cancelled.
        async with asyncio.TaskGroup() as group:
            group.create_task(run("root"))
            group.create_task(run("proxy"))
        then: tuple[StepId, ...] = ("direct", "logs", "config", "cause", "fix")
        for step in then:
            if investigation.steps[step].state == "todo":
                await run(step)
    finally:
        await _close(investigation)


async def _close(investigation: Investigation) -> None:
    """Stop following the logs; a bug there must not cost the report."""
    try:
        await investigation.close()
    except Exception as error:  # noqa: BLE001
        report_bug(tr("leaving the logs"), error)


def _print_state(state: StepState) -> None:
    title = STEP_TEXTS[state.id].title
    sys.stderr.write(
        f"{pad(title, 16)} {pad(STATE_WORDS[state.state], 7)} {safe(state.why, 200)}\n"
    )
    sys.stderr.flush()


def is_terminal(stream: TextIO | None) -> bool:
    """True if the stream is open and a terminal."""
    return stream is not None and stream.isatty()


def report_of(
    investigation: Investigation, format: str, output: str | None, elapsed_s: float
) -> str:
    """The report on the evidence so far, in colour if `uses_color`.

    If a bug ends it, the conclusion alone; empty in a format that programs read.
    """
    case = investigation.case
    diagnosis = investigation.diagnosis or diagnose(case)
    return confine(
        tr("the report as {format}", format=format),
        lambda: render(
            format,
            case=case,
            diagnosis=diagnosis,
            recommendation=investigation.recommendation,
            steps=investigation.steps,
            elapsed_s=elapsed_s,
            color=uses_color(output),
        ),
        lambda _: f"{safe(diagnosis.summary)}\n" if format in ("text", "markdown") else "",
    )


def uses_color(output: str | None) -> bool:
    """True if the report goes to a terminal and NO_COLOR is not set (https://no-color.org)."""
    return output is None and is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")


def exit_status(investigation: Investigation) -> int:
    """The exit status of the verdict, or `UNREADABLE_STATUS`; prints the problems with inputs.

    A proven fix has that of `healthy`: it is what customers get now. See `status_after_bugs`.
    """
    for problem in input_problems(investigation.case):
        print_error(f"ssewizard: {problem}")
    if unread_inputs(investigation.case) and not reported:
        return UNREADABLE_STATUS
    diagnosis = investigation.diagnosis
    verdict = diagnosis.verdict if diagnosis else "inconclusive"
    return status_after_bugs(EXIT_STATUS["healthy" if investigation.case.is_fixed else verdict])


def status_after_bugs(status: int) -> int:
    """The exit status after bugs of this tool, which are printed: only a fault stands."""
    for bug in reported:
        print_error(f"ssewizard: {bug}")
    return BUG_STATUS if reported and status != EXIT_STATUS["fault"] else status


def _check_save(path: str | None) -> None:
    """Raise `UsageError` before any request if the case file could not be written."""
    if path == "":
        raise UsageError(tr("--save needs a file name"))
    if path == "-":
        raise UsageError(tr("--save -: a case goes to a file, not to standard output"))
    if path is not None and os.path.exists(path) and not os.path.isfile(path):
        raise UsageError(tr("--save {path}: not a regular file", path=safe(path, 200)))
    check_writable(path)


def _save_case(
    investigation: Investigation, path: str | None, elapsed_s: float | None = None
) -> None:
    """Write the case file unless `path` is None. Raises `UsageError`."""
    if path is None:
        return
    record = record_of(investigation)
    if elapsed_s is not None:
        record = replace(record, elapsed_s=elapsed_s)
    try:
        casefile.write(path, record)
    except OSError as error:
        raise cannot_write(safe(path, 200), error) from None
