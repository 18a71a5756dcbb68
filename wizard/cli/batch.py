"""`ssewizard check --targets FILE`: many targets, a few at a time, one report."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from wizard.cli.check import STATUS, UNREADABLE, in_color, is_terminal, quiet, run_steps, warm_up
from wizard.cli.output import check_writable, hand_in, say
from wizard.cli.targets import NamedTarget
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.investigation.investigation import Investigation
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.report import Result
from wizard.report.batch import Entry, make_entry, render_batch, skipped_entry

_ORDER = (STATUS["healthy"], STATUS["inconclusive"], STATUS["fault"], UNREADABLE)
"""The exit statuses, the worst last."""
DISTINGUISHES = 0.05
"""How far apart, in seconds, two targets begin at the least: a request takes a few milliseconds of
this machine to open, and those of several at once would be measured as each other's wait."""
_BUG = Diagnosis("inconclusive", "A bug of this tool ended the check; see standard error.")


def check_several(
    targets: Sequence[NamedTarget], parallel: int, format: str, output: str | None
) -> int:
    """Check all, write one report, and return the worst exit status.

    A bug of this tool in one of them is raised once the report on all is written.
    """
    check_writable(output)
    all_rules()  # what is imported while others' probes run would be measured as theirs
    for one in targets:
        warm_up(one.target)
    progress = _progress(len(targets)) if is_terminal(sys.stderr) else _nobody
    batch, started, whole = Batch(targets, format, progress), time.monotonic(), False
    try:
        asyncio.run(batch.run(parallel))
        whole = True
    finally:
        # Interrupted too: what was found so far is still reported.
        entries, elapsed = batch.entries(), time.monotonic() - started
        made = partial(render_batch, format, entries, elapsed_s=elapsed, color=in_color(output))
        hand_in(made, format, output, whole=whole)
    for done in entries:
        for problem in done.problems:
            say(f"ssewizard: {done.name}: {problem}")
    for bug in batch.bugs.values():
        raise bug
    return max(map(_status, entries), key=_ORDER.index)


def _status(one: Entry) -> int:
    return UNREADABLE if one.unread else STATUS[one.verdict or "inconclusive"]


Progress = Callable[[Entry], None]


def _nobody(done: Entry) -> None:
    """Nobody is looking."""


def _progress(all: int) -> Progress:
    """One line on standard error for each target that is done."""
    count = 0

    def tell(done: Entry) -> None:
        nonlocal count
        count += 1
        said = "  ".join(filter(None, (done.name, done.verdict, done.cause)))
        say(f"[{count}/{all}] {said}")

    return tell


class Batch:
    """Targets being checked, a few at a time.

    Of a target that is done only its entry is kept, and one that waits has no investigation yet:
    its log files are followed from its own beginning, and memory and open files are bounded.

    Attributes:
        bugs: The errors of this tool by the target's name; the others went on.
    """

    def __init__(self, targets: Sequence[NamedTarget], format: str, progress: Progress) -> None:
        self._targets, self._format, self._progress = targets, format, progress
        self._running: dict[str, tuple[Investigation, float]] = {}
        self._done: dict[str, Entry] = {}
        self.bugs: dict[str, Exception] = {}

    async def run(self, parallel: int, distinguishes: float = DISTINGUISHES) -> None:
        """Check all, at most `parallel` at a time.

        Args:
            apart: How long the next one waits before it begins, in seconds.
        """
        gate, turn = asyncio.Semaphore(parallel), asyncio.Lock()

        async def check(one: NamedTarget) -> None:
            async with gate:
                async with turn:
                    await asyncio.sleep(distinguishes)
                await self._check(one)

        tasks = [asyncio.create_task(check(one)) for one in self._targets]
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for one, task in zip(self._targets, tasks, strict=True):
                self._note_bug(one, task)

    def _note_bug(self, one: NamedTarget, task: "asyncio.Task[None]") -> None:
        came = task.exception() if task.done() and not task.cancelled() else None
        if isinstance(came, Exception):
            came.add_note(f"target {one.name}")
            self.bugs[one.name] = came

    async def _check(self, one: NamedTarget) -> None:
        investigation = Investigation(one.target)
        self._running[one.name] = (investigation, time.monotonic())
        await run_steps(investigation, quiet)
        self._done[one.name] = self._entry(one)
        del self._running[one.name]
        self._progress(self._done[one.name])

    def entries(self) -> list[Entry]:
        """Each target's entry as far as it is known now, in their order."""
        return [self._done.get(one.name) or self._entry(one) for one in self._targets]

    def _entry(self, one: NamedTarget) -> Entry:
        if one.name in self._running or one.name in self.bugs:
            return make_entry(self._format, one.name, self._result(one))
        return skipped_entry(self._format, one.name, one.target.url)

    def _result(self, one: NamedTarget) -> Result:
        """What was found, also of a target that was interrupted."""
        if one.name in self.bugs:
            # What came upon a bug is not asked again: it might raise once more.
            return Result(Case(one.target, started=time.time()), _BUG, None, {}, 0.0)
        investigation, started = self._running[one.name]
        case = investigation.case
        known = investigation.diagnosis or diagnose(case)
        took = time.monotonic() - started
        return Result(case, known, investigation.recommendation, investigation.steps, took)
