"""All that a diagnosis asks for in a config, part by part."""

from collections.abc import Iterator

from wizard.model import Case
from wizard.nginx.site import LocationRef, Site
from wizard.recommend import handed
from wizard.recommend.balance import METHODS, balance
from wizard.recommend.change import SETS, Change, by_key
from wizard.recommend.changes import HOLDING, ROUTING, changes, kind_of, message_changes, passed
from wizard.recommend.draft import Draft, Indent
from wizard.recommend.intended import reached
from wizard.recommend.layer import own_layer
from wizard.recommend.limits import WHY_ZONE, zone
from wizard.recommend.part import Part
from wizard.recommend.passing import PASSES, with_query
from wizard.recommend.pieces import Piece, Recast, Rewritten, changed
from wizard.recommend.placing import before, inside
from wizard.recommend.plan import WIDE, plan
from wizard.recommend.posting import routed
from wizard.text import visible

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


def parts(case: Case, site: Site, location: LocationRef, ids: frozenset[str]) -> list[Part]:
    """What to write for the stream, for its messages, and around them."""
    found = [*_paths(case, site, location, ids)]
    if "no-affinity" in ids:
        found.append(_balanced(site))
    if "limits" in ids:
        found.append(_zoned(case, site))
    return [*found, Part(notes=tuple(_notes(case, site, ids)))]


def _paths(case: Case, site: Site, location: LocationRef, ids: frozenset[str]) -> Iterator[Part]:
    message, is_one = case.message_site, _is_one(case, site, location)
    wanted, queried = changes(case, ids), _queried(message or site, ids)
    if is_one:
        both = (*wanted, *message_changes(case, message or site, ids))
        wanted = tuple(by_key(both).values())
    if "location-miss" in ids and (part := reached(site, wanted)):
        yield part
    else:
        yield from _part(site, location, pending(site, wanted), queried if is_one else {})
    if ids & ROUTING and (part := routed(case, site, location, ids)):
        yield part
    elif message and message.location and passed(message) and not is_one:
        settings = pending(message, message_changes(case, message, ids))
        yield from _part(message, message.location, settings, queried)


def _is_one(case: Case, site: Site, location: LocationRef) -> bool:
    """Whether one block is for both the stream and its messages."""
    message = case.message_site
    if message is None or handed.asked(message) == handed.asked(site):
        return True
    theirs = message.location
    if theirs is None or theirs.directive != location.directive:
        return False
    both = (plan(site, location, Recast({})), plan(message, theirs, Recast({})))
    return all(one and one.summary == WIDE for one in both)


def pending(site: Site, wanted: tuple[Change, ...]) -> tuple[Change, ...]:
    """Those that are not in force already. A set's lines may be, and must be repeated."""
    return tuple(one for one in wanted if one.name in SETS or site.value(one.name) != one.value)


def _part(
    site: Site, location: LocationRef, wanted: tuple[Change, ...], renamed: dict[str, Rewritten]
) -> Iterator[Part]:
    dropped = {one.name for one in wanted} & {"limit_conn"}
    recast = Recast(by_key(wanted), renamed, frozenset(dropped))
    made = plan(site, location, recast) if wanted or renamed else None
    if made:
        what = " and ".join(
            [*(f"{one.name} {one.value}" for one in wanted if not one.repeated), *renamed]
        )
        path = visible(handed.asked(site))
        yield Part(made.summary.format(what=what or "the lost headers", path=path), made.placed)


def _queried(site: Site, ids: frozenset[str]) -> dict[str, Rewritten]:
    """The `proxy_pass` that loses the query, written anew."""
    if "query-dropped" not in ids or site.location is None:
        return {}
    lines = (one for one in site.location.directive.block or () if one.name in PASSES)
    texts = {one.name: with_query(one) for one in lines}
    return {name: Rewritten(text, _WHY_QUERY) for name, text in texts.items() if text}


def _balanced(site: Site) -> Part:
    """The upstream block with affinity; a sketch of one where there is none."""
    made = balance(site)
    found = own_layer(site.config, made.block) if made.block else None
    if found is None:
        return Part("affinity for the upstream", sketches=(_sketch(site, made.change),),
                    notes=(made.note,))  # fmt: skip
    recast = Recast(by_key([made.change]), dropped=METHODS - {"hash"})
    placed = inside(*found, recast, why=_WHY_UPSTREAM)
    return Part(f"{made.change.name} {made.change.value} in {placed.draft.header}", (placed,))


def _sketch(site: Site, change: Change) -> Draft:
    servers = [Change("server", peer, "a peer of today") for peer in _peers(site)]
    pieces = tuple(map(changed, (change, *servers)))
    return Draft("upstream backend", _WHY_UPSTREAM, pieces, Indent("", "    "))


def _peers(site: Site) -> tuple[str, ...]:
    return (site.upstream.peers if site.upstream else ()) or ("BACKEND:PORT",)


def _zoned(case: Case, site: Site) -> Part:
    """The zone that the streams are counted in, before the server block."""
    wanted = (*changes(case, frozenset({"limits"})), *_for_messages(case))
    names = {one.name for one in wanted}
    found = own_layer(site.config, site.server.directive) if site.server else None
    if not names & {"limit_conn", "limit_req_dry_run"}:
        return Part(notes=(_NO_LIMIT,))
    if "limit_conn" not in names or found is None:
        return Part()
    text = zone(site)
    name, *args = text.rstrip(";").split()
    return Part("a zone of its own", (before(*found, Piece(name, tuple(args), text, text, WHY_ZONE,
                                                           kept=False)),))  # fmt: skip


def _for_messages(case: Case) -> tuple[Change, ...]:
    return message_changes(case, case.message_site, frozenset({"limits"}))


def _notes(case: Case, site: Site, ids: frozenset[str]) -> Iterator[str]:
    buffering = f"{kind_of(site)}_buffering"
    if ids & HOLDING and "location-miss" not in ids and site.value(buffering) == "off":
        yield _STALE.format(buffering)
    if "upgrade-hardcoded" in ids:
        yield _WEBSOCKETS
    if "dead-peer-replay" in ids:
        yield _PEER
    if any(one.name == "proxy_ssl_name" and "$" in one.value for one in changes(case, ids)):
        yield _NAME
