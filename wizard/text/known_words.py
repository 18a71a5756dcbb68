"""A set of words that is searched for in a text, in one pass, however many words there are.

Each word is found by its anchor, its longest run of letters and digits: every run of the text is
looked up in a dictionary. So a word is found only where no letter or digit stands beside it.
"""

import re
from collections.abc import Iterator

MAX_WORDS_OF_ANCHOR = 128
MAX_CHARS = 4 << 20
"""Of all words; later ones are not added."""
MAX_KEPT_CHARS = 64 << 10
_ORDINARY_CHARS = 16 << 10
_RUN = re.compile(r"[^\W_]+")
_ESCAPE = re.compile(r"(?:%(?:25)?[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[bfnrt])\Z")
"""Letters and digits that belong to an escape, after which a word can begin."""
_ESCAPE_CHARS = 6

Found = tuple[int, int, str]
"""Start and end of a word in a text, and the replacement of the word."""


class KnownWords:
    """Words with their replacements."""

    def __init__(self) -> None:
        self._replacements: dict[str, str] = {}
        self._anchors: dict[str, list[tuple[str, int]]] = {}
        self._chars = 0
        self._kept = ""

    def __bool__(self) -> bool:
        return bool(self._replacements)

    @property
    def has_room(self) -> bool:
        """True if a word of ordinary length can be added."""
        return self._chars + _ORDINARY_CHARS <= MAX_CHARS

    def get(self, word: str) -> str | None:
        """The replacement of this word, if there is one."""
        return self._replacements.get(word)

    def add(self, word: str, replacement: str) -> None:
        """Add a word, unless it occurs in a kept text or there is no room for it."""
        if not _RUN.search(word) or word in self._replacements or word in self._kept:
            return
        anchor = _anchor(word)
        words = self._anchors.setdefault(anchor[0], [])
        if len(words) < MAX_WORDS_OF_ANCHOR and self._chars + len(word) <= MAX_CHARS:
            words.append((word, anchor.start()))
            self._replacements[word] = replacement
            self._chars += len(word)

    def keep(self, text: str) -> None:
        """Neither add nor find a word that occurs in this text."""
        if not text or text in self._kept or len(self._kept) + len(text) > MAX_KEPT_CHARS:
            return
        self._kept += f"\n{text}"
        for word in [word for word in self._replacements if word in text]:
            anchor = _anchor(word)
            del self._replacements[word]
            self._anchors[anchor[0]].remove((word, anchor.start()))

    def find(self, text: str) -> list[Found]:
        """The words in the text, in order; of words that overlap, all that they cover at once."""
        if not self._replacements:
            return []
        merged = list[Found]()
        longest = 0
        for start, end, word in sorted(self._matches(text)):
            if not merged or start >= merged[-1][1]:
                merged.append((start, end, self._replacements[word]))
                longest = end - start
                continue
            first, last, replacement = merged[-1]
            is_longer = end - start > longest
            longest = max(longest, end - start)
            chosen = self._replacements[word] if is_longer else replacement
            merged[-1] = (first, max(last, end), chosen)
        return merged

    def _matches(self, text: str) -> Iterator[tuple[int, int, str]]:
        for run in _RUN.finditer(text):
            for at in _starts(text, run):
                for word, offset in self._anchors.get(text[at : run.end()], ()):
                    start = at - offset
                    if start >= 0 and text.startswith(word, start):
                        end = start + len(word)
                        if _begins(text, start) and not _is_inside(text, end):
                            yield start, end, word


def _anchor(word: str) -> re.Match[str]:
    return max(_RUN.finditer(word), key=lambda run: len(run[0]))


def _starts(text: str, run: re.Match[str]) -> Iterator[int]:
    """Where a word can begin in a run: at its start, or after the escape that it begins with."""
    start = run.start()
    yield start
    if text[start - 1 : start] in ("%", "\\") and start:
        for size in (1, 2, 4, 5):
            before = text[max(0, start - 1) : start + size]
            if start + size < run.end() and _ESCAPE.fullmatch(before):
                yield start + size


def _begins(text: str, start: int) -> bool:
    """True if no letter or digit stands before, except as the end of an escape."""
    if not _is_inside(text, start):
        return True
    return _ESCAPE.search(text[max(0, start - _ESCAPE_CHARS) : start]) is not None


def _is_inside(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()
