"""The name of a location that takes one path away from the location that serves it today."""

import re

from wizard.nginx.site import LocationRef
from wizard.recommend.quoting import meant, word
from wizard.recommend.statements import Statement

_REGEX = ("~", "~*")
_TOKEN = re.compile(
    r"\\. | \[\]?(?:\\.|[^\]])*\] | (?P<group>\((?!\?(?!P?<(?![=!])|'))(?!\*))",
    re.DOTALL | re.VERBOSE,
)


def is_own(location: LocationRef, statement: Statement, path: str) -> bool:
    """Whether the location is the stream's own: its name is the path, and nothing shorter."""
    if is_regex(location):
        return _pattern(statement) in (f"^{re.escape(path)}$", f"^{path}$")
    return location.path == path and location.modifier != "@"


def is_regex(location: LocationRef) -> bool:
    """Whether the location's name is a pattern."""
    return location.modifier in _REGEX


def can_carve(location: LocationRef, statement: Statement) -> bool:
    """Whether one path can be taken away from the location by name.

    Not from a named one, which has no path, nor from a pattern that begins with a PCRE verb,
    which must stay at the beginning.
    """
    is_verb = is_regex(location) and _pattern(statement).startswith("(*")
    return location.modifier != "@" and not is_verb


def carved(location: LocationRef, statement: Statement, path: str, nested: bool) -> str:
    """The header of a location for `path` alone: an exact match wherever Nginx allows it.

    A pattern with groups is kept behind a look-ahead, so that `$1` and names keep their values.
    Inside a regex location Nginx takes no exact one ("is outside location").
    """
    if has_groups(location, statement):
        return f"location {location.modifier} {word(_narrowed(_pattern(statement), path))}"
    if nested and is_regex(location):
        return f"location ~ {word(f'^{re.escape(path)}$')}"
    return f"location = {word(path)}"


def has_groups(location: LocationRef, statement: Statement) -> bool:
    """Whether the location is a pattern with groups that its lines, or outer ones, may use."""
    return is_regex(location) and any(
        match["group"] for match in _TOKEN.finditer(_pattern(statement))
    )


def _pattern(statement: Statement) -> str:
    """The pattern as PCRE gets it; its modifier may stand before it without a space."""
    written = statement.args[-1] if statement.args else ""
    return meant(re.sub(r"^~\*?", "", written) if len(statement.args) == 1 else written)


def _narrowed(pattern: str, path: str) -> str:
    only = f"{re.escape(path)}$"
    if pattern.startswith("^") and "|" not in pattern:
        return f"(?=^{only}){pattern}"
    return f"^(?={only}).*?(?:{pattern})"
