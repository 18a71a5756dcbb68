"""Where a location passes a request, and the rewrites that lead there."""

import pytest

from tests.nginx.resolving import resolution
from wizard.model.resolution import Upstream
from wizard.nginx.resolve import request_for
from wizard.nginx.upstream import default_host, upstream_block_of


def upstream(body: str, path: str = "/sse?a=1", around: str = "") -> Upstream:
    result = resolution(f"{around}\nserver {{\n{body}\n}}", path).upstream
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("location", "passed", "uri"),
    [
        ("/", "http://a", "/x/%73se?a=1"), ("/", "http://a/", "/x/sse?a=1"),
        ("/x/", "http://a/y", "/ysse?a=1"), ("/x/", "http://a/y/", "/y/sse?a=1"),
        ("= /x/sse", "http://a/y", "/y?a=1"), ("~ sse", "http://a", "/x/%73se?a=1"),
        ("/x", "http://$a", "/x/%73se?a=1"), ("/x", "http://a$request_uri", "/x/%73se?a=1"),
        ("/x", "http://a/$b", None), ("/x/", "http://unix:/run/a.sock:/y/", "/y/sse?a=1"),
        ("/x", "http://unix:/run/a.sock", "/x/%73se?a=1"),
    ],
)  # fmt: skip
def test_the_uri_that_the_backend_gets(location: str, passed: str, uri: str | None) -> None:
    result = upstream(f"location {location} {{ proxy_pass {passed}; }}", "/x/%73se?a=1")
    assert (result.kind, result.passed, result.request_uri) == ("proxy", passed, uri)


def test_the_place_of_the_pass_directive() -> None:
    result = upstream("location / {\n proxy_pass http://a;\n}")
    assert str(result.where) == "nginx.conf:4"


BLOCK = "upstream Svc { zone z 1m; server a:81 weight=2; server b; server unix:/c down; }"


@pytest.mark.parametrize(
    ("passed", "peers"),
    [
        ("http://svc", ("a:81", "b:80", "unix:/c")), ("http://svc/x", ("a:81", "b:80", "unix:/c")),
        ("http://other", ("other:80",)), ("https://other", ("other:443",)),
        ("http://other:8080/x", ("other:8080",)), ("http://[::1]", ("[::1]:80",)),
        ("http://[::1]:81/", ("[::1]:81",)), ("http://unix:/run/a.sock:/y", ("unix:/run/a.sock",)),
        ("http://svc?b", ("a:81", "b:80", "unix:/c")), ("http://SVC:81", ("SVC:81",)),
        ("http://svc$request_uri", ("a:81", "b:80", "unix:/c")), ("http://unix:svc", ("unix:svc",)),
        ("http://$who", ()), ("http://$name/", ("set.test:80",)), ("http://${twice}", ("b:80",)),
    ],
)  # fmt: skip
def test_the_peers_of_a_target(passed: str, peers: tuple[str, ...]) -> None:
    sets = "set $name set.test; set $twice a; set $twice b; set $who $host;"
    assert upstream(f"{sets} location / {{ proxy_pass {passed}; }}", around=BLOCK).peers == peers
    inside = resolution(f"http {{ {BLOCK} server {{ location / {{ proxy_pass http://svc; }} }} }}")
    assert inside.upstream is not None
    assert inside.upstream.peers == ("a:81", "b:80", "unix:/c")


@pytest.mark.parametrize(
    ("passed", "has_block"),
    [
        ("http://svc", True), ("http://SVC/x", True), ("http://svc?x", True), ("svc", True),
        ("http://svc$request_uri", True), ("http://$service", True), ("http://svc:80", False),
        ("http://unix:/run/svc", False), ("http://unix:svc:/x", False), ("http://$host", False),
        ("http://svc.test", False),
    ],
)  # fmt: skip
def test_an_upstream_block_is_found_as_nginx_finds_it(passed: str, has_block: bool) -> None:
    location = f"set $service svc; location / {{ proxy_pass {passed}; }}"
    block = upstream_block_of(resolution(f"{BLOCK} server {{ {location} }}"))
    assert (block is not None) == has_block


@pytest.mark.parametrize(
    "body",
    [
        "", "location / { }", "location / { return 204; proxy_pass http://a; }",
        "location / { proxy_pass; }", "location /sse/ { proxy_pass http://a; }",
        "location / { proxy_pass http://a; location /s { } }", "return 301 /; location / { X }",
    ],
)  # fmt: skip
def test_a_location_that_passes_nothing_is_static(body: str) -> None:
    result = upstream(body.replace("X", "proxy_pass http://a;"), "/sse")
    assert (result.kind, result.peers, result.request_uri) == ("static", (), None)


@pytest.mark.parametrize(
    ("kind", "passed", "peer"),
    [
        ("fastcgi", "127.0.0.1:9000", "127.0.0.1:9000"), ("uwsgi", "unix:/run/u", "unix:/run/u"),
        ("grpc", "grpc://a:50", "a:50"), ("grpc", "grpcs://a", "a:443"), ("scgi", "a:4", "a:4"),
    ],
)  # fmt: skip
def test_other_kinds_of_upstreams(kind: str, passed: str, peer: str) -> None:
    result = upstream(f"location / {{ {kind}_pass {passed}; }}")
    assert (result.kind, result.peers, result.request_uri) == (kind, (peer,), "/sse?a=1")


APP = "location /app/ { proxy_pass http://a; } location @app { proxy_pass http://b; } "


@pytest.mark.parametrize(
    ("inside", "passed", "uri"),
    [
        ("rewrite ^/(.*)$ /app/$1 last;", "http://a", "/app/sse?a=1"),
        ("rewrite ^/(?<what>.*)$ /app/${what}?b=2;", "http://a", "/app/sse?b=2&a=1"),
        ("rewrite ^ /app/x? last;", "http://a", "/app/x"),
        ("rewrite ^ /app/x?v=$arg_a last;", "http://a", "/app/x?v=1&a=1"),
        ("rewrite ^ /app/x?v=$remote_addr last;", "http://a", None),
        ("rewrite ^/none /app/ last; proxy_pass http://c;", "http://c", "/sse?a=1"),
        ("rewrite ^ /app/x break; proxy_pass http://c/d;", "http://c/d", "/app/x?a=1"),
        ("break; rewrite ^ /app/x; proxy_pass http://c/d/;", "http://c/d/", "/d/se?a=1"),
        ("try_files /nowhere @app;", "http://b", "/sse?a=1"),
        ("try_files /nowhere /app/f?q;", "http://a", "/app/f?q"),
        ("rewrite ^ https://x.test/ last;", "", None),
        ("rewrite ^ /app/ permanent;", "", None),
        ("try_files $uri =404;", "", None),
    ],
)
def test_where_rewrites_lead(inside: str, passed: str, uri: str | None) -> None:
    result = upstream(f"{APP} location /s {{ {inside} }}")
    assert (result.passed, result.request_uri) == (passed, uri)


@pytest.mark.parametrize(
    ("inside", "doubt"),
    [
        ("rewrite ^/(.*) /s$1;", "circle"),
        ("if ($remote_addr) { return 404; }", "taken as not met"),
        ("rewrite ^ /app/$remote_addr;", "has variables whose value is not known"),
        ("rewrite ( /app/;", "could not be tried"),
        ("try_files /x @app;", "so try_files leads to @app"),
        ("try_files /x =404;", "which files exist"),
    ],
)
def test_what_the_config_leaves_open_is_noted(inside: str, doubt: str) -> None:
    result = resolution(f"server {{ {APP} location /s {{ {inside} }} }}", "/sse")
    assert any(doubt in str(each) for each in result.undecided), result.undecided


@pytest.mark.parametrize(
    ("passed", "host"),
    [
        ("http://a", "a"), ("http://a:81/x", "a:81"), ("http://unix:/run/s.sock:/x", "localhost"),
        ("http://[::1]:81/", "[::1]:81"),
    ],
)  # fmt: skip
def test_the_host_header_that_nginx_sends_by_default(passed: str, host: str) -> None:
    assert default_host(passed) == host


@pytest.mark.parametrize(
    ("directive", "prefix", "buffering_prefix"),
    [
        ("proxy_pass http://a;", "proxy", "proxy"), ("fastcgi_pass a:1;", "fastcgi", "fastcgi"),
        ("uwsgi_pass a:1;", "uwsgi", "uwsgi"), ("grpc_pass a:1;", "grpc", "proxy"),
        ("memcached_pass a:1;", "memcached", "proxy"), ("root /srv;", "static", "proxy"),
    ],
)  # fmt: skip
def test_the_prefix_of_the_directives_that_apply(
    directive: str, prefix: str, buffering_prefix: str
) -> None:
    result = resolution(f"server {{ location / {{ {directive} }} }}")
    assert (result.prefix, result.buffering_prefix) == (prefix, buffering_prefix)
    assert result.can_buffer == (prefix == buffering_prefix)
    assert bool(result.delivery) == result.can_buffer


def test_a_config_without_a_server_has_the_prefix_of_proxy_and_cannot_buffer() -> None:
    result = resolution("http { }")
    assert (result.prefix, result.buffering_prefix, result.can_buffer) == ("proxy", "proxy", False)


MAPS = """
map $http_accept $kind { default page; ~text/event-stream stream; }
map $request_method $rw { default $kind; POST write; }
server { location / { proxy_pass http://$rw.test:80; } }
"""


@pytest.mark.parametrize(
    ("method", "headers", "peers"),
    [
        ("GET", (("Accept", "text/event-stream"),), ("stream.test:80",)),
        ("GET", (("accept", "*/*"),), ("page.test:80",)), ("POST", (), ("write.test:80",)),
        ("GET", (), ()),
    ],
)  # fmt: skip
def test_the_method_and_known_headers_decide_a_map(
    method: str, headers: tuple[tuple[str, str], ...], peers: tuple[str, ...]
) -> None:
    result = resolution(MAPS, method=method, headers=headers).upstream
    assert result is not None
    assert result.peers == peers


def test_a_request_keeps_no_header_with_a_secret() -> None:
    given = (("Authorization", "Bearer a"), ("Cookie", "b"), ("Accept", "text/event-stream"))
    assert request_for("http://a/sse", headers=given).headers == (given[2],)
