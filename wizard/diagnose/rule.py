"""A rule: one failure mode with its check, its place on the request's path and its text."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from wizard.diagnose.rule_text import RuleText, read_rule_text
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix


class Stage(IntEnum):
    """Where on the request's path a fault sits.

    Of two equally sure causes, the one that the request meets first is the primary one, because
    it has to be fixed first.
    """

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
    """One failure mode. Its text is the Markdown file beside the rule's module.

    Attributes:
        id: The name of the module with dashes; appears in reports and `explain ID`.
        stage: Where on the request's path it sits; orders equally sure causes.
        fix: The fix in one sentence, and who has to apply it.
        check: Returns a finding if the case shows this failure mode, else None.
        seen_here: False for a fault that the wizard cannot run into itself. Such a rule reports
            risks only, never a cause.
    """

    id: str
    stage: Stage
    fix: Fix
    check: Callable[["Rule", Case], Finding | None]
    seen_here: bool = True

    @property
    def text(self) -> RuleText:
        """What people read about it. Reads the file once."""
        return read_rule_text(self.id)

    @property
    def title(self) -> str:
        """What is wrong, in a few words."""
        return self.text.title

    def finding(
        self,
        confidence: Confidence,
        evidence: tuple[Evidence, ...],
        distinguishes: str,
        *,
        latent: bool = False,
        fix: Fix | None = None,
        explains: frozenset[str] = frozenset(),
    ) -> Finding:
        """Return a finding of this rule.

        Args:
            distinguishes: What separates it from its look-alikes in this case.
            latent: True if nothing fails yet: a risk, not a cause.
            fix: A fix for this case, in place of the rule's own.
            explains: Ids of findings that are only symptoms of this one.
        """
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
