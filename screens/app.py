"""The wizard's app: the form where no URL was given, then the steps; it saves the case."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.events import Event
from textual.screen import Screen

from screens.app_keys import APP_BINDINGS
from screens.driver import TerminalDriver
from screens.loading import KeptKeys, Loading
from screens.opening import Opening
from screens.preferences import first_theme, keep_theme
from screens.saved_cases import Autosave, InterruptedCase, Offers
from screens.state_folder import describe_problem, existing_folder
from screens.themes import DARK_PALETTE, LIGHT_PALETTE, THEMES
from wizard.investigation.ending_signals import ENDING_SIGNALS
from wizard.model.preferences import DEFAULTS, Preferences
from wizard.model.target import Target
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

if TYPE_CHECKING:
    from screens.opened_case import OpenedCase
    from screens.start_screen import StartScreen
    from wizard.investigation.investigation import ApplyFix, Investigation

AUTOSAVE_INTERVAL_S = 5.0
"""Seconds between two saves of the case while a step runs."""


class Wizard(App[None]):
    """One investigation on one terminal.

    Attributes:
        loading_error: What an import behind the first frame has raised; it ends the app.
        is_report_saved: True once the newest report was written to its file.
        wants_lab: True if the lab was chosen at the start, and is to open now.
        ended_by: The signal that ended it; SIGHUP where the terminal was lost; else None.
    """

    TITLE = "ssewizard"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*APP_BINDINGS]

    def __init__(
        self,
        given: "Target | Investigation | None",
        *,
        last_target: Target | None = None,
        interrupted: InterruptedCase | None = None,
        problems: Sequence[str] = (),
        offers: Offers | None = None,
        read_offers: Callable[[], Offers] | None = None,
        preferences: Preferences = DEFAULTS,
        apply_fix: "ApplyFix | None" = None,
        make: "Callable[[Target], Investigation] | None" = None,
        loading: Loading | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Given here already: with NO_COLOR the colour filter is chosen now, and the one for true
        # colour would draw everything black on black.
        super().__init__(
            driver_class=TerminalDriver, ansi_color=True if os.environ.get("NO_COLOR") else None
        )
        for theme in THEMES:
            self.register_theme(theme)
        self.ansi_theme_dark, self.ansi_theme_light = DARK_PALETTE, LIGHT_PALETTE
        self.theme = first_theme(preferences)
        self._styled_by = self.get_css_variables()
        self.stylesheet.set_variables(self._styled_by)
        self._given = given
        self._case: OpenedCase | None = None
        self._start: StartScreen | None = None
        self._loading, self._keys = loading or Loading(), KeptKeys()
        self.loading_error: Exception | None = None
        self.is_report_saved = self._is_unsaved_shown = False
        self.ended_by: signal.Signals | None = None
        self._autosave, self._interrupted = Autosave(), interrupted
        self._problems, self._offers, self._preferences = problems, offers, preferences
        self._read_offers = read_offers
        self.wants_lab = False
        self._last_target, self._apply_fix, self._make = last_target, apply_fix, make
        self._clock = clock

    def on_mount(self) -> None:
        """Use the terminal's own colours, handle signals, open a screen."""
        self.animation_level = "none"
        self.set_keymap(dict(self._preferences.keys))
        loop = asyncio.get_running_loop()
        for number in ENDING_SIGNALS:
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, self.end_by, number)
        self.set_interval(AUTOSAVE_INTERVAL_S, self._save_while_running)
        # After a stop the terminal shows what the shell has printed, until all is drawn again.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        try:
            existing_folder()
        except OSError as error:
            self._show_unsaved(error)
        self._show_problem()
        self._open_first_screen()

    def _show_problem(self) -> None:
        for problem in self._problems[:1]:
            self.notify(problem, severity="warning", markup=False)

    def _open_first_screen(self) -> None:
        if isinstance(self._given, Target):
            self._keys.start()
            self._load(partial(self._begin, self._given))
        elif self._given is not None:
            if self._read_offers is not None:
                self._take_offers(self._read_offers())
            self._open(self._given)
        elif self._has_start:
            self._load()
        else:
            from screens.target_form import TargetForm

            self.push_screen(TargetForm(self._last_target, self._interrupted), self._begin)

    def get_default_screen(self) -> Screen[None]:
        """Return the first frame: of the first step if there is a target, else of the start."""
        if isinstance(self._given, Target):
            return Opening(self._given)
        if not self._has_start:
            return Screen()
        from screens.start_screen import StartScreen

        self._start = StartScreen(self._offers or Offers())
        return self._start

    @property
    def _has_start(self) -> bool:
        return self._given is None and (self._offers is not None or self._read_offers is not None)

    def refresh_css(self, animate: bool = True) -> None:
        """Compute all styles again, unless they were computed for this theme already."""
        variables = self.get_css_variables()
        if variables != self._styled_by:
            self._styled_by = variables
            super().refresh_css(animate)

    def _load(self, then: Callable[[], Awaitable[None]] | None = None) -> None:
        """Import the rest once the first frame is drawn, then do this, unless the app quits."""
        self.screen.call_after_refresh(self.run_worker, partial(self._finish_loading, then))

    async def _finish_loading(self, then: Callable[[], Awaitable[None]] | None) -> None:
        try:
            if self._read_offers is not None:
                self._take_offers(await asyncio.to_thread(self._read_offers))
            is_complete = await self._loading.run()
        except Exception as error:  # noqa: BLE001
            self.loading_error = error
            self.exit()
        else:
            if is_complete and then is not None:
                await then()

    def _take_offers(self, offers: Offers) -> None:
        """Offer the saved cases: in the start screen, or the newest of them by a key."""
        if self._start is not None:
            self._last_target = offers.last
            self._start.offer(offers)
        else:
            self._interrupted = next(iter(offers.cases), None)
            self._problems = offers.problems
            self._show_problem()

    def exit(
        self,
        result: None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """End the app; what is imported meanwhile is not waited for."""
        self._loading.stop()
        super().exit(result, return_code, message)

    async def on_event(self, event: Event) -> None:
        """Handle an event, unless it is a key that is kept."""
        if not self._keys.keep(event):
            await super().on_event(event)

    async def on_unmount(self) -> None:
        """End everything that still runs, here or at a vantage."""
        if self._case is not None:
            await self._case.investigation.close()

    @property
    def investigation(self) -> "Investigation | None":
        """The one that is open; None until a URL is known, and all is imported that examines it."""
        return self._case.investigation if self._case is not None else None

    async def on_start_screen_new(self, event: "StartScreen.New") -> None:
        """Open the form."""
        if not await self._loading.finish("screens.target_form"):
            return
        from screens.target_form import TargetForm

        form = TargetForm(self._last_target, is_first=False)
        await self.push_screen(form, self._begin)
        if event.last is not None:
            await form.action_last()

    async def on_start_screen_opened(self, event: "StartScreen.Opened") -> None:
        """Open the chosen case."""
        await self._take_up(event.case)

    def on_start_screen_lab(self) -> None:
        """Leave for the lab."""
        self.wants_lab = True
        self.exit()

    async def _begin(self, target: Target | None) -> None:
        if target is not None and await self._loading.finish("screens.opened_case"):
            from wizard.investigation.investigation import Investigation

            self._open((self._make or Investigation)(target))

    def _open(self, investigation: "Investigation") -> None:
        from screens.opened_case import OpenedCase

        self._case = OpenedCase(investigation, self._autosave)
        steps = self._case.make_screen(self._apply_fix, self._interrupted, self._clock)
        self.push_screen(steps)
        replay = partial(self._keys.replay, self, super().on_event)
        steps.call_after_refresh(self.run_worker, replay)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the key of the interrupted case if there is none."""
        return self._interrupted is not None if action == "take_up" else True

    async def action_take_up(self) -> None:
        """Open the interrupted case in place of what is open."""
        case, self._interrupted = self._interrupted, None
        if case is not None:
            await self._take_up(case)

    async def _take_up(self, case: InterruptedCase) -> None:
        if not await self._loading.finish("screens.opened_case"):
            return
        from screens.opened_case import open_file

        try:
            investigation = open_file(case.path)
            self._autosave.adopt(case)
        except (UsageError, OSError) as error:
            self.notify(safe(str(error)), markup=False)
            return
        if self._case is not None:
            await self._case.investigation.close()
        if len(self.screen_stack) > 1:
            await self.pop_screen()
        self._open(investigation)

    def end_by(self, number: signal.Signals) -> None:
        """Exit after a signal; the case is not finished, so that the next wizard offers it."""
        self.ended_by = self.ended_by or number
        self.exit()

    @on(TerminalDriver.Lost)
    def _end_without_terminal(self) -> None:
        self.end_by(signal.SIGHUP)

    def on_step_runner_step_ended(self) -> None:
        """Save the case and the report after each step: a killed session loses nothing."""
        if self._case is None:
            return
        try:
            self._case.save()
            self._case.save_report()
            self.is_report_saved = True
        except OSError as error:
            self.is_report_saved = False
            self._show_unsaved(error)

    async def _save_while_running(self) -> None:
        """Save during a long step too; in a thread, so that no frame waits for it."""
        if self._case is not None and self._case.is_running:
            try:
                await asyncio.to_thread(self._case.take_record())
            except OSError as error:
                self._show_unsaved(error)

    def _show_unsaved(self, error: OSError) -> None:
        """Say once that nothing is saved."""
        if not self._is_unsaved_shown:
            self._is_unsaved_shown = True
            self.notify(describe_problem(error), severity="warning", timeout=20, markup=False)

    def save_on_exit(self) -> None:
        """Save the case after the screen was left; a clean exit makes it the last case."""
        case = self._case
        is_cut_off = self.ended_by is not None and case is not None and case.has_unfinished_step
        if case is not None and (self._autosave.has_case or is_cut_off):
            with contextlib.suppress(OSError):
                case.save()
                if self.ended_by is None:
                    self._autosave.finish()
        self._autosave.release()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield every action that has an effect now, then the themes."""
        for namespace, binding, enabled, tooltip in screen.active_bindings.values():
            if enabled and tooltip and binding.key not in (self.COMMAND_PALETTE_BINDING, "ctrl+q"):
                run = partial(self.run_action, binding.action, namespace)
                key = self.get_key_display(binding)
                yield SystemCommand(binding.description.capitalize(), f"{tooltip}  ({key})", run)
        for theme in THEMES:
            choose = partial(self._choose_theme, theme.name)
            yield SystemCommand(
                tr("Theme: {name}", name=theme.name), tr("Change the colours"), choose
            )

    def action_command_palette(self) -> None:
        """Show every action that has an effect now."""
        if not isinstance(self.screen, CommandPalette):
            placeholder = tr("Search for commands…")
            self.push_screen(CommandPalette(placeholder=placeholder, id="--command-palette"))

    def action_redraw(self) -> None:
        """Write the whole screen again: only what changes is written else."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.redraw()

    def _choose_theme(self, name: str) -> None:
        self.theme = name
        if problem := keep_theme(name, self._preferences):
            self.notify(problem, markup=False)

    def action_help(self) -> None:
        """Show the page of keys."""
        from screens.help import Help

        self.push_screen(Help(self._preferences.keys))
