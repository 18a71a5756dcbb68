"""Nginx's regular expressions (PCRE) in Python's, where the two agree."""

import re
from functools import lru_cache

_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool = False) -> re.Pattern[str] | None:
    """The pattern, or None where Python cannot say what PCRE would match."""
    text = _NAMED_GROUP.sub("(?P<", pattern).replace(r"\z", r"\Z").replace(r"\h", r"[ \t]")
    try:
        return re.compile(text, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError):
        return None
