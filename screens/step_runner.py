"""The screen that shows one step of an investigation, and runs steps one after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from screens.app_keys import named_binding
from screens.live.buffer import SIDES
from screens.live.cut import CutAlone
from screens.live.pane import LivePane
from screens.live.streams import may_show_more
from screens.opening import FIRST_HINT, SMALL
from screens.panes import PANES
from screens.panes.probes import shown_pair
from screens.panes.view import View
from screens.panes.words import chip, result_words
from screens.third_column import third_panel
from screens.widgets.footer import Keys
from screens.widgets.header import Chip, Header, host_and_path
from screens.widgets.panel import Panel, PanelView
from screens.widgets.prompt import Prompt
from screens.widgets.step_list import StepList
from wizard.diagnose.without_direct import MARGIN_S, patience_s
from wizard.investigation.dead_end import dead_end
from wizard.investigation.investigation import Investigation
from wizard.investigation.steps import missing_input
from wizard.model.steps import STEPS, StepId
from wizard.text.display import seconds
from wizard.text.messages import tr

FRAMES_PER_SECOND = 3
"""How often the pane is drawn while something runs: few bytes over a slow link."""
WIDE_COLUMNS = 110
"""From this many columns on, a step's two panels stand side by side."""
THIRD_COLUMNS = 160
"""From this many columns on, the cause or the config stands beside them in a column of its own."""
LIVE_STEPS: frozenset[StepId] = frozenset({"proxy", "direct", "verify"})
"""The steps that show live streams."""
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
        return tr(
            "{what}: {elapsed:.0f} s of at most {max_duration_s:.0f} s",
            what=waiting.what,
            elapsed=elapsed,
            max_duration_s=waiting.max_duration_s,
        )
    missing = missing_input(investigation.target, step)
    if missing and state in ("todo", "skip"):
        local = f" {tr('t reads it with nginx -T on this machine.')}" if step == "config" else ""
        key = (
            tr("Missing: {missing}. Press Enter to fill it in.", missing=missing)
            if state == "todo"
            else tr("Press i to fill it in.")
        )
        return f"{key}{local}"
    if (wait_s := longer_watch_s(investigation, step)) is not None:
        return tr(
            "l watches the held stream for {wait_s:.0f} s, past Nginx's read timeout. What "
            "comes then shows whether the proxy holds the stream or the backend is silent.",
            wait_s=wait_s,
        )
    if step in ("cause", "fix") and _is_healthy(investigation):
        report = tr("w writes a report.")
        return f"{tr('Nothing to fix.')} {report}" if step == "cause" else report
    if step == "verify" and state == "todo":
        return _verify_hint(investigation.recommendation is not None, in_lab=in_lab)
    if step == STEPS[0] and state == "todo":
        return FIRST_HINT
    return ""


def _is_healthy(investigation: Investigation) -> bool:
    """True if nothing is wrong and nothing was mended."""
    diagnosis = investigation.diagnosis
    return (
        diagnosis is not None and diagnosis.verdict == "healthy" and not investigation.case.is_fixed
    )


def longer_watch_s(investigation: Investigation, step: StepId) -> float | None:
    """How long `l` watches the held stream on this step, in seconds; None if it tells nothing."""
    is_shown = step in ("proxy", "cause") and investigation.steps[step].state in ("fail", "warn")
    return patience_s(investigation.case) if is_shown else None


def _verify_hint(has_fix: bool, *, in_lab: bool) -> str:
    if not has_fix:
        return tr("Enter requests the stream again and compares.")
    if in_lab:
        return tr("p patches the lab's Nginx and reloads it; then press Enter.")
    return tr("Apply the change and reload Nginx yourself. Enter waits for it, then proves it.")


class StepRunner(Screen[None]):
    """Shows one step of an investigation; `run_steps` runs steps, `draw` draws the state.

    Attributes:
        step: The step that is shown.
        shown_probe: Index of the proxied probe in the left stream; None shows the worst.
        in_lab: True if the wizard runs on the lab, whose config is known.
        unfolded: The names of the parts that the user has opened.
        follows: True while the step that runs is shown: the user has chosen no other.
        zoomed: The id of the panel that the user has chosen to see alone; empty for none.
        other_panel: The id of the step's second panel; empty if it has none.
    """

    AUTO_FOCUS = "StepList"
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
    ESCAPE_TO_MINIMIZE = False

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
        self.unfolded: frozenset[str] = frozenset()
        self.zoomed = self.other_panel = ""
        self.follows = True
        self._notice = ""
        self._cut_s: float | None = None
        self._frame_timer: Timer | None = None
        self._drawn_keys: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the header, the step list, the panels, the prompt and the keys."""
        yield Header()
        with Horizontal(id="main"):
            yield StepList()
            with Vertical(id="panels"):
                yield Panel("first")
                yield Panel("second")
                yield LivePane("live", clock=self._clock)
            yield Panel("third")
        yield Prompt()
        yield Keys()

    def on_mount(self) -> None:
        """Draw, and prepare the timer that draws while something runs."""
        self._frame_timer = self.set_interval(1 / FRAMES_PER_SECOND, self.draw, pause=True)
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        """Lay the screen out for the new size."""
        self.lay_out()

    def lay_out(self) -> None:
        """Choose what is shown, and where: a small window shows one panel, and so does the zoom."""
        self.set_class(self.is_small, "-small")
        self.query_one(StepList).display = not self.shown_alone
        self.query_one("#first").display = self._may_show("first")
        self.query_one("#panels").display = self.shown_alone != "third"
        self.call_after_refresh(self.draw)

    @property
    def is_small(self) -> bool:
        """True if the window has room for one panel."""
        width, height = self.size
        return width < SMALL[0] or height < SMALL[1]

    @property
    def shown_alone(self) -> str:
        """The id of the panel that is shown alone; empty if all are shown."""
        return self.zoomed or ("first" if self.is_small else "")

    def _may_show(self, panel: str) -> bool:
        return self.shown_alone in ("", panel)

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
        investigation = self.investigation
        steps = investigation.steps
        self.query_one(StepList).show_states(steps, result_words(investigation), self.step)
        host, path = host_and_path(investigation.target.url)
        self.query_one(Header).show_target(host, path, self._chip(), in_lab=self.in_lab)
        first, second = self.query_one("#first", Panel), self.query_one("#second", Panel)
        shown, *more = PANES[self.step](self._view(first))
        first.show(self._with_key(shown))
        self.set_class(self.step not in LIVE_STEPS, "-reading")
        self._draw_live(self._view(first))
        self._draw_third()
        self.other_panel = "live" if self.step in LIVE_STEPS else "second" if more else ""
        has_second = bool(more) and self._may_show("second")
        if second.display != has_second:
            second.display = has_second
            self.call_after_refresh(self.draw)  # for the sizes that the panels then have
        if has_second:
            second.show(self._with_key(more[0]))
        if self.focused is not None and not self.focused.display:
            self.query_one(StepList).focus()
        self._draw_keys()

    def _chip(self) -> Chip:
        """The verdict; a live stream that was cut since then speaks against a healthy one."""
        if self._cut_s is not None and _is_healthy(self.investigation):
            return Chip("look", tr("NOT SURE"), tr("the live stream was cut"))
        return chip(self.investigation)

    def _with_key(self, view: PanelView) -> PanelView:
        """The panel; in a small window with the key that shows the other one."""
        if not self.is_small or not self.other_panel:
            return view
        words = (
            tr("z: back")
            if self.zoomed
            else tr("z: live")
            if self.step in LIVE_STEPS
            else tr("z: more")
        )
        return replace(view, note=f"{view.note} · {words}" if view.note else words)

    def _draw_third(self) -> None:
        """Draw the cause or the config beside the other panels, where there is room for it."""
        panel, is_wide = self.query_one("#third", Panel), self.size.width >= WIDE_COLUMNS
        shown = None
        if self.size.width >= THIRD_COLUMNS and self._may_show("third"):
            steps = self.investigation.steps
            shown = third_panel(self._view(panel), steps, panel.columns, panel.rows)
        has_changed = panel.display != (shown is not None)
        panel.display = shown is not None
        self.set_class(is_wide and not self.shown_alone and shown is None, "-wide")
        if shown is not None:
            panel.show(shown)
        if has_changed:
            self.call_after_refresh(self.draw)

    def _draw_live(self, view: View) -> None:
        """Draw the streams of a step that has some; they stay open while nothing else runs."""
        pane = self.query_one(LivePane)
        pair = zip(SIDES, shown_pair(view) if self.step in LIVE_STEPS else (), strict=False)
        timelines = {side: result.timeline for side, result in pair if result is not None}
        is_shown = bool(timelines) and self._may_show("live")
        if pane.display != is_shown:
            pane.display = is_shown
            self.call_after_refresh(self.draw)
        if timelines:
            pane.show_timelines(timelines, view.now)
        investigation = self.investigation
        if is_shown and investigation.may_watch and not self.is_busy:
            probes = {s: each.probe for s, each in timelines.items() if may_show_more(each)}
            pane.keep_open(self.step, probes, investigation.watch)
        else:
            pane.stop()

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

    def _draw_keys(self) -> None:
        """Draw the footer, only if the keys may have changed: it costs a line on the wire."""
        keys = (self.step, self.is_busy, *self.investigation.steps.values())
        if keys != self._drawn_keys:
            self._drawn_keys = keys
            self.refresh_bindings()

    def _view(self, panel: Panel) -> View:
        investigation, waiting = self.investigation, self.investigation.waiting
        now = self._clock()
        hint = (
            self._notice
            or self._cut_hint()
            or step_hint(investigation, self.step, now, in_lab=self.in_lab)
        )
        return View(
            self.step,
            investigation.steps[self.step],
            investigation.case,
            investigation.diagnosis,
            investigation.recommendation,
            max(30, panel.columns),
            self.query_one("#panels").size.height,
            max(30, self.query_one("#second", Panel).columns),
            hint,
            self.shown_probe,
            now - waiting.since if waiting else None,
            self.in_lab,
            self.unfolded,
        )

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
            is_empty = step == "fix" and not is_only and _is_healthy(self.investigation)
            if self.follows and not is_empty:
                self.show_step(step)
            await self.query_one(LivePane).close()
            self.investigation.wait_for_reload(wanted=not self.in_lab)
            await self.investigation.run(step, patience_s)
            self.post_message(self.StepEnded(step))
