"""Settings in force: inherited, default, and in Nginx's units of time and size."""

import pytest

from tests.nginx.resolving import resolution
from wizard.model.resolution import Setting
from wizard.nginx.settings import duration_s, size_bytes

LEVELS = """\
http {
  proxy_buffering off;
  proxy_read_timeout 5m;
  proxy_set_header A http; proxy_set_header B http;
  gzip on;
  server {
    proxy_read_timeout 10s;
    gzip_types text/css
      text/event-stream;
    location / {
      proxy_set_header C "a  b";
      proxy_pass http://a;
      location /sse {
        proxy_buffering on;
        proxy_pass http://a;
      }
    }
  }
}
"""


def setting(text: str, name: str, path: str = "/sse", version: str | None = None) -> Setting:
    return resolution(text, path, version).settings[name]


@pytest.mark.parametrize(
    ("name", "path", "value", "level", "origin"),
    [
        ("proxy_buffering", "/sse", "on", "location", "nginx.conf:14"),
        ("proxy_buffering", "/", "off", "http", "nginx.conf:2"),
        ("proxy_read_timeout", "/sse", "10s", "server", "nginx.conf:7"),
        ("gzip", "/sse", "on", "http", "nginx.conf:5"),
        ("gzip_types", "/", "text/css text/event-stream", "server", "nginx.conf:8"),
        ("proxy_set_header", "/sse", "C a  b", "location", "nginx.conf:11"),
        ("proxy_connect_timeout", "/sse", "60s", "default", "default"),
    ],
)
def test_the_innermost_level_with_the_directive_applies(
    name: str, path: str, value: str, level: str, origin: str
) -> None:
    result = setting(LEVELS, name, path)
    assert (result.value, result.level, result.origin) == (value, level, origin)


def test_a_list_replaces_the_whole_outer_list() -> None:
    text = "http { proxy_set_header A 1; proxy_set_header B 2; server { location / { X } } }"
    outer = setting(text.replace("X", "proxy_pass http://a;"), "proxy_set_header")
    assert outer.entries == (("A", "1"), ("B", "2"))
    inner = setting(
        text.replace("X", "proxy_pass http://a; proxy_set_header C 3;"), "proxy_set_header"
    )
    assert inner.entries == (("C", "3"),)


@pytest.mark.parametrize(
    ("version", "default"),
    [
        (None, "1.0"), ("1.22.1", "1.0"), ("1.29.6", "1.0"), ("1.29.7", "1.1"), ("1.31.3", "1.1"),
        ("1.30", "1.1"), ("1.9.15", "1.0"), ("2.0", "1.1"), ("nonsense", "1.0"),
    ],
)  # fmt: skip
def test_the_default_http_version_is_1_1_since_1_29_7(version: str | None, default: str) -> None:
    text = "server { location / { proxy_pass http://a; } }"
    result = setting(text, "proxy_http_version", version=version)
    assert (result.value, result.origin) == (default, "default")
    explicit = text.replace("{ proxy", "{ proxy_http_version 1.1; proxy")
    result = setting(explicit, "proxy_http_version")
    assert (result.value, result.origin) == ("1.1", "nginx.conf:1")


def test_an_unknown_version_is_noted_only_if_it_matters() -> None:
    text = "server { location / { proxy_pass http://a; } }"
    assert [doubt.kind for doubt in resolution(text).undecided] == ["version"]
    assert resolution(text, version="1.22.1").undecided == ()
    assert resolution(text.replace("/ {", "/ { proxy_http_version 1.1;")).undecided == ()


@pytest.mark.parametrize("kind", ["fastcgi", "uwsgi", "scgi", "grpc"])
def test_each_kind_of_upstream_has_its_own_settings(kind: str) -> None:
    text = f"server {{ proxy_buffering off; location / {{ {kind}_pass a:1; }} }}"
    result = resolution(text).settings
    assert f"{kind}_read_timeout" in result
    assert (f"{kind}_buffering" in result) is (kind != "grpc")
    assert not [name for name in result if name.startswith("proxy_")]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("300", 300), ("60s", 60), ("1m", 60), ("1M", 2_592_000), ("1h 30m", 5400), ("1h30", 3630),
        ("500ms", 0.5), ("0", 0), ("1d", 86_400), ("1w", 604_800), ("1y", 31_536_000),
        ("$limit", None), ("", None), ("s", None), ("10 x", None), ("-1", None), ("1.5s", None),
        ("10S", None), ("٣", None), ("²", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_a_time_in_seconds(text: str, seconds: float | None) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("16k", 16_384), ("1m", 1 << 20), ("1M", 1 << 20), ("1G", 1 << 30), ("4 k", None),
        ("", None), ("k", None), ("1t", None), ("$a", None), ("²", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_a_size_in_bytes(text: str, size: int | None) -> None:
    assert size_bytes(text) == size
