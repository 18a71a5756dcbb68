"""A recommendation without a config: from what was observed, with what its reader must adapt."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, urljoin

from wizard.model.case import Case
from wizard.model.change import SET_DIRECTIVES, Change
from wizard.model.diagnosis import Recommendation
from wizard.model.target import LOCAL, Source
from wizard.nginx.upstream import escape_uri
from wizard.recommend.block import Block, write_change
from wizard.recommend.family import PathFamily, family_of
from wizard.recommend.outer_blocks import no_upstream_note
from wizard.recommend.reasons import omitted_lines
from wizard.recommend.settings import WantedSettings, merge
from wizard.text.config_tokens import quote_argument
from wizard.text.display import and_list, visible
from wizard.text.messages import tr
from wizard.text.urls import is_unix, socket_path, split_url

_PLACEHOLDER = "http://BACKEND:PORT"
_SET = tr("set in the location that serves {}, in place of lines of the same name")
_SET_MESSAGES = tr("{set}, if it is another location", set=_SET)
_INSERT = tr("insert into the server block, in place of a location {} that it has")
_IN_UPSTREAM = tr("set in the upstream block behind {}, in place of another balancing method")
_IN_HTTP = tr("insert into the http block, if it has nothing like it yet")
_AT_HOP = tr("the stream stops at {}: the lines belong into the config of that proxy")
_GUARDS = tr(
    "copy into the location every line that protects or changes the stream's path today: "
    "auth_basic, auth_request, allow, deny, limit_req, proxy_set_header, rewrite, "
    "proxy_ssl_*; without them the new location bypasses your access control"
)
_FAMILY = tr(
    "where the location has fastcgi_pass, uwsgi_pass, scgi_pass or grpc_pass, these "
    "directives begin with that name instead of proxy_"
)
_SETS = tr(
    "a location that sets one header inherits none of the outer levels: where it has no "
    "line of that name yet, copy those of the server or http block beside the new one"
)
_WHY_OWN = tr("this path alone, before any prefix or regex")


def recommend_from_observation(
    case: Case, wanted: WantedSettings, problem: str = ""
) -> Recommendation:
    """The lines to set in the locations that serve the stream and its messages: what else these
    hold is not known, so no whole location is written.

    A path that no location leads to the backend gets one. `problem` says why a config that was
    given cannot be used.
    """
    blocks = _blocks(case, wanted)
    is_location = any(block.header for block in blocks)
    statements = [line for block in blocks for line in block.statements]
    notes = [problem, _at_hop(case), "" if blocks else _GIVE_CONFIG]
    if is_location:
        if case.target.style != "npm":  # Nginx Proxy Manager knows the address itself.
            address = _upstream_address(case)[1]
            notes.append(tr("proxy_pass: {upstream_address}", upstream_address=address))
        notes.append(_GUARDS)
        notes += _choices(case, wanted)
    has_other_modules = not case.target.upgrade  # these cannot pass an upgrade on
    is_prefixed = any(line.name.startswith("proxy_") for line in statements)
    if is_prefixed and not is_location and has_other_modules:
        notes.append(_FAMILY)
    if any(line.name in SET_DIRECTIVES for line in statements):
        notes.append(_SETS)
    notes += map(no_upstream_note, wanted.for_stream(case, "upstream"))
    return Recommendation(
        change=_summary(blocks),
        parts=tuple(block.part() for block in blocks),
        omitted=omitted_lines(line.words for line in statements),
        adapt=tuple(filter(None, (*notes, *wanted.notes(case, "nginx")))),
    )


def _at_hop(case: Case) -> str:
    """Whose config the lines belong into, if one of several proxies is at fault."""
    hop = case.first_failing_hop
    return _AT_HOP.format(visible(hop.name or tr("the public URL"))) if hop else ""


def _choices(case: Case, wanted: WantedSettings) -> Iterator[str]:
    """Which paths a new location is for, if one has an id."""
    stream, post = _decoded_path(case.target.url), message_paths(case)
    if wanted.routes_stream and (family := _family(stream, _direct_path(case) or stream)):
        yield family.note(stream, is_for_all=True)
    if wanted.routes_messages and post and (family := _family(*post)):
        yield family.note(post[0], is_for_all=True)


def _summary(blocks: Sequence[Block]) -> str:
    lines = [line for block in blocks if not block.header for line in block.statements]
    settings = dict.fromkeys(f"{line.name} {' '.join(line.args)}" for line in lines)
    locations = [tr("a {header}", header=block.header) for block in blocks if block.header]
    parts = (*settings, *locations)
    return and_list(parts) if parts else _BY_HAND


_GIVE_CONFIG = tr("add the config (--conf): what has to change stands there")
_BY_HAND = tr("no line of Nginx that could be named without the config: see what to adapt")


def _blocks(case: Case, wanted: WantedSettings) -> list[Block]:
    path, post = _decoded_path(case.target.url), message_paths(case)
    changes, posted = wanted.for_stream(case), wanted.for_messages(case, None)
    if post and post[0] == path:
        changes = merge((*changes, *posted))
    blocks = [_stream_block(case, wanted, path, changes)]
    if post and post[0] != path and wanted.concerns_messages:
        blocks.append(_message_block(case, wanted, post, posted))
    blocks += (_location(case, path, path, ()) for path in wanted.public_paths(case))
    upstream = tuple(map(write_change, wanted.for_stream(case, "upstream")))
    blocks.append(Block("", "", upstream, instruction=_IN_UPSTREAM.format(visible(path))))
    http = tuple(map(write_change, wanted.for_stream(case, "http")))
    blocks.append(Block("", "", http, instruction=_IN_HTTP))
    return [block for block in blocks if block.statements]


def _stream_block(
    case: Case, wanted: WantedSettings, path: str, changes: Sequence[Change]
) -> Block:
    if wanted.routes_stream:
        return _location(case, path, _direct_path(case) or path, changes)
    return lines_to_set(changes, path)


def _message_block(
    case: Case, wanted: WantedSettings, post: tuple[str, str], changes: Sequence[Change]
) -> Block:
    if wanted.routes_messages:
        return _location(case, *post, changes)
    return lines_to_set(changes, post[0], _SET_MESSAGES)


def lines_to_set(changes: Iterable[Change], path: str, instruction: str = _SET) -> Block:
    """Lines for the location that serves the path, wherever that is."""
    statements = tuple(map(write_change, changes))
    return Block("", "", statements, instruction=instruction.format(visible(path)))


def _location(case: Case, path: str, upstream_path: str, changes: Sequence[Change]) -> Block:
    """A location for this path, passed to the direct URL's address."""
    origin, note = _upstream_address(case)
    separator = ":" if is_unix(origin.removeprefix("http://")) else ""
    uri = "" if upstream_path == path else separator + escape_uri(upstream_path)
    address = origin + uri
    passing = Change.from_args("proxy_pass", (address,), note)
    family = _family(path, upstream_path)
    name = f"~ {quote_argument(family.pattern)}" if family else f"= {quote_argument(path)}"
    header, instruction = f"location {name}", _INSERT.format(visible(name))
    statements = tuple(map(write_change, (passing, *changes)))
    return Block(header, _WHY_OWN, statements, instruction=instruction)


def _family(path: str, upstream_path: str) -> PathFamily | None:
    """The paths that one location is for, if this one has an id; None for a path that is mapped."""
    return family_of(path) if upstream_path == path else None


def message_paths(case: Case) -> tuple[str, str] | None:
    """The path that messages are posted to, as clients know it and as the backend does."""
    endpoint = next(filter(None, (shake.endpoint for shake in case.handshakes)), "")
    url = urljoin(case.target.url, endpoint)
    if not endpoint or split_url(url)[:2] != split_url(case.target.url)[:2]:
        return None
    base = _direct_path(case) or _decoded_path(case.target.url)
    return _decoded_path(url), _decoded_path(urljoin(base, endpoint))


def _decoded_path(url: str) -> str:
    return unquote(split_url(url).path) or "/"


def _direct(case: Case) -> Source | None:
    """The first direct place whose URL can be an upstream."""
    for place in case.target.direct:
        url = split_url(place.locator)
        if url.scheme in ("http", "https", "unix") and url.hostname:
            return place
    return None


def _direct_path(case: Case) -> str | None:
    place = _direct(case)
    return _decoded_path(place.locator) if place else None


def _upstream_address(case: Case) -> tuple[str, str]:
    """The upstream to write, and what its reader must know about it."""
    place = _direct(case) if case.first_failing_hop is None else None
    if place is None:
        return _PLACEHOLDER, tr("write the address that today's proxy_pass names")
    url = split_url(place.locator)
    vantage = tr("this machine") if place.vantage == LOCAL else place.vantage
    note = tr(
        "the direct URL's address as {vantage} reaches it; Nginx must reach it by the same name",
        vantage=vantage,
    )
    if is_unix(place.locator):
        return f"http://unix:{socket_path(place.locator)}", note
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}", note
