"""Which blocks to write: a change in the stream's own location, or a location carved out."""

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.nginx.site import LocationRef, Site
from wizard.recommend import handed
from wizard.recommend.changes import Change
from wizard.recommend.layer import Layer, own_layer
from wizard.recommend.naming import can_carve, carved, is_own
from wizard.recommend.passing import PASSES, moved
from wizard.recommend.pieces import Recast
from wizard.recommend.placing import Placed, beside, inside, nested
from wizard.recommend.quoting import word
from wizard.recommend.secrets import is_secret

_OWN = "changes the stream's own location; all else in it stays"
_WIDE = "changes the location that serves {0} and other paths too: {0} alone cannot be taken out"
_BESIDE = "a location for {} alone, with all that holds there today; other paths stay as they are"
_NESTED = "a location for {} alone inside the one that serves it, whose headers it inherits"
_HANDED = "{} is handed to a named location of its own, with all that holds there today"
_SETS = frozenset({"proxy_set_header", "fastcgi_param", "uwsgi_param", "scgi_param", "add_header"})
"""Sets that a nested location inherits whole as long as it adds nothing to them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The blocks to write, in the order to read them, and what they do in one sentence."""

    summary: str
    placed: tuple[Placed, ...]


def plan(site: Site, location: LocationRef, changes: Mapping[str, Change]) -> Plan | None:
    """The blocks for the stream; None where the config's text does not show the location."""
    if location.modifier == "@":
        return _handed_on(site, location, changes)
    if not handed.is_found_by_path(site, location):
        return _wide(site, location, Recast(changes))
    return _served(site, location, Recast(changes))


def _wide(site: Site, location: LocationRef, recast: Recast) -> Plan | None:
    """For a location that other paths reach as well, and this one by no name of its own."""
    found = own_layer(site.config, location.directive)
    summary = _WIDE.format(handed.asked(site))
    return Plan(summary, (inside(*found, recast),)) if found else None


def _served(site: Site, location: LocationRef, recast: Recast) -> Plan | None:
    """For a location that has a path: inside it if it is the stream's own, else carved out."""
    found, path = own_layer(site.config, location.directive), handed.asked(site)
    if found is None:
        return None
    layer, statement = found
    if is_own(location, statement, path):
        return Plan(_OWN, (inside(layer, statement, recast),))
    if not can_carve(location, statement):
        return _wide(site, location, recast)
    sets = _secret_sets(layer)
    renamed = {**_passes(layer, location, path), **recast.renamed}
    recast = Recast(recast.changes, renamed, sets | {"location"})
    place, summary = (nested, _NESTED) if sets else (beside, _BESIDE)
    name = carved(location, statement, path, nested=bool(sets))
    return Plan(summary.format(path), (place(layer, statement, name, recast),))


def _handed_on(site: Site, location: LocationRef, changes: Mapping[str, Change]) -> Plan | None:
    """For a named location: its content in a location of the path, or in a twin of its own."""
    name, path = handed.name(location), handed.asked(site)
    found, entry = own_layer(site.config, location.directive), handed.entry(site, location)
    if found is None:
        return None
    recast = Recast(changes)
    if entry is None:
        return _wide(site, location, recast)
    if handed.only_looks_for_files(site, entry.directive):
        header = f"location = {word(path)}"
        return Plan(_BESIDE.format(path), (beside(*found, header, recast),))
    first = _served(
        site, entry, Recast({}, handed.renaming(entry.directive, name, f"{name}_stream"))
    )
    twin = beside(*found, f"location {name}_stream", recast)
    return Plan(_HANDED.format(path), (*first.placed, twin)) if first else None


def _passes(layer: Layer, location: LocationRef, path: str) -> dict[str, str]:
    """The `proxy_pass` to write anew, if its URI depends on the location's name."""
    texts = {one.name: moved(one, location, path) for one in layer.brought if one.name in PASSES}
    return {name: text for name, text in texts.items() if text}


def _secret_sets(layer: Layer) -> frozenset[str]:
    """The sets with a credential among them: better inherited than repeated."""
    return frozenset(
        one.name for one in layer.statements if one.name in _SETS and is_secret(one, layer.text)
    )
