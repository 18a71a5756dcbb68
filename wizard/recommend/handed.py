"""A stream served by a named location: some other location hands it on (`try_files … @app`)."""

from collections.abc import Iterator

from wizard.nginx.site import LocationRef, Site
from wizard.nginx.tree import Directive

_ONLY_FILES = frozenset({"try_files", "root", "index", "alias"})
_MODIFIERS = ("=", "^~", "~*", "~")


def name(location: LocationRef) -> str:
    """The named location's name with its `@`."""
    return f"@{location.path.removeprefix('@')}"


def entry(site: Site, location: LocationRef) -> LocationRef | None:
    """The one location that hands this path on to a named one; None if that is not certain."""
    wanted = name(location)
    found = [
        one
        for one in map(_ref, _locations(site))
        if any(_names(inner, wanted) for inner in one.directive.block or ())
        and _may_serve(one, site.request.path)
    ]
    return found[0] if len(found) == 1 else None


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


def _locations(site: Site) -> Iterator[Directive]:
    waiting = list(site.server.directive.block or ()) if site.server else []
    for one in waiting:
        if one.name == "location":
            waiting.extend(one.block or ())
            yield one


def _names(directive: Directive, wanted: str) -> bool:
    last = directive.args[-1].lstrip("=") if directive.args else ""
    return directive.name in ("try_files", "error_page") and last == wanted


def _ref(directive: Directive) -> LocationRef:
    """The location by modifier and path, which may stand in one word (`=/sse`)."""
    written = " ".join(directive.args)
    modifier = next((one for one in _MODIFIERS if written.startswith(one)), "")
    return LocationRef(modifier, written.removeprefix(modifier).lstrip(), directive)


def _may_serve(location: LocationRef, path: str) -> bool:
    """Whether the name covers the path; a pattern always may."""
    if location.modifier == "=":
        return location.path == path
    return location.modifier in ("~", "~*") or path.startswith(location.path)
