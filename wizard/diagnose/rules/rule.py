"""What a rule is: one failure mode of the catalogue, with its text and its check."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix


class Stage(IntEnum):
    """Where on a request's way a fault sits. Of two equally sure causes the one that the request
    meets first is primary: it must be mended first."""

    REACH = 1
    """No connection, no upstream."""
    ADMIT = 2
    """Refused: credentials, limits, host names."""
    ROUTE = 3
    """The wrong server, location, path or transport."""
    BACKEND = 4
    """The backend itself."""
    HOLD = 5
    """The response is held or late."""
    MESSAGE = 6
    """The stream is live, the POST or its reply fails."""
    CUT = 7
    """The stream is cut."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One failure mode. Its text becomes `explain ID` and the reference page.

    Attributes:
        id: The catalogue's id; the file's name with dashes.
        station: Where on the request's way it sits; ranks it among equally sure causes.
        title: What is wrong, in a few words.
        what: What it is.
        hurts: Why it hurts.
        shows: What shows it, and what tells it from its look-alikes.
        mend: The fix.
        wrong: What does not help, though it is often advised.
        references: Where the claims come from.
        fix: The fix in one sentence, and in whose hands it is.
        check: Finds it in a case, or returns None; it never guesses.
        seen_here: False where the wizard cannot itself be hit by it: then it is explained, and at
            most a risk, never a cause.
    """

    id: str
    stage: Stage
    title: str
    what: str
    hurts: str
    shows: str
    mend: str
    wrong: str
    references: tuple[str, ...]
    fix: Fix
    check: Callable[["Rule", Case], Finding | None]
    seen_here: bool = True

    def found(
        self,
        confidence: Confidence,
        evidence: tuple[Evidence, ...],
        distinguishes: str,
        *,
        latent: bool = False,
        fix: Fix | None = None,
        explains: frozenset[str] = frozenset(),
    ) -> Finding:
        """This rule's finding."""
        return Finding(
            self.id,
            self.title,
            confidence,
            evidence,
            fix or self.fix,
            distinguishes,
            latent,
            explains,
        )
