"""What a rule is: one failure mode of the catalogue, with its text and its check."""

from collections.abc import Callable
from dataclasses import dataclass

from wizard.model import Case, Confidence, Evidence, Finding, Fix


@dataclass(frozen=True, slots=True)
class Rule:
    """One failure mode. Its text becomes `explain ID` and the reference page.

    Attributes:
        id: The catalogue's id; the file's name with dashes.
        title: What is wrong, in a few words.
        what: What it is.
        hurts: Why it hurts.
        shows: What shows it, and what tells it from its look-alikes.
        mend: The fix.
        wrong: What does not help, though it is often advised.
        references: Where the claims come from.
        fix: The fix in one sentence, and in whose hands it is.
        check: Finds it in a case, or returns None; it never guesses.
    """

    id: str
    title: str
    what: str
    hurts: str
    shows: str
    mend: str
    wrong: str
    references: tuple[str, ...]
    fix: Fix
    check: Callable[["Rule", Case], Finding | None]

    def found(
        self,
        confidence: Confidence,
        evidence: tuple[Evidence, ...],
        apart: str,
        *,
        latent: bool = False,
        fix: Fix | None = None,
        explains: frozenset[str] = frozenset(),
    ) -> Finding:
        """This rule's finding."""
        return Finding(
            self.id, self.title, confidence, evidence, fix or self.fix, apart, latent, explains
        )
