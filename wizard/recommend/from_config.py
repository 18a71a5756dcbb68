"""A recommendation from the config: changes to the locations that serve the paths today."""

from collections.abc import Iterator, Sequence

from wizard.diagnose.rule_settings import is_passed_on, prefix_of
from wizard.model.case import Case
from wizard.model.change import SET_DIRECTIVES, Change
from wizard.model.config import Config, Position
from wizard.model.diagnosis import Part, Recommendation
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.model.target import LOCAL
from wizard.recommend.acceptance import refusal_of_change
from wizard.recommend.block import Block, ConfigFix
from wizard.recommend.carve import fix_path, is_shared, location_path
from wizard.recommend.from_observation import lines_to_set, recommend_from_observation
from wizard.recommend.outer_blocks import add_to_http_block, fix_upstream
from wizard.recommend.patch import make_diff
from wizard.recommend.placement import change_inside
from wizard.recommend.reasons import omitted_lines
from wizard.recommend.reroute import route_messages, route_public_path, route_to_intended
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.settings import WantedSettings, merge
from wizard.recommend.source import SourceBlock, source_of
from wizard.text.display import clauses, comma_list, safe, visible
from wizard.text.messages import tr

_STALE = tr(
    "the config that was read has {} off for this path already, but the stream is still held: "
    "the running Nginx has not loaded it. Run nginx -t && nginx -s reload, then try with a new "
    "connection (old workers keep the old config for open streams)"
)


def recommend_from_config(
    case: Case,
    resolution: RequestResolution,
    wanted: WantedSettings,
    *,
    reveal: bool,
    with_diff: bool,
) -> Recommendation:
    """Change the locations that serve the paths, or carve locations out of them.

    Without a diff, nothing is said of the files either: another program writes them.
    """
    location = resolution.location
    if location is None or not (is_passed_on(resolution) or wanted.routes_stream):
        return recommend_from_observation(case, wanted, _NO_LOCATION)
    fixes = _fixes(case, resolution, location, wanted)
    if not any(fix.summary for fix in fixes):
        return _nothing_to_write(source_of(resolution.config, location.directive), wanted, fixes)
    blocks = [block for fix in fixes for block in fix.blocks]
    if refusal := refusal_of_change(resolution.config, blocks):
        return recommend_from_observation(case, wanted, _REFUSED.format(safe(refusal, 300)))
    return _recommendation(case, resolution, fixes, reveal=reveal, with_diff=with_diff)


def _fixes(
    case: Case, resolution: RequestResolution, location: LocationRef, wanted: WantedSettings
) -> list[ConfigFix]:
    """What to write for the stream, for its messages, and around them."""
    upstream = wanted.for_stream(case, "upstream")
    posted = wanted.for_messages(case, case.message_resolution, "http")
    http = merge((*wanted.for_stream(case, "http"), *posted))
    return [
        *_fix_stream(case, resolution, location, wanted),
        *_fix_messages(case, resolution, location, wanted),
        *_route_public_paths(case, resolution, location, wanted),
        *([fix_upstream(resolution, upstream)] if upstream else []),
        *(add_to_http_block(resolution, change) for change in http),
        ConfigFix(notes=tuple(_notes(case, resolution, wanted))),
    ]


def _fix_stream(
    case: Case, resolution: RequestResolution, location: LocationRef, wanted: WantedSettings
) -> Iterator[ConfigFix]:
    """The stream's path, together with that of its messages if one block is for both."""
    changes = wanted.for_stream(case)
    if _is_same_place(case, resolution, location):
        posted = wanted.for_messages(case, case.message_resolution or resolution)
        changes = merge((*changes, *posted))
    if wanted.routes_stream and (fix := route_to_intended(resolution, changes)):
        yield fix
    else:
        yield from _fix_path(resolution, location, not_in_force(resolution, changes))


def _fix_messages(
    case: Case, stream: RequestResolution, location: LocationRef, wanted: WantedSettings
) -> Iterator[ConfigFix]:
    """The path that messages are posted to, if it has a block of its own."""
    messages = case.message_resolution
    if wanted.routes_messages:
        changes = wanted.for_messages(case, stream)
        if fix := route_messages(case, stream, location, changes):
            yield fix
            return
    if not messages or not messages.location or _is_same_place(case, stream, location):
        return
    if messages.is_undecided:
        yield _set_where_it_is_served(messages, wanted.for_messages(case, None))
        return
    if is_passed_on(messages):
        changes = not_in_force(messages, wanted.for_messages(case, messages))
        if messages.location.directive == location.directive:
            changes = tuple(change for change in changes if not change.for_all_paths)
        yield from _fix_path(messages, messages.location, changes)


def _route_public_paths(
    case: Case, stream: RequestResolution, location: LocationRef, wanted: WantedSettings
) -> Iterator[ConfigFix]:
    for path in wanted.public_paths(case):
        if fix := route_public_path(stream, location, path):
            yield fix


def _set_where_it_is_served(resolution: RequestResolution, changes: Sequence[Change]) -> ConfigFix:
    """The lines for a path of which the config does not tell who answers it."""
    block = lines_to_set(changes, location_path(resolution))
    return ConfigFix(_setting_names(changes), (block,) if changes else ())


def _is_same_place(case: Case, stream: RequestResolution, location: LocationRef) -> bool:
    """True if one block is for both the stream and its messages."""
    messages = case.message_resolution
    if messages is None or location_path(messages) == location_path(stream):
        return True
    other = messages.location
    if messages.is_undecided or other is None or other.directive != location.directive:
        return False
    return is_shared(stream, location) and is_shared(messages, other)


def not_in_force(resolution: RequestResolution, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes that are not in force yet, and all headers, which are repeated as a set."""
    return tuple(
        change
        for change in changes
        if change.name in SET_DIRECTIVES or resolution.value(change.name) != change.value
    )


_FOR_ALL = tr("{} for each path of the location at {}, which all have the fault")


def _fix_path(
    resolution: RequestResolution, location: LocationRef, changes: Sequence[Change]
) -> Iterator[ConfigFix]:
    """Make the changes for the path alone, and those for all paths where the location stands."""
    for_all = [change for change in changes if change.for_all_paths]
    source = source_of(resolution.config, location.directive) if for_all else None
    is_alone = len(for_all) < len(changes)
    fix = None
    if is_alone or source is None:
        what = _setting_names(changes) or tr("the lost headers")
        fix = fix_path(resolution, location, Rewrite.of(changes), what) if changes else None
    if fix:
        yield fix
    if source and not (fix and _changes_block(fix, source)):
        what = _FOR_ALL.format(_setting_names(for_all), location.directive.where)
        yield ConfigFix(what, (change_inside(source, Rewrite.of(for_all)),))


def _changes_block(fix: ConfigFix, source: SourceBlock) -> bool:
    """True if the fix changes this block where it stands."""
    place = Position(source.file, source.statement.line)
    places = (block.place for block in fix.blocks if block.place)
    return any(each.action == "replace" and each.where == place for each in places)


def _setting_names(changes: Sequence[Change]) -> str:
    """What the changes set or replace, as a part of a sentence."""
    new = (change for change in changes if not (change.repeated or change.if_present))
    settings = (f"{change.name} {change.value}" for change in new)
    return tr(" and ").join((*settings, *(change.name for change in changes if change.if_present)))


def _notes(case: Case, resolution: RequestResolution, wanted: WantedSettings) -> Iterator[str]:
    buffering = f"{prefix_of(resolution)}_buffering"
    is_held_here = wanted.ends_buffering and not wanted.routes_stream
    if is_held_here and resolution.value(buffering) == "off":
        yield _STALE.format(buffering)
    yield from wanted.notes(case, "nginx")


_REFUSED = tr(
    "there is no block that keeps the rest of the location: Nginx would refuse the config with "
    "it ({}). Check what you write with nginx -t before you reload"
)
_NO_LOCATION = tr(
    "the config that was read has no location that proxies this path: is it the one in use?"
)
_LOADED = tr(
    "nothing to write: the config that was read has it already; the running Nginx does not"
)
_BY_HAND = tr("no line of this location fixes it: see what to adapt")
_OTHER = tr(
    "nothing to write: the config that was read does not have this fault; is it the one in use?"
)


_AS_IT_STANDS = tr("the location at {} as it stands today")


def _nothing_to_write(
    source: SourceBlock | None, wanted: WantedSettings, fixes: Sequence[ConfigFix]
) -> Recommendation:
    """The location as it stands, since no line of it has to change."""
    notes = tuple(note for fix in fixes for note in fix.notes)
    if notes and not wanted.ends_buffering:
        return Recommendation(_BY_HAND, (), adapt=notes)
    parts: tuple[Part, ...] = ()
    if source:
        lines = tuple(change_inside(source, Rewrite.of(())).lines())
        where = visible(f"{source.file}:{source.statement.line}")
        parts = (Part(lines, "keep", _AS_IT_STANDS.format(where)),)
    summary = _LOADED if wanted.ends_buffering else _OTHER
    return Recommendation(summary, parts, adapt=notes)


_MASKED = tr(
    "the block shows [redacted-…] for a credential: write the value that stands in {} today ({})"
)
_NO_DIFF = tr("there is no diff: it would have to repeat a credential, or bytes that are not text")
_PARTLY = tr("the diff is without {}: it takes a decision first")
_LINK = tr("if sites-enabled holds a link, as Debian's does, run patch with --follow-symlinks")
_AWAY = tr("the files stand at {}: run patch there")
_UNNAMED = tr("the config came without a name: the diff calls it nginx.conf")
_INCLUDED = tr("{} is included {} times: the change holds for each")


def _recommendation(
    case: Case,
    resolution: RequestResolution,
    fixes: Sequence[ConfigFix],
    *,
    reveal: bool,
    with_diff: bool,
) -> Recommendation:
    config, blocks = resolution.config, [block for fix in fixes for block in fix.blocks]
    diff, directory = _diff(config, blocks, reveal) if with_diff else (None, "")
    return Recommendation(
        change=clauses(fix.summary for fix in fixes if fix.summary),
        parts=tuple(block.part(reveal) for block in blocks),
        diff=diff,
        directory=directory,
        omitted=omitted_lines(
            (line.words for block in blocks for line in block.statements), prefix_of(resolution)
        ),
        adapt=(
            *(note for fix in fixes for note in fix.notes),
            *(() if reveal else _masked_notes(blocks)),
            *(_diff_notes(case, config, blocks, diff) if with_diff else ()),
        ),
    )


def _diff(config: Config, blocks: Sequence[Block], reveal: bool) -> tuple[str | None, str]:
    edits = [edit for block in blocks for edit in block.edits]
    if not edits:
        return None, ""
    statements = (line for block in blocks if block.edits for line in block.statements)
    secrets = [statement.text for statement in statements if statement.is_secret]
    return make_diff(config, _files(blocks), edits, None if reveal else secrets)


def _files(blocks: Sequence[Block]) -> list[str]:
    """The files that the diff changes."""
    return list(dict.fromkeys(edit.file for block in blocks for edit in block.edits))


def _masked_notes(blocks: Sequence[Block]) -> Iterator[str]:
    """The credentials that the reader must write into the blocks."""
    for block in blocks:
        for statement in block.statements:
            if statement.is_secret and block.place:
                yield _MASKED.format(block.place.where.file, statement.name)


def _diff_notes(
    case: Case, config: Config, blocks: Sequence[Block], diff: str | None
) -> Iterator[str]:
    """What is in the diff, and what the reader must know of the files that it changes."""
    files = _files(blocks)
    yield from _missing_from_diff(blocks, diff)
    if any("sites-enabled" in file for file in files) and not config.paths:
        yield _LINK
    if config.is_unnamed:
        yield _UNNAMED
    for file in files:
        if (times := _times_included(config, file)) > 1:
            yield _INCLUDED.format(file, times)
    conf = case.target.conf
    if files and conf and conf.vantage != LOCAL:
        yield _AWAY.format(conf.vantage)


def _missing_from_diff(blocks: Sequence[Block], diff: str | None) -> Iterator[str]:
    """Why there is no diff, or what is not in it."""
    if diff is None:
        yield from [_NO_DIFF] if _files(blocks) else []
        return
    left_out = [block.header for block in blocks if block.header and not block.edits]
    if left_out:
        yield _PARTLY.format(visible(comma_list(left_out)))


def _times_included(config: Config, file: str) -> int:
    """How often a file is part of the config: a change in it is a change at all those places."""
    waiting, chains = list(config.root), set()
    for directive in waiting:
        waiting.extend(directive.block or ())
        if directive.where.file == file:
            chains.add(directive.via)
    return len(chains)
