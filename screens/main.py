"""Walking through the steps: the rail, the room, running one after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from screens.panes.view import View
from screens.questions import Trust, hop_question, question_for
from screens.saved_cases import case_question, save_question
from screens.vantage_form import Given
from screens.vantage_picker import Places
from screens.widgets.pane import Pane
from screens.widgets.prompt import Prompt
from screens.widgets.step_list import StepList
from screens.widgets.style import fitted, line
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.investigation.requests import curl_commands
from wizard.investigation.saved import record_of
from wizard.investigation.steps import missing_input
from wizard.model.steps import STEPS, StepId
from wizard.model.target import Source, Target
from wizard.text.display import safe
from wizard.text.errors import SsewizardError


def hint(investigation: Investigation, step: StepId, now: float, *, in_lab: bool) -> str:
    """One sentence, or nothing. `now` is on the investigation's clock, in seconds."""
    waiting = investigation.waiting
    state = investigation.steps[step].state
    if waiting is not None and state == "running":
        past = max(0.0, now - waiting.since)
        return f"{waiting.what}: {past:.0f} s of at most {waiting.max_duration_s:.0f} s"
    missing = missing_input(investigation.target, step)
    if missing and state in ("todo", "skip"):
        here = " t takes the one that runs here." if step == "config" else ""
        spec = f"Not given: {missing}. Enter asks for it." if state == "todo" else "i gives it."
        return f"{spec}{here}"
    if step == "verify" and state == "todo":
        return _before_the_proof(investigation.recommendation is not None, in_lab=in_lab)
    if step == STEPS[0] and state == "todo":
        return "Enter runs this step; a runs all that is left."
    return ""


def _before_the_proof(has_fix: bool, *, in_lab: bool) -> str:
    if not has_fix:
        return "Enter asks for the stream again and compares."
    if in_lab:
        return "p patches the lab's Nginx and reloads it; then press Enter."
    return "Apply the change and reload Nginx yourself, then press Enter."


FRAMES = 3
"""How often, a second, the room is drawn while something runs: few bytes over a slow link."""
SMALLEST = (76, 20)
TOO_SMALL = f"Make the window larger: {SMALLEST[0]} columns and {SMALLEST[1]} lines at least."
GROUP = "steps"


class Walk(Screen[None]):
    """One investigation, drawn; `run_steps` drives it, `draw` shows where it is.

    Attributes:
        step: The step whose room is open.
        probe: Which proxied probe the left pane shows; None takes the worst.
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
        self.shown_probe: int | None = None
        self._said = ""
        self._frames: Timer | None = None
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Title, rail, room, the line that asks, the keys."""
        yield Static(id="title", markup=False)
        yield Static(TOO_SMALL, id="small")
        with Horizontal(id="main"):
            yield StepList()
            yield Pane(can_focus=False)
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
        known, room = self.investigation, self.query_one(Pane)
        words = self._said or hint(known, self.step, self._clock(), in_lab=self.in_lab)
        self.query_one(StepList).states(known.steps, self.step)
        room.show(self._view(room), curl_commands(known.target, self.step), words)
        title = line(safe(f"ssewizard  {known.target.url}", 300))
        self._draw_frame(fitted(title, max(20, self.size.width - 2), pad=False))

    def _draw_frame(self, title: Text) -> None:
        """Title and footer, only when they change: each costs a line on the wire."""
        keys = (title.plain, self.step, self.busy, *self.investigation.steps.values())
        if keys != self._drawn:
            self._drawn = keys
            self.query_one("#title", Static).update(title)
            self.refresh_bindings()

    def _view(self, room: Pane) -> View:
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
            self.shown_probe,
            self._clock() - waiting.since if waiting else None,
        )

    def go(self, step: StepId) -> None:
        """Open this step's room."""
        if step != self.step:
            self.query_one(Pane).scroll_home(animate=False)
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


COPIED = "copied (by OSC 52, which tmux may drop"


class Taking(Walk):
    """The keys that hand over what was found."""

    def __init__(
        self,
        investigation: Investigation,
        apply_fix: ApplyFix | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(investigation, in_lab=apply_fix is not None, clock=clock)
        self._apply = apply_fix
        self._patched = False

    def to_copy(self) -> str:
        """The block where there is one, else the step's curl."""
        if self.step in ("fix", "verify") and self._block():
            return self._block()
        return "\n".join(curl_commands(self.investigation.target, self.step))

    def action_copy(self) -> None:
        """Copy with OSC 52: works through SSH, where the terminal allows it."""
        self.app.copy_to_clipboard(self.to_copy())
        is_block = self.to_copy() == self._block()
        self.say(f"{COPIED}; s saves it to a file)." if is_block else f"{COPIED}).")

    def action_save(self) -> None:
        """Save the block and the diff."""
        made = self.investigation.recommendation
        if made is not None:
            self.query_one(Prompt).spec(save_question(made, self.say))

    def action_write(self) -> None:
        """Write all that was given and seen to a case file."""
        question = case_question(lambda: record_of(self.investigation), self.say)
        self.query_one(Prompt).spec(question)

    def _block(self) -> str:
        made = self.investigation.recommendation
        return made.block if made is not None else ""

    def can_patch(self) -> bool:
        """Whether there is a lab that still has to be patched."""
        return self._apply is not None and not self._patched and bool(self._diff())

    def _diff(self) -> str:
        made = self.investigation.recommendation
        return (made.diff or "") if made is not None else ""

    def action_patch(self) -> None:
        """In the lab: apply the diff to its Nginx, and go to the proof."""
        if self._apply is not None:
            self.run_worker(self._patch(self._apply), group=GROUP, exclusive=True)

    async def _patch(self, apply: ApplyFix) -> None:
        try:
            done = await apply(self._diff())
        except SsewizardError as error:
            self.say(str(error))
            return
        self._patched = True
        self.investigation.mark_reloaded()
        self.go("verify")
        self.say(f"{done}. Enter proves it.")


def _needed(step: StepId, target: Target) -> object:
    """What a step looks at."""
    return {"direct": target.direct, "logs": target.logs, "config": target.conf}.get(step)


class Giving(Taking):
    """The keys that give."""

    def action_give(self) -> None:
        """Ask for what this step needs."""
        question = question_for(self.step, self.investigation.target, self._take)
        if question is not None:
            self.query_one(Prompt).spec(question)

    def run_steps(self, steps: Sequence[StepId]) -> None:
        """Run these; a case from a file may name commands, which the user must have seen."""
        run = super().run_steps
        self._trust().then(self.investigation, steps, lambda: run(steps))

    def _trust(self) -> Trust:
        return Trust(self.query_one(Prompt).spec, self.say)

    def action_local(self) -> None:
        """Take the config from a local `nginx -T`, now that the user has said so."""
        self._take(replace(self.investigation.target, conf=Source("")))

    def action_elsewhere(self) -> None:
        """Choose another place to look from; what a case from a file runs must be trusted first,
        since a place is tried at once."""
        self._trust().then(self.investigation, [self.step], self._choose_place)

    def _choose_place(self) -> None:
        self.app.push_screen(Places(self.investigation.target, self.step), self._look)

    def _look(self, given: Given | None) -> None:
        """Run the step if it was given something; else only know the place."""
        if given is None:
            return
        before = self.investigation.target
        target = given.added(before)
        self.investigation.amend(target)
        if _needed(self.step, target) != _needed(self.step, before):
            self.run_steps([self.step])
        else:
            self.say(f"From {given.words}")

    def action_hops(self) -> None:
        """Ask for the proxies in a row."""
        self.query_one(Prompt).spec(hop_question(self.investigation.target, self._take))

    def _take(self, target: Target | None) -> None:
        """Run the step with what was given; without, it is skipped."""
        if target is not None:
            self.investigation.amend(target)
        self.run_steps([self.step])

    @on(Prompt.Closed)
    def _keys_are_back(self) -> None:
        self.draw()


UP_TO_FIX: tuple[StepId, ...] = STEPS[:-1]
"""What `a` runs: the proof needs the user's reload first."""


def _key(key: str, action: str, words: str, tip: str, *, show: bool = True) -> Binding:
    name = f"steps.{action.replace('(', '.').rstrip(')')}"
    return Binding(key, action, words, show=show, id=name, tooltip=tip)


class Steps(Giving):
    """The steps with their keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("enter", "next", "go on", "Run this step, or go to the next"),
        _key("a", "all", "all", "Run all that is left, up to the fix"),
        _key("r", "again", "again", "Run this step again"),
        _key("i", "give", "give", "Give what this step needs"),
        _key("e", "elsewhere", "elsewhere", "Look from another place: a pod, a host, a container"),
        _key("h", "hops", "hops", "Name the proxies in a row behind the URL"),
        _key("t", "local", "nginx -T", "Take the config from nginx -T here"),
        _key("v", "next_probe", "view", "Show another probe in the left pane"),
        _key("c", "copy", "copy", "Copy the curl, or the block"),
        _key("s", "save", "save", "Save the block and the diff to a file"),
        _key("w", "write", "case file", "Write all that was seen to a case file", show=False),
        _key("p", "patch", "patch lab", "Patch the lab's own Nginx and reload it"),
        _key("escape", "stop", "stop", "Stop what is running"),
        _key("up,k", "move(-1)", "up", "The step before", show=False),
        _key("down,j", "move(1)", "down", "The next step", show=False),
        _key("pageup", "scroll(-1)", "scroll", "Scroll up", show=False),
        _key("pagedown,space", "scroll(1)", "scroll", "Scroll down", show=False),
        *(
            _key(str(number), f"choose({number})", step, f"Step {number}", show=False)
            for number, step in enumerate(STEPS, 1)
        ),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave away the keys that mean nothing here and now."""
        return self._allowed().get(action, True)

    def _allowed(self) -> dict[str, bool]:
        known, free = self.investigation, not self.busy
        now = known.steps[self.step]
        return {
            "next": free,
            "stop": not free,
            "all": free and any(known.steps[one].state == "todo" for one in UP_TO_FIX),
            # What was interrupted is to be done, and was begun already.
            "again": free and (now.state != "todo" or bool(now.why)),
            "give": free and self.step in ("root", "proxy", "direct", "logs", "config"),
            "elsewhere": free and self.step in ("direct", "logs", "config"),
            "hops": free and self.step == "proxy",
            "local": free and self.step == "config" and not self.in_lab,
            "next_probe": self.step in ("proxy", "direct") and len(known.case.proxy) > 1,
            "copy": bool(self.to_copy()),
            "save": known.recommendation is not None,
            "patch": free and self.can_patch(),
        }

    def action_next(self) -> None:
        """Run this step; where it has run, go to the next one and run that."""
        if self.investigation.steps[self.step].state != "todo":
            self.action_move(1)
            if self.step == "verify" or self.investigation.steps[self.step].state != "todo":
                return
        if missing_input(self.investigation.target, self.step):
            self.action_give()
        else:
            self.run_steps([self.step])

    def action_all(self) -> None:
        """Run all that is left, up to the fix."""
        steps = self.investigation.steps
        self.run_steps([step for step in UP_TO_FIX if steps[step].state == "todo"])

    def action_again(self) -> None:
        """Run this step again."""
        self.run_steps([self.step])

    def action_stop(self) -> None:
        """Stop what is running; what was seen stays."""
        self.workers.cancel_group(self, GROUP)

    def action_move(self, by: int) -> None:
        """Open the room of the step before or after."""
        place = STEPS.index(self.step) + by
        self.go(STEPS[max(0, min(place, len(STEPS) - 1))])

    def action_choose(self, number: int) -> None:
        """Open the room of step `number`, counted from 1."""
        self.go(STEPS[number - 1])

    def action_scroll(self, by: int) -> None:
        """A page up or down."""
        room = self.query_one(Pane)
        room.scroll_relative(y=by * max(1, room.size.height - 2), animate=False)

    def action_next_probe(self) -> None:
        """Show the next proxied probe."""
        self.shown_probe = 0 if self.shown_probe is None else self.shown_probe + 1
        self.draw()
