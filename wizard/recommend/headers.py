"""Changes to a set of headers: a level that sets one header inherits none of the others.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header
"""

from wizard.nginx.site import Site
from wizard.recommend.chain import inherited, own
from wizard.recommend.change import Change, key_of, line

_WHY_REPEATED = (
    "repeated from the outer level ({}): a level that sets one of these inherits none of the others"
)
_WHY_CONNECTION = (
    "Connection: upgrade belongs to WebSockets alone; some backends answer 400 to a POST that "
    "carries it. An empty value sends no Connection header"
)


def without_upgrade(site: Site | None) -> tuple[Change, ...]:
    """No Connection header for this path, and the rest of the set as it is today."""
    change = line("proxy_set_header", ("Connection", ""), _WHY_CONNECTION)
    if site is None:
        return (change,)
    if own(site, "proxy_set_header"):
        return (change,)
    return (change, *_repeated(site, "proxy_set_header", {change.key}))


def restored(site: Site | None) -> tuple[Change, ...]:
    """The headers of the outer level that the location lost by setting some itself."""
    if site is None:
        return ()
    return tuple(
        change
        for name in ("proxy_set_header", "add_header")
        if (mine := own(site, name))
        for change in _repeated(site, name, {key_of(name, one.args) for one in mine})
    )


def _repeated(site: Site, name: str, there: set[str]) -> tuple[Change, ...]:
    """The outer level's lines for headers that are not there yet."""
    return tuple(
        line(name, one.args, _WHY_REPEATED.format(one.where), repeated=True)
        for one in inherited(site, name)
        if key_of(name, one.args) not in there
    )
