"""Request headers that an outer level sets, and that an inner set has put out of force.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header
"""

from dataclasses import dataclass

from wizard.nginx.servers import http_blocks
from wizard.nginx.site import Site
from wizard.nginx.tree import Directive

_OF_THE_HOP = frozenset({"connection", "upgrade", "accept-encoding", "te", "keep-alive"})
"""What an event stream does not miss."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Headers that are lost.

    Attributes:
        lines: The outer `proxy_set_header` lines that no longer hold.
        by: The first line of the set that replaces them.
    """

    lines: tuple[Directive, ...]
    by: Directive

    @property
    def names(self) -> tuple[str, ...]:
        """The headers' names in lower case."""
        return tuple(line.args[0].lower() for line in self.lines)


def lost_headers(site: Site) -> Lost | None:
    """What the set in force leaves out of the next outer one; None where nothing is missed."""
    sets = [lines for block in _chain(site) if (lines := tuple(block.children("proxy_set_header")))]
    if len(sets) < 2:
        return None
    *_, outer, inner = sets
    kept = {line.args[0].lower() for line in inner if line.args}
    lines = tuple(line for line in outer if _is_missed(line, kept))
    return Lost(lines, inner[0]) if lines else None


def _chain(site: Site) -> list[Directive]:
    """The blocks around the request, outermost first."""
    if site.server is None:
        return []
    server = site.server.directive
    http = [
        block
        for block in http_blocks(site.config)
        if any(one is server for one in block.block or ())
    ]
    inner = (*site.location.parents, site.location.directive) if site.location else ()
    return [*http, server, *inner]


def _is_missed(line: Directive, kept: set[str]) -> bool:
    if len(line.args) < 2:
        return False
    name = line.args[0].lower()
    # A client's own header is passed on without being named.
    own = f"$http_{name.replace('-', '_')}"
    return name not in kept and name not in _OF_THE_HOP and line.args[1] != own
