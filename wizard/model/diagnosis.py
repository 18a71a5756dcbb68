"""The conclusion from a case: findings with evidence, and the recommended change."""

from dataclasses import dataclass, replace
from typing import Literal

Confidence = Literal["confirmed", "likely", "possible"]
Verdict = Literal["healthy", "fault", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that the user can check: its kind, its place and its text."""

    kind: Literal["probe", "config", "log", "follow-up"]
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The remedy in one sentence, and the component that has to be changed.

    In a rule's text, `{stream}` and `{messages}` stand for the prefix of the directives that apply
    to that path, as in `{stream}_buffering`.
    """

    summary: str
    where: Literal["nginx", "backend", "client", "outer-proxy"]

    def with_prefixes(self, stream: str, messages: str) -> "Fix":
        """The same with the prefixes of the two paths' directives (`proxy`, `fastcgi`, …)."""
        summary = self.summary.replace("{stream}", stream).replace("{messages}", messages)
        return replace(self, summary=summary)


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure mode that a rule found in a case.

    Attributes:
        id: The rule's id, as in docs/failure-modes/.
        distinguishes: The measurement that rules out similar failure modes, in one sentence.
        latent: True for a risk: it breaks nothing now but could, so it is never a cause.
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
    """The conclusion from a case, with a summary of one sentence.

    Attributes:
        causes: The primary cause first; empty when healthy.
        risks: Latent findings.
        notes: One sentence each: where prediction and observation disagree, what was not examined
            and why.
    """

    verdict: Verdict
    summary: str
    causes: tuple[Finding, ...] = ()
    risks: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockLine:
    """One line of the recommended block and its reason; `kept` if it is in the config today."""

    text: str
    reason: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The recommended change of the config.

    Attributes:
        summary: What the change does, in one sentence.
        diff: A unified diff for `patch -p0` in `directory`; None without a config.
        insert_at: `file:line` of the change; None without a config.
        directory: The directory in which to run `patch -p0`; empty without a config.
        omitted: Commonly recommended lines that are not in the block, each with the reason.
        adapt: What the user must adapt by hand, one sentence each.
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
        """The block as text."""
        return "\n".join(line.text for line in self.lines) + "\n"
