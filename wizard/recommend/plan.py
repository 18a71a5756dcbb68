"""Which blocks to write: a change in the path's own location, or a location carved out."""

import re
from dataclasses import dataclass

from wizard.nginx.site import LocationRef, Site
from wizard.recommend import handed
from wizard.recommend.change import SETS
from wizard.recommend.layer import Layer, own_layer
from wizard.recommend.naming import can_carve, carved, is_own
from wizard.recommend.passing import PASSES, moved
from wizard.recommend.pieces import Recast, Rewritten
from wizard.recommend.placing import Placed, beside, inside, nested
from wizard.recommend.quoting import word
from wizard.recommend.secrets import is_secret

_OWN = "{what}, in {path}'s own location; all else in it stays"
WIDE = "{what}, in a location that serves other paths too: {path} alone cannot be taken out of it"
_BESIDE = "{what}, in a location for {path} alone that keeps all that holds there today"
_NESTED = "{what}, in a location for {path} alone inside the one that serves it, which it inherits"
_WHY_TWIN = "the same, handed on to the twin below"
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


def plan(site: Site, location: LocationRef, recast: Recast) -> Plan | None:
    """The blocks for the path; None where the config's text does not show the location."""
    if location.modifier == "@":
        return _handed_on(site, location, recast)
    if not handed.is_found_by_path(site, location):
        return _wide(site, location, recast)
    return _served(site, location, recast)


def _wide(site: Site, location: LocationRef, recast: Recast) -> Plan | None:
    """For a location that other paths reach as well, and this one by no name of its own."""
    found = own_layer(site.config, location.directive)
    return Plan(WIDE, (inside(*found, recast),)) if found else None


def _served(site: Site, location: LocationRef, recast: Recast) -> Plan | None:
    """For a location that has a path: inside it if it is the path's own, else carved out."""
    found, path = own_layer(site.config, location.directive), handed.asked(site)
    if found is None:
        return None
    layer, statement = found
    if is_own(location, statement, path):
        return Plan(_OWN, (inside(layer, statement, recast),))
    if not can_carve(location, statement):
        return _wide(site, location, recast)
    sets = _secret_sets(layer, recast)
    renamed = {**_passes(layer, location, path), **recast.renamed}
    recast = Recast(recast.changes, renamed, recast.dropped | sets | {"location"})
    place, summary = (nested, _NESTED) if sets else (beside, _BESIDE)
    name = carved(location, statement, path, nested=bool(sets))
    return Plan(summary, (place(layer, statement, name, recast),))


def _handed_on(site: Site, location: LocationRef, recast: Recast) -> Plan | None:
    """For a named location: its content in a location of the path, or in a twin of its own."""
    name, path = handed.name(location), handed.asked(site)
    found, entry = own_layer(site.config, location.directive), handed.entry(site, location)
    if found is None:
        return None
    if entry is None:
        return _wide(site, location, recast)
    if handed.only_looks_for_files(site, entry.directive):
        header = f"location = {word(path)}"
        return Plan(_BESIDE, (beside(*found, header, recast),))
    twin_name = _twin(site, name)
    first = _served(site, entry, Recast({}, _renaming(entry, name, twin_name)))
    twin = beside(*found, f"location {twin_name}", recast)
    return Plan(_HANDED, (*first.placed, twin)) if first else None


def _twin(site: Site, name: str) -> str:
    """The name of a twin of a named location for this path."""
    return f"{name}_{re.sub('[^A-Za-z0-9]+', '_', handed.asked(site)).strip('_') or 'stream'}"


def _renaming(entry: LocationRef, name: str, twin: str) -> dict[str, Rewritten]:
    lines = handed.renaming(entry.directive, name, twin)
    return {key: Rewritten(text, _WHY_TWIN) for key, text in lines.items()}


def _passes(layer: Layer, location: LocationRef, path: str) -> dict[str, Rewritten]:
    """The `proxy_pass` to write anew, if its URI depends on the location's name."""
    texts = {one.name: moved(one, location, path) for one in layer.brought if one.name in PASSES}
    return {name: Rewritten(text) for name, text in texts.items() if text}


def _secret_sets(layer: Layer, recast: Recast) -> frozenset[str]:
    """The sets with a credential among them: better inherited than repeated, if they can be."""
    changed = {one.name for one in recast.changes.values()}
    held = {one.name for one in layer.statements if one.name in SETS and is_secret(one, layer.text)}
    return frozenset(held - changed)
