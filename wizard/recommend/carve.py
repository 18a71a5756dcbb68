"""Which blocks to write: a change in the path's own location, or a location carved out."""

import re
from dataclasses import dataclass

from wizard.model.config import Directive
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.locations import PASS_DIRECTIVES, find, normal, spelled
from wizard.nginx.route import follow
from wizard.recommend import carve
from wizard.recommend.block import Recast, Rewritten
from wizard.recommend.change import SETS
from wizard.recommend.config_text import Statement, is_secret, meant, word
from wizard.recommend.levels import Layer, own_layer
from wizard.recommend.placement import Placed, beside, inside, nested
from wizard.recommend.proxy_pass import moved

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


_OWN = "{what}, in {path}'s own location; all else in it stays"
WIDE = "{what}, in a location that serves other paths too: {path} alone cannot be taken out of it"
_BESIDE = "{what}, in a location for {path} alone that keeps all that holds there today"
_NESTED = "{what}, in a location for {path} alone inside the one that serves it, which it inherits"
_WHY_TWIN = "the same, carve on to the twin below"
_HANDED = "{what}, in a named location for {path} alone that keeps all that holds there today"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    Attributes:
        summary: One sentence, with `{what}` for the settings and `{path}` for the path.
        placed: The blocks, in the order to read them.
    """

    summary: str
    placed: tuple[Placed, ...]


def plan(resolution: RequestResolution, location: LocationRef, recast: Recast) -> Plan | None:
    """The blocks for the path; None where the config's text does not show the location."""
    if location.modifier == "@":
        return _handed_on(resolution, location, recast)
    if not carve.is_found_by_path(resolution, location):
        return _wide(resolution, location, recast)
    return _served(resolution, location, recast)


def _wide(resolution: RequestResolution, location: LocationRef, recast: Recast) -> Plan | None:
    """For a location that other paths reach as well, and this one by no name of its own."""
    found = own_layer(resolution.config, location.directive)
    return Plan(WIDE, (inside(*found, recast),)) if found else None


def _served(resolution: RequestResolution, location: LocationRef, recast: Recast) -> Plan | None:
    """For a location that has a path: inside it if it is the path's own, else carved out."""
    found, path = own_layer(resolution.config, location.directive), carve.asked(resolution)
    if found is None:
        return None
    layer, statement = found
    if is_own(location, statement, path):
        return Plan(_OWN, (inside(layer, statement, recast),))
    if not can_carve(location, statement):
        return _wide(resolution, location, recast)
    sets = _secret_sets(layer, recast)
    renamed = {**_passes(layer, location, path), **recast.renamed}
    recast = Recast(recast.changes, renamed, recast.dropped | sets | {"location"})
    place, summary = (nested, _NESTED) if sets else (beside, _BESIDE)
    name = carved(location, statement, path, nested=bool(sets))
    return Plan(summary, (place(layer, statement, name, recast),))


def _handed_on(resolution: RequestResolution, location: LocationRef, recast: Recast) -> Plan | None:
    """For a named location: its content in a location of the path, or in a twin of its own."""
    name, path = carve.name(location), carve.asked(resolution)
    found, entry = (
        own_layer(resolution.config, location.directive),
        carve.entry(resolution, location),
    )
    if found is None:
        return None
    if entry is None:
        return _wide(resolution, location, recast)
    if carve.only_looks_for_files(resolution, entry.directive):
        header = f"location = {word(path)}"
        return Plan(_BESIDE, (beside(*found, header, recast),))
    twin_name = _twin(resolution, name)
    first = _served(resolution, entry, Recast({}, _renaming(entry, name, twin_name)))
    twin = beside(*found, f"location {twin_name}", recast)
    return Plan(_HANDED, (*first.placed, twin)) if first else None


def _twin(resolution: RequestResolution, name: str) -> str:
    """The name of a twin of a named location for this path."""
    return f"{name}_{re.sub('[^A-Za-z0-9]+', '_', carve.asked(resolution)).strip('_') or 'stream'}"


def _renaming(entry: LocationRef, name: str, twin: str) -> dict[str, Rewritten]:
    lines = carve.renaming(entry.directive, name, twin)
    return {key: Rewritten(text, _WHY_TWIN) for key, text in lines.items()}


def _passes(layer: Layer, location: LocationRef, path: str) -> dict[str, Rewritten]:
    """The `proxy_pass` to write anew, if its URI depends on the location's name."""
    passing = (directive for directive in layer.brought if directive.name in PASS_DIRECTIVES)
    texts = {directive.name: moved(directive, location, path) for directive in passing}
    return {name: Rewritten(text) for name, text in texts.items() if text}


def _secret_sets(layer: Layer, recast: Recast) -> frozenset[str]:
    """The sets with a credential among them: better inherited than repeated, if they can be."""
    changed = {one.name for one in recast.changes.values()}
    held = {one.name for one in layer.statements if one.name in SETS and is_secret(one, layer.text)}
    return frozenset(held - changed)


_ONLY_FILES = frozenset({"try_files", "root", "index", "alias"})


def name(location: LocationRef) -> str:
    """The named location's name with its `@`."""
    return f"@{location.path.removeprefix('@')}"


def entry(resolution: RequestResolution, location: LocationRef) -> LocationRef | None:
    """The location that hands this path on to a named one; None if that is not certain."""
    choice = find(resolution.server.directive, asked(resolution), []) if resolution.server else None
    if choice is None:
        return None
    last = choice.chain[-1]
    hands_on = any(_names(one, name(location)) for one in last.block or ())
    modifier, path = spelled(last)
    return LocationRef(modifier, path, last, choice.chain[:-1]) if hands_on else None


def is_found_by_path(resolution: RequestResolution, location: LocationRef) -> bool:
    """Whether the path alone leads to the location; where it was rewritten it does not."""
    if resolution.server is None:
        return True
    choice = find(resolution.server.directive, asked(resolution), [])
    if choice is None or choice.chain[-1] is not location.directive:
        return False
    route = follow(resolution.server.directive, resolution.request, resolution.merges_slashes)
    return route.broken or not route.rewritten


def asked(resolution: RequestResolution) -> str:
    """The path as locations see it."""
    return normal(resolution.request.path, resolution.merges_slashes)


def only_looks_for_files(resolution: RequestResolution, location: Directive) -> bool:
    """Whether the location guards and shapes nothing, so that nothing of it must be kept."""
    outermost = (resolution.server.directive.block or ()) if resolution.server else ()
    return location in outermost and all(one.name in _ONLY_FILES for one in location.block or ())


def renaming(location: Directive, old: str, new: str) -> dict[str, str]:
    """The lines that hand on, written for another name."""
    return {
        one.name: f"{one.name} {' '.join((*one.args[:-1], one.args[-1].replace(old, new)))};"
        for one in location.block or ()
        if _names(one, old)
    }


def _names(directive: Directive, wanted: str) -> bool:
    last = directive.args[-1].lstrip("=") if directive.args else ""
    return directive.name in ("try_files", "error_page") and last == wanted
