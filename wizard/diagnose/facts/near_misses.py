"""Lines of a config that are meant to make a stream live and change nothing for it.

Each is a change that people report to have made, and that Nginx takes without a warning.
"""

from collections.abc import Iterator
from itertools import chain, islice

from wizard.diagnose.facts import directives
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence
from wizard.model.resolution import RequestResolution
from wizard.nginx.near_misses import near_misses
from wizard.nginx.servers import server_blocks
from wizard.nginx.settings import enclosing_blocks
from wizard.text.display import safe
from wizard.text.messages import tr

_MAX_LINES = 4
_HEADERS = ("x-accel-buffering", "http_x_accel_buffering")
_TO_CLIENT = tr(
    "sends this header to the client, where it does nothing: Nginx reads it only in the backend's "
    "answer"
)
_TO_BACKEND = tr(
    "sends this header to the backend, where it does nothing: Nginx reads it only in the "
    "backend's answer"
)
_EFFECTS = {
    "add_header": _TO_CLIENT,
    "more_set_headers": _TO_CLIENT,
    "proxy_set_header": _TO_BACKEND,
    "fastcgi_param": _TO_BACKEND,
    "uwsgi_param": _TO_BACKEND,
}

_NO_HELP = {"gzip": ("off",), "postpone_output": ("0",), "chunked_transfer_encoding": ("off",)}


def ineffective_lines(resolution: RequestResolution) -> tuple[Evidence, ...]:
    """What is meant to end the buffering of this path and does not; empty if nothing buffers it."""
    if not directives.is_proxied(resolution) or not directives.is_buffering(resolution):
        return ()
    inside = [each for block in enclosing_blocks(resolution) for each in block.block or ()]
    lines = chain(
        filter(None, map(_header_line, inside)),
        _other_family(resolution, inside),
        _no_help(resolution),
        _elsewhere(resolution),
    )
    return tuple(islice(lines, _MAX_LINES))


def _evidence(directive: Directive, text: str) -> Evidence:
    words = " ".join((directive.name, *directive.args))
    return Evidence("config", str(directive.where), f"{safe(words, 120)} {text}")


def _header_line(directive: Directive) -> Evidence | None:
    """The header that only a backend can send, set by Nginx for the client or for the backend."""
    name = directive.args[0].lower() if directive.args else ""
    if directive.name not in _EFFECTS or not name.startswith(_HEADERS):
        return None
    return _evidence(directive, _EFFECTS[directive.name])


def _other_family(resolution: RequestResolution, inside: list[Directive]) -> Iterator[Evidence]:
    """The directive of a module that does not pass this path on."""
    for directive in inside:
        prefix, _, rest = directive.name.partition("_")
        if rest == "buffering" and directive.args == ("off",) and prefix != resolution.prefix:
            passes = f"{resolution.prefix}_pass"
            yield _evidence(
                directive, tr("does not concern {passes}, which passes this path on", passes=passes)
            )


def _no_help(resolution: RequestResolution) -> Iterator[Evidence]:
    """Settings of the location that do not free a response from the buffers."""
    location = resolution.location
    for directive in location.directive.block or () if location else ():
        if directive.args == _NO_HELP.get(directive.name):
            yield _evidence(
                directive, tr("does not help: Nginx's other buffers still hold the events")
            )


def _elsewhere(resolution: RequestResolution) -> Iterator[Evidence]:
    """Buffering that is off in a server or location that this path does not enter."""
    named = (near.directive for near in near_misses(resolution))
    others = set(map(id, (*enclosing_blocks(resolution), *named)))
    for _, server in server_blocks(resolution.config):
        for block in _blocks_in(server):
            if id(block) in others:
                continue
            for directive in block.children(f"{resolution.prefix}_buffering"):
                if directive.args == ("off",):
                    yield _evidence(directive, _whose(resolution, server, block))


def _whose(resolution: RequestResolution, server: Directive, block: Directive) -> str:
    """Where it stands, and why it is not in force: another path, or another server."""
    serving = resolution.server.directive if resolution.server else None
    if serving is None or serving is server:
        return tr("stands in {name}, which does not serve this path", name=_name(block))
    names = {
        "server": _name(server),
        "host": safe(resolution.request.host or "", 80),
        "other": _name(serving),
    }
    if block is server:
        return tr("stands in {server}, but {host} is answered by {other}", **names)
    return tr(
        "stands in {name} of {server}, but {host} is answered by {other}",
        name=_name(block),
        **names,
    )


def _blocks_in(server: Directive) -> Iterator[Directive]:
    """A server with its locations, in the order of the config."""
    yield server
    for location in server.children("location"):
        yield from _blocks_in(location)


def _name(block: Directive) -> str:
    if block.name == "location":
        return f"location {safe(' '.join(block.args), 80)}"
    names = " ".join(name for each in block.children("server_name") for name in each.args)
    return tr(
        "the server {names} ({where})", names=safe(names, 80) or tr("(no name)"), where=block.where
    )
