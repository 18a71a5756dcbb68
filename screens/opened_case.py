"""What the app does with an investigation: its screen, and its records in the state folder.

The app imports it after its first frame: it needs the HTTP client, the rules and the recommender.
"""

from collections.abc import Callable
from pathlib import Path

from screens.allowances import allowed_uses, keep_allowances, own_uses
from screens.exit_text import full_report
from screens.saved_cases import Autosave, InterruptedCase
from screens.state_folder import write_private
from screens.steps_screen import StepsScreen
from wizard.investigation import casefile
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.text.messages import tr


def open_file(path: Path) -> SavedInvestigation:
    """The investigation of a case file. Raises `UsageError` and `OSError`."""
    return SavedInvestigation(casefile.read(path))


class OpenedCase:
    """An investigation and the file in which it is saved."""

    def __init__(self, investigation: Investigation, autosave: Autosave) -> None:
        self.investigation, self._autosave = investigation, autosave

    def make_screen(
        self,
        apply_fix: ApplyFix | None,
        interrupted: InterruptedCase | None,
        clock: Callable[[], float],
    ) -> StepsScreen:
        """The screen with the steps, with the notice that it begins with."""
        investigation, notice = self.investigation, ""
        if isinstance(investigation, SavedInvestigation):
            asked = investigation.unconfirmed
            investigation.allow(allowed_uses(investigation.case.run, asked))
            apply_fix = None  # its config is not the lab's
            notice = tr("Recorded {when}; r runs the step again.", when=investigation.record.when)
        elif interrupted is not None and interrupted.is_about(investigation.target):
            notice = tr("{summary}: Ctrl-O opens it.", summary=interrupted.summary)
        screen = StepsScreen(investigation, apply_fix, clock)
        if notice:
            screen.call_after_refresh(screen.show_notice, notice)
        return screen

    def save(self) -> None:
        """Save the case, and what the user has allowed it. Raises `OSError`."""
        self.take_record()()

    def take_record(self) -> Callable[[], None]:
        """Take the record now; what is returned saves it, in any thread. It raises `OSError`."""
        record, uses = record_of(self.investigation), own_uses(self.investigation)

        def save_record() -> None:
            self._autosave.save(record)
            keep_allowances(record.case.run, uses)

        return save_record

    def save_report(self) -> None:
        """Write the report of all results so far. Raises `OSError`."""
        write_private("last-report.txt", full_report(self.investigation))

    @property
    def is_running(self) -> bool:
        """True while a step runs."""
        return any(step.state == "running" for step in self.investigation.steps.values())

    @property
    def has_unfinished_step(self) -> bool:
        """True if a step of our own has run, or runs: a signal must not lose it."""
        is_saved = isinstance(self.investigation, SavedInvestigation)
        steps = self.investigation.steps.values()
        return not is_saved and any(step.state == "running" or step.why for step in steps)
