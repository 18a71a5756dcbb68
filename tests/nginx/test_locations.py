"""Which location serves a path."""

import time
from collections import deque

import pytest

from tests.nginx.resolving import location_of, resolution
from wizard.nginx import patterns
from wizard.nginx.locations import resolve_path

MANY = """\
location / { }
location /a { }
location /a/b { location ~ c$ { } location /a/b/c/d { } }
location = /a { }
location =/glued { }
location ^~ /static/ { location ~ \\.in$ { } }
location ~ \\.php$ { }
location ~* \\.(gif|PNG)$ { }
location ~ ^/first { location ~ z$ { } }
location ~ ^/first/second { }
location "/with space" { }
location /up/ { proxy_pass http://x; }
location @named { }
"""


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/", "/"), ("/x", "/"), ("/a", "= /a"), ("/a/", "/a"), ("/ab", "/a"), ("/A", "/"),
        ("/a/b", "/a/b"), ("/a/b/c", "~ c$"), ("/a/b/c/d", "/a/b/c/d"), ("/glued", "= /glued"),
        ("/a/b/c/d/x.php", "~ \\.php$"), ("/static/x.php", "^~ /static/"), ("/x.php", "~ \\.php$"),
        ("/static/x.in", "~ \\.in$"), ("/x.PHP", "/"), ("/x.Gif", "~* \\.(gif|PNG)$"),
        ("/first/second", "~ ^/first"), ("/first/z", "~ z$"), ("/with%20space", "/with space"),
        ("/a/../x", "/"), ("//a///b", "/a/b"), ("/%61?/x.php", "= /a"), ("/up", "/up/"),
        ("/a/./b/%2e%2e", "/a"), ("/@named", "/"),
    ],
)  # fmt: skip
def test_the_serving_location(path: str, location: str) -> None:
    assert location_of(MANY, path) == location


def test_a_path_without_a_location() -> None:
    assert location_of("location /a { }", "/b") is None
    assert location_of("", "/b") is None


def test_a_missing_slash_is_redirected() -> None:
    result = resolution("server {\nlocation /sse/ { proxy_pass http://a; }\n}", "/sse")
    assert result.upstream is not None
    assert result.upstream.kind == "static"
    assert result.undecided[0].kind == "redirect"


@pytest.mark.parametrize("path", ["/..", "/a/../../b", "/%zz", "/%", "/%00", "sse", ""])
def test_a_path_that_nginx_refuses_has_no_location(path: str) -> None:
    result = resolution("server { location / { proxy_pass http://a; } }", path)
    assert (result.location, result.delivery) == (None, ())
    assert result.undecided[0].kind == "refused-path"


@pytest.mark.parametrize(
    ("path", "merged", "kept"),
    [("//a//b", "/a/b", "//a//b"), ("/a//..", "/", "/a/"), ("//.", "/", "//"), ("//..", None, "/")],
)
def test_slashes_are_merged_by_default(path: str, merged: str | None, kept: str) -> None:
    assert resolve_path(path) == merged
    assert resolve_path(path, merge_slashes=False) == kept


def test_the_default_server_decides_whether_slashes_are_merged() -> None:
    text = """
    server { merge_slashes off; location //a { } location / { } }
    server { server_name b; location //a { } location / { } }
    """
    locations = [
        resolution(text, "//a", host="b", scheme=scheme).location for scheme in ("http", "https")
    ]
    assert [location.path for location in locations if location] == ["//a", "/"]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("^/.$", "/é", False), ("^/..$", "/é", True), (r"^/\w$", "/%D9", False),
        ("^/[[:alpha:]]$", "/x", True), ("^/[[:alpha:]]$", "/:", False),
        ("^/[^[:digit:]x]$", "/y", True), (r"^/[\h]$", "/%20", True), (r"/\d+\z", "/12", True),
        (r"x\Z", "/x%0A", True), (r"^/(?<id>a++)$", "/aa", True), (r'"^/\\d$"', "/5", True),
        (r'"^/a{2}$"', "/aa", True), ("^/é$", "/%C3%A9", True), ("(*UTF8)^/.$", "/é", True),
        ("^/[[:^alpha:]]$", "/1", True), (r'"^/\p{L}$"', "/x", True), (r"^/a++a", "/aaa", False),
        (r"^/(?>a|ab)c", "/abc", False), (r"^/(?<a>.)\k<a>$", "/xx", True), (r"/x\Ky", "/xy", True),
    ],
)  # fmt: skip
def test_patterns_match_as_pcre_does(pattern: str, path: str, matches: bool) -> None:
    assert (location_of(f"location ~ {pattern} {{ }}", path) is not None) is matches


@pytest.mark.parametrize("pattern", ["(", "[a--b]", r"\p{None}"])
def test_a_pattern_that_cannot_be_tried_is_noted(pattern: str) -> None:
    result = resolution(f"server {{ location / {{ }} location ~ '{pattern}' {{ }} }}")
    assert result.location is not None
    assert result.location.path == "/"
    assert any(doubt.kind == "pattern" for doubt in result.undecided)


@pytest.mark.parametrize(
    "lines",
    [
        "location ~ ^/(a+)+$ { } location / { proxy_pass http://b; }",
        "if ($request_uri ~ ^/(a+)+$) { return 403; } location / { proxy_pass http://b; }",
        "rewrite ^/(a+)+$ /x; location / { proxy_pass http://b; }",
        "location / { set $x $slow; if ($x) { return 403; } proxy_pass http://b; }",
    ],
)
def test_a_pattern_that_takes_too_many_steps_decides_nothing(lines: str) -> None:
    slow = "map $request_uri $slow { ~^/(a+)+$ 1; }"
    text = f"http {{ {slow} server {{ listen 80; {lines} }} }}"
    result = resolution(text, "/" + "a" * 60 + "!")
    assert result.undecided
    assert result.is_undecided is lines.startswith(("location ~", "rewrite"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that each match begins or ends; each reading takes one from the end."""
    times = list[float]()
    monkeypatch.setattr(patterns, "_exceeded", set())
    monkeypatch.setattr(patterns, "_slow", deque(maxlen=1000))
    monkeypatch.setattr(time, "perf_counter", lambda: times[-1] if len(times) < 2 else times.pop())
    return times


def test_slow_patterns_end_soon_all_together(clock: list[float]) -> None:
    clock += [100.0 + 0.6 * n for n in range(100, 0, -1)]  # each reading 0.6 s after the last
    problems = [patterns.search(f"^/a+(?#{n})", "/aa").problem for n in range(4)]
    assert problems == [None, None, "exceeded", "exceeded"]
    clock[:] = [1000.0]
    assert patterns.search("^/a+", "/aa").match


def test_quick_patterns_are_never_too_many(clock: list[float]) -> None:
    clock += [100.0]
    assert all(patterns.search(f"^/a+(?#{n})", "/aa").match for n in range(500))


PREDICATES = """
map $arg_live $live { default 0; 1 yes; }
server {
  location / { proxy_pass http://root; }
  location $arg_first { proxy_pass http://first; }
  location $live { proxy_pass http://live; location /deep { proxy_pass http://deep; } }
  location $cookie_x { proxy_pass http://cookie; }
  location = /exact { proxy_pass http://exact; }
  location ^~ /fixed { proxy_pass http://fixed; }
  location ~ ^/regex { proxy_pass http://regex; }
}
"""


@pytest.mark.parametrize(
    ("path", "version", "passed"),
    [
        ("/?first=x", "1.31.5", "first"), ("/x?first=1&live=1", "1.32", "first"),
        ("/x?live=1", "1.31.5", "live"), ("/deep?live=1", "1.31.5", "deep"),
        ("/exact?live=1", "1.31.5", "exact"), ("/fixed?live=1", "1.31.5", "fixed"),
        ("/regex?live=1", "1.31.5", "regex"), ("/regex", None, "regex"),
        ("/x?first=1", "1.31.4", "root"), ("/x", "1.22.1", "root"),
    ],
)  # fmt: skip
def test_a_location_by_a_variable(path: str, version: str | None, passed: str) -> None:
    """From 1.31.5 on; the source is Nginx's change log, no build of it was at hand."""
    upstream = resolution(PREDICATES, path, version).upstream
    assert upstream is not None
    assert upstream.passed == f"http://{passed}"


@pytest.mark.parametrize(
    ("path", "version", "doubt"),
    [
        ("/?live=2", "1.31.5", "location $cookie_x matches by its variable, whose value"),
        ("/?first=0", None, "variable, whose value is not known"),
        ("/?first=1", None, "location $arg_first matches by its variable, and the version"),
    ],
)
def test_a_location_by_a_variable_that_is_not_decided(
    path: str, version: str | None, doubt: str
) -> None:
    result = resolution(PREDICATES, path, version)
    assert doubt in str(result.doubt)
    assert (result.location, result.delivery) == (None, ())
    assert result.doubt in result.undecided
