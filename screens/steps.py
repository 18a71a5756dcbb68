"""The keys of the steps, and when each means something."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.giving import Giving
from screens.room import Room
from screens.walk import GROUP
from wizard.model import STEPS, StepId

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
        _key("v", "cell", "view", "Show another cell in the left pane"),
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
            "cell": self.step in ("proxy", "direct") and len(known.case.proxy) > 1,
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
        if self.investigation.missing(self.step):
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
        room = self.query_one(Room)
        room.scroll_relative(y=by * max(1, room.size.height - 2), animate=False)

    def action_cell(self) -> None:
        """Show the next proxied cell."""
        self.cell = 0 if self.cell is None else self.cell + 1
        self.draw()
