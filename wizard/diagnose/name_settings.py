"""Settings for a backend that is given by name: when and with which DNS server Nginx looks it up.

https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver
https://nginx.org/en/docs/http/ngx_http_upstream_module.html#resolve
"""

from collections.abc import Iterator

from wizard.diagnose.facts import addresses
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.config import Config, Directive
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.locations import pass_directive
from wizard.nginx.proxy_pass import for_fixed_name, for_name_in_variable
from wizard.nginx.servers import http_blocks
from wizard.nginx.settings import enclosing_blocks, version_numbers
from wizard.nginx.upstream import passed_address, upstream_block_of
from wizard.text.messages import tr

RESOLVE_SINCE = (1, 27, 3)
"""The version since which the open-source Nginx has `server … resolve`."""
_WHY_RESOLVER = tr(
    "the DNS server that this config uses elsewhere; without one Nginx finds no name"
)
_WHY_PLAIN = tr(
    "the same name without a variable: Nginx looks it up at its start, by the system, and needs "
    "no resolver"
)
_WHY_RESOLVE = tr("looked up again whenever the DNS answer expires, instead of once at start")
_WHY_ZONE = tr("memory that all workers share, which resolve needs")
_WHY_VARIABLE = tr("a name in a variable is looked up again, instead of once at start")
_AT_START = tr(
    "Nginx looks the name up when it starts, and nginx -t refuses the config where it "
    "does not resolve. It keeps the address until the next reload: a resolver line with "
    "the address of a DNS server (127.0.0.11 in Docker, the cluster's DNS service in "
    "Kubernetes) beside the variable looks it up again instead"
)
_NO_RESOLVER = tr(
    "no line of the config names a DNS server. With a resolver line (127.0.0.11 in "
    "Docker, the cluster's DNS service in Kubernetes) and the name in a variable of the "
    "pass directive, Nginx looks the name up again; until then, reload it after each "
    "change of the address"
)


def find_without_variable(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The resolver that the config has elsewhere, or the name without its variable."""
    if resolution is None or resolution.upstream is None:
        return ()
    if resolver := _known_resolver(resolution.config):
        return (_as_change(resolver, _WHY_RESOLVER),)
    directive = _passing(resolution)
    argument = for_fixed_name(directive, resolution) if directive else None
    if directive is None or argument is None:
        return ()
    change = Change(directive.name, argument, _WHY_PLAIN, if_present=True, for_all_paths=True)
    return (change,)


def notes_on_start(case: Case, style: Style) -> tuple[str, ...]:
    """That the name is looked up at start alone, where no resolver is known."""
    config = case.resolution.config if case.resolution else None
    return () if config and _known_resolver(config) else (_AT_START,)


def look_up_again(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """What makes Nginx look the backend's name up again while it runs.

    `resolve` for the servers of an upstream block, on an Nginx that has it; else the name in a
    variable. Nothing where the config names no DNS server, whose address nobody can guess.
    """
    resolver = _known_resolver(resolution.config) if resolution else None
    if resolution is None or resolver is None:
        return ()
    block = upstream_block_of(resolution)
    if block is not None:
        return tuple(_resolved_servers(resolution, block, resolver))
    directive = _passing(resolution)
    if directive is None or _is_passed_elsewhere(case, resolution):
        return ()
    written = for_name_in_variable(directive, resolution)
    if written is None:
        return ()
    name, argument = written
    lines = [
        Change("set", name, _WHY_VARIABLE, for_all_paths=True),
        Change(directive.name, argument, _WHY_VARIABLE, if_present=True, for_all_paths=True),
    ]
    return (*_missing_resolver(resolution, resolver), *lines)


def notes_on_resolver(case: Case, style: Style) -> tuple[str, ...]:
    """What it takes to have the name looked up again, where the config names no DNS server."""
    config = case.resolution.config if case.resolution else None
    return () if config and _known_resolver(config) else (_NO_RESOLVER,)


def _as_change(resolver: Directive, reason: str) -> Change:
    change = Change.from_args("resolver", resolver.args, reason)
    return Change(change.name, change.value, reason, for_all_paths=True)


def _missing_resolver(resolution: RequestResolution, resolver: Directive) -> Iterator[Change]:
    """The resolver, unless one is in force for the location."""
    if not any(next(block.children("resolver"), None) for block in enclosing_blocks(resolution)):
        yield _as_change(resolver, _WHY_RESOLVER)


def _resolved_servers(
    resolution: RequestResolution, block: Directive, resolver: Directive
) -> Iterator[Change]:
    """`resolve` for each server with a name; nothing on an Nginx that does not have it."""
    servers = [line for line in block.children("server") if _has_name(line)]
    is_old = version_numbers(resolution.version) < RESOLVE_SINCE
    if (
        is_old
        or not servers
        or any(line.name.endswith("_by_lua_block") for line in block.block or ())
    ):
        return
    for line in servers:
        if "resolve" not in line.args:
            yield _in_upstream("server", (*line.args, "resolve"), _WHY_RESOLVE)
    if not any(block.children("zone")):
        yield _in_upstream("zone", (block.args[0], "64k"), _WHY_ZONE)
    around = (block, *http_blocks(resolution.config))
    if not any(next(each.children("resolver"), None) for each in around):
        yield _in_upstream("resolver", resolver.args, _WHY_RESOLVER)


def _in_upstream(name: str, args: tuple[str, ...], reason: str) -> Change:
    written = Change.from_args(name, args, reason)
    return Change(name, written.value, reason, scope="upstream")


def _has_name(server: Directive) -> bool:
    address = server.args[0] if server.args else ""
    host = address.rpartition(":")[0] or address
    is_socket = address.startswith("unix:")
    return bool(address) and not is_socket and not addresses.is_ip_address(host)


def _passing(resolution: RequestResolution) -> Directive | None:
    """The location's own pass directive; None if another one passes the request on."""
    location = resolution.location.directive if resolution.location else None
    directive = pass_directive(location) if location else None
    where = resolution.upstream.where if resolution.upstream else None
    return directive if directive and directive.args and directive.where == where else None


def _is_passed_elsewhere(case: Case, resolution: RequestResolution) -> bool:
    """True if another location, whose lines stay, names the same address without a variable: Nginx
    then knows it from there, and looks it up for nobody."""
    upstream = resolution.upstream
    address = upstream.address.lower() if upstream else ""
    changed = [
        each and _passing(each) for each in (resolution, case.resolution, case.message_resolution)
    ]
    lines = (line for line in _walk(resolution.config.root) if line.name.endswith("_pass"))
    others = (line for line in lines if line.args and not any(line is each for each in changed))
    return any(passed_address(line.args[0]).lower() == address for line in others)


def _known_resolver(config: Config) -> Directive | None:
    """The `resolver` of the config; None if it has none, or several that differ."""
    lines = [line for line in _walk(config.root) if line.name == "resolver" and line.args]
    return lines[0] if len({line.args for line in lines}) == 1 else None


def _walk(block: tuple[Directive, ...]) -> Iterator[Directive]:
    """All directives in this block and the blocks in it."""
    for directive in block:
        yield directive
        yield from _walk(directive.block or ())
