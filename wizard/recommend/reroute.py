"""A location for the path that messages are posted to, with the guards of the stream's."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from wizard.model.case import Case
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.locations import PASS_DIRECTIVES, passes_on, spelled
from wizard.recommend import carve
from wizard.recommend.block import Recast, Rewritten
from wizard.recommend.carve import has_groups
from wizard.recommend.change import Change, by_key
from wizard.recommend.config_text import word
from wizard.recommend.levels import Layer, own_layer
from wizard.recommend.placement import Part, beside, inside
from wizard.recommend.proxy_pass import has_uri, redirected
from wizard.recommend.settings import message_changes, passed

_WHY = "the path that the endpoint event names; an exact location wins over prefixes and regexes"
_WHY_PASS = (
    "the stream's backend, which gets {} as its endpoint event names it, the query with the "
    "session included"
)
_SUMMARY = "a location for {} that goes where the stream goes, with the same guards"
_SHARED = (
    "several servers behind one host that all say {} would collide: then let the server itself "
    "name its prefix (its root path), and keep the prefix in proxy_pass"
)
_TAKEN = "the config has a location = {} already, at {}: put these lines in its place"
_GROUPS = "the block is not in the diff: the stream's location uses groups of its pattern ({})"
_INNER = "the block is not in the diff: put it into the server block, with what {} sets for it"
_GUARDED = "the block is not in the diff: {} guards the stream as well; repeat what it sets"
_GROUP = re.compile(r"\$\{?(\d|\w+)")


def routed(
    case: Case, resolution: RequestResolution, location: LocationRef, ids: frozenset[str]
) -> Part | None:
    """A location for the messages' path; None where that path, or the stream's, is not known."""
    found = own_layer(resolution.config, location.directive)
    if found is None or case.message_resolution is None:
        return None
    layer, statement = found
    path = carve.asked(case.message_resolution)
    recast = _recast(case, resolution, layer, path, ids)
    shared = (_SHARED.format(path),) if "endpoint-prefix-lost" in ids else ()
    own = _own(case.message_resolution, path)
    if own and passed(case.message_resolution):
        return _in_place(case.message_resolution, own, recast, path, shared)
    same = {
        f"{one.name} {word(one.args[0])};" for one in layer.brought if one.name in PASS_DIRECTIVES
    }
    renamed = {name: one for name, one in recast.renamed.items() if one.text not in same}
    recast = replace(recast, renamed=renamed)
    placed = beside(layer, statement, f"location = {word(path)}", recast, _WHY)
    taken = _TAKEN.format(path, own.directive.where) if own else ""
    if trouble := taken or _trouble(resolution, location, layer):
        return Part(_SUMMARY.format(path), sketches=(placed.draft,), notes=(trouble, *shared))
    return Part(_SUMMARY.format(path), (placed,), notes=shared)


def upstream_path(case: Case, resolution: RequestResolution, path: str) -> str:
    """The path that the backend expects messages at, by its own endpoint event."""
    sent = next((one.endpoint for one in case.handshakes if one.endpoint), "")
    if not sent:
        return path
    base = resolution.upstream.request_uri if resolution.upstream else None
    return unquote(urlsplit(urljoin(base or resolution.request.path, sent)).path) or path


def _recast(
    case: Case, resolution: RequestResolution, layer: Layer, path: str, ids: frozenset[str]
) -> Recast:
    """The stream's lines for the messages' path: without rewrites, which are of another path."""
    wanted = upstream_path(case, resolution, path)
    texts = {
        one.name: text
        for one in layer.brought
        if one.name in PASS_DIRECTIVES and (text := redirected(one, path, wanted))
    }
    why = _WHY_PASS.format(wanted)
    renamed = {name: Rewritten(text, why) for name, text in texts.items()}
    settings = by_key(message_changes(case, resolution, ids))
    return Recast(settings, renamed, frozenset({"location", "rewrite", "break"}))


def _own(resolution: RequestResolution, path: str) -> LocationRef | None:
    location = resolution.location
    return location if location and location.modifier == "=" and location.path == path else None


def _in_place(
    resolution: RequestResolution,
    own: LocationRef,
    recast: Recast,
    path: str,
    notes: tuple[str, ...],
) -> Part | None:
    """The change in the exact location that there is."""
    found = own_layer(resolution.config, own.directive)
    if found is None:
        return None
    placed = inside(*found, Recast(recast.changes, recast.renamed))
    return Part(_SUMMARY.format(path), (placed,), notes=notes)


def _trouble(resolution: RequestResolution, location: LocationRef, layer: Layer) -> str:
    """Why the lines cannot simply be put beside the stream's location; empty if they can."""
    found = own_layer(resolution.config, location.directive)
    if location.parents:
        return _INNER.format(f"location {location.parents[-1].args[-1]}")
    entry = carve.entry(resolution, location) if location.modifier == "@" else None
    if entry and not carve.only_looks_for_files(resolution, entry.directive):
        return _GUARDED.format(entry.directive.where)
    if found and has_groups(location, found[1]) and _uses_groups(location, layer):
        return _GROUPS.format(location.path)
    return ""


def _uses_groups(location: LocationRef, layer: Layer) -> bool:
    names = set(re.findall(r"\(\?P?<(\w+)>", location.path))
    used = {found for one in layer.brought for arg in one.args for found in _GROUP.findall(arg)}
    return any(one.isdigit() or one in names for one in used)


_WHY_FIRM = "with ^~ no regex is tried once this prefix is the longest that matches"
_WHY_EXACT = "an exact location wins over every prefix and regex; {} is another path to Nginx"
_WHY_SAME_PATH = "the same backend, which gets the path that it knows"
_FIRM = "^~ for the location of {} at {}, so that {} no longer wins over it"
_EXACT = "a location for {} itself, with the lines of the one for {} at {}"


def reached(resolution: RequestResolution, changes: tuple[Change, ...]) -> Part | None:
    """The intended location made to serve the path; None where the config shows none."""
    path, chosen = carve.asked(resolution), _best(resolution)
    found = own_layer(resolution.config, chosen.directive) if chosen else None
    if chosen is None or found is None:
        return None
    layer, statement = found
    where, name = chosen.directive.where, chosen.path
    if chosen.modifier == "" and path.startswith(name):
        header, winner = f"location ^~ {word(name)}", resolution.location
        placed = inside(layer, statement, Recast(by_key(changes)), header, _WHY_FIRM)
        beaten = " ".join(winner.directive.args) if winner else "a regex"
        return Part(_FIRM.format(name, where, beaten), (placed,))
    dropped = frozenset({"location"})
    recast = Recast(by_key(changes), _as_there(layer, chosen, path), dropped)
    placed = beside(layer, statement, f"location = {word(path)}", recast, _WHY_EXACT.format(name))
    return Part(_EXACT.format(path, name, where), (placed,))


def _as_there(layer: Layer, chosen: LocationRef, path: str) -> dict[str, Rewritten]:
    """The `proxy_pass` that sends what the intended location sends for its own name; one with a
    URI does so as it stands."""
    lines = [one for one in layer.brought if one.name in PASS_DIRECTIVES and not has_uri(one)]
    texts = {one.name: redirected(one, path, chosen.path) for one in lines}
    return {name: Rewritten(text, _WHY_SAME_PATH) for name, text in texts.items() if text}


def _best(resolution: RequestResolution) -> LocationRef | None:
    """The location whose name comes closest to the path."""
    return max(_candidates(resolution), key=lambda one: len(one.path), default=None)


def _candidates(resolution: RequestResolution) -> Iterator[LocationRef]:
    """Those of the server that pass on, do not serve the path today, and are named like it."""
    path, serving = (
        carve.asked(resolution),
        resolution.location.directive if resolution.location else None,
    )
    for one in resolution.server.directive.children("location") if resolution.server else ():
        modifier, name = spelled(one)
        beaten = one is not serving and modifier == "" and name != "/" and path.startswith(name)
        if passes_on(one) and (beaten or _is_like(modifier, name, path)):
            yield LocationRef(modifier, name, one)


def _is_like(modifier: str, name: str, path: str) -> bool:
    """Whether only the slash at the end is different, for which Nginx redirects at best."""
    return modifier in ("", "^~", "=") and name.rstrip("/") == path.rstrip("/") and name != path
