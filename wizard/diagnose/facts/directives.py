"""Facts about the directives in force for a request."""

from wizard.model.config import Directive
from wizard.model.resolution import RequestResolution, Setting
from wizard.nginx.known_directives import may_delay
from wizard.nginx.settings import AUTHENTICATION, duration_s, enclosing_blocks, size_bytes

DEFAULT_BUFFER_BYTES = 4096
"""Nginx's default is one page of memory."""


def is_proxied(resolution: RequestResolution | None) -> bool:
    """True if the config passes this path to a backend."""
    upstream = resolution.upstream if resolution else None
    return upstream is not None and upstream.kind not in ("static", "undecided")


def adds_slash(resolution: RequestResolution) -> bool:
    """True if Nginx itself redirects this path, `/x`, to its location `/x/`."""
    location = resolution.location
    is_slashed = location is not None and location.path == f"{resolution.request.path}/"
    return is_slashed and not is_proxied(resolution)


def guards_in_force(resolution: RequestResolution) -> tuple[str, ...]:
    """The directives that ask for credentials before the request is passed on."""
    return tuple(name for name in AUTHENTICATION if resolution.value(name) not in ("", "off"))


def is_buffering(resolution: RequestResolution) -> bool:
    """True if buffering is on in the config; a header of the backend may still switch it off."""
    return resolution.value(f"{resolution.prefix}_buffering") != "off"


def buffer_bytes(resolution: RequestResolution | None) -> int:
    """The size of the smallest buffer for responses, in bytes; by default, or without a config,
    `DEFAULT_BUFFER_BYTES`."""
    if resolution is None:
        return DEFAULT_BUFFER_BYTES
    texts = (resolution.value(f"{resolution.prefix}_{name}") for name in ("buffer_size", "buffers"))
    # `buffers` has a number first; a default names the sizes of both kinds of machines.
    sizes = (size_bytes(text.split(" ")[-1].partition("|")[0]) for text in texts)
    return min((size for size in sizes if size), default=DEFAULT_BUFFER_BYTES)


def ignores_header(resolution: RequestResolution, name: str) -> bool:
    """True if `proxy_ignore_headers` (or its counterpart) names this header."""
    ignored = resolution.value(f"{resolution.prefix}_ignore_headers")
    return name.lower() in ignored.lower().split()


def ignores_x_accel_buffering(resolution: RequestResolution) -> bool:
    """True if Nginx ignores the header by which a backend switches buffering on or off."""
    return ignores_header(resolution, "x-accel-buffering")


def read_timeout_name(resolution: RequestResolution) -> str:
    """`proxy_read_timeout` or its counterpart."""
    return f"{resolution.prefix}_read_timeout"


def read_timeout_s(resolution: RequestResolution | None) -> float | None:
    """The read timeout in force, in seconds; None if the path is not proxied."""
    if resolution is None or not is_proxied(resolution):
        return None
    return duration_s(resolution.value(read_timeout_name(resolution)))


def lines_in_force(resolution: RequestResolution, *names: str) -> tuple[Directive, ...]:
    """The lines with one of these names: those of the innermost level that has any."""
    blocks = reversed(enclosing_blocks(resolution))
    levels = (tuple(line for line in block.block or () if line.name in names) for block in blocks)
    return next(filter(None, levels), ())


def delaying_code(resolution: RequestResolution) -> Directive | None:
    """The innermost line with code of the user's that runs before the backend is asked."""
    blocks = reversed(enclosing_blocks(resolution))
    lines = (line for block in blocks for line in block.block or () if may_delay(line))
    return next(lines, None)


def delays_requests(resolution: RequestResolution) -> bool:
    """True if `limit_req` lets requests above the rate wait, up to its burst."""
    limits = resolution.value("limit_req").split("; ")
    return any("burst=" in each and "nodelay" not in each for each in limits)


def shutdown_timeout(resolution: RequestResolution | None) -> Setting | None:
    """`worker_shutdown_timeout`, which is set outside of http; None if it is not set."""
    root = resolution.config.root if resolution else ()
    directive = next((line for line in root if line.name == "worker_shutdown_timeout"), None)
    if directive is None:
        return None
    return Setting(directive.name, " ".join(directive.args), "http", directive.where)


def place_of(resolution: RequestResolution, name: str) -> str:
    """File and line of a setting; for a default, those of the location that could set it."""
    setting = resolution.settings.get(name)
    if setting and setting.where:
        return str(setting.where)
    location, main = resolution.location, resolution.config.main
    return str(location.directive.where) if location else main
