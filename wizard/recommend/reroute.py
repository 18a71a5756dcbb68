"""Locations for paths that the config does not lead to the backend today."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from wizard.diagnose.rule_settings import inherited_lines, is_passed_on, own_lines
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.locations import modifier_and_path, pass_directive
from wizard.nginx.proxy_pass import for_upstream_uri, has_fixed_uri, replace_passes
from wizard.nginx.resolve import resolve_request
from wizard.nginx.settings import AUTHENTICATION, enclosing_blocks
from wizard.recommend.block import Block, ConfigFix, Place, replace_place
from wizard.recommend.carve import (
    entry_location,
    has_groups,
    is_regex,
    location_path,
    only_finds_files,
)
from wizard.recommend.family import PathFamily, family_of
from wizard.recommend.placement import add_beside, add_nested, change_inside, place_before
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.source import SourceBlock, source_of
from wizard.text.config_tokens import quote_argument
from wizard.text.display import visible
from wizard.text.messages import tr

_WHY = tr(
    "the path that the endpoint event names; an exact location wins over prefixes and regexes"
)
_WHY_FAMILY = tr("the paths that endpoint events name, one for each session")
_WHY_PASS = tr(
    "the stream's backend, which gets {} as its endpoint event names it, the query with "
    "the session included"
)
_WHY_PASS_PUBLIC = tr("the stream's backend, which has the document at the path that it names")
_SUMMARY = tr("a location for {} that leads to the stream's backend, with the same access control")
_TAKEN = tr("the config has a location = {} already, at {}: put these lines in its place")
_GROUPS = tr(
    "adapt the block and insert it by hand: it uses groups of the pattern of the stream's "
    "location ({})"
)
_INNER = tr("insert the block into the server block by hand, with what {} sets for it")
_GUARDED = tr(
    "insert the block by hand: {} guards the stream as well, so repeat in it what that sets"
)
_GROUP = re.compile(r"\$\{?(\d|\w+)")


def route_messages(
    case: Case, stream: RequestResolution, location: LocationRef, changes: Sequence[Change]
) -> ConfigFix | None:
    """A location for the path that messages are posted to, derived from the stream's location.

    None if that path is not known, or if the config's text does not show the stream's location.
    """
    source, messages = source_of(stream.config, location.directive), case.message_resolution
    if source is None or messages is None:
        return None
    path = location_path(messages)
    summary = _SUMMARY.format(path)
    uri = _upstream_path(case, stream, path)
    passes = replace_passes(
        source.passes, lambda line: for_upstream_uri(line, path, uri), _WHY_PASS.format(uri)
    )
    changes = [change for change in changes if not change.if_present]
    own = _exact_location(messages, path)
    if own and is_passed_on(messages):
        existing = source_of(messages.config, own.directive)
        rewrite = Rewrite.of((*changes, *passes))
        return ConfigFix(summary, (change_inside(existing, rewrite),)) if existing else None
    rewrite = Rewrite.of((*changes, *passes), ("location", "rewrite", "break"))
    notes: tuple[str, ...] = ()
    if uri == path and (family := family_of(path)):
        summary = _SUMMARY.format(tr("every {form}", form=visible(family.shown)))
        notes = (family.note(path, is_for_all=True),)
        block = _family_location(messages, source, rewrite, family)
    else:
        block = add_beside(source, f"location = {quote_argument(path)}", rewrite, _WHY)
    if obstacle := _obstacle(stream, location, source, own):
        place = _place_of_sketch(stream, location, own) or block.place
        block, notes = replace(block.sketch, place=place), (*notes, obstacle)
    return ConfigFix(summary, (block,), notes)


_WHY_SAME_HEADERS = tr("as for the stream: the backend builds its URLs from these")


def _headers_of(stream: RequestResolution) -> list[Change]:
    """The headers that the stream's location passes on, which one of its own would not inherit."""
    name = "proxy_set_header"
    lines = own_lines(stream, name) or inherited_lines(stream, name)
    return [Change.from_args(name, line.args, _WHY_SAME_HEADERS) for line in lines]


_WHY_PUBLIC = tr("the path that the 401 names, which clients read before they have a token")
_WHY_OPEN = tr("everybody may read this path: it tells a client how to get a token (RFC 9728)")


def route_public_path(
    stream: RequestResolution, location: LocationRef, path: str
) -> ConfigFix | None:
    """A location for a path that everybody may read, derived from the stream's location.

    None if the config's text does not show that location.
    """
    source = source_of(stream.config, location.directive)
    if source is None:
        return None
    request = replace(stream.request, path=path, query="")
    served = resolve_request(stream.config, request, stream.version)
    name = location_path(served)
    summary = _SUMMARY.format(visible(name))
    passes = replace_passes(
        source.passes, lambda line: for_upstream_uri(line, name, name), _WHY_PASS_PUBLIC
    )
    blocks = enclosing_blocks(stream)
    guards = [name for name in AUTHENTICATION if any(any(b.children(name)) for b in blocks)]
    opened = [Change(name, "off", _WHY_OPEN) for name in guards]
    own = _exact_location(served, name)
    existing = source_of(served.config, own.directive) if own else None
    if existing and is_passed_on(served):
        changes = (*opened, *passes, *_headers_of(stream))
        return ConfigFix(summary, (change_inside(existing, Rewrite.of(changes)),))
    dropped = ("location", "rewrite", "break", "auth_basic_user_file")
    rewrite = Rewrite.of((*opened, *passes), dropped)
    block = add_beside(source, f"location = {quote_argument(name)}", rewrite, _WHY_PUBLIC)
    notes: tuple[str, ...] = ()
    if obstacle := _obstacle(stream, location, source, own):
        place = _place_of_sketch(stream, location, own) or block.place
        block, notes = replace(block.sketch, place=place), (obstacle,)
    return ConfigFix(summary, (block,), notes)


def _family_location(
    messages: RequestResolution, source: SourceBlock, rewrite: Rewrite, family: PathFamily
) -> Block:
    """A location for the paths of the messages of every session, where it wins over the one that
    serves them today: inside one that no regex beats, before a regex."""
    today = messages.location
    around = source_of(messages.config, today.directive) if today else None
    header = f"location ~ {quote_argument(family.pattern)}"
    if today and around and today.modifier == "^~":
        return add_nested(around, header, rewrite, _WHY_FAMILY, source)
    if today and around and is_regex(today):
        return add_beside(around, header, rewrite, _WHY_FAMILY, source)
    return add_beside(source, header, rewrite, _WHY_FAMILY)


def _place_of_sketch(
    stream: RequestResolution, location: LocationRef, own: LocationRef | None
) -> Place | None:
    """Where a block goes that cannot simply be put beside the stream's location: in place of the
    path's own location, or beside the outermost one."""
    if own:
        existing = source_of(stream.config, own.directive)
        return replace_place(existing) if existing else None
    outermost = (*location.parents, location.directive)[0]
    source = source_of(stream.config, outermost)
    return place_before(source) if source else None


def _upstream_path(case: Case, stream: RequestResolution, path: str) -> str:
    """The path at which the backend expects messages, as its own endpoint event names it."""
    endpoint = next(filter(None, (shake.endpoint for shake in case.handshakes)), "")
    if not endpoint:
        return path
    base = stream.upstream.request_uri if stream.upstream else None
    return unquote(urlsplit(urljoin(base or stream.request.path, endpoint)).path) or path


def _exact_location(resolution: RequestResolution, path: str) -> LocationRef | None:
    location = resolution.location
    return location if location and location.modifier == "=" and location.path == path else None


def _obstacle(
    stream: RequestResolution, location: LocationRef, source: SourceBlock, own: LocationRef | None
) -> str:
    """Why the block cannot simply be put beside the stream's location; empty if it can."""
    if own:
        return _TAKEN.format(own.path, own.directive.where)
    if location.parents:
        return _INNER.format(f"location {location.parents[-1].args[-1]}")
    entry = entry_location(stream, location) if location.modifier == "@" else None
    if entry and not only_finds_files(stream, entry.directive):
        return _GUARDED.format(entry.directive.where)
    names = re.findall(r"\(\?P?<(\w+)>", location.path)
    args = " ".join(arg for directive in source.directives for arg in directive.args)
    uses_groups = any(name.isdigit() or name in names for name in _GROUP.findall(args))
    return _GROUPS.format(location.path) if uses_groups and has_groups(location, source) else ""


_WHY_FIRM = tr("with ^~ no regex is tried once this prefix is the longest that matches")
_WHY_EXACT = tr("an exact location wins over every prefix and regex; {} is another path to Nginx")
_WHY_SAME_PATH = tr("the same backend, which gets the path that it knows")
_FIRM = tr("^~ for the location of {} at {}, so that {} no longer wins over it")
_EXACT = tr("a location for {} itself, with the lines of the one for {} at {}")


def route_to_intended(resolution: RequestResolution, changes: Sequence[Change]) -> ConfigFix | None:
    """Make the location that is meant for the path serve it; None if the config shows none."""
    path, candidates = location_path(resolution), _candidates(resolution)
    intended = max(candidates, key=lambda location: len(location.path), default=None)
    source = source_of(resolution.config, intended.directive) if intended else None
    if intended is None or source is None:
        return None
    where, name = intended.directive.where, intended.path
    changes = [change for change in changes if not change.if_present]
    if intended.modifier == "" and path.startswith(name):
        winner = resolution.location
        beaten_by = " ".join(winner.directive.args) if winner else "a regex"
        header = f"location ^~ {quote_argument(name)}"
        block = change_inside(source, Rewrite.of(changes), header, _WHY_FIRM)
        return ConfigFix(_FIRM.format(name, where, beaten_by), (block,))
    # A proxy_pass with a URI sends what it sends for the location's own name as it stands.
    passes = replace_passes(
        (line for line in source.passes if not has_fixed_uri(line)),
        lambda line: for_upstream_uri(line, path, name),
        _WHY_SAME_PATH,
    )
    rewrite = Rewrite.of((*changes, *passes), ("location",))
    header = f"location = {quote_argument(path)}"
    block = add_beside(source, header, rewrite, _WHY_EXACT.format(name))
    return ConfigFix(_EXACT.format(path, name, where), (block,))


def _candidates(resolution: RequestResolution) -> Iterator[LocationRef]:
    """The server's proxying locations that resemble the path and do not serve it today."""
    path = location_path(resolution)
    serving = resolution.location.directive if resolution.location else None
    server = resolution.server.directive if resolution.server else None
    for location in server.children("location") if server else ():
        if not pass_directive(location):
            continue
        modifier, name = modifier_and_path(location)
        is_prefix = modifier == "" and name != "/" and path.startswith(name)
        if (is_prefix and location is not serving) or _differs_by_slash(modifier, name, path):
            yield LocationRef(modifier, name, location)


def _differs_by_slash(modifier: str, name: str, path: str) -> bool:
    """True if only the slash at the end is different, for which Nginx redirects at best."""
    return modifier in ("", "^~", "=") and name.rstrip("/") == path.rstrip("/") and name != path
