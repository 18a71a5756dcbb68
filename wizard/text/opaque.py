"""Which texts look like a random secret, and which like ordinary words, names, hosts or numbers."""

import re

MIN_CHARS = 6
_RUN = re.compile(r"[^\W_]+")
_ORDINARY_RUN = re.compile(
    r"(?:[a-z]{1,14}|[A-Z]{1,14}|(?=[A-Za-z]{1,14}\Z)[A-Z]?[a-z]{1,14}(?:[A-Z][a-z]{1,14}){0,4})"
    r"[0-9]{0,3}"
    r"|[0-9]{1,8}|[a-z]{0,2}[0-9]{1,4}[a-z]{0,2}|[0-9]{1,2}T[0-9]{2}|[0-9]{1,6}Z"
)
"""A word (`buffering`, `fastMcp`, `team42`), a number or date, a unit or version (`4o`, `v2`)."""
_SHORT_RUN = re.compile(r"[a-z0-9]{1,4}|[A-Z0-9]{1,4}")
_NUMBER = re.compile(r"[0-9.,:+-]+")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,11}[a-z0-9])?\.){1,8}[a-z]{2,14}(?::[0-9]{1,5})?")
"""A host name, whose labels need not be words."""


def is_opaque(text: str, min_chars: int = MIN_CHARS) -> bool:
    """True if the text looks random, so that it can be replaced wherever it occurs.

    A text of ordinary words, such as `proxy_buffering`, `gpt-4o-mini` or `/srv/www`, is not.
    """
    if len(text) < min_chars or any(map(str.isspace, text)):
        return False
    runs = _RUN.findall(text)
    if not runs or _NUMBER.fullmatch(text):
        return False
    odd = [run for run in runs if not _ORDINARY_RUN.fullmatch(run)]
    is_ordinary = not odd or (len(odd) == 1 and len(runs) > 1 and _SHORT_RUN.fullmatch(odd[0]))
    return not is_ordinary and _HOST.fullmatch(text) is None
