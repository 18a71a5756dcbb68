"""The screen with the steps: what its keys do with results, with inputs, and with the steps."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from screens.app_keys import named_binding
from screens.case_permission import CasePermission
from screens.config_view import ConfigView
from screens.explain import Explain
from screens.proof_permission import ProofPermission
from screens.questions import (
    fix_file_question,
    hop_question,
    question_for,
    record_question,
)
from screens.send_permission import SendPermission
from screens.step_runner import WORKER_GROUP, StepRunner
from screens.vantage_form import VantageInput
from screens.vantage_picker import VantagePicker
from screens.widgets.panel import Panel
from screens.widgets.prompt import Prompt
from screens.widgets.step_list import StepList
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.investigation.requests import curl_commands
from wizard.investigation.saved import record_of
from wizard.investigation.steps import missing_input
from wizard.model.steps import STEPS, StepId
from wizard.model.target import Source, Target
from wizard.text.errors import SsewizardError
from wizard.text.marks import MARKS
from wizard.text.messages import tr

UP_TO_FIX: tuple[StepId, ...] = STEPS[:-1]
"""What `a` runs: `verify` needs the user's reload first."""
STEPS_WITH_INPUT = frozenset({"root", "proxy", "direct", "logs", "config"})
STEPS_WITH_VANTAGE = frozenset({"direct", "logs", "config"})


class ResultActions(StepRunner):
    """The actions that copy, save or apply results."""

    def __init__(
        self,
        investigation: Investigation,
        apply_fix: ApplyFix | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(investigation, in_lab=apply_fix is not None, clock=clock)
        self._apply_fix = apply_fix
        self._is_patched = False
        self._repeated: list[Target] = []

    def text_to_copy(self) -> str:
        """Return the block on the last two steps, if there is one, else the curl commands."""
        if self.step in ("fix", "verify") and self._block():
            return self._block()
        return "\n".join(curl_commands(self.investigation.target, self.step))

    def action_copy(self) -> None:
        """Copy with OSC 52, which works through SSH if the terminal allows it."""
        text = self.text_to_copy()
        self.app.copy_to_clipboard(MARKS.redact_known(text))
        self.show_notice(
            tr("copied (by OSC 52, which tmux may drop; s saves it to a file).")
            if text == self._block()
            else tr("copied (by OSC 52, which tmux may drop).")
        )

    def action_save(self) -> None:
        """Save the block and the diff to a file."""
        recommendation = self.investigation.recommendation
        if recommendation is not None:
            self.query_one(Prompt).ask(fix_file_question(recommendation, self.show_notice))

    def action_write(self) -> None:
        """Write all evidence to a case file, or a report, as the file's ending says."""
        # Reports are imported when one is written: the first frame needs none.
        from screens.exit_text import full_report

        investigation = self.investigation
        question = record_question(
            lambda: record_of(investigation),
            lambda format: full_report(investigation, format),
            self.show_notice,
        )
        self.query_one(Prompt).ask(question)

    def _block(self) -> str:
        recommendation = self.investigation.recommendation
        return recommendation.block if recommendation is not None else ""

    def can_patch(self) -> bool:
        """True if there is a lab that is not patched yet, and a diff for it."""
        return self._apply_fix is not None and not self._is_patched and bool(self._diff())

    def _diff(self) -> str:
        recommendation = self.investigation.recommendation
        return (recommendation.diff or "") if recommendation is not None else ""

    def action_patch(self) -> None:
        """Apply the diff to the lab's Nginx, and go to the last step."""
        if self._apply_fix is not None:
            self.run_worker(self._patch(self._apply_fix), group=WORKER_GROUP, exclusive=True)

    async def _patch(self, apply_fix: ApplyFix) -> None:
        try:
            done = await apply_fix(self._diff())
        except SsewizardError as error:
            self.show_notice(str(error))
            return
        self._is_patched = True
        self.investigation.mark_reloaded()
        self.show_step("verify")
        self.show_notice(tr("{done}. Enter verifies it.", done=done))


class InputActions(ResultActions):
    """The actions that ask the user for inputs: URLs, files, hops, vantages."""

    def action_give(self) -> None:
        """Ask for what this step needs."""
        question = question_for(self.step, self.investigation.target, self._take)
        if question is not None:
            self.query_one(Prompt).ask(question)

    def run_steps(self, steps: Sequence[StepId], patience_s: float = 0.0) -> None:
        """Run these steps; what a case file names or is sent only once must be allowed first."""
        run = super().run_steps
        send = SendPermission(self.query_one(Prompt).ask, self.show_notice, self._repeated)
        proof = ProofPermission(self.query_one(Prompt).ask, self.show_notice)

        def send_and_run() -> None:
            send.then(self.investigation, steps, lambda: run(steps, patience_s))

        proof.then(
            self.investigation,
            steps,
            lambda: self._permission().then(self.investigation, steps, send_and_run),
        )

    def _permission(self) -> CasePermission:
        return CasePermission(self.query_one(Prompt).ask, self.show_notice)

    def action_local(self) -> None:
        """Take the config from a local `nginx -T`; the key is the user's consent to run it."""
        self._take(replace(self.investigation.target, conf=Source("")))

    def action_elsewhere(self) -> None:
        """Choose a vantage. It is tried at once, so what a case file names must be allowed."""
        self._permission().then(self.investigation, [self.step], self._choose_vantage)

    def _choose_vantage(self) -> None:
        picker = VantagePicker(self.investigation.target, self.step)
        self.app.push_screen(picker, self._take_vantage)

    def _take_vantage(self, chosen: VantageInput | None) -> None:
        """Add the vantage, and run the step if it got an input at the vantage."""
        if chosen is None:
            return
        before = self.investigation.target
        target = chosen.added_to(before)
        self.investigation.amend(target)
        if _input_of(self.step, target) != _input_of(self.step, before):
            self.run_steps([self.step])
        else:
            self.show_notice(tr("From {place}", place=chosen.summary))

    def action_hops(self) -> None:
        """Ask for the proxies in a row."""
        self.query_one(Prompt).ask(hop_question(self.investigation.target, self._take))

    def _take(self, target: Target | None) -> None:
        """Run the step with the new target; without one, the step is skipped."""
        if target is not None:
            self.investigation.amend(target)
        self.run_steps([self.step])

    @on(Prompt.Closed)
    def _redraw(self) -> None:
        self.draw()


def _input_of(step: StepId, target: Target) -> object:
    """Return the part of the target that a step reads."""
    return {"direct": target.direct, "logs": target.logs, "config": target.conf}.get(step)


_binding = partial(named_binding, "steps")


class StepsScreen(InputActions):
    """The screen with the steps and its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _binding("enter", "next", tr("next"), tr("Run this step, or go to the next")),
        _binding("a", "all", tr("all"), tr("Run all remaining steps, up to the fix")),
        _binding("r", "again", tr("again"), tr("Run this step again")),
        _binding(
            "l", "longer", tr("longer"), tr("Watch the stream longer, past a read timeout or a cut")
        ),
        _binding("i", "give", tr("input"), tr("Enter what this step needs")),
        _binding(
            "e", "elsewhere", tr("place"), tr("Look from another place: a pod, a host, a container")
        ),
        _binding("h", "hops", tr("hops"), tr("Enter the proxies between the URL and the backend")),
        _binding("t", "local", "nginx -T", tr("Read the config with nginx -T on this machine")),
        _binding(
            "question_mark",
            "explain",
            tr("why"),
            tr("What this step proves, and the same with curl"),
        ),
        _binding("z", "zoom", tr("zoom"), tr("Show the panel with the focus alone"), show=False),
        _binding("v", "next_probe", tr("view"), tr("Show another probe in the left pane")),
        _binding("c", "copy", tr("copy"), tr("Copy the curl, or the block")),
        _binding("s", "save", tr("save"), tr("Save the block and the diff to a file")),
        _binding("d", "diff", tr("diff"), tr("Show the change as a diff, or the block again")),
        _binding("w", "write", tr("write"), tr("Write a case file or a report"), show=False),
        _binding("p", "patch", tr("patch lab"), tr("Patch the lab's own Nginx and reload it")),
        _binding("escape", "stop", tr("stop"), tr("Stop what is running")),
        _binding("up,k", "move(-1)", tr("up"), tr("The step before"), show=False),
        _binding("down,j", "move(1)", tr("down"), tr("The next step"), show=False),
        _binding("pageup", "scroll(-1)", tr("scroll"), tr("Scroll up"), show=False),
        _binding("pagedown,space", "scroll(1)", tr("scroll"), tr("Scroll down"), show=False),
        *(
            _binding(
                str(number),
                f"choose({number})",
                StepList.NAMES[step],
                tr("Step {number}", number=number),
                show=False,
            )
            for number, step in enumerate(STEPS, 1)
        ),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that have no effect now."""
        return self._allowed_actions().get(action, True)

    def _allowed_actions(self) -> dict[str, bool]:
        investigation, is_free = self.investigation, not self.is_busy
        steps = investigation.steps
        shown = steps[self.step]
        return {
            "next": is_free,
            "stop": not is_free,
            "all": is_free and any(steps[step].state == "todo" for step in UP_TO_FIX),
            # An interrupted step is `todo` with a reason.
            "again": self._may_prove_now()
            or (is_free and (shown.state != "todo" or bool(shown.why))),
            "longer": is_free and self.longer_s() is not None,
            "give": is_free and self.step in STEPS_WITH_INPUT,
            "elsewhere": is_free and self.step in STEPS_WITH_VANTAGE,
            "hops": is_free and self.step == "proxy",
            "local": is_free and self.step == "config" and not self.in_lab,
            "next_probe": self.step in ("proxy", "direct") and len(investigation.case.proxy) > 1,
            "copy": bool(self.text_to_copy()),
            "diff": self.step == "fix" and bool(self._diff()),
            "save": investigation.recommendation is not None,
            "patch": is_free and self.can_patch(),
        }

    def action_next(self) -> None:
        """Run this step; if it has run, go to the next one and run that."""
        steps = self.investigation.steps
        if steps[self.step].state != "todo":
            self.action_move(1)
            if self.step == "verify" or steps[self.step].state != "todo":
                return
        if missing_input(self.investigation.target, self.step):
            self.action_give()
        else:
            self.run_steps([self.step])

    def action_all(self) -> None:
        """Run all steps that are left, up to the fix."""
        steps = self.investigation.steps
        self.run_steps([step for step in UP_TO_FIX if steps[step].state == "todo"])

    def _may_prove_now(self) -> bool:
        return self.step == "verify" and self.investigation.awaits_reload

    def action_again(self) -> None:
        """Run this step again; while it waits for the reload, prove the fix at once."""
        if self._may_prove_now():
            self.investigation.prove_now()
        else:
            self.run_steps([self.step])

    def action_longer(self) -> None:
        """Ask for the streams again, and watch them until Nginx gives up reading, or past the cut
        that the live streams have shown."""
        wait_s = self.longer_s()
        if wait_s is not None:
            self.run_steps(["proxy"], wait_s)

    def action_stop(self) -> None:
        """Stop what is running; its evidence so far is kept."""
        self.workers.cancel_group(self, WORKER_GROUP)

    def action_move(self, by: int) -> None:
        """Show the step before or after."""
        self.follows = False
        index = STEPS.index(self.step) + by
        self.show_step(STEPS[max(0, min(index, len(STEPS) - 1))])

    def action_choose(self, number: int) -> None:
        """Show the step of that number, counted from 1."""
        self.follows = False
        self.show_step(STEPS[number - 1])

    def action_scroll(self, by: int) -> None:
        """Scroll by pages."""
        focused = self.focused
        panel = focused if isinstance(focused, Panel) else self.query_one("#first", Panel)
        panel.scroll_relative(y=by * max(1, panel.size.height - 2), animate=False)

    def action_explain(self) -> None:
        """Say what this step proves, and show its curl commands."""
        curls = curl_commands(self.investigation.target, self.step)
        self.app.push_screen(Explain(self.step, curls))

    def action_open_config(self, file: str, line: int) -> None:
        """Show a file of the config at this line."""
        resolution = self.investigation.case.resolution
        texts = resolution.config.texts if resolution else {}
        if file in texts:
            self.app.push_screen(ConfigView(file, texts[file], line))

    def action_zoom(self) -> None:
        """Show the panel with the focus alone, or all again; in a small window, the other panel."""
        focused = self.focused.id if isinstance(self.focused, Panel) else "first"
        other = self.other_panel if self.is_small else focused or "first"
        self.zoomed = "" if self.zoomed else other
        self.lay_out()
        if self.is_small:
            self.set_focus(self.query_one(f"#{other}") if self.zoomed else None)

    def action_diff(self) -> None:
        """Show the change as a diff, or the block again."""
        self.action_fold("diff")

    def action_fold(self, part: str) -> None:
        """Open a part of the panel, or close it."""
        self.unfolded ^= {part}
        self.draw()

    def action_next_probe(self) -> None:
        """Show the next proxied probe."""
        self.shown_probe = 0 if self.shown_probe is None else self.shown_probe + 1
        self.draw()
