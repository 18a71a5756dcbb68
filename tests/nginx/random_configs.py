"""Random configs that Nginx accepts; each answer names the server and location by line."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

CLOSED = "http://127.0.0.1:1"
"""An address where nothing listens: Nginx answers 502, with the headers of the location."""
SHARED, LOCAL, MIXED = 0, 1, 2
"""Indexes of the ports: bound to all addresses, to loopback, or to either."""

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


TEMP_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass
class RandomLocation:
    """A location: modifier and path, whether it passes requests on, and the locations in it."""

    modifier: str
    name: str
    passes: bool
    inside: Sequence["RandomLocation"] = ()


@dataclass
class RandomServer:
    """A server: the indexes of its ports, those whose default server it is, and its names."""

    ports: Sequence[int]
    loopback: bool
    names: Sequence[str]
    locations: Sequence[RandomLocation]
    default: set[int] = field(default_factory=set)
    merge_slashes: bool = True


def _unquote(name: str) -> str:
    return name.strip('"').replace("\\\\", "\\")


@st.composite
def locations(draw: st.DrawFn, within: str = "", depth: int = 0) -> list[RandomLocation]:
    """Sibling locations with different paths, each with locations nested in it."""
    fitting = [name for name in PREFIXES if _unquote(name).startswith(within)]
    fixed = draw(st.lists(st.sampled_from(fitting), unique=True, max_size=7)) if fitting else []
    exact = draw(st.lists(st.sampled_from(fitting), unique=True, max_size=2)) if fitting else []
    patterns = draw(st.lists(st.sampled_from(PATTERNS), max_size=3 if depth else 4))
    passes = st.booleans()
    drawn = [RandomLocation("=", name, draw(passes)) for name in exact]
    for name in fixed:
        inside = (
            draw(locations(_unquote(name), depth + 1)) if depth < 2 and draw(st.booleans()) else []
        )
        drawn.append(
            RandomLocation(draw(st.sampled_from(["", "", "^~"])), name, draw(passes), inside)
        )
    for name in patterns:
        inside = (
            [RandomLocation("~", draw(st.sampled_from(PATTERNS)), False)] if draw(passes) else []
        )
        drawn.append(RandomLocation(draw(st.sampled_from(["~", "~*"])), name, False, inside))
    return list(draw(st.permutations(drawn)))


def _server(draw: st.DrawFn) -> RandomServer:
    return RandomServer(
        ports=draw(st.lists(st.sampled_from([SHARED, LOCAL, MIXED]), min_size=1, unique=True)),
        loopback=draw(st.booleans()),
        names=draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)),
        locations=draw(locations()),
        merge_slashes=draw(st.integers(0, 4)) > 0,
    )


@st.composite
def server_lists(draw: st.DrawFn) -> list[RandomServer]:
    """Several servers that share ports, at most one default server for each socket."""
    servers = [_server(draw) for _ in range(draw(st.integers(2, 6)))]
    for port in (SHARED, LOCAL, MIXED):
        for loopback in (False, True) if port == MIXED else (False,):
            group = [server for server in servers if port in server.ports]
            if port == MIXED:
                group = [server for server in group if server.loopback is loopback]
            default = draw(st.sampled_from([None, *group]))
            if default is not None:
                default.default.add(port)
    return servers


@st.composite
def requests(draw: st.DrawFn, count: int = 40) -> list[tuple[int, str, str]]:
    """Requests: index of the port, host, path with query."""
    named = st.tuples(
        st.sampled_from([SHARED, LOCAL]), st.sampled_from(HOSTS), st.sampled_from(PATHS)
    )
    # Where sockets differ by address, the host must be the address of the connection.
    request = named | st.tuples(st.just(MIXED), st.just("127.0.0.1"), st.sampled_from(PATHS))
    return draw(st.lists(request, min_size=count, max_size=count))


def render(servers: Sequence[RandomServer], ports: Sequence[int]) -> str:
    """The config; each answer has the lines of its server and location in headers."""
    lines = [
        *(["user root;"] if os.geteuid() == 0 else []),
        "daemon off; worker_processes 1; pid nginx.pid; error_log error.log crit;",
        "events { worker_connections 64; }",
        "http {",
        "access_log off; server_names_hash_bucket_size 128;",
        *(f"{kind}_temp_path t_{kind};" for kind in TEMP_KINDS),
    ]
    for server in servers:
        _write_server(lines, server, ports)
    return "\n".join([*lines, "}", ""])


def _write_server(lines: list[str], server: RandomServer, ports: Sequence[int]) -> None:
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
    _write_locations(lines, server.locations, number)
    lines.append("}")


def _write_locations(lines: list[str], locations: Sequence[RandomLocation], server: int) -> None:
    for location in locations:
        lines.append(f"location {location.modifier} {location.name} {{")
        number = len(lines)
        lines.append(f"add_header X-Server {server} always; add_header X-Location {number} always;")
        lines.append(f"proxy_pass {CLOSED};" if location.passes else "return 200 here;")
        _write_locations(lines, location.inside, server)
        lines.append("}")


def deterministic(**more: Any) -> dict[str, Any]:
    """Hypothesis settings of a property test that runs the same examples each time."""
    return {"derandomize": True, "deadline": None, "database": None, **more}
