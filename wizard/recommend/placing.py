"""Where the block goes: inside the location that serves, beside it, or nested in it."""

import re
from dataclasses import dataclass

from wizard.nginx.site import LocationRef
from wizard.recommend.draft import Draft, header, indent_of, lead
from wizard.recommend.layer import Layer
from wizard.recommend.patch import Edit
from wizard.recommend.pieces import Recast
from wizard.recommend.quoting import regex
from wizard.recommend.statements import COMMENT, Statement

_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?\r?\n")
_GROUP = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|(?P<group>\((?!\?(?!P?<(?![=!])|')))", re.DOTALL)

_INSIDE = "changes the stream's own location; everything else in it stays"
_BESIDE = "a location for {} alone, with all that holds there today; other paths stay as they are"
_NESTED = (
    "a location for {} alone inside the one that serves it today, whose headers and captures it "
    "keeps; other paths stay as they are"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with the edits that put it into the location's file.

    Attributes:
        summary: What the change does, in one sentence.
        at: The offset in the file that the reader is sent to.
    """

    summary: str
    draft: Draft
    edits: tuple[Edit, ...]
    at: int


def is_own(location: LocationRef, path: str) -> bool:
    """Whether the location is the stream's own: its name is the path, and nothing shorter."""
    if location.modifier in ("~", "~*"):
        return location.path in (regex(path), f"^{path}$")
    return location.path == path and location.modifier != "@"


def has_captures(location: LocationRef) -> bool:
    """Whether the location is a regex with groups that its lines, or outer ones, may refer to."""
    is_regex = location.modifier in ("~", "~*")
    return is_regex and any(match["group"] for match in _GROUP.finditer(location.path))


def inside(layer: Layer, statement: Statement, location: LocationRef, recast: Recast) -> Placed:
    """The change made in the location itself, touching only the lines that change."""
    indent = indent_of(layer.text, statement)
    why = "the stream's own location: the change is made in it"
    draft = Draft(header(location.modifier, location.path), why, recast.pieces(layer), indent)
    edits = [
        Edit(one.start, one.end, f"\n{indent.inner}".join(piece.text for piece in pieces))
        for one in layer.statements
        if (pieces := recast.instead(layer, one)) is not None
    ]
    return Placed(
        _INSIDE, draft, (*edits, *_missing(layer, statement, recast, indent.inner)), statement.start
    )


def _missing(layer: Layer, whole: Statement, recast: Recast, indent: str) -> tuple[Edit, ...]:
    """The insertion of new settings after the line that passes on, on lines of their own."""
    texts = [piece.text for piece in recast.missing(layer)]
    if not texts:
        return ()
    passing = [one for one in layer.statements if recast.passes(layer, one)]
    at = passing[-1].end if passing else (whole.opened or whole.end)
    rest = _REST_OF_LINE.match(layer.text, at)
    if rest is None:
        return (Edit(at, at, " " + " ".join(texts)),)
    return (Edit(rest.end(), rest.end(), "".join(f"{indent}{text}\n" for text in texts)),)


def beside(layer: Layer, statement: Statement, path: str, recast: Recast) -> Placed:
    """A location for the path alone, directly before the one that serves it today.

    The same parent means the same inheritance, and an exact match is looked at first.
    """
    why = "an exact match wins over every prefix and regex, and covers this path alone"
    indent = indent_of(layer.text, statement)
    draft = Draft(header("=", path), why, recast.pieces(layer), indent)
    at = _above(layer.text, statement.start)
    if lead(layer.text, statement.start) is None:
        return Placed(
            _BESIDE.format(path),
            draft,
            (Edit(len(layer.text[:at].rstrip(" \t")), at, f"\n{draft.text}"),),
            at,
        )
    return Placed(_BESIDE.format(path), draft, (Edit(at, at, f"{draft.text}\n"),), at)


def nested(layer: Layer, statement: Statement, path: str, recast: Recast) -> Placed:
    """A location for the path alone inside the one that serves it today.

    It inherits what it does not set itself, and a regex around it keeps its captures.
    """
    why = "inside the location that serves this path today, for this path alone"
    indent = indent_of(layer.text, statement).nested
    draft = Draft(header("=", path), why, recast.pieces(layer), indent)
    opened = statement.opened or statement.end
    rest = _REST_OF_LINE.match(layer.text, opened)
    at = rest.end() if rest else opened
    text = f"{draft.text}\n" if rest else f"\n{draft.text}"
    return Placed(_NESTED.format(path), draft, (Edit(at, at, text),), at)


def _above(text: str, offset: int) -> int:
    """Where a block before this offset goes: above the comments that belong to what follows."""
    if lead(text, offset) is None:
        return offset
    start = text.rfind("\n", 0, offset) + 1
    while start:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text[line:start].strip().startswith(COMMENT):
            break
        start = line
    return start
