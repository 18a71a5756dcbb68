"""`ssewizard check --targets FILE`: check many targets, a few at a time, into one report."""

import asyncio
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from wizard.cli.check import (
    EXIT_STATUS,
    UNREADABLE_STATUS,
    is_terminal,
    run_steps,
    status_after_bugs,
    uses_color,
    warm_up,
)
from wizard.cli.output import check_writable, print_error, write_final_report
from wizard.cli.targets import NamedTarget
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.investigation.investigation import Investigation
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.report import Result
from wizard.report.batch import SEVERITY, Entry, make_entry, render_batch, skipped_entry
from wizard.text.bugs import confine, report_bug
from wizard.text.display import safe
from wizard.text.messages import tr

START_INTERVAL_S = 0.05
"""The least time between the starts of two targets, in seconds: opening a request takes a few
milliseconds of computing, which would be measured as the wait of requests opened meanwhile."""
_STATUS_ORDER = (*(EXIT_STATUS[verdict] for verdict in SEVERITY), UNREADABLE_STATUS)
"""The exit statuses, the worst last."""
_BUG = Diagnosis("inconclusive", tr("A bug of this tool ended the check; see standard error."))
Progress = Callable[[Entry], None]
"""Called with the entry of each target that is done."""


def check_many(
    targets: Sequence[NamedTarget], parallel: int, format: str, output: str | None
) -> int:
    """Check all targets, write one report, and return the worst exit status.

    A bug of this tool that ended the check of a target is printed after the report.
    """
    check_writable(output)
    all_rules()  # imports them: while probes run, that would be measured as their wait
    for named in targets:
        warm_up(named.target)
    progress = _print_progress(len(targets)) if is_terminal(sys.stderr) else lambda entry: None
    batch, started, complete = Batch(targets, format, progress), time.monotonic(), False
    try:
        asyncio.run(batch.run(parallel))
        complete = True
    finally:
        # After Ctrl-C too: the evidence so far is still reported.
        entries, elapsed_s = batch.entries(), time.monotonic() - started
        color = uses_color(output)
        render = partial(render_batch, format, entries, elapsed_s=elapsed_s, color=color)
        make_report = partial(
            confine, tr("the report as {format}", format=format), render, lambda _: ""
        )
        write_final_report(make_report, format, output, complete=complete)
    for entry in entries:
        for problem in entry.problems:
            print_error(tr("ssewizard: {name}: {problem}", name=entry.name, problem=problem))
    for name, bug in batch.bugs.items():
        report_bug(tr("the check of {name}", name=safe(name, 200)), bug)
    return status_after_bugs(max(map(_exit_status, entries), key=_STATUS_ORDER.index))


def _exit_status(entry: Entry) -> int:
    return UNREADABLE_STATUS if entry.unread else EXIT_STATUS[entry.verdict or "inconclusive"]


def _print_progress(total: int) -> Progress:
    """Return a function that prints a line on standard error for each target that is done."""
    numbers = itertools.count(1)

    def print_line(entry: Entry) -> None:
        parts = filter(None, (entry.name, entry.verdict, entry.cause))
        print_error(f"[{next(numbers)}/{total}] {'  '.join(parts)}")

    return print_line


class Batch:
    """Targets being checked, a few at a time.

    Memory and open files are bounded: a target has an investigation only while it is checked;
    afterwards only its entry is kept.

    Attributes:
        bugs: Errors of this tool by the target's name; the other targets were checked to the end.
    """

    def __init__(self, targets: Sequence[NamedTarget], format: str, progress: Progress) -> None:
        self._targets, self._format, self._progress = targets, format, progress
        self._running: dict[str, tuple[Investigation, float]] = {}
        self._done: dict[str, Entry] = {}
        self.bugs: dict[str, Exception] = {}

    async def run(self, parallel: int, interval_s: float = START_INTERVAL_S) -> None:
        """Check all, at most `parallel` at a time, with `interval_s` seconds between two starts."""
        slots, starting = asyncio.Semaphore(parallel), asyncio.Lock()

        async def check(named: NamedTarget) -> None:
            async with slots:
                async with starting:
                    await asyncio.sleep(interval_s)
                await self._check(named)

        tasks = {named.name: asyncio.create_task(check(named)) for named in self._targets}
        try:
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        finally:
            for name, task in tasks.items():
                error = task.exception() if task.done() and not task.cancelled() else None
                if isinstance(error, Exception):
                    self.bugs[name] = error

    async def _check(self, named: NamedTarget) -> None:
        investigation = Investigation(named.target)
        self._running[named.name] = (investigation, time.monotonic())
        await run_steps(investigation, lambda state: None)
        self._done[named.name] = self._entry(named)
        del self._running[named.name]
        self._progress(self._done[named.name])

    def entries(self) -> list[Entry]:
        """Each target's entry with the evidence so far, in the order of the targets."""
        return [self._done.get(named.name) or self._entry(named) for named in self._targets]

    def _entry(self, named: NamedTarget) -> Entry:
        if named.name in self._running or named.name in self.bugs:
            try:
                return make_entry(self._format, named.name, self._result(named))
            except Exception as error:  # noqa: BLE001
                self.bugs.setdefault(named.name, error)
                return make_entry(self._format, named.name, self._result(named))
        return skipped_entry(self._format, named.name, named.target.url)

    def _result(self, named: NamedTarget) -> Result:
        """The result so far, also of a target that was interrupted."""
        if named.name in self.bugs:
            # The case that raised the error is not diagnosed: that might raise it again.
            return Result(Case(named.target, started=time.time()), _BUG, None, {}, 0.0)
        checked, started = self._running[named.name]
        diagnosis = checked.diagnosis or diagnose(checked.case)
        elapsed_s = time.monotonic() - started
        return Result(checked.case, diagnosis, checked.recommendation, checked.steps, elapsed_s)
