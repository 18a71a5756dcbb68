"""With a config: the plan for the location that serves the path today, written out."""

from collections.abc import Iterator

from wizard.model import LOCAL, Case, Place, Recommendation
from wizard.nginx.site import Site
from wizard.nginx.tree import Config, Where
from wizard.recommend.changes import KINDS, Change
from wizard.recommend.handed import asked
from wizard.recommend.layer import Layer
from wizard.recommend.observed import from_observation
from wizard.recommend.patch import STDIN, Edit, Home, edited, home, touched, unified
from wizard.recommend.placing import Placed
from wizard.recommend.plan import Plan, plan
from wizard.recommend.secrets import MASK, fragments, near
from wizard.recommend.usual import omitted
from wizard.text import visible

_NO_LOCATION = "the config given has no location that proxies this path: is it the one in use?"
_MASKED = "the block shows {} for a credential: write the value that stands in {} today ({})"
_NO_DIFF = "no diff is given: it would have to repeat a credential, or bytes that are not text"
_LINK = "if sites-enabled holds a link, as Debian's does, run patch with --follow-symlinks"

_AWAY = "the files stand at {}: run patch there"
_UNNAMED = "the config came without a name: the diff calls it nginx.conf"
_SHARED = "{} is included {} times: the change holds for each"


def from_site(case: Case, site: Site, changes: tuple[Change, ...], reveal: bool) -> Recommendation:
    """The change to the location that serves, or a location for the stream carved out of it."""
    settings = {one.name: one for one in changes}
    made = plan(site, site.location, settings) if site.location and _is_passed(site) else None
    if made is None:
        return from_observation(case, changes, _NO_LOCATION)
    diff, directory = _diff(site.config, made, reveal)
    pieces = [piece for one in made.placed for piece in one.draft.pieces]
    return Recommendation(
        summary=made.summary.format(what=_what(changes), path=visible(asked(site))),
        lines=tuple(line for one in made.placed for line in one.draft.lines(reveal)),
        diff=diff,
        insert_at=_insert_at(made.placed[0]),
        directory=directory,
        omitted=omitted(pieces),
        adapt=(*_adapt(site.config, made, diff, reveal), *_elsewhere(case.target.conf)),
    )


def _what(changes: tuple[Change, ...]) -> str:
    return " and ".join(f"{one.name} {one.value}" for one in changes)


def _is_passed(site: Site) -> bool:
    return site.upstream is not None and site.upstream.kind in KINDS


def _insert_at(placed: Placed) -> str:
    layer = placed.layer
    return visible(str(Where(layer.file, layer.text.count("\n", 0, placed.at) + 1)))


def _diff(config: Config, made: Plan, reveal: bool) -> tuple[str | None, str]:
    """The diff of all files that change, and the directory that their names start from."""
    layers = {one.layer.file: one.layer for one in made.placed}
    homes = {file: home(config, file) for file in layers}
    directory = next(iter(homes.values())).directory
    parts = [_part(layer, homes[file], made, reveal) for file, layer in layers.items()]
    whole = all(parts) and all(one.directory == directory for one in homes.values())
    return ("".join(part for part in parts if part) if whole else None), directory


def _part(layer: Layer, place: Home, made: Plan, reveal: bool) -> str | None:
    """One file's diff; what it adds and what stands around may hold credentials."""
    edits = _edits(made, layer.file)
    around = near(layer.text, layer.whole, touched(layer.text, edits))
    added = (one.text for placed in made.placed for one in placed.draft.pieces if one.secret)
    hidden = around | {piece for text in added for piece in fragments(text)}
    new = edited(layer.text, edits)
    return unified(place.name, layer.text, new, frozenset() if reveal else hidden)


def _edits(made: Plan, file: str) -> list[Edit]:
    return [edit for one in made.placed if one.layer.file == file for edit in one.edits]


def _adapt(config: Config, made: Plan, diff: str | None, reveal: bool) -> Iterator[str]:
    """What the reader must still do, if anything."""
    for one in made.placed:
        for piece in one.draft.pieces:
            if piece.secret and not reveal:
                yield _MASKED.format(MASK, one.layer.file, piece.name)
    if diff is None and any(one.edits for one in made.placed):
        yield _NO_DIFF
    if any("sites-enabled" in one.layer.file for one in made.placed) and not config.paths:
        yield _LINK
    if config.main == STDIN:
        yield _UNNAMED
    for file in dict.fromkeys(one.layer.file for one in made.placed):
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
