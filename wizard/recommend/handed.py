"""A stream that its path alone does not lead to: handed on (`try_files … @app`) or rewritten."""

from wizard.nginx.locations import find, normal, spelled
from wizard.nginx.route import follow
from wizard.nginx.servers import choose
from wizard.nginx.site import LocationRef, Site
from wizard.nginx.tree import Directive

_ONLY_FILES = frozenset({"try_files", "root", "index", "alias"})


def name(location: LocationRef) -> str:
    """The named location's name with its `@`."""
    return f"@{location.path.removeprefix('@')}"


def entry(site: Site, location: LocationRef) -> LocationRef | None:
    """The location that hands this path on to a named one; None if that is not certain."""
    choice = find(site.server.directive, asked(site), []) if site.server else None
    if choice is None:
        return None
    last = choice.chain[-1]
    hands_on = any(_names(one, name(location)) for one in last.block or ())
    modifier, path = spelled(last)
    return LocationRef(modifier, path, last, choice.chain[:-1]) if hands_on else None


def is_found_by_path(site: Site, location: LocationRef) -> bool:
    """Whether the path alone leads to the location; where it was rewritten it does not."""
    if site.server is None:
        return True
    choice = find(site.server.directive, asked(site), [])
    if choice is None or choice.chain[-1] is not location.directive:
        return False
    route = follow(site.server.directive, site.request, merges(site))
    return route.broken or not route.rewritten


def asked(site: Site) -> str:
    """The path as locations see it."""
    return normal(site.request.path, merges(site))


def merges(site: Site) -> bool:
    """Whether slashes are merged. Without TLS the default server decides, since the path is read
    before the name (https://nginx.org/en/docs/http/ngx_http_core_module.html#merge_slashes)."""
    chosen = choose(site.config, site.request)
    if chosen is None:
        return True
    first = chosen.server if site.request.scheme == "https" else chosen.default
    blocks = (block for block in (first, chosen.http) if block)
    lines = [line for block in blocks for line in block.children("merge_slashes")]
    return not lines or [arg.lower() for arg in lines[0].args] != ["off"]


def only_looks_for_files(site: Site, location: Directive) -> bool:
    """Whether the location guards and shapes nothing, so that nothing of it must be kept."""
    outermost = (site.server.directive.block or ()) if site.server else ()
    return location in outermost and all(one.name in _ONLY_FILES for one in location.block or ())


def renaming(location: Directive, old: str, new: str) -> dict[str, str]:
    """The lines that hand on, written for another name."""
    return {
        one.name: f"{one.name} {' '.join((*one.args[:-1], one.args[-1].replace(old, new)))};"
        for one in location.block or ()
        if _names(one, old)
    }


def _names(directive: Directive, wanted: str) -> bool:
    last = directive.args[-1].lstrip("=") if directive.args else ""
    return directive.name in ("try_files", "error_page") and last == wanted
