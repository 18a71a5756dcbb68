"""Where a location passes a request, and the URI that the backend gets.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from wizard.model.config import Config, Directive, Where
from wizard.model.resolution import Request, RequestResolution, Upstream
from wizard.nginx.locations import PASSES, spelled
from wizard.nginx.route import Route
from wizard.nginx.servers import http_blocks

_URL = re.compile(
    r"^(?:(?P<scheme>\w+)://)?(?P<host>unix:[^:]+|[^/?#]*):?(?P<uri>[/?#].*)?$", re.DOTALL
)
_UNKNOWN = "\0"
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_UNESCAPED = "/!$&'()*+,-.:;=@_~[]"
"""What `ngx_escape_uri` leaves as it is, beside letters and digits."""


def upstream_of(config: Config, server: Directive, route: Route, request: Request) -> Upstream:
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
    return Upstream(kind, passed, peers, uri, passing.where)


def _passing(location: Directive) -> Directive | None:
    return next((line for line in location.block or () if line.name in PASSES), None)


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
    found = _URL.match(passed)
    host = found["host"] if found else passed
    if _UNKNOWN in host or not host:
        return ()
    name = host.removeprefix("unix:")
    for http in (*http_blocks(config), None):
        blocks = (
            http.children("upstream") if http else (d for d in config.root if d.name == "upstream")
        )
        for block in blocks:
            if [one.lower() for one in block.args[:1]] == [name.lower()]:
                if any(line.name.startswith("balancer_by_lua") for line in block.block or ()):
                    return ()
                servers = (line.args[0] for line in block.children("server") if line.args)
                return tuple(_with_port(server, None) for server in servers)
    return (_with_port(host, found["scheme"] if found else None),)


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
    modifier, prefix = spelled(location)
    if modifier == "=":
        return uri + query
    rest = route.path.removeprefix(prefix)
    # Nginx escapes what was escaped before, and what it has rewritten itself.
    return uri + (_escaped(rest) if route.rewritten or "%" in request.path else rest) + query


def _escaped(path: str) -> str:
    """A decoded path as Nginx writes it into a request."""
    return quote(path.encode("utf-8", "surrogateescape"), safe=_UNESCAPED)


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


def balancing(resolution: RequestResolution) -> Balancing:
    """What the config says of the path's upstream; spare servers and those marked down are out."""
    block = upstream_block(resolution)
    if block is None:
        return Balancing(resolution.upstream.peers if resolution.upstream else ())
    lines = [line for line in block.children("server") if line.args]
    peers = tuple(line.args[0] for line in lines if not {"backup", "down"} & set(line.args[1:]))
    method = next((line.name for line in block.block or () if line.name in STICKING), "")
    return Balancing(peers, method, block.where)


def upstream_block(resolution: RequestResolution) -> Directive | None:
    """The `upstream` block that the path goes to; None where it goes to an address itself."""
    if resolution.upstream is None:
        return None
    name = resolution.upstream.authority.lower()
    inside = [line for http in http_blocks(resolution.config) for line in http.children("upstream")]
    alone = [line for line in resolution.config.root if line.name == "upstream"]
    named = (line for line in (*inside, *alone) if [arg.lower() for arg in line.args[:1]] == [name])
    return next(named, None)


_VARIABLE_PART = re.compile(r"\$\{?(\w+)\}?")


def passed_host(resolution: RequestResolution, asked: str) -> str:
    """What the backend is told; empty where it cannot be told from the config.

    Args:
        asked: The Host header of the client, with its port if it has one.
    """
    upstream = resolution.upstream
    if upstream is None or upstream.kind != "proxy":
        return ""
    proxied = upstream.authority
    known = {
        "host": urlsplit(f"//{asked}").hostname or "",
        "http_host": asked,
        "proxy_host": proxied if "$" not in proxied else "",
    }
    filled = _VARIABLE_PART.sub(lambda found: known.get(found[1]) or "$", _written(resolution))
    return "" if "$" in filled else filled


def _written(resolution: RequestResolution) -> str:
    """As the config writes it; `$proxy_host` where it does not."""
    setting = resolution.effective.get("proxy_set_header")
    entries = setting.entries if setting else ()
    named = [entry[1] for entry in entries if len(entry) == 2 and entry[0].lower() == "host"]
    return named[-1] if named else "$proxy_host"
