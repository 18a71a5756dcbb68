"""What Nginx does with one request: server, location, upstream, settings and delivery together."""

import re
from typing import Literal
from urllib.parse import urlsplit

from wizard.model.config import Config
from wizard.model.resolution import LocationRef, Request, RequestResolution, Setting
from wizard.nginx.delivery import client_kinds, delivery_table
from wizard.nginx.locations import modifier_and_path
from wizard.nginx.route import Route, follow_route
from wizard.nginx.servers import choose_server, merges_slashes, server_ref
from wizard.nginx.settings import Chain, effective_settings
from wizard.nginx.upstream import resolve_upstream

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}(?![0-9.])")


def request_for(url: str) -> Request:
    """The request that Nginx sees if a client opens this URL."""
    parts = urlsplit(url)
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return Request(parts.path or "/", parts.hostname, scheme, parts.port, parts.query)


def resolve_request(
    config: Config, request: Request, version: str | None = None
) -> RequestResolution:
    """What Nginx does with this request.

    Args:
        config: The whole config, or a fragment that holds the server.
        version: The Nginx version whose defaults apply if the config names none. It may come from
            a backend's header; text that is no version is ignored.
    """
    version = config.version or (version if version and _VERSION.match(version) else None)
    choice = choose_server(config, request)
    if choice is None:
        notes = (*config.notes, "the config has no server block")
        return RequestResolution(request, config, version, None, None, None, {}, undecided=notes)
    http, server = choice.http, choice.server
    outer: Chain = [("http", http), ("server", server)] if http else [("server", server)]
    merge = merges_slashes(choice, request.scheme)
    route = follow_route(server, request, merge)
    upstream = resolve_upstream(config, server, route, request)
    chain: Chain = [*outer, *(("location", location) for location in route.chain)]
    settings = effective_settings(chain, upstream.kind, version)
    kinds = client_kinds(config, server, version)
    return RequestResolution(
        request,
        config,
        version,
        server_ref(server, choice.reason),
        _location(route),
        upstream,
        settings,
        kinds,
        delivery_table(settings, upstream.kind, kinds),
        _undecided(config, choice.undecided, route, settings, version),
        listens=choice.listens,
        merges_slashes=merge,
    )


def _location(route: Route) -> LocationRef | None:
    if not route.chain:
        return None
    *parents, location = route.chain
    modifier, path = modifier_and_path(location)
    return LocationRef(modifier, path, location, tuple(parents), route.reason)


def _undecided(
    config: Config, undecided: str, route: Route, settings: dict[str, Setting], version: str | None
) -> tuple[str, ...]:
    """What the config alone does not decide, one sentence each, without repetitions."""
    sentences = [*config.notes, *([undecided] if undecided else []), *route.undecided]
    http_version = settings.get("proxy_http_version")
    if version is None and http_version is not None and http_version.where is None:
        sentences.append(
            "the Nginx version is not known; proxy_http_version is taken as 1.0, its default "
            "before 1.29.7"
        )
    return tuple(dict.fromkeys(sentences))
