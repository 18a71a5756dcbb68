"""How a location's requests are shared among the servers of its upstream.

https://nginx.org/en/docs/http/ngx_http_upstream_module.html
"""

from dataclasses import dataclass

from wizard.nginx.servers import http_blocks
from wizard.nginx.site import Site
from wizard.nginx.tree import Directive, Where

STICKING = frozenset({"ip_hash", "hash", "sticky", "sticky_cookie_insert"})
"""What sends a client to the same server again; `least_conn` and `random` do not."""


@dataclass(frozen=True, slots=True)
class Balancing:
    """The servers that take part, and what chooses among them.

    Attributes:
        method: The directive that keeps a client at its server; empty if none does.
    """

    peers: tuple[str, ...] = ()
    method: str = ""
    where: Where | None = None

    @property
    def scatters(self) -> bool:
        """Whether one client's requests may go to different servers."""
        return len(self.peers) > 1 and not self.method


def balancing(site: Site) -> Balancing:
    """What the config says of the path's upstream; spare servers and those marked down are out."""
    block = upstream_block(site)
    if block is None:
        return Balancing(site.upstream.peers if site.upstream else ())
    lines = [line for line in block.children("server") if line.args]
    peers = tuple(line.args[0] for line in lines if not {"backup", "down"} & set(line.args[1:]))
    method = next((line.name for line in block.block or () if line.name in STICKING), "")
    return Balancing(peers, method, block.where)


def upstream_block(site: Site) -> Directive | None:
    """The `upstream` block that the path goes to; None where it goes to an address itself."""
    if site.upstream is None:
        return None
    name = site.upstream.authority.lower()
    inside = [line for http in http_blocks(site.config) for line in http.children("upstream")]
    alone = [line for line in site.config.root if line.name == "upstream"]
    named = (line for line in (*inside, *alone) if [arg.lower() for arg in line.args[:1]] == [name])
    return next(named, None)
