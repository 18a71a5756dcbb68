"""What Nginx does with one request: server, location, upstream, settings and delivery together."""

import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

from wizard.model.config import Config, Directive
from wizard.model.resolution import (
    Answer,
    BodyFilter,
    Doubt,
    LocationRef,
    Request,
    RequestResolution,
    Setting,
)
from wizard.nginx.body_filters import body_filters, describe_doubts
from wizard.nginx.delivery import client_kinds, delivery_table, is_buffered
from wizard.nginx.error_pages import error_pages
from wizard.nginx.known_directives import doubt_unknown, unknown_directives
from wizard.nginx.locations import modifier_and_path
from wizard.nginx.memo import Memo
from wizard.nginx.phases import follow_route
from wizard.nginx.refusal import find_refusal
from wizard.nginx.route import Route
from wizard.nginx.servers import ServerChoice, choose_server, merges_slashes, server_ref
from wizard.nginx.settings import Chain, effective_settings
from wizard.nginx.upstream import resolve_upstream
from wizard.text.display import MAX_SENTENCES, describe_rest
from wizard.text.messages import tr

_PLAIN_HEADERS = frozenset({"accept", "content-type", "origin", "upgrade", "user-agent"})
_MAX_UNKNOWN = 3
"""How many directives of modules that are not known are named."""
_kept: Memo[tuple[Request, str | None], RequestResolution] = Memo()
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}(?![0-9.])")


def request_for(url: str, method: str = "GET", headers: Sequence[tuple[str, str]] = ()) -> Request:
    """The request that Nginx sees if a client opens this URL.

    Of the headers only those are kept that hold no secret: they may decide an `if` or a `map`.
    """
    parts = urlsplit(url)
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    path, host = parts.path or "/", parts.hostname
    plain = plain_headers(headers)
    return Request(path, host, scheme, parts.port, parts.query, method, plain)


def plain_headers(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those of the headers that hold no secret and may decide an `if` or a `map`."""
    return tuple((name, value) for name, value in headers if name.lower() in _PLAIN_HEADERS)


def resolve_request(
    config: Config, request: Request, version: str | None = None
) -> RequestResolution:
    """What Nginx does with this request by its config, or by a fragment that holds the server.

    The defaults of `version` apply if the config names none. It may come from a backend's header;
    text that is no version is ignored.
    """
    version = config.version or (version if version and _VERSION.match(version) else None)
    return _kept.get(config, (request, version), lambda: _resolve(config, request, version))


def _resolve(config: Config, request: Request, version: str | None) -> RequestResolution:
    choice = choose_server(config, request)
    if choice is None:
        return _without_server(config, request, version)
    route = follow_route(config, choice, request, version)
    upstream = resolve_upstream(config, route)
    chain = _chain(choice, route)
    settings = effective_settings(chain, upstream.kind, version)
    kinds = client_kinds(config, choice.server, version)
    blocks = [block for _, block in chain]
    passing = blocks if upstream.kind != "static" else []
    unknown, filters = unknown_directives(passing), body_filters(passing)
    doubts = _doubts(unknown, filters, is_buffered(settings, upstream.kind, None))
    return RequestResolution(
        request,
        config,
        version,
        server_ref(choice.server, choice.reason),
        _location(route),
        upstream,
        settings,
        kinds,
        filters,
        delivery_table(settings, upstream.kind, kinds, filters, unknown),
        _undecided(config, choice.undecided, route, settings, version, doubts),
        listens=choice.listens,
        merges_slashes=merges_slashes(choice, request),
        doubt=route.doubt or _limit_of(choice),
        answer=Answer(route.answered, route.status) if route.answered else None,
        error_pages=error_pages(blocks),
        is_rewritten=route.rewritten and not route.broken,
        unknown=unknown,
        refusal=find_refusal(config),
        conditions=tuple(route.conditions),
    )


def _without_server(config: Config, request: Request, version: str | None) -> RequestResolution:
    notes = [Doubt("config", note) for note in config.notes]
    notes.append(Doubt("server", tr("the config has no server block")))
    refusal = find_refusal(config)
    return RequestResolution(
        request, config, version, None, None, None, {}, undecided=tuple(notes), refusal=refusal
    )


def _chain(choice: ServerChoice, route: Route) -> Chain:
    """The blocks around the request with their levels, outermost first."""
    http: Chain = [("http", choice.http)] if choice.http else []
    return [*http, ("server", choice.server), *(("location", block) for block in route.blocks)]


def _doubts(
    unknown: tuple[Directive, ...], filters: tuple[BodyFilter, ...], buffering: bool
) -> tuple[Doubt, ...]:
    """What directives of modules that are not known, and body filters, leave undecided."""
    places = {each.where for each in filters}
    others = [directive for directive in unknown if directive.where not in places]
    described = map(doubt_unknown, others[:_MAX_UNKNOWN])
    held = (Doubt("filter", text) for text in describe_doubts(filters, buffering))
    return (*described, *held)


def _location(route: Route) -> LocationRef | None:
    if not route.chain:
        return None
    *parents, location = route.chain
    modifier, path = modifier_and_path(location)
    return LocationRef(modifier, path, location, tuple(parents), route.reason, route.inner)


def _undecided(
    config: Config,
    undecided: Doubt | None,
    route: Route,
    settings: dict[str, Setting],
    version: str | None,
    doubts: tuple[Doubt, ...],
) -> tuple[Doubt, ...]:
    """What the config alone does not decide, without repetitions."""
    notes = [Doubt("config", note) for note in config.notes]
    decisive = filter(None, [undecided, route.doubt])
    all_doubts = [*_first_doubts(notes), *decisive, *_first_doubts(route.undecided)]
    all_doubts += _first_doubts(doubts)
    http_version = settings.get("proxy_http_version")
    is_default = http_version is not None and http_version.where is None
    if version is None and is_default and route.pass_directive is not None:
        text = tr(
            "the Nginx version is not known; proxy_http_version is assumed to be 1.0, its "
            "default before 1.29.7"
        )
        all_doubts.append(Doubt("version", text))
    return tuple(dict.fromkeys(all_doubts))


def _first_doubts(doubts: Sequence[Doubt]) -> list[Doubt]:
    """The first of these, each once, and how many more there are."""
    different = list(dict.fromkeys(doubts))
    rest = describe_rest(different)
    return [*different[:MAX_SENTENCES], *([Doubt("more", rest)] if rest else [])]


def _limit_of(choice: ServerChoice) -> Doubt | None:
    """The doubt about the server if a pattern that takes too many steps may choose another one."""
    doubt = choice.undecided
    return doubt if doubt is not None and doubt.kind == "limit" else None
