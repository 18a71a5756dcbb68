"""A location that was written for the stream and is not the one that serves it."""

from collections.abc import Iterator

from wizard.nginx.locations import spelled
from wizard.nginx.site import LocationRef, Site
from wizard.nginx.tree import Directive
from wizard.recommend import handed
from wizard.recommend.change import Change, by_key
from wizard.recommend.layer import Layer, own_layer
from wizard.recommend.part import Part
from wizard.recommend.passing import PASSES, has_uri, redirected
from wizard.recommend.pieces import Recast, Rewritten
from wizard.recommend.placing import beside, inside
from wizard.recommend.quoting import word

_WHY_FIRM = "with ^~ no regex is tried once this prefix is the longest that matches"
_WHY_EXACT = "an exact location wins over every prefix and regex; {} is another path to Nginx"
_WHY_PASS = "the same backend, which gets the path that it knows"
_FIRM = "^~ for the location of {} at {}, so that {} no longer wins over it"
_EXACT = "a location for {} itself, with the lines of the one for {} at {}"


def reached(site: Site, changes: tuple[Change, ...]) -> Part | None:
    """The intended location made to serve the path; None where the config shows none."""
    path, chosen = handed.asked(site), _best(site)
    found = own_layer(site.config, chosen.directive) if chosen else None
    if chosen is None or found is None:
        return None
    layer, statement = found
    where, name = chosen.directive.where, chosen.path
    if chosen.modifier == "" and path.startswith(name):
        header, winner = f"location ^~ {word(name)}", site.location
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
    lines = [one for one in layer.brought if one.name in PASSES and not has_uri(one)]
    texts = {one.name: redirected(one, path, chosen.path) for one in lines}
    return {name: Rewritten(text, _WHY_PASS) for name, text in texts.items() if text}


def _best(site: Site) -> LocationRef | None:
    """The location whose name comes closest to the path."""
    return max(_candidates(site), key=lambda one: len(one.path), default=None)


def _candidates(site: Site) -> Iterator[LocationRef]:
    """Those of the server that pass on, do not serve the path today, and are named like it."""
    path, serving = handed.asked(site), site.location.directive if site.location else None
    for one in site.server.directive.children("location") if site.server else ():
        modifier, name = spelled(one)
        beaten = one is not serving and modifier == "" and name != "/" and path.startswith(name)
        if _passes(one) and (beaten or _is_like(modifier, name, path)):
            yield LocationRef(modifier, name, one)


def _is_like(modifier: str, name: str, path: str) -> bool:
    """Whether only the slash at the end is different, for which Nginx redirects at best."""
    return modifier in ("", "^~", "=") and name.rstrip("/") == path.rstrip("/") and name != path


def _passes(location: Directive) -> bool:
    return any(one.name in PASSES for one in location.block or ())
