"""Which server block answers a request: chosen by address and port, then by name.

https://nginx.org/en/docs/http/request_processing.html
https://nginx.org/en/docs/http/server_names.html
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wizard.model.config import Config, Directive
from wizard.model.resolution import Doubt, Request, ServerRef
from wizard.nginx.patterns import Match, pattern_doubt, search
from wizard.text.display import comma_list, visible
from wizard.text.messages import tr

NameKind = Literal["exact", "dot", "star", "tail", "regex"]
_CLAIMS: dict[NameKind, tuple[str, ...]] = {
    "exact": ("exact",), "dot": ("exact", "head"), "star": ("head",), "tail": ("tail",),
    "regex": (),
}  # fmt: skip
"""The hash tables of names in which Nginx enters a name of this kind. It ignores a name that
another server of the socket entered before ("conflicting server name")."""
_MAX_HOST_CHARS = 300
"""The longest name of the DNS has 253 characters."""
_PRECEDENCE: tuple[tuple[NameKind, ...], ...] = (("exact",), ("dot", "star"), ("tail",))


@dataclass(frozen=True, slots=True)
class ServerName:
    """One name of a server: `a.b`, `.a.b`, `*.a.b`, `a.b.*` or `~pattern`.

    Attributes:
        key: The name without the dot, the star or the tilde.
        written: The name as in the config, in lower case unless it is a pattern.
    """

    kind: NameKind
    key: str
    written: str
    server: Directive

    def matches(self, host: str) -> bool:
        """True if the host, in lower case and without port, matches this name."""
        if self.kind == "regex":
            return search(self.key, host, ignore_case=True).match is not None
        if self.kind == "tail":
            return host.startswith(f"{self.key}.")
        is_same = self.kind in ("exact", "dot") and host == self.key
        return is_same or (self.kind in ("dot", "star") and host.endswith(f".{self.key}"))


def match_name(servers: Sequence[Directive], host: str) -> ServerName | None:
    """The name that decides among the servers of one socket; None if the default server answers.

    An exact name precedes the longest leading wildcard, that the longest trailing one, and that
    the first matching pattern.
    """
    matching = [name for name in _accepted_names(servers, host) if name.matches(host)]
    for kinds in _PRECEDENCE:
        if names := [name for name in matching if name.kind in kinds]:
            return max(names, key=lambda name: len(name.key))
    return matching[0] if matching else None


def _accepted_names(servers: Sequence[Directive], host: str) -> Iterator[ServerName]:
    """The names that may concern this host, without those that Nginx ignores as conflicting."""
    entered: set[tuple[str, str]] = set()
    alike = _names_alike(host)
    for server in servers:
        for written in _written_names(server):
            if written.startswith("~") or alike is None or written.lower() in alike:
                name = _parse_name(written, server)
                if _enter(name, entered):
                    yield name


def _names_alike(host: str) -> frozenset[str] | None:
    """The names, other than patterns, that match this host or conflict with one that does.

    None for a host that is too long for this short cut.
    """
    if len(host) > _MAX_HOST_CHARS:
        return None
    labels = host.split(".")
    tails = (".".join(labels[at:]) for at in range(len(labels)))
    heads = (f"{'.'.join(labels[:at])}.*" for at in range(1, len(labels)))
    leading = (f"{mark}{tail}" for tail in tails for mark in ("", ".", "*."))
    return frozenset((*leading, *heads))


def _written_names(server: Directive) -> list[str]:
    return [name for directive in server.children("server_name") for name in directive.args]


def _enter(name: ServerName, entered: set[tuple[str, str]]) -> bool:
    """Enter the name in its tables, up to the first conflict; False if there is one."""
    for table in _CLAIMS[name.kind]:
        if (table, name.key) in entered:
            return False
        entered.add((table, name.key))
    return True


def _parse_name(written: str, server: Directive) -> ServerName:
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
"""The address of a socket that listens on all addresses."""
_PORTS = re.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Listen:
    """One `listen` directive.

    Attributes:
        address: `*` or an address.
        port: None for a Unix socket.
        flags: The further arguments: `ssl`, `http2`, `default_server`, ….
        text: Address and port as written.
        last: The last port, as in `8000-8010`; None if the directive names no port.
    """

    address: str
    port: int | None
    flags: frozenset[str]
    text: str
    last: int | None = None

    def holds(self, port: int | None) -> bool:
        """True if it listens on this port; None for a unix socket."""
        if port is None or self.port is None:
            return port is self.port and self.address.startswith("unix:")
        return self.port <= port <= (self.last or self.port)

    @property
    def socket(self) -> tuple[str, int | None]:
        """Address and port; all servers that listen there share the flags."""
        return self.address, self.port


def http_blocks(config: Config) -> Iterator[Directive]:
    """The `http` blocks; a file that is meant to be included has none."""
    return (directive for directive in config.root if directive.name == "http")


def server_blocks(config: Config) -> tuple[tuple[Directive | None, Directive], ...]:
    """Each server with the `http` block around it; None for the servers of a fragment."""
    inside = [(http, server) for http in http_blocks(config) for server in http.children("server")]
    alone = [(None, directive) for directive in config.root if directive.name == "server"]
    return (*inside, *alone)


def listens_of(server: Directive) -> tuple[Listen, ...]:
    """The `listen` directives of a server; without one Nginx listens on port 80."""
    directives = [directive for directive in server.children("listen") if directive.args]
    listens = tuple(parse_listen(tuple(directive.args)) for directive in directives)
    return listens or (Listen(ANY, 80, frozenset(), "80"),)


def listens_at(config: Config, port: int | None) -> tuple[Listen, ...]:
    """The `listen` directives of all servers that listen on this port; None for unix sockets."""
    servers = (server for _, server in server_blocks(config))
    return tuple(each for server in servers for each in listens_of(server) if each.holds(port))


@lru_cache(maxsize=1024)  # Most servers of a large config have the same few.
def parse_listen(args: tuple[str, ...]) -> Listen:
    """The socket that the arguments of a `listen` name, of which there is at least one."""
    text, flags = args[0], frozenset(args[1:])
    if text.startswith("unix:"):
        return Listen(text, None, flags, text)
    address, colon, port = text.rpartition(":")
    if not colon and _PORTS.fullmatch(text):
        address, port = ANY, text
    elif not colon or text.endswith("]"):
        address, port = text, "80"
    match = _PORTS.fullmatch(port)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (None, None)
    address = ANY if address in (ANY, "0.0.0.0", "[::]") else address
    return Listen(address, first, flags, text, last)


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """The server that answers.

    Attributes:
        http: The `http` block around the server; None in a fragment.
        default: The default server of the socket, in force until Nginx has read the name.
        undecided: What the config does not decide; None if it decides all.
        listens: Whether any server listens on the request's port.
        match: The match of the server name that is a regex; None if another name decides.
    """

    http: Directive | None
    server: Directive
    default: Directive
    reason: str
    undecided: Doubt | None
    listens: bool = True
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A server on a socket, and whether it is the socket's `default_server`."""

    server: Directive
    is_default: bool


def choose_server(config: Config, request: Request) -> ServerChoice | None:
    """The server that answers the request; None if the config has no server."""
    blocks = server_blocks(config)
    if not blocks:
        return None
    port, name = request.effective_port, requested_name(request.host)
    sockets = _sockets((server for _, server in blocks), port)
    group, undecided = _socket_of_request(sockets, name)
    has_listener = bool(group)
    if not has_listener:
        group = [_Candidate(server, is_default=False) for _, server in blocks]
        text = tr(
            "no server listens on port {port}, so the server was chosen by its name alone",
            port=port,
        )
        undecided = Doubt("address", text)
    server, reason, decisive = _choose_by_name(group, name)
    http = next(http for http, block in blocks if block is server)
    undecided = undecided or (_untried_name(group, decisive, name) if name else None)
    default, match = _default_of(group).server, _regex_match(decisive, name)
    return ServerChoice(http, server, default, reason, undecided, has_listener, match)


def first_server(choice: ServerChoice, request: Request) -> Directive:
    """The server that is in force from the first line of the request on.

    It is the default server as long as no name has been read. With TLS the name comes before, and
    with HTTP/2 at the latest with the path, if the client sends `:authority` before it.
    """
    knows_name = request.scheme == "https" or request.http == "2"
    return choice.server if knows_name else choice.default


def merges_slashes(choice: ServerChoice, request: Request) -> bool:
    """True if Nginx merges repeated slashes in the path.

    The server's setting applies that is in force when the path is read
    (https://nginx.org/en/docs/http/ngx_http_core_module.html#merge_slashes).
    """
    server = first_server(choice, request)
    return switch_value((server, choice.http), "merge_slashes") != "off"


def switch_value(blocks: Sequence[Directive | None], name: str) -> str:
    """The value of an `on|off` directive in the first of these blocks that has it; else empty."""
    directives = (directive for block in blocks if block for directive in block.children(name))
    directive = next(directives, None)
    return " ".join(directive.args).lower() if directive else ""


def _sockets(servers: Iterable[Directive], port: int) -> dict[str, list[_Candidate]]:
    """The servers at each address of this port, in the order of the config."""
    sockets: dict[str, list[_Candidate]] = {}
    for server in servers:
        defaults: dict[str, bool] = {}
        for listen in listens_of(server):
            if listen.holds(port) and "quic" not in listen.flags:
                is_default = bool(listen.flags & {"default_server", "default"})
                defaults[listen.address] = defaults.get(listen.address, False) or is_default
        for address, is_default in defaults.items():
            sockets.setdefault(address, []).append(_Candidate(server, is_default))
    return sockets


def _socket_of_request(
    sockets: dict[str, list[_Candidate]], name: str
) -> tuple[list[_Candidate], Doubt | None]:
    """The servers of the socket on which the request arrives (none if none listens), and what
    the config does not decide."""
    address = _address(name)
    if address in sockets:
        return sockets[address], None
    if ANY not in sockets:
        group = [candidate for candidates in sockets.values() for candidate in candidates]
        doubt = Doubt("address", tr("the address on which the request arrives is not known"))
        return group, doubt if len(sockets) > 1 else None
    return sockets[ANY], None if address else _other_answers(sockets, name)


def _other_answers(sockets: dict[str, list[_Candidate]], name: str) -> Doubt | None:
    """Which other servers answer a request that arrives at a specific address; None if none."""
    choices = {address: _choose_by_name(group, name)[0] for address, group in sockets.items()}
    chosen = choices[ANY]
    others = [
        f"{visible(address, 60)} ({server.where})"
        for address, server in choices.items()
        if server is not chosen
    ]
    if not others:
        return None
    text = tr(
        "another server answers requests that arrive at {others}", others=comma_list(others[:3])
    )
    return Doubt("address", text)


def requested_name(host: str | None) -> str:
    """The requested host as Nginx compares it: without port and final dot, IPv6 in brackets."""
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
    """The name if it is an IP address, as `listen` writes it; else empty."""
    return name if _is_address(name.removeprefix("[").removesuffix("]")) else ""


def _choose_by_name(
    group: Sequence[_Candidate], name: str
) -> tuple[Directive, str, ServerName | None]:
    """The server of a socket that answers this name, the reason in one sentence, and which of its
    names decides; None for the default server."""
    servers = [candidate.server for candidate in group]
    if name and (match := match_name(servers, name)) is not None:
        reason = tr(
            "server_name {written} matches {name}",
            written=visible(match.written, 80),
            name=visible(name, 80),
        )
        return match.server, reason, match
    default = _default_of(group)
    if len(group) == 1:
        return default.server, tr("it is the only server at this address"), None
    why = "default_server" if default.is_default else tr("it is the first in the config")
    return (
        default.server,
        tr("no server_name matches, so the default server answers: {why}", why=why),
        None,
    )


def _untried_name(
    group: Sequence[_Candidate], decisive: ServerName | None, name: str
) -> Doubt | None:
    """The first pattern before the decisive name that cannot be tried; None if there is none."""
    if decisive is not None and decisive.kind != "regex":
        return None
    for each in _accepted_names([candidate.server for candidate in group], name):
        if each == decisive:
            break
        if each.kind == "regex" and (problem := search(each.key, name, ignore_case=True).problem):
            return pattern_doubt(each.server.where, each.written, problem)
    return None


def _regex_match(decisive: ServerName | None, name: str) -> Match | None:
    """What the name matches if the server name that decides is a regex."""
    if decisive is None or decisive.kind != "regex":
        return None
    return search(decisive.key, name, ignore_case=True).match


def _default_of(group: Sequence[_Candidate]) -> _Candidate:
    return next((candidate for candidate in group if candidate.is_default), group[0])


def server_ref(server: Directive, reason: str) -> ServerRef:
    """The server as reports name it."""
    texts = tuple(" ".join(directive.args) for directive in server.children("listen"))
    return ServerRef(" ".join(_written_names(server)), texts or ("80",), server, reason)
