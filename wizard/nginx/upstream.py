"""Where a location passes a request: upstream block, peers, and the URI and Host of the request.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from wizard.model.config import Config, Directive, Position
from wizard.model.resolution import RequestResolution, Upstream
from wizard.nginx.locations import modifier_and_path
from wizard.nginx.route import Route
from wizard.nginx.servers import http_blocks

PASS_URL = re.compile(
    r"(?:(?P<scheme>\w+|\$\{?\w+\}?)://)?"
    r"(?P<address>unix:[^:]+|(?!unix:)(?:[^/?#$]++|\$\{?(?!(?:request_uri|uri)\b)\w++\}?+)*+):?"
    r"(?P<uri>(?:[/?#]|\$\{?(?:request_uri|uri)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
"""The argument of a pass directive; `$uri` and `$request_uri` begin the URI as a slash does."""
_UNKNOWN = "\0"
"""Stands for the value of a variable that the config does not decide."""
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def resolve_upstream(config: Config, route: Route) -> Upstream:
    """The upstream at the end of the route; `static` if it passes nothing on."""
    directive = route.pass_directive
    if route.doubt:
        return Upstream("undecided", "")
    if directive is None or not directive.args:
        return Upstream("static", "")
    kind = directive.name.removesuffix("_pass")
    passed = directive.args[0]
    target = route.state.fill(passed, _UNKNOWN) or ""
    address = passed_address(target)
    peers = peers_of(config, target) if address and _UNKNOWN not in address else ()
    uri = _request_uri(kind, (passed, target), route)
    return Upstream(kind, passed, peers, uri, directive.where, address.replace(_UNKNOWN, "$"))


def peers_of(config: Config, target: str) -> tuple[str, ...]:
    """The addresses of the upstream block's servers, or the target's own if no block has its name;
    none if Lua code chooses the server."""
    address = passed_address(target)
    block = upstream_block(config, address)
    if block is None:
        url = PASS_URL.fullmatch(target)
        return (_with_port(address, url["scheme"] if url else None),)
    if any(directive.name.startswith("balancer_by_lua") for directive in block.block or ()):
        return ()
    servers = (directive.args[0] for directive in block.children("server") if directive.args)
    return tuple(_with_port(server, None) for server in servers)


def passed_address(passed: str) -> str:
    """Host and port, or `unix:` and a path, in the argument of a pass directive."""
    url = PASS_URL.fullmatch(passed)
    return url["address"] if url else passed


def upstream_block(config: Config, address: str) -> Directive | None:
    """The `upstream` block that the address of a pass directive names; None if there is none.

    Nginx compares names without regard to case. An address with a port, or of a Unix socket, names
    no block: Nginx refuses the config ("upstream … may not have port …"; `ngx_http_upstream_add`
    in Nginx's source).
    """
    if address.startswith("unix:") or _has_port(address):
        return None
    inside = [block for http in http_blocks(config) for block in http.children("upstream")]
    alone = [directive for directive in config.root if directive.name == "upstream"]
    blocks = (block for block in (*inside, *alone) if block.args)
    return next((block for block in blocks if block.args[0].lower() == address.lower()), None)


def _has_port(address: str) -> bool:
    return ":" in address.rpartition("]")[2]


def _with_port(address: str, scheme: str | None) -> str:
    if address.startswith("unix:") or _has_port(address):
        return address
    return f"{address}:{443 if scheme in ('https', 'grpcs') else 80}"


def _request_uri(kind: str, passed: tuple[str, str], route: Route) -> str | None:
    """The URI that the backend gets, query included; None if variables decide it.

    `passed` is the argument of the pass directive as written, and with its variables filled in.
    """
    written, target = passed
    url = PASS_URL.fullmatch(target)
    uri = url["uri"] if url and kind == "proxy" else None
    if uri is not None and "$" in written:
        # With variables Nginx sends the URI as written, without adding the query.
        sent = f"/{uri}" if uri.startswith("?") else uri
        return None if _UNKNOWN in sent else sent
    state = route.state
    if uri is None and state.changed_by is None:
        return state.request.uri
    if route.query is None or not state.knows_path:
        return None
    query, new, path = f"?{route.query}" if route.query else "", "", route.path
    if uri is not None and not route.broken:
        new, path = uri, path[len(modifier_and_path(route.chain[-1])[1]) :]
    # Nginx escapes the path only if it was escaped in the request, or the request is redirected
    # internally.
    if route.rewritten or route.named or "%" in state.request.path:
        path = escape_uri(path, "$")
    return new + path + query


def escape_uri(path: str, keep: str = "") -> str:
    """A decoded path as Nginx sends it upstream (`ngx_escape_uri`), for use in a directive.

    There `$` is escaped, since it would begin a variable. Nginx itself does not escape it: pass it
    in `keep`, the further characters that stay.
    """
    return quote(path.encode("utf-8", "surrogateescape"), safe=f"/!&'()*+,-.:;=@_~[]{keep}")


STICKY_METHODS = frozenset({"ip_hash", "hash", "sticky", "sticky_cookie_insert"})
"""Balancing methods that keep a client at one server; `least_conn` and `random` do not."""
_VARYING = re.compile(
    r"arg_\w+|args|is_args|query_string|request|request_(uri|id|length|body|method|time)|"
    r"uri|document_uri|connection(_requests|_time)?|remote_port|proxy_protocol_port|msec|pid|"
    r"http_mcp_\w+|content_length|http_content_length|http_last_event_id|cookie_\w+"
)
"""Variables that differ between the requests of a client, or that its first one does not have: the
session's id in a query or a header, a cookie. With an empty key `hash` takes peers in turn
(`ngx_http_upstream_get_hash_peer`; measured on 1.22.1 and 1.31.3)."""


@dataclass(frozen=True, slots=True)
class Balancing:
    """How requests are distributed over the servers of an upstream.

    Attributes:
        peers: The servers in use, without `backup` and `down` ones.
        method: The directive that keeps a client at its server; empty if none does.
        where: The place of the upstream block; None if there is none.
        varying_key: The key of a `hash` that differs between the requests of one client, so that it
            does not keep it at its server; else empty.
    """

    peers: tuple[str, ...] = ()
    method: str = ""
    where: Position | None = None
    varying_key: str = ""

    @property
    def spreads_clients(self) -> bool:
        """True if the requests of one client may go to different servers."""
        return len(self.peers) > 1 and not self.method


def balancing_of(resolution: RequestResolution) -> Balancing:
    """How the request's upstream distributes requests."""
    block = upstream_block_of(resolution)
    if block is None:
        return Balancing(resolution.upstream.peers if resolution.upstream else ())
    servers = (server.args for server in block.children("server") if server.args)
    peers = tuple(args[0] for args in servers if not {"backup", "down"} & set(args[1:]))
    method = next((child for child in block.block or () if child.name in STICKY_METHODS), None)
    key = method.args[0] if method and method.name == "hash" and method.args else ""
    if key and _varies(resolution.config, key):
        return Balancing(peers, "", block.where, key)
    return Balancing(peers, method.name if method else "", block.where)


def _varies(config: Config, text: str, depth: int = 4) -> bool:
    """True if the value of the text differs between the requests of one client, as far as the
    variables of the request and those of `map` blocks show."""
    names = [variable[1] for variable in _VARIABLE.finditer(text)]
    if any(map(_VARYING.fullmatch, names)):
        return True
    blocks = [block for http in http_blocks(config) for block in http.children("map")]
    maps = [block for block in blocks if len(block.args) == 2 and block.args[1][1:] in names]
    sources = [block.args[0] for block in maps]
    return depth > 0 and any(_varies(config, source, depth - 1) for source in sources)


def upstream_block_of(resolution: RequestResolution) -> Directive | None:
    """The `upstream` block that the request is passed to; None if it is passed to an address."""
    upstream = resolution.upstream
    if upstream is None:
        return None
    address = upstream.address or passed_address(upstream.passed)
    return upstream_block(resolution.config, address)


def default_host(passed: str) -> str:
    """The Host header that Nginx sends if the config sets none (`$proxy_host`), as written.

    It is `localhost` for a Unix socket, and has no port that is the scheme's default
    (`ngx_http_proxy_set_vars` in Nginx's source).
    """
    url = PASS_URL.fullmatch(passed)
    address = url["address"] if url else passed
    if address.startswith("unix:"):
        return "localhost"
    is_tls = url is not None and (url["scheme"] or "").lower() == "https"
    return address.removesuffix(":443" if is_tls else ":80")


def host_header(resolution: RequestResolution, requested: str) -> str:
    """The Host header that the backend gets if the client sends the `requested` one (with its
    port, if any); empty if the config alone does not decide it."""
    return fill_host(resolution, _written_host(resolution), requested)


def fill_host(resolution: RequestResolution, written: str, requested: str) -> str:
    """A Host header as the config writes it, with its variables filled in; else as above."""
    upstream = resolution.upstream
    if upstream is None or upstream.kind != "proxy":
        return ""
    default, server = default_host(upstream.passed), resolution.server
    values = {
        "server_port": str(resolution.request.effective_port) if resolution.listens else "",
        "server_name": server.name if server and re.fullmatch(r"[\w.-]+", server.name) else "",
        "host": urlsplit(f"//{requested}").hostname or "",
        "http_host": requested,
        "proxy_host": default if "$" not in default else "",
    }
    filled = _VARIABLE.sub(lambda variable: values.get(variable[1]) or "$", written)
    return "" if "$" in filled else filled


def _written_host(resolution: RequestResolution) -> str:
    """The Host header as the config writes it; `$proxy_host`, Nginx's default, if it does not."""
    setting = resolution.settings.get("proxy_set_header")
    entries = setting.entries if setting else ()
    hosts = [entry[1] for entry in entries if len(entry) == 2 and entry[0].lower() == "host"]
    return hosts[-1] if hosts else "$proxy_host"
