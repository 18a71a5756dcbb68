"""The marks that stand for secrets: `[redacted-1]`, `[redacted-2]`, the same secret the same mark.

There is one register for the process, so that all outputs of a run agree. A secret that was found
once, by its name or its place (a header, a parameter of a URL, a directive), is also replaced where
only its value occurs: in a path, a body, a log line. Every output calls `redact_known` as the last
thing before the text leaves (`safe`, `redact` and `write_report` do).
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

TextFunction = Callable[[str], str]
MASK = "[redacted]"
"""The mark where the register is full, and where marks need not be told apart."""
MARK = re.compile(r"\[redacted(?:-[0-9]{1,9})?\]")
"""Any mark. A case file may have others than this process has given."""
_NUMBERED = re.compile(r"\[?redacted-([0-9]{1,9})\]?")
FIRST_FOREIGN_NUMBER = 1_000_000
"""Higher numbers in a text are not counted: a server may have written them."""
MAX_SECRETS = 5000
"""How many secrets are told apart."""
MAX_SECRET_CHARS = 8192
"""A longer secret is told apart by its beginning alone."""
_MIN_PART_CHARS = 6
_RANDOM = re.compile(
    r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w.+/=~:@!$%^*()-]{6,}|[A-Za-z0-9_+/=-]{20,}"
)
"""A text that is no ordinary word: it can be replaced wherever it occurs."""
_SESSION_ID = re.compile(r"(?<=/)(?=[^/?#]*[0-9])[A-Za-z0-9_-]{16,}(?=[/?#]|$)")
_SEPARATORS = re.compile(r"[\s;,=\"'&]+")
_SCHEME = re.compile(r"(?i)^(?:basic|bearer|token|digest|negotiate|apikey)\s+(?=\S)")
_ORDINARY = re.compile(r"(?i)(?:[0-9.:/]+|[a-z]+[0-9]?|v?[0-9.]+|https?://.*|[a-z]+[-_/.][a-z]+)")
"""Numbers, addresses, words: a secret of this form is masked in its place alone."""


class Marks:
    """The register of secrets. It keeps them in memory alone, for as long as the process runs."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything, as a test needs it."""
        self._marks: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._public: set[str] = set()
        self._whole: set[str] = set()
        self._next = 1
        self._known: re.Pattern[str] | None = None

    def mark(self, secret: str) -> str:
        """The mark of this secret; of one that is masked in part already, the mark that it has."""
        if part := MARK.search(secret):
            return part[0]
        if match := _NUMBERED.fullmatch(secret):
            return f"[redacted-{match[1]}]"
        secret = _SCHEME.sub("", secret[:MAX_SECRET_CHARS])
        known = self._marks.get(secret) or self._parts.get(secret)
        if known or len(self._marks) >= MAX_SECRETS:
            return known or MASK
        mark = self._marks[secret] = f"[redacted-{self._next}]"
        self._next += 1
        if secret not in self._whole:
            words = (*_SEPARATORS.split(secret), secret)
            for word in (*words, *map(_quoted, words)):
                if _is_replaceable(word):
                    self._parts.setdefault(word, mark)
                    self._known = None
        return mark

    def mark_whole(self, text: str) -> str:
        """The mark of a text that is private as a whole; its words alone are not replaced."""
        self._whole.add(text[:MAX_SECRET_CHARS])
        return self.mark(text)

    def add(self, secret: str) -> None:
        """Register a secret of which the place shows that it is one."""
        if secret.strip():
            self.mark(secret)

    def add_session_ids(self, url: str) -> None:
        """Register the session ids in the path of an endpoint: a UUID, a random word."""
        for segment in _SESSION_ID.findall(url[:MAX_SECRET_CHARS]):
            self.add(segment)

    def keep(self, texts: Iterable[str]) -> None:
        """Never replace a word that occurs in these: the hosts and paths that are examined."""
        fresh = {text for text in texts if text} - self._public
        self._public |= fresh
        if fresh:
            self._known = None

    def reserve(self, text: str) -> None:
        """Give no number that occurs in this text, such as a case file's."""
        issued = {int(mark[10:-1]) for mark in self._marks.values()}
        numbers = {int(match[1]) for match in _NUMBERED.finditer(text)} - issued
        highest = max((n for n in numbers if n < FIRST_FOREIGN_NUMBER), default=0)
        self._next = max(self._next, highest + 1)

    def redact_known(self, text: str) -> str:
        """The text with each registered secret replaced by its mark, wherever it occurs."""
        pattern = self._pattern()
        return pattern.sub(lambda match: self._parts[match[0]], text) if pattern else text

    def _pattern(self) -> re.Pattern[str] | None:
        """The secrets, parts of them and their percent-encoded forms, the longest first."""
        if self._known is None and self._parts:
            public = "\n".join(self._public)
            parts = sorted((part for part in self._parts if part not in public), key=len)
            self._known = re.compile("|".join(map(re.escape, reversed(parts))) or "(?!)")
        return self._known


def _is_replaceable(word: str) -> bool:
    """True if the word is a secret wherever it occurs: no ordinary word, number or address."""
    if len(word) < _MIN_PART_CHARS or _ORDINARY.fullmatch(word) or MARK.search(word):
        return False
    return _RANDOM.fullmatch(word) is not None


def _quoted(text: str) -> str:
    """The text percent-encoded, as it stands in a parameter of a URL."""
    return quote(text, safe="", errors="replace")


MARKS = Marks()
"""The register of this process."""
