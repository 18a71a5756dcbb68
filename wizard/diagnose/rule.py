"""A rule: one failure mode with its check, its place on the request's path and its text."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from wizard.diagnose.rule_settings import NginxSettings
from wizard.diagnose.rule_text import RuleText, read_rule_text
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution


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
class ConfigFinding:
    """A failure mode that the config alone leads to.

    Attributes:
        where: A file and line.
        setting: The setting that leads to it; empty if it is none.
    """

    id: str
    where: str
    text: str
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One failure mode. Its text is the Markdown file beside the rule's module.

    Attributes:
        id: The name of the module with dashes; appears in reports and `explain ID`.
        stage: Where on the request's path it sits; orders equally sure causes.
        fix: The fix in one sentence, and who has to apply it.
        check: Returns a finding if the case shows this failure mode, else None.
        check_config: Returns what the config alone leads to; `inspect` reports it. Called for paths
            that are passed to a backend, and by rules of `Stage.ROUTE` for all others too.
        config_order: Orders the findings of `check_config`, smallest first.
        explains: Ids of findings that are only symptoms of this one, whenever it is a cause.
        seen_here: False for a fault that the wizard cannot run into itself. Such a rule reports
            risks only, never a cause.
        by_chance: True if the fault meets some requests and spares others: one good request proves
            no fix.
        settings: What must be set in Nginx; None if no setting of Nginx fixes it.
        is_mended: Tells whether what the fault concerns was asked for again and is right now. For a
            fault beside the stream, whose request is refused before and after.
        is_about: For a fault in the request that Nginx passes on: tells whether a difference from
            the client's request is this fault. One that was shown to be at fault refutes it if not.
    """

    id: str
    stage: Stage
    fix: Fix
    check: Callable[["Rule", Case], Finding | None]
    check_config: Callable[["Rule", RequestResolution], tuple[ConfigFinding, ...]] | None = None
    config_order: int = 1000
    explains: frozenset[str] = frozenset()
    seen_here: bool = True
    by_chance: bool = False
    settings: NginxSettings | None = None
    is_mended: Callable[[Case], bool] | None = None
    is_about: Callable[[Case, Difference], bool] | None = None

    @property
    def text(self) -> RuleText:
        """The text of the Markdown file, which is read once."""
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
        explains: frozenset[str] | None = None,
    ) -> Finding:
        """Return a finding of this rule.

        Args:
            distinguishes: What separates it from its look-alikes in this case.
            latent: True if nothing fails yet: a risk, not a cause.
            fix: A fix for this case, in place of the rule's own.
            explains: Ids of findings that are symptoms of this one in this case, in place of the
                rule's own.
        """
        fix, explains = fix or self.fix, self.explains if explains is None else explains
        return Finding(
            self.id, self.title, confidence, evidence, fix, distinguishes, latent, explains
        )

    def config_finding(self, where: str, text: str, setting: str = "") -> ConfigFinding:
        """Return what the config leads to; `where` is a file and line."""
        return ConfigFinding(self.id, where, text, setting)
