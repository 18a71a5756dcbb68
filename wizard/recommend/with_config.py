"""With a config: the plan for the location that serves the path today, written out."""

from collections.abc import Iterator

from wizard.model.case import Case
from wizard.model.config import Config, Where
from wizard.model.diagnosis import BlockLine, Recommendation
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.model.target import LOCAL, Source
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.recommend import carve
from wizard.recommend.affinity import METHODS, balance
from wizard.recommend.block import Draft, Indent, Piece, Recast, Rewritten, changed
from wizard.recommend.carve import WIDE, plan
from wizard.recommend.change import SETS, Change, by_key
from wizard.recommend.config_text import fragments, near
from wizard.recommend.inherited import WHY_ZONE, zone
from wizard.recommend.levels import Layer, own_layer
from wizard.recommend.omitted import omitted
from wizard.recommend.patch import STDIN, Edit, Home, edited, home, touched, unified
from wizard.recommend.placement import Part, Placed, before, inside
from wizard.recommend.proxy_pass import with_query
from wizard.recommend.reroute import reached, routed
from wizard.recommend.settings import HOLDING, ROUTING, changes, message_changes, passed
from wizard.recommend.without_config import from_observation
from wizard.text.display import visible
from wizard.text.redaction import MASK

_STALE = (
    "the config given has {} off for this path already, and still the stream is held: the running "
    "Nginx has not loaded it. Run nginx -t && nginx -s reload, then try with a new connection "
    "(old workers keep the old config for open streams)"
)
_WEBSOCKETS = (
    "other paths of this location lose WebSockets by an empty Connection header: if they use any, "
    "send a variable from `map $http_upgrade` that is empty without Upgrade"
)
_PEER = (
    "proxy_connect_timeout only shortens the wait: remove the dead peer from the upstream, or mark "
    "it down"
)
_NAME = "proxy_ssl_name: write the name that stands on the backend's certificate"
_WHY_QUERY = (
    "with variables Nginx sends the URI as it is written here: without $is_args$args the query "
    "is lost, and the session id with it"
)
_WHY_UPSTREAM = "the peers that the stream and its messages are spread over"
_NO_LIMIT = "no limit on this path stands in the config given: is it the one in use?"


def parts(
    case: Case, resolution: RequestResolution, location: LocationRef, ids: frozenset[str]
) -> list[Part]:
    """What to write for the stream, for its messages, and around them."""
    found = [*_paths(case, resolution, location, ids)]
    if "no-affinity" in ids:
        found.append(_balanced(resolution))
    if "limits" in ids:
        found.append(_zoned(case, resolution))
    return [*found, Part(notes=tuple(_notes(case, resolution, ids)))]


def _paths(
    case: Case, resolution: RequestResolution, location: LocationRef, ids: frozenset[str]
) -> Iterator[Part]:
    message, is_one = case.message_resolution, _is_one(case, resolution, location)
    wanted, queried = changes(case, ids), _queried(message or resolution, ids)
    if is_one:
        both = (*wanted, *message_changes(case, message or resolution, ids))
        wanted = tuple(by_key(both).values())
    if "location-miss" in ids and (part := reached(resolution, wanted)):
        yield part
    else:
        yield from _part_of(
            resolution, location, pending(resolution, wanted), queried if is_one else {}
        )
    if ids & ROUTING and (part := routed(case, resolution, location, ids)):
        yield part
    elif message and message.location and passed(message) and not is_one:
        settings = pending(message, message_changes(case, message, ids))
        yield from _part_of(message, message.location, settings, queried)


def _is_one(case: Case, resolution: RequestResolution, location: LocationRef) -> bool:
    """Whether one block is for both the stream and its messages."""
    message = case.message_resolution
    if message is None or carve.asked(message) == carve.asked(resolution):
        return True
    theirs = message.location
    if theirs is None or theirs.directive != location.directive:
        return False
    both = (plan(resolution, location, Recast({})), plan(message, theirs, Recast({})))
    return all(one and one.summary == WIDE for one in both)


def pending(resolution: RequestResolution, wanted: tuple[Change, ...]) -> tuple[Change, ...]:
    """Those that are not in force already. A set's lines may be, and must be repeated."""
    return tuple(
        one for one in wanted if one.name in SETS or resolution.value(one.name) != one.value
    )


def _part_of(
    resolution: RequestResolution,
    location: LocationRef,
    wanted: tuple[Change, ...],
    renamed: dict[str, Rewritten],
) -> Iterator[Part]:
    dropped = {one.name for one in wanted} & {"limit_conn"}
    recast = Recast(by_key(wanted), renamed, frozenset(dropped))
    made = plan(resolution, location, recast) if wanted or renamed else None
    if made:
        what = " and ".join(
            [*(f"{one.name} {one.value}" for one in wanted if not one.repeated), *renamed]
        )
        path = visible(carve.asked(resolution))
        yield Part(made.summary.format(what=what or "the lost headers", path=path), made.placed)


def _queried(resolution: RequestResolution, ids: frozenset[str]) -> dict[str, Rewritten]:
    """The `proxy_pass` that loses the query, written anew."""
    if "query-dropped" not in ids or resolution.location is None:
        return {}
    inside = resolution.location.directive.block or ()
    passing = (directive for directive in inside if directive.name in PASS_DIRECTIVES)
    texts = {directive.name: with_query(directive) for directive in passing}
    return {name: Rewritten(text, _WHY_QUERY) for name, text in texts.items() if text}


def _balanced(resolution: RequestResolution) -> Part:
    """The upstream block with affinity; a sketch of one where there is none."""
    made = balance(resolution)
    found = own_layer(resolution.config, made.block) if made.block else None
    if found is None:
        return Part("affinity for the upstream", sketches=(_sketch(resolution, made.change),),
                    notes=(made.note,))  # fmt: skip
    recast = Recast(by_key([made.change]), dropped=METHODS - {"hash"})
    placed = inside(*found, recast, why=_WHY_UPSTREAM)
    return Part(f"{made.change.name} {made.change.value} in {placed.draft.header}", (placed,))


def _sketch(resolution: RequestResolution, change: Change) -> Draft:
    servers = [Change("server", peer, "a peer of today") for peer in _peers(resolution)]
    pieces = tuple(map(changed, (change, *servers)))
    return Draft("upstream backend", _WHY_UPSTREAM, pieces, Indent("", "    "))


def _peers(resolution: RequestResolution) -> tuple[str, ...]:
    return (resolution.upstream.peers if resolution.upstream else ()) or ("BACKEND:PORT",)


def _zoned(case: Case, resolution: RequestResolution) -> Part:
    """The zone that the streams are counted in, before the server block."""
    wanted = (*changes(case, frozenset({"limits"})), *_for_messages(case))
    names = {one.name for one in wanted}
    found = own_layer(resolution.config, resolution.server.directive) if resolution.server else None
    if not names & {"limit_conn", "limit_req_dry_run"}:
        return Part(notes=(_NO_LIMIT,))
    if "limit_conn" not in names or found is None:
        return Part()
    text = zone(resolution)
    name, *args = text.rstrip(";").split()
    return Part("a zone of its own", (before(*found, Piece(name, tuple(args), text, text, WHY_ZONE,
                                                           kept=False)),))  # fmt: skip


def _for_messages(case: Case) -> tuple[Change, ...]:
    return message_changes(case, case.message_resolution, frozenset({"limits"}))


def _notes(case: Case, resolution: RequestResolution, ids: frozenset[str]) -> Iterator[str]:
    buffering = f"{resolution.buffering_prefix}_buffering"
    if ids & HOLDING and "location-miss" not in ids and resolution.value(buffering) == "off":
        yield _STALE.format(buffering)
    if "upgrade-hardcoded" in ids:
        yield _WEBSOCKETS
    if "dead-peer-replay" in ids:
        yield _PEER
    if any(one.name == "proxy_ssl_name" and "$" in one.value for one in changes(case, ids)):
        yield _NAME


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


def from_site(
    case: Case, resolution: RequestResolution, ids: frozenset[str], reveal: bool
) -> Recommendation:
    """The change to the locations that serve, or locations of their own carved out of them."""
    if resolution.location is None or not (passed(resolution) or "location-miss" in ids):
        return from_observation(case, ids, _NO_LOCATION)
    found = parts(case, resolution, resolution.location, ids)
    if not any(part.summary for part in found):
        return _nothing_to_write(resolution, resolution.location, ids, found)
    return _written(case, resolution, found, reveal)


def _written(
    case: Case, resolution: RequestResolution, found: list[Part], reveal: bool
) -> Recommendation:
    made = tuple(one for part in found for one in part.placed)
    drafts = [
        draft for part in found for draft in (*(p.draft for p in part.placed), *part.sketches)
    ]
    diff, directory = _diff(resolution.config, made, reveal) if made else (None, "")
    return Recommendation(
        summary="; ".join(part.summary for part in found if part.summary),
        lines=tuple(_lines(drafts, reveal)),
        diff=diff,
        insert_at=_insert_at(made[0]) if made else None,
        directory=directory,
        omitted=omitted([piece for draft in drafts for piece in draft.pieces]),
        adapt=(
            *(note for part in found for note in part.notes),
            *_adapt(resolution.config, made, diff, reveal),
            *(_elsewhere(case.target.conf) if made else ()),
        ),
    )


def _lines(drafts: list[Draft], reveal: bool) -> Iterator[BlockLine]:
    for at, draft in enumerate(drafts):
        if at:
            yield BlockLine("", "between two blocks", kept=True)
        yield from draft.lines(reveal)


def _nothing_to_write(
    resolution: RequestResolution, location: LocationRef, ids: frozenset[str], found: list[Part]
) -> Recommendation:
    """The location as it stands, where the config has nothing that is to be changed."""
    layer = own_layer(resolution.config, location.directive)
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


def _elsewhere(conf: Source | None) -> tuple[str, ...]:
    return (_AWAY.format(conf.vantage),) if conf and conf.vantage != LOCAL else ()


def _times_included(config: Config, file: str) -> int:
    """How often a file stands in the config: a change in it is a change at all those places."""
    waiting, chains = list(config.root), set()
    for one in waiting:
        waiting.extend(one.block or ())
        if one.where.file == file:
            chains.add(one.via)
    return len(chains)
