"""What is kept of one target among many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wizard.conclusion import Verdict

WORST: tuple[Verdict, ...] = ("healthy", "inconclusive", "fault")
"""The verdicts, the worst last: what is broken weighs more than what cannot be told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What every form shows of one target, and its part of the form that is asked for.

    The case itself is let go: five hundred configs and traces must not be kept.

    Attributes:
        name: What the target is called, made safe.
        verdict: None where it was not asked: what nobody looked at is neither well nor unclear.
        cause: The primary cause with its confidence; empty where there is none.
        first_event_s: When the slowest leg through the proxy had its first event, in seconds from
            its start; None where one of them had none.
        elapsed_s: How long this target took, in seconds.
        problems: What was wrong with its inputs and its vantages, one sentence each.
        unread: Whether an input could not be read at all.
        part: Its part of the report; what that is depends on the format.
    """

    name: str
    url: str
    verdict: Verdict | None
    summary: str
    cause: str
    first_event_s: float | None
    elapsed_s: float
    problems: tuple[str, ...]
    unread: bool
    part: Any


def worst(entries: Sequence[Entry]) -> Verdict:
    """The worst verdict of all; where some were not asked, it cannot be told that all is well."""
    return max((one.verdict or "inconclusive" for one in entries), key=WORST.index)
