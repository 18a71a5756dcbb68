"""The wizard: the form where no URL was given, then the steps; how it looks and how it ends."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from screens.exit_text import whole_report
from screens.form import Form
from screens.help import Help
from screens.main import Steps
from screens.saved_cases import CutOff, Kept, home, write_private
from wizard.investigation import casefile
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.model.target import Target
from wizard.text.display import safe
from wizard.text.errors import UsageError

_ENDING = (signal.SIGHUP, signal.SIGTERM)
KEEPING = 5.0
"""How often, in seconds, the case is kept while a step runs."""


class Wizard(App[None]):
    """One investigation on one terminal.

    Attributes:
        investigation: What is looked into; None until a URL is known.
        report_kept: Whether the newest report was written to its file.
        was_cut_off: Whether it was ended from outside: the connection was lost.
    """

    TITLE = "ssewizard"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", id="app.help", tooltip="What each key does"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; the block is printed"),
        Binding("ctrl+c", "quit", show=False, priority=True, id="app.interrupt"),
        Binding(
            "ctrl+o",
            "take_up",
            "open",
            show=False,
            id="app.open",
            tooltip="Open the case that was cut off",
        ),
        Binding("ctrl+z", "suspend_process", show=False, id="app.suspend"),
    ]

    def __init__(
        self,
        investigation: Investigation | None,
        *,
        last_case: Target | None = None,
        cut_off: CutOff | None = None,
        apply_fix: ApplyFix | None = None,
        make: Callable[[Target], Investigation] = Investigation,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # From the start: with NO_COLOR the filter is chosen now, and one for true colour would
        # draw all of it black on black.
        super().__init__(ansi_color=True)
        self.investigation = investigation
        self.report_kept = self.was_cut_off = False
        self._kept, self._cut_off = Kept(), cut_off
        self._last, self._apply, self._make = last_case, apply_fix, make
        self._clock = clock

    def on_mount(self) -> None:
        """Sixteen colours of the terminal's own; end well when the SSH session does."""
        self.theme = "ansi-dark"
        self.animation_level = "none"
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, self._lose)
        self.set_interval(KEEPING, self._keep_running)
        # After Ctrl-Z and fg the terminal is blank until something is drawn.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        if self.investigation is not None:
            self._open(self.investigation)
        else:
            self.push_screen(Form(self._last, self._cut_off), self._begin)

    async def on_unmount(self) -> None:
        """Nothing that was followed is left running, here or at a vantage."""
        if self.investigation is not None:
            await self.investigation.close()

    def _begin(self, target: Target | None) -> None:
        if target is not None:
            self._open(self._make(target))

    def _open(self, investigation: Investigation) -> None:
        self.investigation = investigation
        is_stored = isinstance(investigation, SavedInvestigation)  # its config is not the lab's
        steps = Steps(investigation, None if is_stored else self._apply, self._clock)
        self.push_screen(steps)
        if isinstance(investigation, SavedInvestigation):
            steps.call_after_refresh(steps.say, f"As recorded {investigation.record.when}; r asks.")
        elif self._cut_off is not None and self._cut_off.is_about(investigation.target):
            steps.call_after_refresh(steps.say, f"{self._cut_off.words}: Ctrl-O opens it.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing was cut off, no key for it."""
        return self._cut_off is not None if action == "take_up" else True

    async def action_take_up(self) -> None:
        """Open the case that was cut off, in place of what is open."""
        cut, self._cut_off = self._cut_off, None
        if cut is None:
            return
        try:
            known = SavedInvestigation(casefile.read(cut.path), trusted=True)
            self._kept.adopt(cut)
        except (UsageError, OSError) as error:
            self.notify(safe(str(error)), markup=False)
            return
        if self.investigation is not None:
            await self.investigation.close()
        await self.pop_screen()
        self._open(known)

    def _lose(self) -> None:
        """The connection is lost: the case stays as it is, to be offered."""
        self.was_cut_off = True
        self.exit()

    def on_walk_ran(self) -> None:
        """After each step all that is known is kept: a killed session loses nothing."""
        if self.investigation is None:
            return
        with contextlib.suppress(OSError):
            write_private(home() / "last-report.txt", whole_report(self.investigation))
            self._kept.keep(record_of(self.investigation))
            self.report_kept = True

    async def _keep_running(self) -> None:
        """In the middle of a long step too; in a thread, so that no frame waits for it."""
        known = self.investigation
        if known is not None and any(one.state == "running" for one in known.steps.values()):
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._kept.keep, record_of(known))

    def leave(self) -> None:
        """The screen is gone: what is known is kept, and is the last case where the user left."""
        if self.investigation is None or not self._kept.is_begun:
            return
        with contextlib.suppress(OSError):
            self._kept.keep(record_of(self.investigation))
            if not self.was_cut_off:
                self._kept.finish()
        self._kept.leave()

    def action_help(self) -> None:
        """The page of keys."""
        self.push_screen(Help())
