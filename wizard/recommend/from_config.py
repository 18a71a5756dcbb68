"""A recommendation from the config: changes to the locations that serve the paths today."""

from collections.abc import Iterator, Sequence

from wizard.model.case import Case
from wizard.model.change import SET_DIRECTIVES, Change, by_key
from wizard.model.config import Config
from wizard.model.diagnosis import Recommendation
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.model.target import LOCAL, Source
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.recommend.affinity import fix_upstream
from wizard.recommend.block import Block, ConfigFix, lines_of
from wizard.recommend.carve import fix_path, is_shared, location_path
from wizard.recommend.from_observation import recommend_from_observation
from wizard.recommend.inherited import WHY_ZONE, zone
from wizard.recommend.patch import STDIN, make_diff
from wizard.recommend.placement import before, inside
from wizard.recommend.proxy_pass import with_query
from wizard.recommend.reasons import omitted
from wizard.recommend.reroute import route_messages, route_to_intended
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.settings import (
    HOLDING,
    ROUTING,
    changes,
    is_buffered,
    message_changes,
)
from wizard.recommend.source import source_of
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
_NO_LIMIT = "no limit on this path stands in the config given: is it the one in use?"


def recommend_from_config(
    case: Case, resolution: RequestResolution, ids: frozenset[str], reveal: bool
) -> Recommendation:
    """Change the locations that serve the paths, or carve locations out of them."""
    location = resolution.location
    if location is None or not (is_buffered(resolution) or "location-miss" in ids):
        return recommend_from_observation(case, ids, _NO_LOCATION)
    fixes = _fixes(case, resolution, location, ids)
    if not any(fix.summary for fix in fixes):
        return _nothing_to_write(resolution, location, ids, fixes)
    return _recommendation(case, resolution, fixes, reveal)


def _fixes(
    case: Case, resolution: RequestResolution, location: LocationRef, ids: frozenset[str]
) -> list[ConfigFix]:
    """What to write for the stream, for its messages, and around them."""
    fixes = [*_fix_paths(case, resolution, location, ids)]
    if "no-affinity" in ids:
        fixes.append(fix_upstream(resolution))
    if "limits" in ids:
        fixes.append(_declare_zone(case, resolution))
    return [*fixes, ConfigFix(notes=tuple(_notes(case, resolution, ids)))]


def _fix_paths(
    case: Case, resolution: RequestResolution, location: LocationRef, ids: frozenset[str]
) -> Iterator[ConfigFix]:
    messages, is_same = case.message_resolution, _is_same_place(case, resolution, location)
    wanted, query = changes(case, ids), _with_query(messages or resolution, ids)
    if is_same:
        both = (*wanted, *message_changes(case, messages or resolution, ids))
        wanted = tuple(by_key(both).values())
    if "location-miss" in ids and (fix := route_to_intended(resolution, wanted)):
        yield fix
    else:
        stream_changes = (*pending(resolution, wanted), *(query if is_same else ()))
        yield from _fix_path(resolution, location, stream_changes)
    routed = message_changes(case, resolution, ids)
    if ids & ROUTING and (fix := route_messages(case, resolution, location, routed, ids)):
        yield fix
    elif messages and messages.location and is_buffered(messages) and not is_same:
        posted = (*pending(messages, message_changes(case, messages, ids)), *query)
        yield from _fix_path(messages, messages.location, posted)


def _is_same_place(case: Case, stream: RequestResolution, location: LocationRef) -> bool:
    """True if one block is for both the stream and its messages."""
    messages = case.message_resolution
    if messages is None or location_path(messages) == location_path(stream):
        return True
    other = messages.location
    if other is None or other.directive != location.directive:
        return False
    return is_shared(stream, location) and is_shared(messages, other)


def pending(resolution: RequestResolution, wanted: Sequence[Change]) -> tuple[Change, ...]:
    """The changes that are not in force yet. Those of a set may be, and must be repeated."""
    return tuple(
        change
        for change in wanted
        if change.name in SET_DIRECTIVES or resolution.value(change.name) != change.value
    )


def _fix_path(
    resolution: RequestResolution, location: LocationRef, wanted: Sequence[Change]
) -> Iterator[ConfigFix]:
    dropped = {change.name for change in wanted} & {"limit_conn"}
    settings = (f"{one.name} {one.value}" for one in wanted if not (one.repeated or one.if_present))
    replaced = (change.name for change in wanted if change.if_present)
    what = " and ".join((*settings, *replaced)) or "the lost headers"
    rewrite = Rewrite.of(wanted, dropped)
    if wanted and (fix := fix_path(resolution, location, rewrite, what)):
        yield fix


def _with_query(resolution: RequestResolution, ids: frozenset[str]) -> tuple[Change, ...]:
    """The `proxy_pass` that loses the query, corrected."""
    if "query-dropped" not in ids or resolution.location is None:
        return ()
    lines = resolution.location.directive.block or ()
    values = {line.name: with_query(line) for line in lines if line.name in PASS_DIRECTIVES}
    return tuple(
        Change(name, value, _WHY_QUERY, if_present=True) for name, value in values.items() if value
    )


def _declare_zone(case: Case, resolution: RequestResolution) -> ConfigFix:
    """The zone in which the streams are counted, before the server block."""
    ids = frozenset({"limits"})
    wanted = (*changes(case, ids), *message_changes(case, case.message_resolution, ids))
    names = {change.name for change in wanted}
    if not names & {"limit_conn", "limit_req_dry_run"}:
        return ConfigFix(notes=(_NO_LIMIT,))
    server = resolution.server
    source = source_of(resolution.config, server.directive) if server else None
    if "limit_conn" not in names or source is None:
        return ConfigFix()
    name, value = zone(resolution).rstrip(";").split(" ", 1)
    return ConfigFix("a zone of its own", (before(source, Change(name, value, WHY_ZONE)),))


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


def _nothing_to_write(
    resolution: RequestResolution,
    location: LocationRef,
    ids: frozenset[str],
    fixes: Sequence[ConfigFix],
) -> Recommendation:
    """The location as it stands, where the config has nothing that is to be changed."""
    source = source_of(resolution.config, location.directive)
    lines = tuple(inside(source, Rewrite.of(())).lines()) if source else ()
    notes = tuple(note for fix in fixes for note in fix.notes)
    summary = _LOADED if ids & HOLDING else _BY_HAND if notes else _OTHER
    return Recommendation(summary, lines, adapt=notes)


_MASKED = "the block shows {} for a credential: write the value that stands in {} today ({})"
_NO_DIFF = "no diff is given: it would have to repeat a credential, or bytes that are not text"
_LINK = "if sites-enabled holds a link, as Debian's does, run patch with --follow-symlinks"
_AWAY = "the files stand at {}: run patch there"
_UNNAMED = "the config came without a name: the diff calls it nginx.conf"
_INCLUDED = "{} is included {} times: the change holds for each"


def _recommendation(
    case: Case, resolution: RequestResolution, fixes: Sequence[ConfigFix], reveal: bool
) -> Recommendation:
    blocks = [block for fix in fixes for block in fix.blocks]
    placed = [block for block in blocks if block.where]
    diff, directory = _diff(resolution.config, placed, reveal)
    return Recommendation(
        summary="; ".join(fix.summary for fix in fixes if fix.summary),
        lines=tuple(lines_of(blocks, reveal)),
        diff=diff,
        insert_at=next((visible(str(block.where)) for block in placed), None),
        directory=directory,
        omitted=omitted((one.name, *one.args) for block in blocks for one in block.statements),
        adapt=(
            *(note for fix in fixes for note in fix.notes),
            *_adapt(resolution.config, placed, diff, reveal),
            *(_elsewhere(case.target.conf) if placed else ()),
        ),
    )


def _diff(config: Config, placed: Sequence[Block], reveal: bool) -> tuple[str | None, str]:
    if not placed:
        return None, ""
    edits = [edit for block in placed for edit in block.edits]
    statements = (statement for block in placed for statement in block.statements)
    secrets = [statement.text for statement in statements if statement.is_secret]
    return make_diff(config, _files(placed), edits, None if reveal else secrets)


def _files(placed: Sequence[Block]) -> list[str]:
    return list(dict.fromkeys(block.where.file for block in placed if block.where))


def _adapt(
    config: Config, placed: Sequence[Block], diff: str | None, reveal: bool
) -> Iterator[str]:
    """What the reader must still do, if anything."""
    for block in placed:
        for statement in block.statements:
            if statement.is_secret and not reveal and block.where:
                yield _MASKED.format(MASK, block.where.file, statement.name)
    files = _files(placed)
    if diff is None and any(block.edits for block in placed):
        yield _NO_DIFF
    if any("sites-enabled" in file for file in files) and not config.paths:
        yield _LINK
    if config.main == STDIN:
        yield _UNNAMED
    for file in files:
        if (times := _times_included(config, file)) > 1:
            yield _INCLUDED.format(file, times)


def _elsewhere(conf: Source | None) -> tuple[str, ...]:
    return (_AWAY.format(conf.vantage),) if conf and conf.vantage != LOCAL else ()


def _times_included(config: Config, file: str) -> int:
    """How often a file is part of the config: a change in it is a change at all those places."""
    waiting, chains = list(config.root), set()
    for directive in waiting:
        waiting.extend(directive.block or ())
        if directive.where.file == file:
            chains.add(directive.via)
    return len(chains)
