"""The paths that differ from the stream's only in an id, as `/threads/a1/stream`: a change for one
of them alone would not help the next client."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from string import ascii_lowercase, digits

from wizard.text.display import comma_list, visible
from wizard.text.messages import tr

_ANY = "[^/]+"
_WITH_DIGIT = "[^/]*[0-9][^/]*"
_STRONG = (
    (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "[0-9a-fA-F-]{36}"),
    (re.compile(r"[0-9]+"), "[0-9]+"),
    (re.compile(r"(?=.*[0-9])[0-9a-fA-F]{8,}"), "[0-9a-fA-F]{8,}"),
    (re.compile(r"(?=(?:.*[0-9]){3})(?=.*[A-Za-z])[\w-]{16,}", re.ASCII), "[0-9A-Za-z_-]+"),
)
"""Segments that are ids wherever they stand, each with a pattern of its kind."""
_WEAK = re.compile(r"(?=.*[0-9])(?!v[0-9.]+$)[\w-]{2,}", re.ASCII)
"""Segments that are ids behind the name of what they number; `v1` is a version."""
_VERSIONED = re.compile(r"api|rest|v|version", re.IGNORECASE)
"""Segments behind which a number is a version."""
_NUMBERED = re.compile(
    r"[A-Za-z_-]+s|chat|thread|session|user|room|channel|conversation|run|job|task|agent|bot"
    r"|stream|sse|feed|topic|project|workspace|tenant|team|game|order",
    re.IGNORECASE,
)


_ID_IN_NAME = r"\(?(?:\?P?<\w+>)?(?:\[\^/\]|\\d|\\w|\[[\w\\-]+\])(?:\+|\*|\{[\d,]+\})\)?"
"""What stands for an id in the pattern of a location: `[^/]+`, `(\\d+)`, `(?<id>[0-9a-f-]{36})`."""


_CHOICE = tr(
    "{ids} looks like an id, so the block is for every {form}; for this path alone, name "
    "the location = {path}"
)
_ALONE = tr(
    "{ids} looks like an id, but the block is for this path alone: other paths of the "
    "form {form} need the same"
)


@dataclass(frozen=True, slots=True)
class PathFamily:
    """The paths of one form.

    Attributes:
        pattern: A pattern for exactly these paths, as a location takes it.
        literals: The parts of the path around its ids: one more than these.
        ids: The ids in the path that was asked.
    """

    pattern: str
    literals: tuple[str, ...]
    ids: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The form in words: `/threads/{id}/stream`."""
        return "{id}".join(self.literals)

    def note(self, path: str, *, is_for_all: bool) -> str:
        """Which choice was made for this path, and what the other one would take."""
        ids, form = visible(comma_list(self.ids)), visible(self.shown)
        return (_CHOICE if is_for_all else _ALONE).format(ids=ids, form=form, path=visible(path))

    def siblings(self) -> Iterator[str]:
        """Some other paths of this form: with each letter and digit where the ids begin or end."""
        for char in ascii_lowercase + digits:
            for changed in (
                [char + id[1:] for id in self.ids],
                [id[:-1] + char for id in self.ids],
            ):
                path = "".join(map("".join, zip_longest(self.literals, changed, fillvalue="")))
                if re.search(self.pattern, path):
                    yield path

    def matches_name(self, pattern: str) -> bool:
        """True if a location's pattern is for exactly the paths of this form."""
        parts = ["".join(rf"\\?{re.escape(char)}" for char in each) for each in self.literals]
        return bool(re.fullmatch(rf"\^{_ID_IN_NAME.join(parts)}\$", pattern))


def family_of(path: str) -> PathFamily | None:
    """The family of a decoded path; None if no segment of it looks like an id."""
    segments = path.split("/")
    last = max((at for at, segment in enumerate(segments) if segment), default=0)
    patterns, literals, ids = list[str](), [""], list[str]()
    for at, segment in enumerate(segments):
        kind = _id_pattern(segment, segments[at - 1] if at else "")
        literals[-1] += "/" if at else ""
        if kind:
            ids.append(segment)
            literals.append("")
        else:
            literals[-1] += segment
        # What follows the id tells these paths from others; without it the kind of id has to.
        patterns.append((_ANY if at < last else kind) if kind else re.escape(segment))
    if not ids:
        return None
    return PathFamily(f"^{'/'.join(patterns)}$", tuple(literals), tuple(ids))


def _id_pattern(segment: str, before: str) -> str:
    """A pattern for ids of this segment's kind; empty if it is no id."""
    if _VERSIONED.fullmatch(before):
        return ""
    for form, pattern in _STRONG:
        if form.fullmatch(segment):
            return pattern
    return _WITH_DIGIT if _WEAK.fullmatch(segment) and _NUMBERED.fullmatch(before) else ""
