"""Nginx's regular expressions, matched by PCRE2 as Nginx matches them, within a limit of steps.

PCRE gives up after ten million steps, and Nginx answers 500 then
(https://www.pcre.org/current/doc/html/pcre2api.html, `pcre2_set_match_limit`). Here the limit is
lower, since a config may come from anywhere: what needs more steps is not decided.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

from wizard.model.resolution import Doubt
from wizard.text.display import visible
from wizard.text.messages import tr

MATCH_LIMIT = 1_000_000
"""How many steps one match may take: some 50 ms."""
SLOW_S = 0.002
"""A match that takes longer is slow, in seconds; an ordinary one takes some microseconds."""
MAX_SLOW_S, WINDOW_S = 1.0, 10.0
"""How long slow matches may take within so many seconds; then none is tried for a while."""
MAX_PATTERN_CHARS = 10_000
"""The longest pattern that is tried."""
Problem = Literal["untried", "exceeded"]
"""Why it is not known whether a pattern matches: PCRE does not accept it, so Nginx does not start
with it; or the match takes too many steps."""


class Match(Protocol):
    """What a pattern matched, as of `re`."""

    def groups(self) -> Sequence[bytes | None]:
        """What the groups hold."""

    def groupdict(self) -> dict[str, bytes | None]:
        """What the named groups hold."""


@dataclass(frozen=True, slots=True)
class Search:
    """The result of a search: `problem` is why it is not known; None if it is."""

    match: Match | None = None
    problem: Problem | None = None


def search(pattern: str, subject: str, *, ignore_case: bool = False) -> Search:
    """Search the subject for the pattern; in Nginx `.` matches one byte, and `\\w` ASCII only."""
    if (pattern, ignore_case) in _exceeded or _is_spent():
        return Search(problem="exceeded")
    compiled = _compile(pattern, ignore_case)
    if compiled is None:
        return Search(problem="untried")
    started = time.perf_counter()
    try:
        return Search(compiled.search(_bytes(subject)))
    except Exception as error:
        if type(error).__name__ != "LibraryError":
            raise
        _exceeded.add((pattern, ignore_case))
        return Search(problem="exceeded")
    finally:
        ended = time.perf_counter()
        if ended - started > SLOW_S:
            _slow.append((ended, ended - started))


def pattern_doubt(where: object, written: str, problem: Problem) -> Doubt:
    """That it is not known whether the pattern at this place of the config matches."""
    pattern = visible(written, 80)
    if problem == "exceeded":
        text = tr(
            "{where}: it is not known whether the pattern {pattern} matches: it takes too many "
            "steps",
            where=where,
            pattern=pattern,
        )
        return Doubt("limit", text)
    text = tr(
        "{where}: it is not known whether the pattern {pattern} matches: it could not be tried",
        where=where,
        pattern=pattern,
    )
    return Doubt("pattern", text)


_exceeded: set[tuple[str, bool]] = set()
"""The patterns that took too many steps for some subject; they are not tried again."""
_slow: deque[tuple[float, float]] = deque(maxlen=1000)
"""When the last slow matches ended, and how long each took, in seconds."""


def _is_spent() -> bool:
    """True if slow matches took too much time lately."""
    if not _slow:
        return False
    since = time.perf_counter() - WINDOW_S
    while _slow and _slow[0][0] < since:
        _slow.popleft()
    return sum(duration for _, duration in _slow) >= MAX_SLOW_S


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
