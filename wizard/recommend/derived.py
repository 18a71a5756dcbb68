"""With a config: the block derived from the location that serves the path today."""

from wizard.model import Case, Recommendation
from wizard.nginx.site import LocationRef, Site
from wizard.nginx.tree import Where
from wizard.recommend.changes import Change
from wizard.recommend.layer import Layer, own_layer
from wizard.recommend.observed import from_observation
from wizard.recommend.passing import PASSES, moved
from wizard.recommend.patch import edited, home, unified
from wizard.recommend.pieces import Recast
from wizard.recommend.placing import Placed, beside, has_captures, inside, is_own, nested
from wizard.recommend.secrets import MASK, is_secret
from wizard.recommend.statements import Statement
from wizard.recommend.usual import omitted

_NO_LOCATION = "the config given has no location that proxies this path: is it the one in use?"
_INHERITED = frozenset(
    {"proxy_set_header", "fastcgi_param", "uwsgi_param", "scgi_param", "add_header"}
)
"""Sets that a nested location inherits whole as long as it adds nothing to them."""


def from_site(
    case: Case, site: Site, changes: tuple[Change, ...], reveal: bool = False
) -> Recommendation:
    """The change to the location that serves, or a location for the stream carved out of it."""
    location = site.location
    found = own_layer(site.config, location.directive) if location else None
    if location is None or found is None:
        return from_observation(case, changes, _NO_LOCATION)
    layer, statement = found
    placed = _placed(site.request.path, location, layer, statement, changes)
    return _recommendation(site, layer, placed, reveal)


def _placed(
    path: str,
    location: LocationRef,
    layer: Layer,
    statement: Statement,
    changes: tuple[Change, ...],
) -> Placed:
    settings = {one.name: one for one in changes}
    if is_own(location, path) or location.modifier == "@":
        return inside(layer, statement, location, Recast(settings))
    sets = _secret_sets(layer)
    recast = Recast(settings, _passes(layer, location, path), sets | {"location"})
    if sets or has_captures(location):
        return nested(layer, statement, path, recast)
    return beside(layer, statement, path, recast)


def _passes(layer: Layer, location: LocationRef, path: str) -> dict[str, str]:
    """The `proxy_pass` to write anew, if its URI depends on the location's name."""
    texts = {one.name: moved(one, location, path) for one in layer.brought if one.name in PASSES}
    return {name: text for name, text in texts.items() if text}


def _secret_sets(layer: Layer) -> frozenset[str]:
    """The sets with a credential among them: better inherited than repeated."""
    return frozenset(
        one.name
        for one in layer.statements
        if one.name in _INHERITED and is_secret(one, layer.text)
    )


def _recommendation(site: Site, layer: Layer, placed: Placed, reveal: bool) -> Recommendation:
    place = home(site.config, layer.file)
    new = edited(layer.text, placed.edits)
    return Recommendation(
        summary=placed.summary,
        lines=placed.draft.lines(reveal),
        diff=unified(place.name, layer.text, new, reveal),
        insert_at=str(Where(layer.file, layer.text.count("\n", 0, placed.at) + 1)),
        directory=place.directory,
        omitted=omitted(placed.draft.pieces),
        adapt=_adapt(layer, placed),
    )


def _adapt(layer: Layer, placed: Placed) -> tuple[str, ...]:
    masks = [piece for piece in placed.draft.pieces if piece.text != piece.shown]
    return tuple(
        f"restore the value that is {MASK} here from {layer.file}: {piece.name}" for piece in masks
    )
