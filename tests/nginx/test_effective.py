"""Inherited and default settings, each with its origin."""

import pytest

from tests.nginx.texts import resolution
from wizard.model.resolution import Setting

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
def test_the_innermost_level_that_says_it_rules(
    name: str, path: str, value: str, level: str, origin: str
) -> None:
    found = setting(LEVELS, name, path)
    assert (found.value, found.level, found.origin) == (value, level, origin)


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
def test_the_default_http_version_turned_at_1_29_7(version: str | None, default: str) -> None:
    text = "server { location / { proxy_pass http://a; } }"
    found = setting(text, "proxy_http_version", version=version)
    assert (found.value, found.origin) == (default, "default")
    said = setting(text.replace("{ proxy", "{ proxy_http_version 1.1; proxy"), "proxy_http_version")
    assert (said.value, said.origin) == ("1.1", "nginx.conf:1")


def test_an_unknown_version_is_said_only_where_it_matters() -> None:
    text = "server { location / { proxy_pass http://a; } }"
    assert "not known" in " ".join(resolution(text).undecided)
    assert resolution(text, version="1.22.1").undecided == ()
    assert resolution(text.replace("/ {", "/ { proxy_http_version 1.1;")).undecided == ()


@pytest.mark.parametrize("kind", ["fastcgi", "uwsgi", "scgi", "grpc"])
def test_each_kind_of_backend_has_settings_of_its_own(kind: str) -> None:
    text = f"server {{ proxy_buffering off; location / {{ {kind}_pass a:1; }} }}"
    found = resolution(text).settings
    assert f"{kind}_read_timeout" in found
    assert (f"{kind}_buffering" in found) is (kind != "grpc")
    assert not [name for name in found if name.startswith("proxy_")]
