"""Nginx's config as Nginx reads it. The only place that knows crossplane."""

from wizard.nginx.delivery import table
from wizard.nginx.effective import Chain, effective
from wizard.nginx.local import dump_local, find_nginx
from wizard.nginx.locations import spelled
from wizard.nginx.route import Route, follow
from wizard.nginx.servers import choose, clients, reference
from wizard.nginx.site import LocationRef, Request, Setting, Site
from wizard.nginx.source import read
from wizard.nginx.tree import Config, Directive
from wizard.nginx.units import duration_s, size_bytes
from wizard.nginx.upstream import upstream_of

__all__ = ["dump_local", "duration_s", "find_nginx", "inspect", "read", "size_bytes"]

STREAMS = ("proxy", "fastcgi", "uwsgi", "scgi")
"""What has a `…_buffering` of its own; grpc never buffers a response."""


def inspect(config: Config, request: Request, version: str | None = None) -> Site:
    """What Nginx does with this request.

    Args:
        config: The whole config, or a fragment that holds the server.
        request: As the client sends it.
        version: The Nginx version whose defaults hold, where the config does not say.
    """
    version = config.version or version
    chosen = choose(config, request)
    if chosen is None:
        doubts = (*config.notes, "the config has no server block")
        return Site(request, config, version, None, None, None, {}, undecided=doubts)
    http, server, reason, doubt = chosen
    outer: Chain = [("http", http), ("server", server)] if http else [("server", server)]
    merges = not any(_off(block, "merge_slashes") for _, block in outer)
    route = follow(server, request, merges)
    upstream = upstream_of(config, server, route, request)
    settings = effective(
        [*outer, *(("location", one) for one in route.chain)], upstream.kind, version
    )
    kinds = clients(config, server, version)
    return Site(
        request,
        config,
        version,
        reference(server, reason),
        _location(route),
        upstream,
        settings,
        kinds,
        table(settings, kinds) if upstream.kind in STREAMS else (),
        _doubts(config, doubt, route, settings, version),
    )


def _off(block: Directive, name: str) -> bool:
    return any(line.args == ("off",) for line in block.children(name))


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
