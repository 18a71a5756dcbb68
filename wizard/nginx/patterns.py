"""Nginx's regular expressions, matched by PCRE2 as Nginx matches them, within a limit of steps.

PCRE gives up after ten million steps, and Nginx answers 500 then
(https://www.pcre.org/current/doc/html/pcre2api.html, `pcre2_set_match_limit`). Here the limit is
lower, since a config may come from anywhere: what needs more steps is not decided.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

MATCH_LIMIT = 1_000_000
"""How many steps one match may take: some 50 ms."""
MAX_EXCEEDED, EXCEEDED_WINDOW_S = 40, 10.0
"""How many patterns may exceed the limit within so many seconds; then none is tried for a while."""
MAX_PATTERN_CHARS = 10_000
"""The longest pattern that is tried."""
UNTRIED, EXCEEDED = "could not be tried", "takes too many steps to be tried"
"""Why it is not known whether a pattern matches."""


class Match(Protocol):
    """What a pattern matched, as of `re`."""

    def groups(self) -> Sequence[bytes | None]:
        """What the groups hold."""

    def groupdict(self) -> dict[str, bytes | None]:
        """What the named groups hold."""


@dataclass(frozen=True, slots=True)
class Search:
    """The result of a search: `problem` says why it is not known; empty if it is."""

    match: Match | None = None
    problem: str = ""


def search(pattern: str, subject: str, *, ignore_case: bool = False) -> Search:
    """Search the subject for the pattern; in Nginx `.` matches one byte, and `\\w` ASCII only."""
    if (pattern, ignore_case) in _exceeded or _is_spent():
        return Search(problem=EXCEEDED)
    compiled = _compile(pattern, ignore_case)
    if compiled is None:
        return Search(problem=UNTRIED)
    try:
        return Search(compiled.search(_bytes(subject)))
    except Exception as error:
        if type(error).__name__ != "LibraryError":
            raise
        _exceeded[pattern, ignore_case] = time.monotonic()
        return Search(problem=EXCEEDED)


_exceeded: dict[tuple[str, bool], float] = {}
"""The patterns that took too many steps for some subject, and when; they are not tried again."""


def _is_spent() -> bool:
    """True if too many patterns exceeded the limit lately."""
    since = time.monotonic() - EXCEEDED_WINDOW_S
    return sum(at > since for at in _exceeded.values()) >= MAX_EXCEEDED


@lru_cache(maxsize=4096)
def _compile(pattern: str, ignore_case: bool) -> Any:
    """The compiled pattern; None if PCRE does not accept it."""
    import pcre2  # Late: few commands have a pattern to match.

    if len(pattern) > MAX_PATTERN_CHARS:
        return None
    limited = f"(*LIMIT_MATCH={MATCH_LIMIT})".encode() + _bytes(pattern)
    try:
        return pcre2.compile(limited, pcre2.I if ignore_case else 0, jit=False)
    except (pcre2.PatternError, pcre2.LibraryError, UnicodeError, ValueError):
        return None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
