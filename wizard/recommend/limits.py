"""A path without the limits that hold around it.

Nginx has no line that switches a limit off: a level that sets none inherits the outer ones, so
something has to be set in their place
(https://nginx.org/en/docs/http/ngx_http_limit_conn_module.html#limit_conn).
"""

from wizard.nginx.site import Site
from wizard.nginx.tree import Config, Directive
from wizard.recommend.chain import inherited, own
from wizard.recommend.change import Change

_ZONE = "sse_streams"
_MANY = 100
_WHY_REQ = (
    "limit_req cannot be switched off in a location: none set means the outer ones hold. In a dry "
    "run they are only counted and logged here. Linters may take it for a forgotten test: it is "
    "the exemption"
)
_WHY_CONN = (
    "in place of the limit that holds here: an open stream counts as a connection all the time, "
    "and a location that sets no limit inherits the outer ones. The zone of its own keeps streams "
    f"from being counted against other paths; {_MANY} is meant as a limit that nobody meets"
)
WHY_ZONE = "the zone that counts the streams alone"


def lifted(site: Site | None) -> tuple[Change, ...]:
    """What replaces the limits of this path; nothing where the config shows none."""
    if site is None:
        return ()
    requests = own(site, "limit_req") or inherited(site, "limit_req")
    streams = own(site, "limit_conn") or inherited(site, "limit_conn")
    return (
        *((Change("limit_req_dry_run", "on", _WHY_REQ),) if requests else ()),
        *(
            (Change("limit_conn", f"{zone_name(site.config)} {_MANY}", _WHY_CONN),)
            if streams
            else ()
        ),
    )


def zone(site: Site) -> str:
    """The line that declares the zone of the streams, in the http block."""
    return f"limit_conn_zone $binary_remote_addr zone={zone_name(site.config)}:1m;"


def zone_name(config: Config) -> str:
    """A zone name that the config does not use."""
    waiting, taken = list(config.root), set[str]()
    for one in waiting:
        waiting += one.block or ()
        taken |= _zones(one)
    return next(name for at in range(len(taken) + 1) if (name := f"{_ZONE}{at or ''}") not in taken)


def _zones(line: Directive) -> set[str]:
    zones = (arg.removeprefix("zone=") for arg in line.args if arg.startswith("zone="))
    return {one.partition(":")[0] for one in zones}
