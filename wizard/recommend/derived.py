"""With a config: the plan for the location that serves the path today, written out."""

from collections.abc import Iterator

from wizard.conclusion import BlockLine, Recommendation
from wizard.model import Case
from wizard.nginx.site import LocationRef, Site
from wizard.nginx.tree import Config, Where
from wizard.recommend.changes import HOLDING, passed
from wizard.recommend.draft import Draft
from wizard.recommend.layer import Layer, own_layer
from wizard.recommend.observed import from_observation
from wizard.recommend.part import Part
from wizard.recommend.patch import STDIN, Edit, Home, edited, home, touched, unified
from wizard.recommend.pieces import Recast
from wizard.recommend.placing import Placed, inside
from wizard.recommend.secrets import fragments, near
from wizard.recommend.usual import omitted
from wizard.recommend.work import parts
from wizard.target import LOCAL, Place
from wizard.text import MASK, visible

_NO_LOCATION = "the config given has no location that proxies this path: is it the one in use?"
_LOADED = "nothing to write: the config given has it already; the running Nginx does not"
_BY_HAND = "no line of this location mends it: see what is to adapt"
_OTHER = "nothing to write: the config given does not have this fault; is it the one in use?"
_MASKED = "the block shows {} for a credential: write the value that stands in {} today ({})"
_NO_DIFF = "no diff is given: it would have to repeat a credential, or bytes that are not text"
_LINK = "if sites-enabled holds a link, as Debian's does, run patch with --follow-symlinks"

_AWAY = "the files stand at {}: run patch there"
_UNNAMED = "the config came without a name: the diff calls it nginx.conf"
_SHARED = "{} is included {} times: the change holds for each"


def from_site(case: Case, site: Site, ids: frozenset[str], reveal: bool) -> Recommendation:
    """The change to the locations that serve, or locations of their own carved out of them."""
    if site.location is None or not (passed(site) or "location-miss" in ids):
        return from_observation(case, ids, _NO_LOCATION)
    found = parts(case, site, site.location, ids)
    if not any(part.summary for part in found):
        return _nothing_to_write(site, site.location, ids, found)
    return _written(case, site, found, reveal)


def _written(case: Case, site: Site, found: list[Part], reveal: bool) -> Recommendation:
    made = tuple(one for part in found for one in part.placed)
    drafts = [
        draft for part in found for draft in (*(p.draft for p in part.placed), *part.sketches)
    ]
    diff, directory = _diff(site.config, made, reveal) if made else (None, "")
    return Recommendation(
        summary="; ".join(part.summary for part in found if part.summary),
        lines=tuple(_lines(drafts, reveal)),
        diff=diff,
        insert_at=_insert_at(made[0]) if made else None,
        directory=directory,
        omitted=omitted([piece for draft in drafts for piece in draft.pieces]),
        adapt=(
            *(note for part in found for note in part.notes),
            *_adapt(site.config, made, diff, reveal),
            *(_elsewhere(case.target.conf) if made else ()),
        ),
    )


def _lines(drafts: list[Draft], reveal: bool) -> Iterator[BlockLine]:
    for at, draft in enumerate(drafts):
        if at:
            yield BlockLine("", "between two blocks", kept=True)
        yield from draft.lines(reveal)


def _nothing_to_write(
    site: Site, location: LocationRef, ids: frozenset[str], found: list[Part]
) -> Recommendation:
    """The location as it stands, where the config has nothing that is to be changed."""
    layer = own_layer(site.config, location.directive)
    lines = inside(*layer, Recast({})).draft.lines(reveal=False) if layer else ()
    notes = tuple(note for part in found for note in part.notes)
    summary = _LOADED if ids & HOLDING else _BY_HAND if notes else _OTHER
    return Recommendation(summary, lines, adapt=notes)


def _insert_at(placed: Placed) -> str:
    layer = placed.layer
    return visible(str(Where(layer.file, layer.text.count("\n", 0, placed.at) + 1)))


def _diff(config: Config, made: tuple[Placed, ...], reveal: bool) -> tuple[str | None, str]:
    """The diff of all files that change, and the directory that their names start from."""
    layers = {one.layer.file: one.layer for one in made}
    homes = {file: home(config, file) for file in layers}
    directory = next(iter(homes.values())).directory
    parts = [_part(layer, homes[file], made, reveal) for file, layer in layers.items()]
    whole = all(parts) and all(one.directory == directory for one in homes.values())
    return ("".join(part for part in parts if part) or None if whole else None), directory


def _part(layer: Layer, place: Home, made: tuple[Placed, ...], reveal: bool) -> str | None:
    """One file's diff; what it adds and what stands around may hold credentials."""
    edits = _edits(made, layer.file)
    around = near(layer.text, layer.whole, touched(layer.text, edits))
    added = (one.text for placed in made for one in placed.draft.pieces if one.secret)
    hidden = around | {piece for text in added for piece in fragments(text)}
    new = edited(layer.text, edits)
    return unified(place.name, layer.text, new, frozenset() if reveal else hidden)


def _edits(made: tuple[Placed, ...], file: str) -> list[Edit]:
    return [edit for one in made if one.layer.file == file for edit in one.edits]


def _adapt(
    config: Config, made: tuple[Placed, ...], diff: str | None, reveal: bool
) -> Iterator[str]:
    """What the reader must still do, if anything."""
    for one in made:
        for piece in one.draft.pieces:
            if piece.secret and not reveal:
                yield _MASKED.format(MASK, one.layer.file, piece.name)
    if diff is None and any(one.edits for one in made):
        yield _NO_DIFF
    if any("sites-enabled" in one.layer.file for one in made) and not config.paths:
        yield _LINK
    if config.main == STDIN:
        yield _UNNAMED
    for file in dict.fromkeys(one.layer.file for one in made):
        if (times := _times_included(config, file)) > 1:
            yield _SHARED.format(file, times)


def _elsewhere(conf: Place | None) -> tuple[str, ...]:
    return (_AWAY.format(conf.vantage),) if conf and conf.vantage != LOCAL else ()


def _times_included(config: Config, file: str) -> int:
    """How often a file stands in the config: a change in it is a change at all those places."""
    waiting, chains = list(config.root), set()
    for one in waiting:
        waiting.extend(one.block or ())
        if one.where.file == file:
            chains.add(one.via)
    return len(chains)
