"""Drawn configs: servers and locations that Nginx accepts, each saying by its line who answers."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

CLOSED = "http://127.0.0.1:1"
"""Where nobody listens: Nginx answers 502, but says which location passed the request."""
SHARED, LOCAL, MIXED = 0, 1, 2
"""The ports by index: one bound to all addresses, one to loopback, one to either."""

HOSTS = (
    "a.test", "A.Test", "x.a.test", "y.x.a.test", "a.test.", "b.test", "a.org", "x.a.org",
    "xa.test", "a", "10.b.test", "other", "127.0.0.1", "[::1]", "a.test:99",
)  # fmt: skip
NAMES = (
    "a.test", "A.TEST", ".a.test", "*.a.test", "*.x.a.test", "*.test", "a.*", "x.a.*", "b.test",
    '""', "[::1]", r"~^x\.", r"~A\.org$", r'"~^\d{2}\."', "~^(?<who>[[:alpha:]]+)\\.b", "127.0.0.1",
)  # fmt: skip
PREFIXES = (
    "/", "/a", "/a/", "/ab", "/a/b", "/a/b/", "/A", "/a.php", '"/a b"', "/a%20b", "/é", "/b",
    "/b/", "/a/b/c", "//a", '"/a\\\\b"', "/a?b",
)  # fmt: skip
PATTERNS = (
    r"\.php$", "^/a", "b$", "/A", "^/a/b", "^/(a|b)$", "[[:digit:]]", "^/.$", r"^/\w$", r"a\sb",
    r'"^/a\\\\b"', r'"^/[ab]{1}/"', r"^/a\h", r"/$", r"//", r"[\h?]", "c", r'"^/\\d"', r"é",
)  # fmt: skip
PATHS = (
    "/", "/a", "/a/", "/ab", "/abc", "/a/b", "/a/b/", "/a/b/c", "/a/b/c/d", "/A", "/A/b", "/a.php",
    "/a/x.PHP", "/b", "/b/", "/b/1", "/a%20b", "/a%2520b", "/%61", "/%61%2Fb", "/a%2f/b", "//a",
    "/a//b", "/a/./b", "/a/../b", "/a/b/..", "/a/b/../", "/a/b/.", "/./a", "/%2e/a", "/a/%2E%2e/b",
    "/..", "/a/../../b", "/a/b/..%2f..", "/%zz", "/a%", "/a%2", "/%00", "/%C3%A9",
    "/%c3%a9/", "/%FF", "/a?b=/c", "/a%3Fb", "/a/?x", "/a/b?", "/a%5Cb", "/a%5c%5cb",
    "/...", "/a/...", "/.a", "/a..",
    "/a/b%0A", "/a%09b", "/a%C2%A0b", "/%D9%A3", "//", "/a///..", "//.", "/a/..//b", "/zz",
    "/a%23b",
)  # fmt: skip


TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass
class Place:
    """A location: how it is written, whether it passes the request on, and what lies in it."""

    modifier: str
    name: str
    passes: bool
    inside: Sequence["Place"] = ()


@dataclass
class Server:
    """A server: on which of the ports, for which of them it is the default, its names."""

    ports: Sequence[int]
    loopback: bool
    names: Sequence[str]
    places: Sequence[Place]
    default: set[int] = field(default_factory=set)
    merge_slashes: bool = True


def _bare(name: str) -> str:
    return name.strip('"').replace("\\\\", "\\")


@st.composite
def places(draw: st.DrawFn, within: str = "", depth: int = 0) -> list[Place]:
    """Locations beside each other, no two of the same name, each inside the one around it."""
    fitting = [name for name in PREFIXES if _bare(name).startswith(within)]
    fixed = draw(st.lists(st.sampled_from(fitting), unique=True, max_size=7)) if fitting else []
    exact = draw(st.lists(st.sampled_from(fitting), unique=True, max_size=2)) if fitting else []
    patterns = draw(st.lists(st.sampled_from(PATTERNS), max_size=3 if depth else 4))
    passes = st.booleans()
    found = [Place("=", name, draw(passes)) for name in exact]
    for name in fixed:
        inside = draw(places(_bare(name), depth + 1)) if depth < 2 and draw(st.booleans()) else []
        found.append(Place(draw(st.sampled_from(["", "", "^~"])), name, draw(passes), inside))
    for name in patterns:
        inside = [Place("~", draw(st.sampled_from(PATTERNS)), False)] if draw(passes) else []
        found.append(Place(draw(st.sampled_from(["~", "~*"])), name, False, inside))
    return list(draw(st.permutations(found)))


def _server(draw: st.DrawFn) -> Server:
    return Server(
        ports=draw(st.lists(st.sampled_from([SHARED, LOCAL, MIXED]), min_size=1, unique=True)),
        loopback=draw(st.booleans()),
        names=draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)),
        places=draw(places()),
        merge_slashes=draw(st.integers(0, 4)) > 0,
    )


@st.composite
def webs(draw: st.DrawFn) -> list[Server]:
    """Several servers that share ports; at most one default for each address and port."""
    found = [_server(draw) for _ in range(draw(st.integers(2, 6)))]
    for port in (SHARED, LOCAL, MIXED):
        for loopback in (False, True) if port == MIXED else (False,):
            there = [one for one in found if port in one.ports]
            if port == MIXED:
                there = [one for one in there if one.loopback is loopback]
            default = draw(st.sampled_from([None, *there]))
            if default is not None:
                default.default.add(port)
    return found


@st.composite
def requests(draw: st.DrawFn, count: int = 40) -> list[tuple[int, str, str]]:
    """Port by index, host, path with query."""
    named = st.tuples(
        st.sampled_from([SHARED, LOCAL]), st.sampled_from(HOSTS), st.sampled_from(PATHS)
    )
    # Where sockets differ by address, the host must be the address that we connect to.
    one = named | st.tuples(st.just(MIXED), st.just("127.0.0.1"), st.sampled_from(PATHS))
    return draw(st.lists(one, min_size=count, max_size=count))


def render(servers: Sequence[Server], ports: Sequence[int]) -> str:
    """The config; every answer names the line of its server and of its location in headers."""
    lines = [
        *(["user root;"] if os.geteuid() == 0 else []),
        "daemon off; worker_processes 1; pid nginx.pid; error_log error.log crit;",
        "events { worker_connections 64; }",
        "http {",
        "access_log off; server_names_hash_bucket_size 128;",
        *(f"{kind}_temp_path t_{kind};" for kind in TEMPORARY),
    ]
    for server in servers:
        _write_server(lines, server, ports)
    return "\n".join([*lines, "}", ""])


def _write_server(lines: list[str], server: Server, ports: Sequence[int]) -> None:
    lines.append("server {")
    number = len(lines)
    lines.append(f"add_header X-Server {number} always; root empty;")
    if not server.merge_slashes:
        lines.append("merge_slashes off;")
    for port in server.ports:
        local = port == LOCAL or (port == MIXED and server.loopback)
        default = " default_server" if port in server.default else ""
        lines.append(f"listen {'127.0.0.1:' if local else ''}{ports[port]}{default};")
    if server.names:
        lines.append(f"server_name {' '.join(server.names)};")
    _write_places(lines, server.places, number)
    lines.append("}")


def _write_places(lines: list[str], places: Sequence[Place], server: int) -> None:
    for place in places:
        lines.append(f"location {place.modifier} {place.name} {{")
        number = len(lines)
        lines.append(f"add_header X-Server {server} always; add_header X-Location {number} always;")
        lines.append(f"proxy_pass {CLOSED};" if place.passes else "return 200 here;")
        _write_places(lines, place.inside, server)
        lines.append("}")


def quiet(**more: Any) -> dict[str, Any]:
    """Settings of a property test that does the same on each run."""
    return {"derandomize": True, "deadline": None, "database": None, **more}
