import re
import warnings
from functools import lru_cache

_PIECE = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|(?P<named>\(\?<(?![=!]))",
    re.DOTALL,
)
_IN_SET = re.compile(r"(?<=.)(?:\\.|\[:\^?\w+:\]|[\[&~|])", re.DOTALL)
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
    """The bytes that Nginx matches: `.` is one of them, `\\w` is ASCII."""
    return text.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str, ignore_case: bool = False) -> re.Pattern[bytes] | None:
    """The pattern, to match `pattern_bytes`; None if Python cannot tell what PCRE would match."""
    try:
        text = _PIECE.sub(_piece, pattern)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern_bytes(text), re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError, KeyError, Warning, UnicodeEncodeError):
        return None


def _piece(found: re.Match[str]) -> str:
    if found["named"]:
        return "(?P<"
    if found["escape"]:
        return _ESCAPES.get(found[0], found[0])
    return _IN_SET.sub(_in_set, found[0])


def _in_set(found: re.Match[str]) -> str:
    """Raises KeyError for a class that cannot be said in a set, such as `[:^alpha:]`."""
    text = found[0]
    is_same = text.startswith("\\") and text not in _SET_ESCAPES
    return text if is_same else _SET_ESCAPES[text]
