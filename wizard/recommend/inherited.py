"""Changes to a set of headers: a level that sets one header inherits none of the others.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header
"""

from wizard.model.change import Change, change_key
from wizard.model.config import Config, Directive
from wizard.model.resolution import RequestResolution
from wizard.nginx.servers import server_blocks


def outer(resolution: RequestResolution) -> tuple[Directive, ...]:
    """The blocks around the serving location, innermost first: locations, server, http."""
    if resolution.server is None:
        return ()
    inner = tuple(reversed(resolution.location.parents)) if resolution.location else ()
    http = [
        http
        for http, one in server_blocks(resolution.config)
        if one is resolution.server.directive and http
    ]
    return (*inner, resolution.server.directive, *http)


def own(resolution: RequestResolution, name: str) -> tuple[Directive, ...]:
    """The lines of that name that the serving location sets itself."""
    return tuple(resolution.location.directive.children(name)) if resolution.location else ()


def inherited(resolution: RequestResolution, name: str) -> tuple[Directive, ...]:
    """The lines of that name that the location would inherit if it set none itself."""
    for block in outer(resolution):
        if lines := tuple(block.children(name)):
            return lines
    return ()


_WHY_REPEATED = (
    "repeated from the outer level ({}): a level that sets one of these inherits none of the others"
)
_WHY_CONNECTION = (
    "Connection: upgrade belongs to WebSockets alone; some backends answer 400 to a POST that "
    "carries it. An empty value sends no Connection header"
)


def without_upgrade(resolution: RequestResolution | None) -> tuple[Change, ...]:
    """No Connection header for this path, and the rest of the set as it is today."""
    change = Change.from_args("proxy_set_header", ("Connection", ""), _WHY_CONNECTION)
    if resolution is None:
        return (change,)
    if own(resolution, "proxy_set_header"):
        return (change,)
    return (change, *_repeated(resolution, "proxy_set_header", {change.key}))


def restored(resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The headers of the outer level that the location lost by setting some itself."""
    if resolution is None:
        return ()
    return tuple(
        change
        for name in ("proxy_set_header", "add_header")
        if (mine := own(resolution, name))
        for change in _repeated(resolution, name, {change_key(name, one.args) for one in mine})
    )


def _repeated(resolution: RequestResolution, name: str, there: set[str]) -> tuple[Change, ...]:
    """The outer level's lines for headers that are not there yet."""
    return tuple(
        Change.from_args(name, one.args, _WHY_REPEATED.format(one.where), repeated=True)
        for one in inherited(resolution, name)
        if change_key(name, one.args) not in there
    )


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


def lifted(resolution: RequestResolution | None) -> tuple[Change, ...]:
    """What replaces the limits of this path; nothing where the config shows none."""
    if resolution is None:
        return ()
    requests = own(resolution, "limit_req") or inherited(resolution, "limit_req")
    streams = own(resolution, "limit_conn") or inherited(resolution, "limit_conn")
    return (
        *((Change("limit_req_dry_run", "on", _WHY_REQ),) if requests else ()),
        *(
            (Change("limit_conn", f"{zone_name(resolution.config)} {_MANY}", _WHY_CONN),)
            if streams
            else ()
        ),
    )


def zone(resolution: RequestResolution) -> str:
    """The line that declares the zone of the streams, in the http block."""
    return f"limit_conn_zone $binary_remote_addr zone={zone_name(resolution.config)}:1m;"


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
