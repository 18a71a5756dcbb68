"""What was concluded from a case: findings with their evidence, and what to paste where."""

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["confirmed", "likely", "possible"]
Verdict = Literal["healthy", "fault", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that anybody can check: what kind, where it was seen, and what."""

    kind: Literal["probe", "config", "log", "follow-up"]
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends it, in one sentence, and in whose hands it is."""

    summary: str
    where: Literal["nginx", "backend", "client", "outer-proxy"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure mode found in a case.

    Attributes:
        id: The catalogue's id.
        latent: True where nothing is broken now but would be; never a cause, listed as a risk.
        apart: The measurement that separates it from its look-alikes, in one sentence.
        explains: Ids of findings that are only symptoms of this one.
    """

    id: str
    title: str
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    fix: Fix
    distinguishes: str = ""
    latent: bool = False
    explains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The conclusion.

    Attributes:
        causes: In order; the first is the primary cause. Empty when healthy.
        risks: Latent findings.
        notes: What else must be said: where prediction and observation disagree, what was not
            looked at and why.
    """

    verdict: Verdict
    summary: str
    causes: tuple[Finding, ...] = ()
    risks: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockLine:
    """One line of the recommended block and its reason; the reason of a kept line says `kept`."""

    text: str
    reason: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to paste where.

    Attributes:
        lines: The block, line by line with reasons.
        diff: A unified diff that `patch -p0` applies in `directory`; None without a config.
        insert_at: `file:line`, or None without a config.
        directory: Where to run `patch -p0`; empty without a config.
        omitted: The usual lines that are not in the block, each with why not.
        adapt: Without a config: what the reader must adapt, one sentence each.
        summary: One sentence: what the change does.
    """

    summary: str
    lines: tuple[BlockLine, ...]
    diff: str | None = None
    insert_at: str | None = None
    directory: str = ""
    omitted: tuple[tuple[str, str], ...] = ()
    adapt: tuple[str, ...] = ()

    @property
    def block(self) -> str:
        """The block as text, to paste."""
        return "\n".join(line.text for line in self.lines) + "\n"
