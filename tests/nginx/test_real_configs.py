"""Configs of distributions and controllers, and a large one, resolved in linear time."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import pytest

from wizard.diagnose.diagnose import config_findings
from wizard.model.config import Config
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.delivery import smallest_cut_event
from wizard.nginx.load import config_from_text, read_config
from wizard.nginx.resolve import resolve_request

REAL = Path(__file__).parent / "real"
H1, TLS, H2, H2C = "h1", "h1-tls", "h2", "h2c"
CLOSED = frozenset({(H1, "close"), (TLS, "close"), (H2, "close"), (H2C, "close")})


@dataclass(frozen=True)
class Expected:
    """The expected resolution of one request.

    Attributes:
        request: Path, host, scheme.
        server: Its first name and its line.
        location: The location as written, and its line.
        peers: The peers; empty if there are none, or if they are not checked.
        uri: The URI that the backend gets; None if it is not checked.
        settings: Values with their origin.
        held: The kinds of client and upstream framing that are held, with gzip and without.
        live: Those that are live, or that hold only the ends of large events (with buffering on).
    """

    file: str
    request: tuple[str, str, str]
    server: tuple[str, str]
    location: tuple[str, str]
    peers: tuple[str, ...] = ()
    uri: str | None = None
    settings: dict[str, tuple[str, str]] = field(default_factory=dict)
    held: frozenset[tuple[str, str]] = frozenset()
    live: frozenset[tuple[str, str]] = frozenset()


BOT = "mcp.example.com"
NPM = "/data/nginx/proxy_host/1.conf"
INGRESS = "ingress-nginx.conf"
F5 = "/etc/nginx/conf.d/prod-bot.conf"
CHUNKED = frozenset((client, "chunked") for client in (H1, TLS, H2, H2C))
DEFAULTS = {"proxy_buffering": ("on", "default"), "proxy_read_timeout": ("60s", "default")}

EXPECTED = {
    "Debian's default": Expected(
        "debian.dump",
        ("/sse", "any", "http"),
        ("_", "/etc/nginx/sites-enabled/default:21"),
        ("/", "/etc/nginx/sites-enabled/default:48"),
        settings={**DEFAULTS, "gzip": ("on", "/etc/nginx/nginx.conf:46")},
    ),
    "nginx.org's default": Expected(
        "nginx-org.dump",
        ("/sse", "any", "http"),
        ("localhost", "/etc/nginx/conf.d/default.conf:1"),
        ("/", "/etc/nginx/conf.d/default.conf:7"),
        settings={**DEFAULTS, "gzip": ("off", "default")},
    ),
    "nginx.org's, and a server beside it": Expected(
        "nginx-org.dump",
        ("/sse", BOT, "https"),
        (BOT, "/etc/nginx/conf.d/mcp.conf:1"),
        ("/", "/etc/nginx/conf.d/mcp.conf:8"),
        ("127.0.0.1:8000",),
        "/sse",
        {**DEFAULTS, "proxy_http_version": ("1.0", "default")},
        held=frozenset({(TLS, "close"), (H2, "close")}),
    ),
    "Fedora's, and a location in default.d": Expected(
        "fedora.dump",
        ("/sse", "any", "http"),
        ("_", "/etc/nginx/nginx.conf:30"),
        ("/sse", "/etc/nginx/default.d/bot.conf:1"),
        ("bot.internal:12213",),
        "/",
        DEFAULTS,
        held=frozenset({(H1, "close")}),
    ),
    "Fedora's PHP": Expected(
        "fedora.dump",
        ("/sse.php", "any", "http"),
        ("_", "/etc/nginx/nginx.conf:30"),
        (r"~ \.(php|phar)(/.*)?$", "/etc/nginx/default.d/php.conf:3"),
        ("unix:/run/php-fpm/www.sock",),
        "/sse.php",
        {"fastcgi_buffering": ("on", "default")},
        held=frozenset({(H1, "close")}),
    ),
    "Alpine's default": Expected(
        "alpine.dump",
        ("/sse", "any", "http"),
        ("", "/etc/nginx/http.d/default.conf:1"),
        ("/", "/etc/nginx/http.d/default.conf:5"),
        settings=DEFAULTS,
    ),
    "Proxy Manager": Expected(
        "proxy-manager.dump",
        ("/api/sse", BOT, "https"),
        (BOT, f"{NPM}:8"),
        ("/api", f"{NPM}:32"),
        ("10.0.0.8:9000",),
        "/api/sse",
        {
            "proxy_buffering": ("off", f"{NPM}:35"),
            "proxy_read_timeout": ("90s", "/etc/nginx/nginx.conf:19"),
            "proxy_http_version": ("1.1", f"{NPM}:28"),
        },
        live=CHUNKED | CLOSED,
    ),
    "Proxy Manager's own location": Expected(
        "proxy-manager.dump",
        ("/sse", BOT, "https"),
        (BOT, f"{NPM}:8"),
        ("/", f"{NPM}:38"),
        ("10.0.0.7:12213",),
        "/sse",
        {
            "proxy_buffering": ("on", "default"),
            "proxy_read_timeout": ("90s", "/etc/nginx/nginx.conf:19"),
            "proxy_http_version": ("1.1", f"{NPM}:41"),
        },
        held=CLOSED | {(TLS, "chunked")},
        live=CHUNKED - {(TLS, "chunked")},
    ),
    "Proxy Manager's unknown host": Expected(
        "proxy-manager.dump",
        ("/sse", "other", "http"),
        ("localhost-nginx-proxy-manager", "/etc/nginx/conf.d/default.conf:1"),
        ("/", "/etc/nginx/conf.d/default.conf:8"),
    ),
    "ingress-nginx": Expected(
        INGRESS,
        ("/sse", BOT, "https"),
        (BOT, f"{INGRESS}:122"),
        ("= /sse", f"{INGRESS}:179"),
        settings={
            "proxy_buffering": ("off", f"{INGRESS}:184"),
            "proxy_read_timeout": ("60s", f"{INGRESS}:183"),
            "proxy_http_version": ("1.1", f"{INGRESS}:185"),
            "gzip": ("on", f"{INGRESS}:53"),
        },
        uri="/sse",
        live=CHUNKED | CLOSED,
    ),
    "ingress-nginx below the path": Expected(
        INGRESS,
        ("/sse/x", BOT, "https"),
        (BOT, f"{INGRESS}:122"),
        ("/sse/", f"{INGRESS}:134"),
        uri="/sse/x",
        settings={"proxy_buffering": ("off", f"{INGRESS}:166")},
        live=CHUNKED | CLOSED,
    ),
    "ingress-nginx with a rewrite": Expected(
        INGRESS,
        ("/V2/tools/sse", BOT, "https"),
        (BOT, f"{INGRESS}:122"),
        ("~* ^/v[0-9]{1,2}/tools(/|$)(.*)", f"{INGRESS}:189"),
        uri="/sse",
        settings={"proxy_buffering": ("on", f"{INGRESS}:190")},
        held=CLOSED | {(TLS, "chunked")},
        live=CHUNKED - {(TLS, "chunked")},
    ),
    "ingress-nginx's default backend": Expected(
        INGRESS,
        ("/sse", "other", "https"),
        ("_", f"{INGRESS}:95"),
        ("/", f"{INGRESS}:107"),
        uri="/sse",
        settings={"proxy_buffering": ("off", f"{INGRESS}:110")},
        live=CLOSED,
    ),
    "F5's controller": Expected(
        "f5-ingress.dump",
        ("/sse", BOT, "https"),
        (BOT, f"{F5}:9"),
        ("/sse", f"{F5}:26"),
        ("10.244.1.17:12213", "10.244.2.9:12213"),
        "/sse",
        {
            "proxy_buffering": ("on", f"{F5}:36"),
            "proxy_read_timeout": ("60s", f"{F5}:30"),
            "proxy_http_version": ("1.1", f"{F5}:28"),
        },
        held=CLOSED | {(TLS, "chunked")},
        live=CHUNKED - {(TLS, "chunked")},
    ),
    "F5's default server": Expected(
        "f5-ingress.dump",
        ("/sse", "other", "http"),
        ("_", "/etc/nginx/nginx.conf:41"),
        ("/", "/etc/nginx/nginx.conf:52"),
    ),
}  # fmt: skip


def resolve(
    file: str, fields: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> RequestResolution:
    monkeypatch.chdir(REAL)
    path, host, scheme = fields
    request = Request(path, host=host, scheme=scheme)  # type: ignore[arg-type]
    return resolve_request(read_config(file), request)


@pytest.fixture(params=EXPECTED.values(), ids=list(EXPECTED))
def expected(request: pytest.FixtureRequest) -> Expected:
    case: Expected = request.param
    return case


def test_the_server_location_and_upstream(
    expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolution = resolve(expected.file, expected.request, monkeypatch)
    assert resolution.server is not None
    assert resolution.location is not None
    assert resolution.upstream is not None
    assert (resolution.server.name, str(resolution.server.directive.where)) == expected.server
    written = f"{resolution.location.modifier} {resolution.location.path}".strip()
    assert (written, str(resolution.location.directive.where)) == expected.location
    assert (
        bool(resolution.delivery)
        == (resolution.upstream.kind != "static")
        == bool(expected.held | expected.live)
    )
    assert expected.uri is None or resolution.upstream.request_uri == expected.uri
    # Lua chooses the peers of ingress-nginx; its config has a placeholder.
    assert not expected.peers or resolution.upstream.peers == expected.peers


def test_the_settings_in_force(expected: Expected, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = resolve(expected.file, expected.request, monkeypatch).settings
    origins = {name: (settings[name].value, settings[name].origin) for name in expected.settings}
    assert origins == expected.settings


def test_the_delivery(expected: Expected, monkeypatch: pytest.MonkeyPatch) -> None:
    resolution = resolve(expected.file, expected.request, monkeypatch)
    rows = {(row.client, row.encoding, row.upstream): row.result for row in resolution.delivery}
    for encoding in ("identity", "gzip"):
        of_encoding = {
            (client, framing): result
            for (client, code, framing), result in rows.items()
            if code == encoding
        }
        assert {row for row, result in of_encoding.items() if result == "held"} == expected.held
        assert {row for row in of_encoding if row not in expected.held} == expected.live
        passed = {result for row, result in of_encoding.items() if row in expected.live}
        assert passed <= ({"tail-held"} if expected.held else {"live"})
    tails = {row.tail_from for row in resolution.delivery if row.result == "tail-held"}
    assert tails <= {smallest_cut_event(4096)}


def test_each_config_is_tested_and_only_its_own_file_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The includes of a dump are not read from this machine."""
    files = {path.name for path in REAL.iterdir()} - {"README.md"}
    assert files == {expected.file for expected in EXPECTED.values()}
    opened, real_open = list[str](), os.open

    def spy(path: str, flags: int, *rest: int) -> int:
        opened.append(os.path.basename(path))
        return real_open(path, flags, *rest)

    monkeypatch.setattr("wizard.text.files.os.open", spy)
    for name in files:
        read_config(str(REAL / name))
    assert {name for name in opened if not name.startswith("tmp")} == files


# A large one -----------------------------------------------------------------------------------

LINES = 50_000


def generated(lines: int) -> tuple[str, int]:
    """At least this many lines in the style of a controller, and the number of their servers."""
    headers = "".join(f"      proxy_set_header X-Header-{n} $http_x_{n};\n" for n in range(6))
    locations = "".join(
        f"    location /app/{leaf} {{\n      proxy_pass http://b{leaf};\n{headers}    }}\n"
        for leaf in range(5)
    )
    server = "  server {{\n    listen 80;\n    server_name s{n}.test;\n" + _doubled(locations)
    server += "    location ~ ^/v{n}/ {{ proxy_buffering off; proxy_pass http://c; }}\n  }}\n"
    count = -(-lines // server.count("\n"))
    body = "".join(server.format(n=number) for number in range(count))
    return f"http {{\n{body}}}\n", count


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def test_fifty_thousand_lines_are_resolved() -> None:
    text, servers = generated(LINES)
    assert text.count("\n") >= LINES
    config, last = config_from_text(text, "nginx.conf"), servers - 1
    for number in (0, last // 2, last):
        resolution = resolve_request(config, Request("/app/3/x", host=f"s{number}.test"))
        assert resolution.server is not None
        assert resolution.server.name == f"s{number}.test"
        assert resolution.location is not None
        assert resolution.location.path == "/app/3"
        assert resolution.value("proxy_buffering") == "on"
        other = resolve_request(config, Request(f"/v{number}/sse", host=f"s{number}.test"))
        assert other.value("proxy_buffering") == "off"


def test_twice_the_lines_cost_twice_the_work() -> None:
    """Counted in calls, which do not depend on the machine's load. `make bench` compares the time
    with crossplane's."""
    small, large = (_work(generated(lines)[0]) for lines in (1_000, 4_000))
    assert large < 4.5 * small


SERVER = "http {{ map $host $m {{ {map} }} server {{ listen 80; {lines} }} {after} }}"
MANY = {
    "prefixes": {"lines": "location /p@ { proxy_pass http://a; }"},
    "patterns": {"lines": "location ~ ^/p@ { proxy_pass http://a; }"},
    "near misses": {"lines": "location ~ sse(?#@) { proxy_pass http://a; proxy_buffering off; }"},
    "names": {"lines": "server_name a@ *.b@ ~^c@;"},
    "addresses": {"lines": "listen 127.0.0.1:8@;"},
    "rewrites": {"lines": "rewrite ^/r@ /x;"},
    "conditions": {"lines": "if ($http_x = @) { return 403; }"},
    "unknown directives": {"lines": "foo a@;"},
    "error pages": {"lines": "error_page 404 /e@;"},
    "servers": {"after": "server { listen 80; server_name s@.test; location / { } }"},
    "upstreams": {"after": "upstream u@ { server a; }"},
    "map entries": {"map": "h@ 1;"},
    "map patterns": {"map": "~h@x 1;"},
}


@pytest.mark.parametrize("kind", MANY)
def test_twice_the_lines_of_each_kind_cost_twice_the_work(kind: str) -> None:
    def work(count: int) -> int:
        texts = {
            key: "\n".join(line.replace("@", str(number)) for number in range(count))
            for key, line in MANY[kind].items()
        }
        last = "location / { proxy_pass http://$m; } location = /e0 { proxy_pass http://a; }"
        lines = f"{texts.get('lines', '')} {last}"
        more = {key: texts.get(key, "") for key in ("map", "after")}
        return _work(SERVER.format(lines=lines, **more))

    work(1)  # what is imported or compiled once
    small, large = work(100), work(400)
    assert large < 6 * small  # in a square it would be 16


def _work(text: str) -> int:
    def resolve(config: Config) -> None:
        for path in ("/app/3", "/sse"):
            config_findings(resolve_request(config, Request(path, host="s7.test")))

    return _calls(lambda: resolve(config_from_text(text, "nginx.conf")))


def _calls(work: Callable[[], None]) -> int:
    """The number of calls of Python functions, resumed generators included."""
    count = 0

    def count_call(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
