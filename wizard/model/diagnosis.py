"""The conclusion from a case: findings with evidence, and the recommended change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Literal

from wizard.text.display import labelled, safe
from wizard.text.messages import tr

Confidence = Literal["confirmed", "likely", "possible"]
CONFIDENCE_WORDS: Mapping[Confidence, str] = {
    "confirmed": tr("confirmed"),
    "likely": tr("likely"),
    "possible": tr("possible"),
}
"""How sure a cause is, in everything that people read; JSON has the ids."""
Verdict = Literal["healthy", "fault", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that the user can check.

    Attributes:
        where: The label of a probe, `file:line` of a config, or the name of a log.
        setting: The setting of the config that it shows; empty if it is about something else.
        short: The text in fewer words, where there is little room; empty if there is none.
    """

    kind: Literal["probe", "config", "log", "follow-up"]
    where: str
    text: str
    setting: str = ""
    short: str = ""

    @property
    def probe(self) -> str:
        """The id of the probe that saw it, such as `sse-direct`; empty for other kinds."""
        return self.where.partition(" ")[0] if self.kind in ("probe", "follow-up") else ""

    @property
    def is_direct(self) -> bool:
        """True if a request to the direct URL showed it."""
        return self.probe.endswith("-direct")

    @property
    def line(self) -> tuple[str, int] | None:
        """The file and the line of the config; None if it is at no line of one."""
        file, _, number = self.where.rpartition(":")
        return (file, int(number)) if self.kind == "config" and number.isdecimal() else None


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
        ruled_out: What else was measured not to be the cause, each with how that shows.
    """

    id: str
    title: str
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    fix: Fix
    distinguishes: str = ""
    latent: bool = False
    explains: frozenset[str] = frozenset()
    ruled_out: tuple[str, ...] = ()


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
    """One line of the recommended block and its reason; `kept` if it is in the config today.

    A comment that says where the block goes has no reason.
    """

    text: str
    reason: str
    kept: bool = False


Action = Literal["insert", "replace", "set", "keep"]
"""What to do with a part of the recommendation: insert it, put it in place of a block that the
config has, set its lines in a block that is not shown, or nothing, since it is there already."""


@dataclass(frozen=True, slots=True)
class Part:
    """One block of the recommendation, and where it goes.

    Attributes:
        where: What to do with the lines, as an instruction; empty if they say it themselves.
        at: `file:line` before which the lines go, or of the block that they replace; None if that
            is not known.
    """

    lines: tuple[BlockLine, ...]
    action: Action = "set"
    where: str = ""
    at: str | None = None

    @property
    def annotated(self) -> tuple[BlockLine, ...]:
        """The lines below a comment that says where they go."""
        first = self.lines[0].text if self.lines else ""
        indent = first[: len(first) - len(first.lstrip())]
        comment = BlockLine(f"{indent}# {labelled(safe(self.where), '').rstrip()}", "", kept=True)
        return (comment, *self.lines) if self.where else self.lines

    @property
    def dedented(self) -> "Part":
        """The same without the indentation that all lines share."""
        texts = dedent(self.block).split("\n")
        lines = (replace(line, text=text) for line, text in zip(self.lines, texts, strict=False))
        return replace(self, lines=tuple(lines))

    @property
    def block(self) -> str:
        """The lines as text, without the comment."""
        return "".join(f"{line.text}\n" for line in self.lines)


def instruction_of(parts: Sequence[Part]) -> str:
    """Where to paste the parts, in one sentence; empty if they say it themselves."""
    wheres = [part.where for part in parts if part.where and part.action != "keep"]
    if len(wheres) > 1:
        return tr("paste {count} blocks, each where the comment above it says", count=len(wheres))
    return wheres[0] if wheres else ""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The recommended change of the config.

    Attributes:
        change: What the change does, in one sentence.
        parts: The blocks to paste, each with where it goes.
        diff: A unified diff for `patch -p0` in `directory`; None without a config.
        directory: The directory in which to run `patch -p0`; empty without a config.
        omitted: Commonly recommended lines that are not in the block, each with the reason.
        adapt: What the user must adapt by hand, one sentence each.
    """

    change: str
    parts: tuple[Part, ...]
    diff: str | None = None
    directory: str = ""
    omitted: tuple[tuple[str, str], ...] = ()
    adapt: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What the change does and where it goes, in one sentence."""
        place = instruction_of(self.parts)
        return labelled(self.change, place) if place else self.change

    @property
    def lines(self) -> tuple[BlockLine, ...]:
        """The lines of all parts, with an empty line between two."""
        lines: list[BlockLine] = []
        for part in self.parts:
            if lines:
                lines.append(BlockLine("", "", kept=True))
            lines += part.annotated
        return tuple(lines)

    @property
    def dedented(self) -> "Recommendation":
        """The same, each part without the indentation that all its lines share."""
        return replace(self, parts=tuple(part.dedented for part in self.parts))

    @property
    def block(self) -> str:
        """All lines as text; comments say where each part goes."""
        return "".join(f"{line.text}\n" for line in self.lines)

    @property
    def insert_at(self) -> str | None:
        """`file:line` of the first part whose place is known."""
        return next((part.at for part in self.parts if part.at), None)
