"""Nginx's config as Nginx reads it. The only place that knows crossplane."""

import re

from wizard.model.config import Config
from wizard.model.resolution import (
    BUFFERING_PREFIXES,
    LocationRef,
    Request,
    RequestResolution,
    Setting,
)
from wizard.nginx.delivery import clients, table
from wizard.nginx.fetch.local import dump_local, find_nginx
from wizard.nginx.load import read
from wizard.nginx.locations import spelled
from wizard.nginx.route import Route, follow
from wizard.nginx.servers import choose, merges_slashes, reference
from wizard.nginx.settings import Chain, duration_s, effective, size_bytes
from wizard.nginx.upstream import upstream_of

__all__ = ["dump_local", "duration_s", "find_nginx", "inspect", "read", "size_bytes"]

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}(?![0-9.])")


def inspect(config: Config, request: Request, version: str | None = None) -> RequestResolution:
    """What Nginx does with this request.

    Args:
        config: The whole config, or a fragment that holds the server.
        request: As the client sends it.
        version: The Nginx version whose defaults hold, where the config does not say.
    """
    version = config.version or _known(version)
    chosen = choose(config, request)
    if chosen is None:
        doubts = (*config.notes, "the config has no server block")
        return RequestResolution(request, config, version, None, None, None, {}, undecided=doubts)
    http, server = chosen.http, chosen.server
    outer: Chain = [("http", http), ("server", server)] if http else [("server", server)]
    merging = merges_slashes(chosen, request.scheme)
    route = follow(server, request, merging)
    upstream = upstream_of(config, server, route, request)
    settings = effective(
        [*outer, *(("location", one) for one in route.chain)], upstream.kind, version
    )
    kinds = clients(config, server, version)
    return RequestResolution(
        request,
        config,
        version,
        reference(server, chosen.reason),
        _location(route),
        upstream,
        settings,
        kinds,
        table(settings, upstream.kind, kinds) if upstream.kind in BUFFERING_PREFIXES else (),
        _doubts(config, chosen.doubt, route, settings, version),
        listens=chosen.listens,
        merges_slashes=merging,
    )


def _known(version: str | None) -> str | None:
    """The version if it can be one: it may come from a backend's own header."""
    return version if version and _VERSION.match(version) else None


def _location(route: Route) -> LocationRef | None:
    if not route.chain:
        return None
    modifier, path = spelled(route.chain[-1])
    return LocationRef(modifier, path, route.chain[-1], route.chain[:-1], route.reason)


def _doubts(
    config: Config, doubt: str, route: Route, settings: dict[str, Setting], version: str | None
) -> tuple[str, ...]:
    found = [*config.notes, *([doubt] if doubt else []), *route.doubts]
    spoken = settings.get("proxy_http_version")
    if version is None and spoken is not None and spoken.where is None:
        found.append(
            "the Nginx version is not known; proxy_http_version is taken as 1.0, its default "
            "before 1.29.7"
        )
    return tuple(dict.fromkeys(found))
