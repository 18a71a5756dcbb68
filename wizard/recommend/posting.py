"""A location for the path that messages are posted to, with the guards of the stream's."""

import re
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from wizard.model import Case
from wizard.nginx.site import LocationRef, Site
from wizard.recommend import handed
from wizard.recommend.change import by_key
from wizard.recommend.changes import message_changes, passed
from wizard.recommend.layer import Layer, own_layer
from wizard.recommend.naming import has_groups
from wizard.recommend.part import Part
from wizard.recommend.passing import PASSES, redirected
from wizard.recommend.pieces import Recast, Rewritten
from wizard.recommend.placing import beside, inside
from wizard.recommend.quoting import word

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


def routed(case: Case, site: Site, location: LocationRef, ids: frozenset[str]) -> Part | None:
    """A location for the messages' path; None where that path, or the stream's, is not known."""
    found = own_layer(site.config, location.directive)
    if found is None or case.message_site is None:
        return None
    layer, statement = found
    path = handed.asked(case.message_site)
    recast = _recast(case, site, layer, path, ids)
    shared = (_SHARED.format(path),) if "endpoint-prefix-lost" in ids else ()
    own = _own(case.message_site, path)
    if own and passed(case.message_site):
        return _in_place(case.message_site, own, recast, path, shared)
    same = {f"{one.name} {word(one.args[0])};" for one in layer.brought if one.name in PASSES}
    renamed = {name: one for name, one in recast.renamed.items() if one.text not in same}
    recast = replace(recast, renamed=renamed)
    placed = beside(layer, statement, f"location = {word(path)}", recast, _WHY)
    taken = _TAKEN.format(path, own.directive.where) if own else ""
    if trouble := taken or _trouble(site, location, layer):
        return Part(_SUMMARY.format(path), sketches=(placed.draft,), notes=(trouble, *shared))
    return Part(_SUMMARY.format(path), (placed,), notes=shared)


def upstream_path(case: Case, site: Site, path: str) -> str:
    """The path that the backend expects messages at, by its own endpoint event."""
    sent = next((one.endpoint for one in case.handshakes if one.endpoint), "")
    if not sent:
        return path
    base = site.upstream.request_uri if site.upstream else None
    return unquote(urlsplit(urljoin(base or site.request.path, sent)).path) or path


def _recast(case: Case, site: Site, layer: Layer, path: str, ids: frozenset[str]) -> Recast:
    """The stream's lines for the messages' path: without rewrites, which are of another path."""
    wanted = upstream_path(case, site, path)
    texts = {
        one.name: text
        for one in layer.brought
        if one.name in PASSES and (text := redirected(one, path, wanted))
    }
    why = _WHY_PASS.format(wanted)
    renamed = {name: Rewritten(text, why) for name, text in texts.items()}
    settings = by_key(message_changes(case, site, ids))
    return Recast(settings, renamed, frozenset({"location", "rewrite", "break"}))


def _own(site: Site, path: str) -> LocationRef | None:
    location = site.location
    return location if location and location.modifier == "=" and location.path == path else None


def _in_place(
    site: Site, own: LocationRef, recast: Recast, path: str, notes: tuple[str, ...]
) -> Part | None:
    """The change in the exact location that there is."""
    found = own_layer(site.config, own.directive)
    if found is None:
        return None
    placed = inside(*found, Recast(recast.changes, recast.renamed))
    return Part(_SUMMARY.format(path), (placed,), notes=notes)


def _trouble(site: Site, location: LocationRef, layer: Layer) -> str:
    """Why the lines cannot simply be put beside the stream's location; empty if they can."""
    found = own_layer(site.config, location.directive)
    if location.parents:
        return _INNER.format(f"location {location.parents[-1].args[-1]}")
    entry = handed.entry(site, location) if location.modifier == "@" else None
    if entry and not handed.only_looks_for_files(site, entry.directive):
        return _GUARDED.format(entry.directive.where)
    if found and has_groups(location, found[1]) and _uses_groups(location, layer):
        return _GROUPS.format(location.path)
    return ""


def _uses_groups(location: LocationRef, layer: Layer) -> bool:
    names = set(re.findall(r"\(\?P?<(\w+)>", location.path))
    used = {found for one in layer.brought for arg in one.args for found in _GROUP.findall(arg)}
    return any(one.isdigit() or one in names for one in used)
