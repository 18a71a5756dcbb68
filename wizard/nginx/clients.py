"""Which kinds of clients a server's `listen` lines allow."""

from collections.abc import Sequence

from wizard.nginx.effective import numbers
from wizard.nginx.servers import Listen, listens, servers
from wizard.nginx.site import Client
from wizard.nginx.tree import Config, Directive

H2_BESIDE_H1 = (1, 25, 1)
"""From here on a plain port with HTTP/2 also speaks HTTP/1.1 (CHANGES of 1.25.1)."""


def clients(config: Config, server: Directive, version: str | None) -> tuple[Client, ...]:
    """The kinds of clients that the server's `listen` lines allow.

    `ssl` and `http2` belong to the socket: a flag that another server sets for the same address
    and port holds for this one too.
    """
    kinds: dict[Client, None] = {}
    http = next((http for http, one in servers(config) if one is server), None)
    both = _switched((server, http), "http2")
    for listen in listens(server):
        if "quic" in listen.flags:
            continue
        shared = _shared_flags(config, listen)
        for kind in _kinds(server, shared, version, both):
            kinds[kind] = None
    order: tuple[Client, ...] = ("h1", "h1-tls", "h2", "h2c")
    return tuple(kind for kind in order if kind in kinds)


def _shared_flags(config: Config, listen: Listen) -> frozenset[str]:
    every = (other for _, server in servers(config) for other in listens(server))
    return frozenset().union(*(other.flags for other in every if other.socket == listen.socket))


def _switched(blocks: Sequence[Directive | None], name: str) -> bool:
    """Whether the innermost of these blocks that says so switches it on."""
    lines = [line for block in blocks if block for line in block.children(name)]
    return bool(lines) and [arg.lower() for arg in lines[0].args] == ["on"]


def _kinds(
    server: Directive, flags: frozenset[str], version: str | None, switched: bool
) -> tuple[Client, ...]:
    secure = "ssl" in flags or _switched((server,), "ssl")
    if secure:
        return ("h1-tls", "h2") if switched or "http2" in flags else ("h1-tls",)
    if switched:
        return ("h1", "h2c")
    if "http2" in flags:
        return ("h1", "h2c") if numbers(version) >= H2_BESIDE_H1 else ("h2c",)
    return ("h1",)
