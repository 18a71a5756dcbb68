"""The wizard: the form where no URL was given, then the steps; how it looks and how it ends."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from screens.farewell import whole_report
from screens.form import Form
from screens.help import Help
from screens.keeping import home, keep_case, write_private
from screens.steps import Steps
from wizard.cli import ApplyFix
from wizard.investigation import Investigation
from wizard.model import Target

_ENDING = (signal.SIGHUP, signal.SIGTERM)


class Wizard(App[None]):
    """One investigation on one terminal.

    Attributes:
        investigation: What is looked into; None until a URL is known.
        report_kept: Whether the newest report was written to its file.
    """

    TITLE = "ssewizard"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", id="app.help", tooltip="What each key does"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; the block is printed"),
        Binding("ctrl+c", "quit", show=False, priority=True, id="app.interrupt"),
        Binding("ctrl+z", "suspend_process", show=False, id="app.suspend"),
    ]

    def __init__(
        self,
        investigation: Investigation | None,
        *,
        last_case: Target | None = None,
        apply_fix: ApplyFix | None = None,
        make: Callable[[Target], Investigation] = Investigation,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # From the start: with NO_COLOR the filter is chosen now, and one for true colour would
        # draw all of it black on black.
        super().__init__(ansi_color=True)
        self.investigation = investigation
        self.report_kept = False
        self._last, self._apply, self._make = last_case, apply_fix, make
        self._clock = clock

    def on_mount(self) -> None:
        """Sixteen colours of the terminal's own; end well when the SSH session does."""
        self.theme = "ansi-dark"
        self.animation_level = "none"
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, self.exit)
        # After Ctrl-Z and fg the terminal is blank until something is drawn.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        if self.investigation is not None:
            self._open(self.investigation)
        else:
            self.push_screen(Form(self._last), self._begin)

    async def on_unmount(self) -> None:
        """Nothing that was followed is left running, here or at a vantage."""
        if self.investigation is not None:
            await self.investigation.close()

    def _begin(self, target: Target | None) -> None:
        if target is not None:
            self._open(self._make(target))

    def _open(self, investigation: Investigation) -> None:
        self.investigation = investigation
        self.push_screen(Steps(investigation, self._apply, self._clock))

    def on_walk_ran(self) -> None:
        """After each step all that is known is kept: a killed session loses nothing."""
        if self.investigation is None:
            return
        with contextlib.suppress(OSError):
            write_private(home() / "last-report.txt", whole_report(self.investigation))
            keep_case(self.investigation.target)
            self.report_kept = True

    def action_help(self) -> None:
        """The page of keys."""
        self.push_screen(Help())
