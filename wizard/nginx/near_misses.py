"""The locations that look intended for a path and do not serve it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.model.config import Directive
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.locations import (
    PREFIX_MODIFIERS,
    modifier_and_path,
    normalize_path,
    pass_directive,
)
from wizard.nginx.memo import Memo
from wizard.nginx.patterns import search
from wizard.text.display import visible
from wizard.text.messages import tr

_REGEX_SIGNS = re.compile(r"^\^|\$$|[.)\]][*+?]|^/.*\(.*\|.*\)|\\[.dws/]")
"""Parts of a regex that stand in no path."""
_OUTRANKED = tr("it also matches {}, but another location takes precedence")
_kept: Memo[None, tuple["NearMiss", ...]] = Memo()


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A location that looks intended for a path and does not serve it.

    Attributes:
        why: The reason in one clause.
        unbuffered: Whether it turns buffering off itself.
        is_dead: Whether it serves no path at all.
    """

    directive: Directive
    why: str
    unbuffered: bool
    is_dead: bool = False

    @property
    def name(self) -> str:
        """The location as written: `location = /sse`."""
        return f"location {visible(' '.join(self.directive.args), 80)}"


def near_misses(resolution: RequestResolution) -> tuple[NearMiss, ...]:
    """The locations of the chosen server that pass requests on and nearly serve the path.

    `/` is never among them: it is intended for all other paths.
    """
    return _kept.get(resolution, None, lambda: _find_near_misses(resolution))


def _find_near_misses(resolution: RequestResolution) -> tuple[NearMiss, ...]:
    if resolution.server is None:
        return ()
    path = normalize_path(resolution.request.path, resolution.merges_slashes)
    serving = resolution.location
    chain = (*serving.parents, serving.directive) if serving else ()
    return tuple(
        NearMiss(location, why, _turns_buffering_off(location), _is_dead(location))
        for location in _all_locations(resolution.server.directive)
        if not any(location is each for each in chain) and _serves_streams(location)
        if (why := _miss_reason(location, path))
        if serving is None or _is_dead(location) or not _is_more_specific(serving, location, path)
    )


def _is_more_specific(serving: LocationRef, other: Directive, path: str) -> bool:
    """True if the serving location is clearly the intended one: it is exact, or both are prefixes
    and it is not `/`."""
    if serving.modifier == "=":
        return serving.path == path
    both_prefixes = {serving.modifier, modifier_and_path(other)[0]} <= set(PREFIX_MODIFIERS)
    return both_prefixes and serving.path != "/" and path.startswith(serving.path)


def _all_locations(block: Directive) -> Iterator[Directive]:
    """The locations of a block, with the nested locations."""
    for location in block.children("location"):
        yield location
        yield from _all_locations(location)


def _serves_streams(location: Directive) -> bool:
    """True if the location passes requests on, or is meant to change how that is done."""
    is_meant = _is_dead(location) and _turns_buffering_off(location)
    return is_meant or pass_directive(location) is not None


def _turns_buffering_off(location: Directive) -> bool:
    directives = (each for each in location.block or () if each.name.endswith("_buffering"))
    return any(directive.args == ("off",) for directive in directives)


def _is_dead(location: Directive) -> bool:
    """True for a prefix or exact location that is written like a regex, so that no path is it."""
    modifier, text = modifier_and_path(location)
    is_plain = modifier in (*PREFIX_MODIFIERS, "=")
    return is_plain and _REGEX_SIGNS.search(text) is not None


def _dead_reason(text: str, path: str) -> str:
    if search(text, path).match is None:
        return ""
    return tr(
        "it is written like a regex, but without ~ it is a prefix, and no path begins like that"
    )


def _miss_reason(location: Directive, path: str) -> str:
    """Why the location does not serve the path; empty if it does not look intended for it."""
    modifier, text = modifier_and_path(location)
    if _is_dead(location):
        return _dead_reason(text, path)
    if modifier in ("~", "~*"):
        return _pattern_miss_reason(text, path)
    if modifier == "@" or text in ("/", ""):
        return ""
    if modifier != "=" and path.startswith(text):
        return _OUTRANKED.format(visible(path, 80))
    difference = tr("{text} is not {path}", text=visible(text, 80), path=visible(path, 80))
    if text.rstrip("/") == path.rstrip("/"):
        return tr("{difference}: one ends in a slash", difference=difference)
    return (
        tr("{difference}: the case differs", difference=difference)
        if text.lower() == path.lower()
        else ""
    )


def _pattern_miss_reason(text: str, path: str) -> str:
    found = search(text, path)
    if found.problem:
        return ""
    if found.match:
        # A short pattern such as `.` or `/` matches most paths and is intended for none.
        return _OUTRANKED.format(visible(path, 80)) if len(text) > 3 else ""
    if search(text, path, ignore_case=True).match:
        return tr("the pattern does not match {path}: the case differs", path=visible(path, 80))
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if search(text, other).match:
        return tr(
            "the pattern matches {other}, not {path}",
            other=visible(other, 80),
            path=visible(path, 80),
        )
    return ""
