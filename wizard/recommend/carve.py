"""Which location to write: the path's own one changed in place, or a new one carved out of it."""

import re
from collections.abc import Sequence

from wizard.model.change import SET_DIRECTIVES, Change
from wizard.model.config import Directive
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.locations import find_location, modifier_and_path, normalize_path
from wizard.nginx.proxy_pass import (
    for_exact_path,
    for_many_paths,
    has_fixed_uri,
    replace_passes,
)
from wizard.recommend.block import Block, ConfigFix
from wizard.recommend.family import PathFamily, family_of
from wizard.recommend.placement import add_beside, add_nested, change_inside
from wizard.recommend.redaction import is_secret
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.source import SourceBlock, source_of
from wizard.text.config_tokens import quote_argument, unescape_argument
from wizard.text.display import visible
from wizard.text.messages import tr

_OWN = tr("{what}, in {path}'s own location; everything else in it stays")
_SHARED = tr(
    "{what}, in a location that serves other paths too: {path} alone cannot be taken out of it"
)
_BESIDE = tr("{what}, in a location for {paths} that keeps everything that applies there today")
_NESTED = tr("{what}, in a location for {paths} inside the one that serves it, which it inherits")
_NAMED = tr(
    "{what}, in a named location for {paths} that keeps everything that applies there today"
)
_FAMILY_OWN = tr("{what}, in the location of {paths}; everything else in it stays")
_WHY_COPY = tr("the same, but it leads to the copy below")
_WHY_SAME_URI = tr("the same upstream, with the URI that this path has today")


def fix_path(
    resolution: RequestResolution, location: LocationRef, rewrite: Rewrite, what: str
) -> ConfigFix | None:
    """Make the changes for the resolution's path alone, if that is possible.

    None if the config's text does not show the location. `what` names the changes in the summary.
    """
    path = location_path(resolution)
    family = None if is_shared(resolution, location) else family_of(path)
    of_all = _fix_family(resolution, location, rewrite, family) if family else None
    summary, blocks = of_all or _blocks(resolution, location, rewrite)
    if not blocks:
        return None
    paths = (
        tr("every {form}", form=visible(family.shown))
        if family and of_all
        else tr("{path} alone", path=visible(path))
    )
    notes = (family.note(path, is_for_all=of_all is not None),) if family else ()
    summary = summary.format(what=what, path=visible(path), paths=paths)
    return ConfigFix(summary, tuple(blocks), notes)


def _blocks(
    resolution: RequestResolution, location: LocationRef, rewrite: Rewrite
) -> tuple[str, Sequence[Block]]:
    """The summary, with `{what}`, `{path}` and `{paths}`, and the blocks; none if there is no
    source."""
    if is_shared(resolution, location):
        source = source_of(resolution.config, location.directive)
        return _SHARED, (change_inside(source, rewrite),) if source else ()
    if location.modifier == "@":
        return _fix_named(resolution, location, rewrite)
    return _fix_served(resolution, location, rewrite)


def is_shared(resolution: RequestResolution, location: LocationRef) -> bool:
    """True if other paths reach the location as well, and this one cannot be taken out of it."""
    if location.modifier == "@":
        return entry_location(resolution, location) is None
    if not _is_reached_by_path(resolution, location):
        return True
    source = source_of(resolution.config, location.directive)
    if source is None or _is_own(location, source, location_path(resolution)):
        return False
    return _starts_with_verb(location, source)


def _fix_served(
    resolution: RequestResolution, location: LocationRef, rewrite: Rewrite
) -> tuple[str, Sequence[Block]]:
    """The summary and the blocks for a location that the path itself leads to."""
    source, path = source_of(resolution.config, location.directive), location_path(resolution)
    if source is None:
        return "", ()
    if _is_own(location, source, path):
        return _OWN, (change_inside(source, rewrite),)
    if _starts_with_verb(location, source):
        return _SHARED, (change_inside(source, rewrite),)
    inherited = _secret_sets(source, rewrite)
    passes = replace_passes(
        source.passes, lambda line: for_exact_path(line, location, path), _WHY_SAME_URI
    )
    changes = (*rewrite.changes.values(), *passes)
    rewrite = Rewrite.of(changes, rewrite.dropped | inherited | {"location"})
    header = _carved_header(location, source, path, is_nested=bool(inherited))
    if inherited:
        return _NESTED, (add_nested(source, header, rewrite),)
    return _BESIDE, (add_beside(source, header, rewrite),)


def _secret_sets(source: SourceBlock, rewrite: Rewrite) -> frozenset[str]:
    """The set directives that hold a credential: better inherited than repeated, if they can be."""
    changed = {change.name for change in rewrite.changes.values()}
    sets = (line for line in source.statements if line.name in SET_DIRECTIVES)
    return frozenset({line.name for line in sets if is_secret(line, source.text)} - changed)


# Paths with an id.

_WHY_FAMILY = tr("wins for these paths alone over the location that serves them today")
_WHY_NO_URI = tr(
    "the same upstream; the rewrite makes the URI, which a pattern's location cannot name"
)
_WHY_REWRITE = tr("the URI that proxy_pass makes of these paths today")
_ROUTING = frozenset({"rewrite", "break", "if"})
"""Directives after which another rewrite would not do the same as a `proxy_pass` with a URI."""


def _fix_family(
    resolution: RequestResolution, location: LocationRef, rewrite: Rewrite, family: PathFamily
) -> tuple[str, Sequence[Block]] | None:
    """The summary and the blocks for all paths that differ from this one in an id alone.

    None if the location that leads to them has the path's own name, if the same URI cannot be
    sent for all of them, or if a regex location serves some of them.
    """
    entry = entry_location(resolution, location) if location.modifier == "@" else location
    content = source_of(resolution.config, location.directive)
    around = source_of(resolution.config, entry.directive) if entry else None
    if not entry or not content or not around or _is_own(entry, around, location_path(resolution)):
        return None
    if _takes_from_regex(resolution, entry, family):
        return None
    if location.modifier == "@" and not only_finds_files(resolution, entry.directive):
        name = _full_name(location)
        copy = _copy_name(name, family.shown)
        first = Rewrite.of(_renamed_targets(entry, name, copy))
        block = _carve_family(entry, around, around, first, family)
        return _NAMED, (block, add_beside(content, f"location {copy}", rewrite))
    if entry is location and is_regex(entry) and family.matches_name(_pattern(around)):
        return _FAMILY_OWN, (change_inside(content, rewrite),)
    passes = _passes_of_family(location, content)
    if passes is None:
        return None
    rewrite = Rewrite.of((*rewrite.changes.values(), *passes), rewrite.dropped)
    return _BESIDE, (_carve_family(entry, around, content, rewrite, family),)


def _carve_family(
    entry: LocationRef,
    around: SourceBlock,
    content: SourceBlock,
    rewrite: Rewrite,
    family: PathFamily,
) -> Block:
    """A location for the family that takes no path from any other location than the entry.

    Inside a prefix location a pattern is tried only for paths that have no longer prefix; beside a
    regex one, a look-ahead limits it to the paths that this regex matches.
    """
    if is_regex(entry):
        rewrite = Rewrite(rewrite.changes, rewrite.dropped | {"location"})
        only = family.pattern.removeprefix("^")
        pattern = quote_argument(_narrowed(_pattern(around), only))
        header = f"location {entry.modifier} {pattern}"
        return add_beside(around, header, rewrite, _WHY_FAMILY, content)
    inherited = _secret_sets(around, rewrite) if content is around else frozenset[str]()
    rewrite = Rewrite(rewrite.changes, rewrite.dropped | inherited | {"location"})
    header = f"location ~ {quote_argument(family.pattern)}"
    return add_nested(around, header, rewrite, _WHY_FAMILY, content)


def _takes_from_regex(
    resolution: RequestResolution, entry: LocationRef, family: PathFamily
) -> bool:
    """True if another regex serves some of the family today: one inside a prefix location would
    be tried before it."""
    server = resolution.server
    if is_regex(entry) or server is None:
        return False
    choices = (find_location(server.directive, path, []) for path in family.siblings())
    served_by = {choice.chain[-1] for choice in choices if choice}
    others = (modifier_and_path(directive)[0] for directive in served_by - {entry.directive})
    return any(modifier in _REGEX for modifier in others)


def _passes_of_family(location: LocationRef, source: SourceBlock) -> list[Change] | None:
    """The changes that send each path of the family to the URI that it has today; None if the
    location changes the URI in a way that these could not repeat."""
    changes: list[Change] = []
    for line in filter(has_fixed_uri, source.passes):
        new = for_many_paths(line, location)
        if new is None or any(other.name in _ROUTING for other in source.directives):
            return None
        changes.append(Change(line.name, new[0], _WHY_NO_URI, if_present=True))
        changes.append(Change("rewrite", new[1], _WHY_REWRITE))
    return changes


# Locations whose name is a pattern.

_REGEX = ("~", "~*")


def is_regex(location: LocationRef) -> bool:
    """True if the location's name is a regular expression."""
    return location.modifier in _REGEX


_REGEX_TOKEN = re.compile(
    r"\\. | \[\]?(?:\\.|[^\]])*\] | (?P<group>\((?!\?(?!P?<(?![=!])|'))(?!\*))",
    re.DOTALL | re.VERBOSE,
)


def has_groups(location: LocationRef, source: SourceBlock) -> bool:
    """True if the location is a pattern with groups that its lines, or outer ones, may use."""
    return is_regex(location) and any(
        token["group"] for token in _REGEX_TOKEN.finditer(_pattern(source))
    )


def _starts_with_verb(location: LocationRef, source: SourceBlock) -> bool:
    """True for a pattern with a PCRE verb, which must stay at its beginning."""
    return is_regex(location) and _pattern(source).startswith("(*")


def _is_own(location: LocationRef, source: SourceBlock, path: str) -> bool:
    """True if the location's name is exactly the path."""
    if is_regex(location):
        return _pattern(source) in (f"^{re.escape(path)}$", f"^{path}$")
    return location.path == path and location.modifier != "@"


def _carved_header(
    location: LocationRef, source: SourceBlock, path: str, *, is_nested: bool
) -> str:
    """The header of a location for `path` alone: an exact match wherever Nginx allows it.

    A pattern with groups is kept behind a look-ahead, so that `$1` and names keep their values.
    Inside a regex location Nginx takes no exact one ("is outside location").
    """
    around = location.directive if is_nested else next(reversed(location.parents), None)
    if has_groups(location, source):
        pattern = quote_argument(_narrowed(_pattern(source), f"{re.escape(path)}$"))
        return f"location {location.modifier} {pattern}"
    if around and modifier_and_path(around)[0] in _REGEX:
        return f"location ~ {quote_argument(f'^{re.escape(path)}$')}"
    return f"location = {quote_argument(path)}"


def _pattern(source: SourceBlock) -> str:
    """The pattern as PCRE gets it; its modifier may stand before it without a space."""
    args = source.statement.args
    written = args[-1] if args else ""
    return unescape_argument(re.sub(r"^~\*?", "", written) if len(args) == 1 else written)


def _narrowed(pattern: str, only: str) -> str:
    """The pattern for the paths alone that `only` matches from their beginning."""
    if pattern.startswith("^") and "|" not in pattern:
        return f"(?=^{only}){pattern}"
    return f"^(?={only}).*?(?:{pattern})"


# Named locations, which have no path of their own.

_FILE_DIRECTIVES = frozenset({"try_files", "root", "index", "alias"})


def _fix_named(
    resolution: RequestResolution, location: LocationRef, rewrite: Rewrite
) -> tuple[str, Sequence[Block]]:
    """The summary and the blocks for a named location: its content in a location of the path,
    or, if the location that leads to it must be kept, in a copy of its own."""
    source = source_of(resolution.config, location.directive)
    entry = entry_location(resolution, location)
    if source is None or entry is None:
        return "", ()
    path = location_path(resolution)
    if only_finds_files(resolution, entry.directive):
        return _BESIDE, (add_beside(source, f"location = {quote_argument(path)}", rewrite),)
    name = _full_name(location)
    copy = _copy_name(name, path)
    _, first = _fix_served(resolution, entry, Rewrite.of(_renamed_targets(entry, name, copy)))
    return _NAMED, (*first, add_beside(source, f"location {copy}", rewrite)) if first else ()


def _copy_name(name: str, path: str) -> str:
    """The name of a copy of a named location for a path."""
    return f"{name}_{re.sub('[^A-Za-z0-9]+', '_', path).strip('_') or 'stream'}"


def _full_name(location: LocationRef) -> str:
    """The named location's name with its `@`."""
    return f"@{location.path.removeprefix('@')}"


def entry_location(resolution: RequestResolution, location: LocationRef) -> LocationRef | None:
    """The location that leads from the path to a named one; None if that is not certain."""
    server, path = resolution.server, location_path(resolution)
    choice = find_location(server.directive, path, []) if server else None
    if choice is None:
        return None
    last = choice.chain[-1]
    if not any(_leads_to(directive, _full_name(location)) for directive in last.block or ()):
        return None
    modifier, path = modifier_and_path(last)
    return LocationRef(modifier, path, last, choice.chain[:-1])


def only_finds_files(resolution: RequestResolution, location: Directive) -> bool:
    """True if the location does nothing but look for files, so that nothing of it must be kept."""
    outermost = (resolution.server.directive.block or ()) if resolution.server else ()
    lines = location.block or ()
    return location in outermost and all(line.name in _FILE_DIRECTIVES for line in lines)


def _renamed_targets(location: LocationRef, name: str, copy: str) -> list[Change]:
    """The lines that lead to the named location, written for its copy."""
    changes = []
    for line in location.directive.block or ():
        if _leads_to(line, name):
            value = " ".join((*line.args[:-1], line.args[-1].replace(name, copy)))
            changes.append(Change(line.name, value, _WHY_COPY, if_present=True))
    return changes


def _leads_to(directive: Directive, name: str) -> bool:
    last = directive.args[-1].lstrip("=") if directive.args else ""
    return directive.name in ("try_files", "error_page") and last == name


# The path as locations see it.


def _is_reached_by_path(resolution: RequestResolution, location: LocationRef) -> bool:
    """True if the path alone leads to the location, without a rewrite."""
    if resolution.server is None:
        return True
    server = resolution.server.directive
    choice = find_location(server, location_path(resolution), [])
    if choice is None or choice.chain[-1] is not location.directive:
        return False
    return not resolution.is_rewritten


def location_path(resolution: RequestResolution) -> str:
    """The path as Nginx compares it with locations."""
    return normalize_path(resolution.request.path, resolution.merges_slashes)
