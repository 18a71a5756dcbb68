"""Runs the steps one after the other, and says what is awaited, missing or to be pressed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer

from screens.app_keys import named_binding
from screens.hints import is_healthy, longer_watch_s, step_hint
from screens.live.cut import CutAlone
from screens.live.pane import LivePane
from screens.step_frame import StepFrame
from screens.widgets.header import Chip
from screens.widgets.panel import Panel
from wizard.diagnose.without_direct import MARGIN_S
from wizard.investigation.dead_end import dead_end
from wizard.investigation.investigation import Investigation
from wizard.model.steps import StepId
from wizard.text.display import seconds
from wizard.text.messages import tr

FRAMES_PER_SECOND = 3
"""How often the pane is drawn while something runs: few bytes over a slow link."""
WORKER_GROUP = "steps"


class StepRunner(StepFrame):
    """Shows one step of an investigation; `run_steps` runs steps.

    Attributes:
        follows: True while the step that runs is shown: the user has chosen no other.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        named_binding(
            "steps",
            "o",
            "watch",
            tr("keep open"),
            tr("Keep the live streams open for another minute"),
            show=False,
        )
    ]

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
        super().__init__(investigation, in_lab=in_lab, clock=clock)
        self.follows = True
        self._notice = ""
        self._cut_s: float | None = None
        self._frame_timer: Timer | None = None
        self._running_since: dict[StepId, float] = {}

    def on_mount(self) -> None:
        """Draw, and prepare the timer that draws while something runs."""
        self._frame_timer = self.set_interval(1 / FRAMES_PER_SECOND, self.draw, pause=True)
        self.call_after_refresh(self.draw)

    @property
    def is_busy(self) -> bool:
        """True while a step runs or the lab is being patched."""
        workers = (worker for worker in self.workers if worker.group == WORKER_GROUP)
        return super().is_busy or any(worker.is_running for worker in workers)

    def show_notice(self, sentence: str) -> None:
        """Show a sentence until the next step is run or chosen."""
        self._notice = sentence
        self.draw()

    def draw(self) -> None:
        """Draw the investigation as it is now, and note which steps run since when."""
        steps, now = self.investigation.steps, self._clock()
        self._running_since = {
            id: self._running_since.get(id, now)
            for id, step in steps.items()
            if step.state == "running"
        }
        super().draw()

    @property
    def verdict(self) -> Chip:
        """The verdict; a live stream that was cut since then speaks against a healthy one."""
        if self._cut_s is not None and is_healthy(self.investigation):
            return Chip("look", tr("INCONCLUSIVE"), tr("the live stream was cut"))
        return super().verdict

    @property
    def hint(self) -> str:
        """What is missing or awaited, or what to press; may be empty."""
        since = self._running_since.get(self.step)
        now = self._clock()
        return (
            self._notice
            or self._cut_hint()
            or step_hint(self.investigation, self.step, now, in_lab=self.in_lab, since=since)
        )

    def action_watch(self) -> None:
        """Keep the live streams open for another minute, or open them again."""
        self.query_one(LivePane).renew()

    @on(CutAlone)
    def _show_cut(self, event: CutAlone) -> None:
        self._cut_s = event.after_s
        self.draw()
        self.refresh_bindings()

    def longer_s(self) -> float | None:
        """How long `l` watches the streams of this step, in seconds; None if it tells nothing."""
        is_shown = self.step in ("proxy", "direct")
        if (
            self._cut_s is not None
            and is_shown
            and self.investigation.steps["proxy"].state == "pass"
        ):
            return self._cut_s + MARGIN_S
        return longer_watch_s(self.investigation, self.step)

    def _cut_hint(self) -> str:
        """What to press where the live streams contradict what was measured; may be empty."""
        wait_s = self.longer_s() if self._cut_s is not None else None
        if wait_s is None or self._cut_s is None:
            return ""
        return tr(
            "The live stream through the proxy ended after {cut_s}, the direct one continues: l "
            "watches both for {wait_s:.0f} s, as evidence.",
            cut_s=seconds(self._cut_s),
            wait_s=wait_s,
        )

    @on(LivePane.Notice)
    def _show_live_notice(self, event: LivePane.Notice) -> None:
        self.show_notice(event.text)

    def show_step(self, step: StepId) -> None:
        """Show this step in the pane."""
        if step != self.step:
            for panel in self.query(Panel):
                panel.scroll_home(animate=False)
            self.zoomed = ""
            self.lay_out()
        self.step, self._notice = step, ""
        self.draw()

    def run_steps(self, steps: Sequence[StepId], patience_s: float = 0.0) -> None:
        """Run these steps one after the other; what runs now is stopped first.

        Each is shown while it runs, unless the user has chosen another meanwhile. A dead end stops
        them.

        Args:
            patience_s: How long streams are watched, if that is longer than usual, in seconds.
        """
        self._notice, self.follows, self._cut_s = "", True, None
        self.run_worker(self._run_all(steps, patience_s), group=WORKER_GROUP, exclusive=True)

    async def _run_all(self, steps: Sequence[StepId], patience_s: float) -> None:
        assert self._frame_timer is not None
        self._frame_timer.resume()
        try:
            for step in steps:
                await self._run_step(step, patience_s, is_only=len(steps) == 1)
                if why := dead_end(self.investigation.case):
                    self.show_notice(why)
                    break
        finally:
            self._frame_timer.pause()
            self.call_after_refresh(self.draw)

    async def _run_step(self, step: StepId, patience_s: float, *, is_only: bool) -> None:
        # A step that ran beside another one (direct beside proxy) is not run twice.
        if is_only or self.investigation.steps[step].state == "todo":
            is_empty = step == "fix" and not is_only and is_healthy(self.investigation)
            if self.follows and not is_empty:
                self.show_step(step)
            await self.query_one(LivePane).close()
            self.investigation.wait_for_reload(wanted=not self.in_lab)
            await self.investigation.run(step, patience_s)
            self.post_message(self.StepEnded(step))
