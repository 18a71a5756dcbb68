"""A case file can come from anybody, and its vantages are commands: asked for, before they run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from screens.prompt import Question
from wizard.investigation import Investigation
from wizard.model import StepId
from wizard.reopened import GATHERING, Reopened

_THIS = "This case runs commands here, on this machine:"
_TYPE = "Type y to allow that; anything else does not:"
NOT_ALLOWED = "Nothing was run: the commands of this case were not allowed."
PAGE = 600
"""How many characters of commands are shown at a time."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether the commands that a case file names may run here, asked as many at a time as can be
    read at once; only a `y` allows them.

    Attributes:
        ask: Shows a question.
        refuse: Takes, in one sentence, why nothing is run.
    """

    ask: Callable[[Question], None]
    refuse: Callable[[str], None]

    def then(self, known: Investigation, steps: Iterable[StepId], run: Callable[[], None]) -> None:
        """Run, once all is allowed; at once where these steps run no command of a stranger."""
        if not isinstance(known, Reopened) or known.trusted or not GATHERING & set(steps):
            run()
        elif known.too_long:
            self.refuse(known.too_long)
        else:
            self._ask(_pages(known.commands), known, run)

    def _ask(self, pages: Sequence[str], known: Reopened, run: Callable[[], None]) -> None:
        if not pages:
            known.trusted = known.trusted or bool(known.commands)
            run()
            return

        def answered(allowed: object) -> None:
            if allowed is True:
                self._ask(pages[1:], known, run)
            else:
                self.refuse(NOT_ALLOWED)

        self.ask(Question(f"{_THIS}\n{pages[0]}\n{_TYPE}", _is_yes, answered))


def _is_yes(text: str) -> bool:
    return text.strip().lower() in ("y", "yes")


def _pages(commands: Sequence[str]) -> list[str]:
    """The commands, each whole and on lines of its own."""
    pages: list[str] = []
    for one in commands:
        if pages and len(pages[-1]) + len(one) <= PAGE:
            pages[-1] += f"\n  {one}"
        else:
            pages.append(f"  {one}")
    return pages
