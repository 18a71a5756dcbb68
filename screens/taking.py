"""What can be taken from the steps: copied, saved, and in the lab applied."""

import time
from collections.abc import Callable

from screens.keeping import case_question, save_question
from screens.prompt import Prompt
from screens.walk import GROUP, Walk
from wizard.cli import ApplyFix
from wizard.errors import SsewizardError
from wizard.investigation import Investigation
from wizard.reopened import record_of

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
        return "\n".join(self.investigation.curl(self.step))

    def action_copy(self) -> None:
        """Copy with OSC 52: works through SSH, where the terminal allows it."""
        self.app.copy_to_clipboard(self.to_copy())
        is_block = self.to_copy() == self._block()
        self.say(f"{COPIED}; s saves it to a file)." if is_block else f"{COPIED}).")

    def action_save(self) -> None:
        """Save the block and the diff."""
        made = self.investigation.recommendation
        if made is not None:
            self.query_one(Prompt).ask(save_question(made, self.say))

    def action_write(self) -> None:
        """Write all that was given and seen to a case file."""
        question = case_question(lambda: record_of(self.investigation), self.say)
        self.query_one(Prompt).ask(question)

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
        self.investigation.reloaded()
        self.go("verify")
        self.say(f"{done}. Enter proves it.")
