"""The levels around a location, and what they set for it."""

from wizard.nginx.servers import servers
from wizard.nginx.site import Site
from wizard.nginx.tree import Directive


def outer(site: Site) -> tuple[Directive, ...]:
    """The blocks around the serving location, innermost first: locations, server, http."""
    if site.server is None:
        return ()
    inner = tuple(reversed(site.location.parents)) if site.location else ()
    http = [http for http, one in servers(site.config) if one is site.server.directive and http]
    return (*inner, site.server.directive, *http)


def own(site: Site, name: str) -> tuple[Directive, ...]:
    """The lines of that name that the serving location sets itself."""
    return tuple(site.location.directive.children(name)) if site.location else ()


def inherited(site: Site, name: str) -> tuple[Directive, ...]:
    """The lines of that name that the location would inherit if it set none itself."""
    for block in outer(site):
        if lines := tuple(block.children(name)):
            return lines
    return ()
