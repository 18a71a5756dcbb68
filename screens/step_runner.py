"""The screen that shows one step of an investigation, and runs steps one after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from screens.panes.pane import Pane
from screens.panes.view import View
from screens.widgets.lines import StepList
from screens.widgets.prompt import Prompt
from screens.widgets.style import fit, line
from wizard.diagnose.without_direct import patience_s
from wizard.investigation.investigation import Investigation
from wizard.investigation.requests import curl_commands
from wizard.investigation.steps import missing_input
from wizard.model.steps import STEPS, StepId
from wizard.text.display import safe

FRAMES_PER_SECOND = 3
"""How often the pane is drawn while something runs: few bytes over a slow link."""
MIN_SIZE = (76, 20)
"""The smallest window, in columns and lines."""
TOO_SMALL = f"Make the window larger: {MIN_SIZE[0]} columns and {MIN_SIZE[1]} lines at least."
WORKER_GROUP = "steps"


def step_hint(investigation: Investigation, step: StepId, now: float, *, in_lab: bool) -> str:
    """Return one sentence on what is awaited or missing, or what to press; may be empty.

    Args:
        now: The time on the investigation's clock, in seconds.
    """
    waiting = investigation.waiting
    state = investigation.steps[step].state
    if waiting is not None and state == "running":
        elapsed = max(0.0, now - waiting.since)
        return f"{waiting.what}: {elapsed:.0f} s of at most {waiting.max_duration_s:.0f} s"
    missing = missing_input(investigation.target, step)
    if missing and state in ("todo", "skip"):
        local = " t takes it from nginx -T here." if step == "config" else ""
        key = f"Not given: {missing}. Enter asks for it." if state == "todo" else "i asks for it."
        return f"{key}{local}"
    if (wait_s := longer_watch_s(investigation, step)) is not None:
        return (
            f"l watches the held stream for {wait_s:.0f} s: what comes when Nginx gives up reading "
            "tells a proxy that holds from a backend that is silent."
        )
    if step == "verify" and state == "todo":
        return _verify_hint(investigation.recommendation is not None, in_lab=in_lab)
    if step == STEPS[0] and state == "todo":
        return "Enter runs this step; a runs all that is left."
    return ""


def longer_watch_s(investigation: Investigation, step: StepId) -> float | None:
    """How long `l` watches the held stream on this step, in seconds; None if it tells nothing."""
    is_shown = step in ("proxy", "cause") and investigation.steps[step].state in ("fail", "warn")
    return patience_s(investigation.case) if is_shown else None


def _verify_hint(has_fix: bool, *, in_lab: bool) -> str:
    if not has_fix:
        return "Enter asks for the stream again and compares."
    if in_lab:
        return "p patches the lab's Nginx and reloads it; then press Enter."
    return "Apply the change and reload Nginx yourself, then press Enter."


class StepRunner(Screen[None]):
    """Shows one step of an investigation; `run_steps` runs steps, `draw` draws the state.

    Attributes:
        step: The step that is shown.
        shown_probe: Index of the proxied probe in the left stream; None shows the worst.
        in_lab: True if the wizard runs on the lab, whose config is known.
    """

    AUTO_FOCUS = ""  # the keys belong to the steps; only the prompt takes the focus

    @dataclass
    class StepEnded(Message):
        """A step has ended, with whatever result."""

        step: StepId

    def __init__(
        self,
        investigation: Investigation,
        *,
        in_lab: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.investigation, self.in_lab, self._clock = investigation, in_lab, clock
        self.step: StepId = STEPS[0]
        self.shown_probe: int | None = None
        self._notice = ""
        self._frame_timer: Timer | None = None
        self._drawn_frame: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the title, the step list, the pane, the prompt and the keys."""
        yield Static(id="title", markup=False)
        yield Static(TOO_SMALL, id="small")
        with Horizontal(id="main"):
            yield StepList()
            yield Pane(can_focus=False)
        yield Prompt()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Draw, and prepare the timer that draws while something runs."""
        self._frame_timer = self.set_interval(1 / FRAMES_PER_SECOND, self.draw, pause=True)
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        """Draw for the new size; a window that is too small gets a message."""
        self.set_class(self.size.width < MIN_SIZE[0] or self.size.height < MIN_SIZE[1], "-small")
        self.call_after_refresh(self.draw)

    @property
    def is_busy(self) -> bool:
        """True while a step runs or the lab is being patched."""
        is_running = any(step.state == "running" for step in self.investigation.steps.values())
        workers = (worker for worker in self.workers if worker.group == WORKER_GROUP)
        return is_running or any(worker.is_running for worker in workers)

    def show_notice(self, sentence: str) -> None:
        """Show a sentence until the next step is run or chosen."""
        self._notice = sentence
        self.draw()

    def draw(self) -> None:
        """Draw the investigation as it is now."""
        investigation, pane = self.investigation, self.query_one(Pane)
        hint = self._notice or step_hint(
            investigation, self.step, self._clock(), in_lab=self.in_lab
        )
        self.query_one(StepList).show_states(investigation.steps, self.step)
        curls = curl_commands(investigation.target, self.step)
        pane.show(self._view(pane), curls, hint)
        title = line(safe(f"ssewizard  {investigation.target.request_line}", 300))
        self._draw_frame(fit(title, max(20, self.size.width - 2), pad=False))

    def _draw_frame(self, title: Text) -> None:
        """Draw title and footer, only if they changed: each costs a line on the wire."""
        frame = (title.plain, self.step, self.is_busy, *self.investigation.steps.values())
        if frame != self._drawn_frame:
            self._drawn_frame = frame
            self.query_one("#title", Static).update(title)
            self.refresh_bindings()

    def _view(self, pane: Pane) -> View:
        investigation, waiting = self.investigation, self.investigation.waiting
        return View(
            self.step,
            investigation.steps[self.step],
            investigation.case,
            investigation.diagnosis,
            investigation.recommendation,
            # One column stays free for the scroll bar, so that it never moves the text.
            max(30, pane.size.width - 1),
            pane.size.height,
            self.shown_probe,
            self._clock() - waiting.since if waiting else None,
        )

    def show_step(self, step: StepId) -> None:
        """Show this step in the pane."""
        if step != self.step:
            self.query_one(Pane).scroll_home(animate=False)
        self.step, self._notice = step, ""
        self.draw()

    def run_steps(self, steps: Sequence[StepId], patience_s: float = 0.0) -> None:
        """Run these steps one after the other; what runs now is stopped first.

        `patience_s` is how long streams are watched, if that is longer than usual, in seconds.
        """
        self._notice = ""
        self.run_worker(self._run_all(steps, patience_s), group=WORKER_GROUP, exclusive=True)

    async def _run_all(self, steps: Sequence[StepId], patience_s: float) -> None:
        assert self._frame_timer is not None
        self._frame_timer.resume()
        try:
            for step in steps:
                await self._run_step(step, patience_s, is_only=len(steps) == 1)
        finally:
            self._frame_timer.pause()
            self.call_after_refresh(self.draw)

    async def _run_step(self, step: StepId, patience_s: float, *, is_only: bool) -> None:
        # A step that ran beside another one (direct beside proxy) is not run twice.
        if is_only or self.investigation.steps[step].state == "todo":
            self.show_step(step)
            await self.investigation.run(step, patience_s)
            self.post_message(self.StepEnded(step))
