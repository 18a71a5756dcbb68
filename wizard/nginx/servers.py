"""Which server block answers, as Nginx chooses: by address and port, then by name.

https://nginx.org/en/docs/http/request_processing.html
https://nginx.org/en/docs/http/server_names.html
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from wizard.model.config import Config, Directive
from wizard.model.resolution import Request, ServerRef
from wizard.nginx.patterns import compile_pattern, pattern_bytes
from wizard.text.display import visible

Kind = Literal["exact", "dot", "star", "tail", "regex"]
_CLAIMS: dict[Kind, tuple[str, ...]] = {
    "exact": ("exact",), "dot": ("exact", "head"), "star": ("head",), "tail": ("tail",),
    "regex": (),
}  # fmt: skip
"""What a name claims for itself; who comes too late is ignored with a warning."""


@dataclass(frozen=True, slots=True)
class ServerName:
    """One name of a server: `a.b`, `.a.b`, `*.a.b`, `a.b.*` or `~pattern`.

    Attributes:
        key: What is left without the dot, the star or the tilde.
        written: As it stands in the config, but in lower case.
    """

    kind: Kind
    key: str
    written: str
    server: Directive

    def matches(self, host: str) -> bool:
        """Whether the host, in lower case and without port, has this name."""
        if self.kind == "regex":
            pattern = compile_pattern(self.key, ignore_case=True)
            return pattern is not None and pattern.search(pattern_bytes(host)) is not None
        if self.kind == "tail":
            return host.startswith(f"{self.key}.")
        is_itself = self.kind in ("exact", "dot") and host == self.key
        return is_itself or (self.kind in ("dot", "star") and host.endswith(f".{self.key}"))


def match_name(servers: Sequence[Directive], host: str) -> ServerName | None:
    """The name that decides among the servers of one socket, None where the default server does."""
    found = [name for name in _kept(servers) if name.matches(host)]
    for kinds in (("exact",), ("dot", "star"), ("tail",)):
        if there := [name for name in found if name.kind in kinds]:
            return max(there, key=lambda name: len(name.key))
    return found[0] if found else None


def _kept(servers: Sequence[Directive]) -> Iterator[ServerName]:
    taken: set[tuple[str, str]] = set()
    for server in servers:
        for line in server.children("server_name"):
            for written in line.args:
                name = _name(written, server)
                if _claims(name, taken):
                    yield name


def _claims(name: ServerName, taken: set[tuple[str, str]]) -> bool:
    """Whether all that the name claims is free. Nginx leaves what it took before it met another."""
    for claim in ((what, name.key) for what in _CLAIMS[name.kind]):
        if claim in taken:
            return False
        taken.add(claim)
    return True


def _name(written: str, server: Directive) -> ServerName:
    if written.startswith("~"):
        return ServerName("regex", written[1:], written, server)
    name = written.lower()
    if name.startswith("*."):
        return ServerName("star", name[2:], name, server)
    if name.startswith("."):
        return ServerName("dot", name[1:], name, server)
    if name.endswith(".*"):
        return ServerName("tail", name[:-2], name, server)
    return ServerName("exact", name, name, server)


ANY = "*"
_PORTS = re.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Listen:
    """One `listen` line: `*` or an address, a port (None for a Unix socket), and its flags.

    Attributes:
        last: The last port of a range such as `8000-8010`.
    """

    address: str
    port: int | None
    flags: frozenset[str]
    text: str
    last: int | None = None

    def holds(self, port: int) -> bool:
        """Whether it listens on this port."""
        return self.port is not None and self.port <= port <= (self.last or self.port)

    @property
    def socket(self) -> tuple[str, int | None]:
        """What is shared by all servers that listen there; so are the flags."""
        return self.address, self.port


def http_blocks(config: Config) -> Iterator[Directive]:
    """The `http` blocks; a file that is meant to be included has none."""
    return (directive for directive in config.root if directive.name == "http")


def server_blocks(config: Config) -> tuple[tuple[Directive | None, Directive], ...]:
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
    address, colon, port = where.rpartition(":")
    if not colon and _PORTS.fullmatch(where):
        address, port = ANY, where
    elif not colon or where.endswith("]"):
        address, port = where, "80"
    found = _PORTS.fullmatch(port)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (None, None)
    address = ANY if address in (ANY, "0.0.0.0", "[::]") else address
    return Listen(address, first, flags, where, last)


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """The server that answers.

    Attributes:
        http: The block around it; None in a fragment.
        default: The default server there: it rules until the name is known.
        doubt: What could not be decided, or empty.
        listens: Whether it listens on the request's port at all.
    """

    http: Directive | None
    server: Directive
    default: Directive
    reason: str
    doubt: str
    listens: bool = True


@dataclass(frozen=True, slots=True)
class _There:
    """A server on a socket, and whether it is called the default there."""

    server: Directive
    default: bool


def choose_server(config: Config, request: Request) -> ServerChoice | None:
    """The server that answers the request; None where the config has none."""
    known = server_blocks(config)
    if not known:
        return None
    port = request.effective_port
    name = requested_name(request.host)
    sockets = _sockets((server for _, server in known), port)
    group, doubt = _group(sockets, name)
    listens = bool(group)
    if not listens:
        group = [_There(server, default=False) for _, server in known]
        doubt = f"no server listens on port {port}; chosen among all by name"
    server, reason = _by_name(group, name)
    http = next(http for http, one in known if one is server)
    return ServerChoice(http, server, _default(group).server, reason, doubt, listens)


def merges_slashes(chosen: ServerChoice, scheme: str) -> bool:
    """True if Nginx merges repeated slashes in the path.

    Without TLS the default server's setting applies, since the path is read before the name
    (https://nginx.org/en/docs/http/ngx_http_core_module.html#merge_slashes).
    """
    first = chosen.server if scheme == "https" else chosen.default
    blocks = [block for block in (first, chosen.http) if block]
    directives = [directive for block in blocks for directive in block.children("merge_slashes")]
    return not directives or [arg.lower() for arg in directives[0].args] != ["off"]


def _sockets(every: Iterable[Directive], port: int) -> dict[str, list[_There]]:
    """The servers at each address of this port, in the order of the config."""
    sockets: dict[str, list[_There]] = {}
    for server in every:
        defaults: dict[str, bool] = {}
        for listen in listens(server):
            if listen.holds(port) and "quic" not in listen.flags:
                is_default = bool(listen.flags & {"default_server", "default"})
                defaults[listen.address] = defaults.get(listen.address, False) or is_default
        for address, is_default in defaults.items():
            sockets.setdefault(address, []).append(_There(server, is_default))
    return sockets


def _group(sockets: dict[str, list[_There]], name: str) -> tuple[list[_There], str]:
    """The servers that share the socket on which the request arrives, and a doubt."""
    address = _address(name)
    if address in sockets:
        return sockets[address], ""
    if ANY not in sockets:
        group = [one for there in sockets.values() for one in there]
        doubt = "the address on which the request arrives is not known" if len(sockets) > 1 else ""
        return group, doubt
    elsewhere = {where: there for where, there in sockets.items() if where != ANY}
    return sockets[ANY], "" if address else _elsewhere(elsewhere, sockets[ANY], name)


def _elsewhere(sockets: dict[str, list[_There]], usual: Sequence[_There], name: str) -> str:
    """Where another server would answer, did the request arrive at an address of its own."""
    taken = _by_name(usual, name)[0]
    others = {where: _by_name(there, name)[0] for where, there in sockets.items()}
    told = [
        f"{visible(where, 60)} ({server.where})"
        for where, server in others.items()
        if server is not taken
    ]
    return f"another server answers what arrives at {', '.join(told[:3])}" if told else ""


def requested_name(host: str | None) -> str:
    """The host as Nginx compares it: without port and last dot, IPv6 in brackets."""
    name = (host or "").strip().lower()
    if ":" in name and _is_address(name):
        return f"[{name}]"
    return re.sub(r":[0-9]*$", "", name).removesuffix(".")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _address(name: str) -> str:
    """The name if it is an address, as `listen` writes it."""
    return name if _is_address(name.removeprefix("[").removesuffix("]")) else ""


def _by_name(group: Sequence[_There], name: str) -> tuple[Directive, str]:
    """Exact name, longest leading wildcard, longest trailing one, first regex, default server."""
    if name and (found := match_name([one.server for one in group], name)) is not None:
        said = f"server_name {visible(found.written, 80)} matches {visible(name, 80)}"
        return found.server, said
    default = _default(group)
    if len(group) == 1:
        return default.server, "it is the only server there"
    why = "default_server" if default.default else "the first in the config"
    return default.server, f"no server_name matches, so the default server serves: {why}"


def _default(group: Sequence[_There]) -> _There:
    return next((one for one in group if one.default), group[0])


def server_ref(server: Directive, reason: str) -> ServerRef:
    """The server as the report names it."""
    names = [name for line in server.children("server_name") for name in line.args]
    texts = tuple(" ".join(line.args) for line in server.children("listen"))
    return ServerRef(" ".join(names), texts or ("80",), server, reason)
