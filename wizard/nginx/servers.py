"""Which server block answers, as Nginx chooses: by address and port, then by name.

https://nginx.org/en/docs/http/request_processing.html
https://nginx.org/en/docs/http/server_names.html
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wizard.nginx.patterns import compiled
from wizard.nginx.site import Client, Request, ServerRef
from wizard.nginx.tree import Config, Directive
from wizard.text import visible

ANY = "*"
H2_BESIDE_H1 = (1, 25, 1)
"""From here on a plain port with HTTP/2 also speaks HTTP/1.1 (CHANGES of 1.25.1)."""


@dataclass(frozen=True, slots=True)
class Listen:
    """One `listen` line: `*` or an address, a port (None for a Unix socket), and its flags."""

    address: str
    port: int | None
    flags: frozenset[str]
    text: str

    @property
    def socket(self) -> tuple[str, int | None]:
        """What is shared by all servers that listen there; so are the flags."""
        return self.address, self.port


def http_blocks(config: Config) -> Iterator[Directive]:
    """The `http` blocks; a file that is meant to be included has none."""
    return (directive for directive in config.root if directive.name == "http")


def servers(config: Config) -> tuple[tuple[Directive | None, Directive], ...]:
    """Each server with its http block. A fragment's servers stand alone."""
    inside = [(http, server) for http in http_blocks(config) for server in http.children("server")]
    alone = [(None, directive) for directive in config.root if directive.name == "server"]
    return (*inside, *alone)


def listens(server: Directive) -> tuple[Listen, ...]:
    """Where a server listens; without a `listen` line it is port 80."""
    found = tuple(_listen(line.args) for line in server.children("listen") if line.args)
    return found or (Listen(ANY, 80, frozenset(), "80"),)


def _listen(args: Sequence[str]) -> Listen:
    where, flags = args[0], frozenset(args[1:])
    if where.startswith("unix:"):
        return Listen(where, None, flags, where)
    if where.isdigit():
        return Listen(ANY, int(where), flags, where)
    address, colon, port = where.rpartition(":")
    if not colon or where.endswith("]"):
        address, port = where, "80"
    number = int(port) if port.isdigit() else None
    return Listen(ANY if address in (ANY, "0.0.0.0", "[::]") else address, number, flags, where)


def choose(config: Config, request: Request) -> tuple[Directive | None, Directive, str, str] | None:
    """The http block, the server, why it is chosen, and what could not be decided."""
    known = servers(config)
    if not known:
        return None
    port = request.port or (443 if request.scheme == "https" else 80)
    group, doubt = _group(known, request, port)
    server, reason = _by_name(group, port, request.host)
    http = next(http for http, one in known if one is server)
    return http, server, reason, doubt


def _group(
    known: Sequence[tuple[Directive | None, Directive]], request: Request, port: int
) -> tuple[list[Directive], str]:
    """The servers that share the socket on which the request arrives."""
    sockets: dict[str, list[Directive]] = {}
    for _, server in known:
        for listen in listens(server):
            if listen.port == port and "quic" not in listen.flags:
                sockets.setdefault(listen.address, []).append(server)
    if not sockets:
        everyone = [server for _, server in known]
        return everyone, f"no server listens on port {port}; chosen among all by name"
    address = _address(request.host)
    if address in sockets:
        return sockets[address], ""
    if ANY in sockets:
        return sockets[ANY], ""
    group = [server for servers_there in sockets.values() for server in servers_there]
    doubt = "the address on which the request arrives is not known" if len(sockets) > 1 else ""
    return group, doubt


def _address(host: str | None) -> str:
    """The host if it is an address, as `listen` writes it."""
    try:
        found = ipaddress.ip_address((host or "").strip("[]"))
    except ValueError:
        return ""
    return f"[{found}]" if found.version == 6 else str(found)


def _by_name(group: Sequence[Directive], port: int, host: str | None) -> tuple[Directive, str]:
    """Exact name, longest leading wildcard, longest trailing one, first regex, default server."""
    name = (host or "").lower().strip("[]").rstrip(".")
    if name:
        for kind in (_exact, _leading, _trailing, _regex):
            if (found := kind(group, name)) is not None:
                server, said = found
                return server, f"server_name {visible(said, 80)} matches {visible(name, 80)}"
    default = next((server for server in group if _is_default(server, port)), group[0])
    if len(group) == 1:
        return default, "it is the only server there"
    why = "default_server" if _is_default(default, port) else "the first in the config"
    return default, f"no server_name matches, so the default server serves: {why}"


Named = tuple[Directive, str]


def _names(group: Sequence[Directive]) -> Iterator[Named]:
    for server in group:
        for line in server.children("server_name"):
            for name in line.args:
                yield server, name.lower() if not name.startswith("~") else name


def _exact(group: Sequence[Directive], host: str) -> Named | None:
    wanted = {host, f".{host}"}
    return next(((s, name) for s, name in _names(group) if name in wanted), None)


def _leading(group: Sequence[Directive], host: str) -> Named | None:
    found = [
        (server, name)
        for server, name in _names(group)
        if (name.startswith("*.") and host.endswith(name[1:]))
        or (name.startswith(".") and host.endswith(name))
    ]
    return max(found, key=lambda pair: len(pair[1].lstrip("*")), default=None)


def _trailing(group: Sequence[Directive], host: str) -> Named | None:
    found = [
        (s, name) for s, name in _names(group) if name.endswith(".*") and host.startswith(name[:-1])
    ]
    return max(found, key=lambda pair: len(pair[1]), default=None)


def _regex(group: Sequence[Directive], host: str) -> Named | None:
    for server, name in _names(group):
        pattern = compiled(name[1:], ignore_case=True) if name.startswith("~") else None
        if pattern is not None and pattern.search(host):
            return server, name
    return None


def _is_default(server: Directive, port: int) -> bool:
    return any(
        listen.port == port and listen.flags & {"default_server", "default"}
        for listen in listens(server)
    )


def reference(server: Directive, reason: str) -> ServerRef:
    """The server as the report names it."""
    names = [name for line in server.children("server_name") for name in line.args]
    texts = tuple(" ".join(line.args) for line in server.children("listen"))
    return ServerRef(" ".join(names), texts or ("80",), server, reason)


def clients(config: Config, server: Directive, version: str | None) -> tuple[Client, ...]:
    """The kinds of clients that the server's `listen` lines allow.

    `ssl` and `http2` belong to the socket: a flag that another server sets for the same address
    and port holds for this one too.
    """
    kinds: dict[Client, None] = {}
    for listen in listens(server):
        if "quic" in listen.flags:
            continue
        shared = _shared_flags(config, listen)
        for kind in _kinds(server, shared, version):
            kinds[kind] = None
    order: tuple[Client, ...] = ("h1", "h1-tls", "h2", "h2c")
    return tuple(kind for kind in order if kind in kinds)


def _shared_flags(config: Config, listen: Listen) -> frozenset[str]:
    every = (other for _, server in servers(config) for other in listens(server))
    return frozenset().union(*(other.flags for other in every if other.socket == listen.socket))


def _kinds(server: Directive, flags: frozenset[str], version: str | None) -> tuple[Client, ...]:
    switched = any(line.args == ("on",) for line in server.children("http2"))
    secure = "ssl" in flags or any(line.args == ("on",) for line in server.children("ssl"))
    if secure:
        return ("h1-tls", "h2") if switched or "http2" in flags else ("h1-tls",)
    if switched:
        return ("h1", "h2c")
    if "http2" in flags:
        return ("h1", "h2c") if _number(version) >= H2_BESIDE_H1 else ("h2c",)
    return ("h1",)


def _number(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version or "")[:3])
