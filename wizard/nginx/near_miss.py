"""Locations that look as if they were meant for a path and do not serve it."""

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.model.config import Directive
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.locations import compiled, normal, passes_on, raw, spelled
from wizard.text.display import visible


@dataclass(frozen=True, slots=True)
class Meant:
    """Such a location.

    Attributes:
        why: Why it does not serve the path, in one clause.
        unbuffered: Whether it says itself that nothing is to be held.
    """

    directive: Directive
    why: str
    unbuffered: bool

    @property
    def name(self) -> str:
        """As it is written: `location = /sse`."""
        return f"location {visible(' '.join(self.directive.args), 80)}"


def meant(resolution: RequestResolution) -> tuple[Meant, ...]:
    """The proxied locations of this server that nearly serve the path; never `/`, which is meant
    for the rest."""
    if resolution.server is None:
        return ()
    path, serving = normal(resolution.request.path, resolution.merges_slashes), resolution.location
    chain = {id(one) for one in (*serving.parents, serving.directive)} if serving else set[int]()
    return tuple(
        Meant(location, why, _is_off(location))
        for location in _all(resolution.server.directive)
        if id(location) not in chain and passes_on(location)
        if (why := _why(location, path))
        if serving is None or not _is_closer(serving, location, path)
    )


def _is_closer(serving: LocationRef, other: Directive, path: str) -> bool:
    """Whether who serves is plainly the more special one: then that was meant."""
    if serving.modifier == "=":
        return serving.path == path
    prefixes = ("", "^~")
    return (
        serving.modifier in prefixes and spelled(other)[0] in prefixes and _is_long(serving, path)
    )


def _is_long(serving: LocationRef, path: str) -> bool:
    return serving.path != "/" and path.startswith(serving.path)


def _all(block: Directive) -> Iterator[Directive]:
    for location in block.children("location"):
        yield location
        yield from _all(location)


def _is_off(location: Directive) -> bool:
    lines = (line for line in location.block or () if line.name.endswith("_buffering"))
    return any(line.args == ("off",) for line in lines)


def _why(location: Directive, path: str) -> str:
    """Why it does not serve the path; empty where it was not meant to."""
    modifier, text = spelled(location)
    if modifier in ("~", "~*"):
        return _of_pattern(text, path)
    if modifier == "@" or text in ("/", ""):
        return ""
    if modifier != "=" and path.startswith(text):
        return _loses(path)
    if text.rstrip("/") == path.rstrip("/"):
        return f"{visible(text, 80)} is not {visible(path, 80)}: one ends in a slash"
    if text.lower() == path.lower():
        return f"{visible(text, 80)} is not {visible(path, 80)}: the case differs"
    return ""


def _loses(path: str) -> str:
    return f"it matches {visible(path, 80)} as well, and loses"


def _of_pattern(text: str, path: str) -> str:
    plain, loose = compiled(text), compiled(text, ignore_case=True)
    if plain is None or loose is None:
        return ""
    if plain.search(raw(path)):
        # A pattern such as `.` or `/` was not meant for this path.
        return _loses(path) if len(text) > 3 else ""
    if loose.search(raw(path)):
        return f"the pattern does not match {visible(path, 80)}: the case differs"
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if plain.search(raw(other)):
        return f"the pattern matches {visible(other, 80)}, not {visible(path, 80)}"
    return ""
