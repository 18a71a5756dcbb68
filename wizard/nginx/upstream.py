"""Where a location passes a request, and the URI that the backend gets.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from wizard.model.config import Config, Directive, Position
from wizard.model.resolution import Request, RequestResolution, Upstream
from wizard.nginx.locations import PASS_DIRECTIVES, modifier_and_path
from wizard.nginx.route import Route
from wizard.nginx.servers import http_blocks

_URL = re.compile(
    r"^(?:(?P<scheme>\w+)://)?(?P<host>unix:[^:]+|[^/?#]*):?(?P<uri>[/?#].*)?$", re.DOTALL
)
_UNKNOWN = "\0"
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_UNESCAPED = "/!$&'()*+,-.:;=@_~[]"
"""What `ngx_escape_uri` leaves as it is, beside letters and digits."""


def resolve_upstream(config: Config, server: Directive, route: Route, request: Request) -> Upstream:
    """What the location at the end of the route passes to; `static` where it passes nothing."""
    location = route.chain[-1] if route.chain else None
    passing = _passing(location) if location and route.answered is None else None
    if passing is None or location is None or not passing.args:
        return Upstream("static", "")
    kind = passing.name.removesuffix("_pass")
    passed = passing.args[0]
    literal = _asked_for(_resolved(passed, (server, *route.chain)), route, request)
    peers = _peers(config, literal)
    uri = _request_uri(kind, (passed, literal), location, route, request)
    return Upstream(kind, passed, peers, uri, passing.where, literal)


def _passing(location: Directive) -> Directive | None:
    return next((line for line in location.block or () if line.name in PASS_DIRECTIVES), None)


def _resolved(passed: str, blocks: tuple[Directive, ...]) -> str:
    """The target with the variables filled in that a single plain `set` gives."""
    known: dict[str, set[str]] = {}
    for block in blocks:
        for line in block.children("set"):
            if len(line.args) == 2:
                known.setdefault(line.args[0].lstrip("$"), set()).add(line.args[1])

    def fill(found: re.Match[str]) -> str:
        values = known.get(found[1], set())
        value = next(iter(values)) if len(values) == 1 else "$"
        return found[0] if "$" in value else value

    return _VARIABLE.sub(fill, passed)


def _asked_for(literal: str, route: Route, request: Request) -> str:
    """The target with the variables filled in that stand for the request itself; `_UNKNOWN` where
    another one stands."""
    original = f"?{request.query}" if request.query else ""
    known = {"request_uri": request.path + original, "uri": route.path, "document_uri": route.path}
    if route.query is not None:
        known |= {"args": route.query, "query_string": route.query}
        known["is_args"] = "?" if route.query else ""
    return _VARIABLE.sub(lambda found: known.get(found[1], _UNKNOWN), literal)


def _peers(config: Config, passed: str) -> tuple[str, ...]:
    """The addresses behind the target: those of its upstream block, or its own."""
    host = passed_address(passed)
    if _UNKNOWN in host or not host:
        return ()
    block = upstream_block(config, host)
    if block is None:
        scheme = _URL.match(passed)
        return (_with_port(host, scheme["scheme"] if scheme else None),)
    if any(directive.name.startswith("balancer_by_lua") for directive in block.block or ()):
        return ()
    servers = (directive.args[0] for directive in block.children("server") if directive.args)
    return tuple(_with_port(server, None) for server in servers)


def passed_address(passed: str) -> str:
    """Host and port, or `unix:` and a path, in the argument of a pass directive."""
    url = _URL.match(passed)
    return url["host"] if url else passed


def upstream_block(config: Config, address: str) -> Directive | None:
    """The `upstream` block of that name; None if the address is passed to directly.

    Nginx compares names without regard to case. It refuses a port beside the name of a block
    (`upstream "a" may not have port 80`), and looks up no block for a Unix socket, so that neither
    names a block (`ngx_http_upstream_add` in Nginx's source).
    """
    inside = [block for http in http_blocks(config) for block in http.children("upstream")]
    alone = [directive for directive in config.root if directive.name == "upstream"]
    if address.startswith("unix:") or ":" in address.rpartition("]")[2]:
        return None
    named = (b for b in (*inside, *alone) if b.args and b.args[0].lower() == address.lower())
    return next(named, None)


def _with_port(host: str, scheme: str | None) -> str:
    if host.startswith("unix:") or ":" in host.rpartition("]")[2]:
        return host
    return f"{host}:{443 if scheme in ('https', 'grpcs') else 80}"


def _request_uri(
    kind: str, target: tuple[str, str], location: Directive, route: Route, request: Request
) -> str | None:
    """The URI that the backend gets, query included; None where variables decide.

    Args:
        target: What is passed to, as written and with its variables filled in.
    """
    passed, literal = target
    if route.query is None:
        return None
    query = f"?{route.query}" if route.query else ""
    asked = (_escaped(route.path) if route.rewritten else request.path) + query
    if kind != "proxy":
        return asked
    found = _URL.match(literal)
    uri = found["uri"] if found else None
    if "$" in passed:
        # With variables the URI is taken as it stands, and the query only where it stands there.
        return asked if uri is None else None if _UNKNOWN in uri else uri
    if uri is None or route.broken:
        return asked
    modifier, prefix = modifier_and_path(location)
    if modifier == "=":
        return uri + query
    rest = route.path.removeprefix(prefix)
    # Nginx escapes what was escaped before, and what it has rewritten itself.
    return uri + (_escaped(rest) if route.rewritten or "%" in request.path else rest) + query


def _escaped(path: str) -> str:
    """A decoded path as Nginx writes it into a request."""
    return quote(path.encode("utf-8", "surrogateescape"), safe=_UNESCAPED)


STICKY_METHODS = frozenset({"ip_hash", "hash", "sticky", "sticky_cookie_insert"})
"""What sends a client to the same server again; `least_conn` and `random` do not."""


@dataclass(frozen=True, slots=True)
class Balancing:
    """The servers that take part, and what chooses among them.

    Attributes:
        method: The directive that keeps a client at its server; empty if none does.
    """

    peers: tuple[str, ...] = ()
    method: str = ""
    where: Position | None = None

    @property
    def spreads_clients(self) -> bool:
        """Whether one client's requests may go to different servers."""
        return len(self.peers) > 1 and not self.method


def balancing_of(resolution: RequestResolution) -> Balancing:
    """What the config says of the path's upstream; spare servers and those marked down are out."""
    block = upstream_block_of(resolution)
    if block is None:
        return Balancing(resolution.upstream.peers if resolution.upstream else ())
    lines = [line for line in block.children("server") if line.args]
    peers = tuple(line.args[0] for line in lines if not {"backup", "down"} & set(line.args[1:]))
    method = next((line.name for line in block.block or () if line.name in STICKY_METHODS), "")
    return Balancing(peers, method, block.where)


def upstream_block_of(resolution: RequestResolution) -> Directive | None:
    """The `upstream` block that the request is passed to; None if it is passed to an address."""
    upstream = resolution.upstream
    if upstream is None:
        return None
    return upstream_block(resolution.config, passed_address(upstream.target or upstream.passed))


def default_host(passed: str) -> str:
    """The Host header that Nginx sends if the config sets none (`$proxy_host`), as written.

    It is `localhost` for a Unix socket (`ngx_http_proxy_set_vars` in Nginx's source).
    """
    address = passed_address(passed)
    return "localhost" if address.startswith("unix:") else address


def host_header(resolution: RequestResolution, asked: str) -> str:
    """What the backend is told; empty where it cannot be told from the config.

    Args:
        asked: The Host header of the client, with its port if it has one.
    """
    upstream = resolution.upstream
    if upstream is None or upstream.kind != "proxy":
        return ""
    proxied = default_host(upstream.passed)
    known = {
        "host": urlsplit(f"//{asked}").hostname or "",
        "http_host": asked,
        "proxy_host": proxied if "$" not in proxied else "",
    }
    filled = _VARIABLE.sub(lambda found: known.get(found[1]) or "$", _written(resolution))
    return "" if "$" in filled else filled


def _written(resolution: RequestResolution) -> str:
    """As the config writes it; `$proxy_host` where it does not."""
    setting = resolution.settings.get("proxy_set_header")
    entries = setting.entries if setting else ()
    named = [entry[1] for entry in entries if len(entry) == 2 and entry[0].lower() == "host"]
    return named[-1] if named else "$proxy_host"
