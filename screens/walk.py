"""Walking through the steps: the rail, the room, running one after the other."""

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

from screens.hints import hint
from screens.paint import fitted, line
from screens.prompt import Prompt
from screens.rail import Rail
from screens.room import Room
from screens.rooms.view import View
from wizard.investigation import Investigation
from wizard.model import STEPS, StepId
from wizard.text import safe

FRAMES = 3
"""How often, a second, the room is drawn while something runs: few bytes over a slow link."""
SMALLEST = (76, 20)
TOO_SMALL = f"Make the window larger: {SMALLEST[0]} columns and {SMALLEST[1]} lines at least."
GROUP = "steps"


class Walk(Screen[None]):
    """One investigation, drawn; `run_steps` drives it, `draw` shows where it is.

    Attributes:
        step: The step whose room is open.
        cell: Which proxied cell the left pane shows; None takes the worst.
        in_lab: Whether the wizard runs on the lab, whose config is known.
    """

    AUTO_FOCUS = ""  # the keys belong to the steps; only the prompt takes the focus

    @dataclass
    class Ran(Message):
        """A step has ended, whatever came of it."""

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
        self.cell: int | None = None
        self._said = ""
        self._frames: Timer | None = None
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Title, rail, room, the line that asks, the keys."""
        yield Static(id="title", markup=False)
        yield Static(TOO_SMALL, id="small")
        with Horizontal(id="main"):
            yield Rail()
            yield Room(can_focus=False)
        yield Prompt()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Frames come only while something runs."""
        self._frames = self.set_interval(1 / FRAMES, self.draw, pause=True)
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        """Grow to the window; below the smallest size say so."""
        self.set_class(self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1], "-small")
        self.call_after_refresh(self.draw)

    @property
    def busy(self) -> bool:
        """Whether a step runs, or the lab is being patched."""
        runs = any(one.state == "running" for one in self.investigation.steps.values())
        return runs or any(one.is_running for one in self.workers if one.group == GROUP)

    def say(self, sentence: str) -> None:
        """Show a sentence until the next step is run or chosen."""
        self._said = sentence
        self.draw()

    def draw(self) -> None:
        """Draw this moment from the investigation's values."""
        known, room = self.investigation, self.query_one(Room)
        words = self._said or hint(known, self.step, self._clock(), in_lab=self.in_lab)
        self.query_one(Rail).states(known.steps, self.step)
        room.show(self._view(room), known.curl(self.step), words)
        title = line(safe(f"ssewizard  {known.target.url}", 300))
        self._draw_frame(fitted(title, max(20, self.size.width - 2), pad=False))

    def _draw_frame(self, title: Text) -> None:
        """Title and footer, only when they change: each costs a line on the wire."""
        keys = (title.plain, self.step, self.busy, *self.investigation.steps.values())
        if keys != self._drawn:
            self._drawn = keys
            self.query_one("#title", Static).update(title)
            self.refresh_bindings()

    def _view(self, room: Room) -> View:
        known, waiting = self.investigation, self.investigation.waiting
        return View(
            self.step,
            known.steps[self.step],
            known.case,
            known.diagnosis,
            known.recommendation,
            # One column stays free for the scroll bar, so that it never moves the text.
            max(30, room.size.width - 1),
            room.size.height,
            self.cell,
            self._clock() - waiting.since if waiting else None,
        )

    def go(self, step: StepId) -> None:
        """Open this step's room."""
        if step != self.step:
            self.query_one(Room).scroll_home(animate=False)
        self.step, self._said = step, ""
        self.draw()

    def run_steps(self, steps: Sequence[StepId]) -> None:
        """Run these one after the other; what runs now is stopped first."""
        self._said = ""
        self.run_worker(self._run_each(steps), group=GROUP, exclusive=True)

    async def _run_each(self, steps: Sequence[StepId]) -> None:
        assert self._frames is not None
        self._frames.resume()
        try:
            for step in steps:
                await self._run_one(step, alone=len(steps) == 1)
        finally:
            self._frames.pause()
            self.call_after_refresh(self.draw)

    async def _run_one(self, step: StepId, *, alone: bool) -> None:
        # A step that ran beside another one (direct beside proxy) is not run twice.
        if alone or self.investigation.steps[step].state == "todo":
            self.go(step)
            await self.investigation.run(step)
            self.post_message(self.Ran(step))
