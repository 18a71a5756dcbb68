"""What a step needs and is given: typed, or looked for in another place."""

from collections.abc import Sequence
from dataclasses import replace

from textual import on

from screens.asking import hop_question, question_for
from screens.given import Given
from screens.places import Places
from screens.prompt import Prompt
from screens.taking import Taking
from screens.trust import Trust
from wizard.model import StepId
from wizard.target import Place, Target


def _needed(step: StepId, target: Target) -> object:
    """What a step looks at."""
    return {"direct": target.direct, "logs": target.logs, "config": target.conf}.get(step)


class Giving(Taking):
    """The keys that give."""

    def action_give(self) -> None:
        """Ask for what this step needs."""
        question = question_for(self.step, self.investigation.target, self._take)
        if question is not None:
            self.query_one(Prompt).ask(question)

    def run_steps(self, steps: Sequence[StepId]) -> None:
        """Run these; a case from a file may name commands, which the user must have seen."""
        run = super().run_steps
        self._trust().then(self.investigation, steps, lambda: run(steps))

    def _trust(self) -> Trust:
        return Trust(self.query_one(Prompt).ask, self.say)

    def action_local(self) -> None:
        """Take the config from a local `nginx -T`, now that the user has said so."""
        self._take(replace(self.investigation.target, conf=Place("")))

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
        self.query_one(Prompt).ask(hop_question(self.investigation.target, self._take))

    def _take(self, target: Target | None) -> None:
        """Run the step with what was given; without, it is skipped."""
        if target is not None:
            self.investigation.amend(target)
        self.run_steps([self.step])

    @on(Prompt.Closed)
    def _keys_are_back(self) -> None:
        self.draw()
