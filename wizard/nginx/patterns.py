"""Nginx's regular expressions (PCRE) as Python's, for locations, rewrites and server names."""

import re
import warnings
from functools import lru_cache

_TRANSLATED = re.compile(
    r"\\Q(?P<literal>.*?)(?:\\E|\Z)|(?P<escape>\\.)"
    r"|(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|(?P<named>\(\?<(?![=!]))",
    re.DOTALL,
)
"""The parts of a pattern that PCRE and Python write differently."""
_TRANSLATED_IN_SET = re.compile(r"(?<=.)(?:\\.|\[:\^?\w+:\]|[\[&~|])", re.DOTALL)
_ESCAPES = {
    r"\z": r"\Z", r"\Z": r"(?=\n?\Z)", r"\h": r"[\t \xa0]", r"\H": r"[^\t \xa0]", r"\e": r"\x1b",
    r"\v": r"[\n-\r\x85]", r"\V": r"[^\n-\r\x85]", r"\N": r"[^\n]", r"\R": r"(?:\r\n|[\n-\r\x85])",
}  # fmt: skip
_SET_ESCAPES = {
    r"\h": r"\t \xa0", r"\v": r"\n-\r\x85", r"\e": r"\x1b", "[": r"\[", "&": r"\&", "~": r"\~",
    "|": r"\|", "[:alpha:]": "a-zA-Z", "[:digit:]": "0-9", "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z", "[:lower:]": "a-z", "[:space:]": r"\s", "[:blank:]": r"\t ",
    "[:word:]": r"\w", "[:xdigit:]": "0-9A-Fa-f", "[:cntrl:]": r"\x00-\x1f\x7f",
    "[:graph:]": "!-~", "[:print:]": " -~", "[:punct:]": r"!-/:-@\[-`{-~",
}  # fmt: skip


def pattern_bytes(text: str) -> bytes:
    """The bytes of a pattern or subject: in Nginx `.` matches one byte, and `\\w` ASCII only."""
    return text.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str, ignore_case: bool = False) -> re.Pattern[bytes] | None:
    """The pattern, to match `pattern_bytes`; None if Python cannot tell what PCRE would match."""
    try:
        translated = _TRANSLATED.sub(_translate, pattern)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern_bytes(translated), re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError, KeyError, Warning, UnicodeEncodeError):
        return None


def _translate(match: re.Match[str]) -> str:
    if match["named"]:
        return "(?P<"
    if match["literal"] is not None:
        return re.escape(match["literal"])
    if match["escape"]:
        return _ESCAPES.get(match[0], match[0])
    return _TRANSLATED_IN_SET.sub(_translate_in_set, match[0])


def _translate_in_set(match: re.Match[str]) -> str:
    """Raises KeyError for a class that a set cannot contain, such as `[:^alpha:]`."""
    text = match[0]
    is_same = text.startswith("\\") and text not in _SET_ESCAPES
    return text if is_same else _SET_ESCAPES[text]
