"""Reading any text as a config gives a tree or an error of one sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nginx.random_configs import deterministic
from tests.nginx.resolving import one_line
from wizard.diagnose.diagnose import config_findings
from wizard.model.config import Config
from wizard.model.resolution import Request
from wizard.nginx.load import config_from_text
from wizard.nginx.patterns import search
from wizard.nginx.resolve import resolve_request
from wizard.nginx.settings import duration_s, size_bytes
from wizard.nginx.store import decode_config
from wizard.text.errors import ConfigError

WORDS = st.sampled_from(
    """{ } ; # " ' \\ \n \r ${ $a include server location http listen server_name proxy_pass
    upstream = ~ ~* ^~ @a /sse /sse/ /( ~(?<a>x) [[:alpha:]] *.a .a a.* 80 ² ٣ [::]:80 unix:/a on
    rewrite ^/(.*)$ /b?$1 last break return try_files if set map content_by_lua_block -- ]] %zz
    set_by_lua_block 99999999999999999999 http2 merge_slashes off \x00 \x1b[31m \u202e é""".replace(
        "\n ", " "
    ).split(" ")
) | st.sampled_from(
    ["\n", "\r\n", "\r", "# configuration file /a/b.conf:\n", "a*.conf", "/a/b.conf"]
)
RANDOM_WORDS = st.lists(WORDS, max_size=60).map(" ".join) | st.lists(WORDS, max_size=40).map(
    "".join
)
PATHS = ("/sse", "/", "/%zz", "/a/%2e%2e/é", "sse", "")
HOSTS = (None, "a.b", "[::1]", "::1", "1.2.3.4:80", "²", "[", ":")
NESTED = st.recursive(
    st.sampled_from(
        [
            "listen 80;", "listen ²;", "server_name ~( a.*;", "proxy_pass http://$a/;", "return 1;",
            "proxy_pass;", "listen;", "location;", "server_name;", "rewrite ^ /sse last;",
            "set $a;", "try_files @a;", "try_files /sse;", "rewrite (;",
            "upstream a { server; server b; }",
            "proxy_pass http://unix:/a:/b;", "proxy_pass http://a;", "http2 on;", "include *;",
            "proxy_pass https://[;", "proxy_pass http://a:x/;", "proxy_buffering off;",
            "upstream a { server [; server b:x; }", "proxy_set_header;", "proxy_set_header A;",
            "proxy_set_header A b;",
            "location /sse/ { proxy_pass http://a; proxy_buffering off; }",
            "proxy_read_timeout 99999999999999999999999;", "gzip_types *;", "rewrite;", "gzip;",
        ]
    ),
    lambda inside: st.tuples(
        st.sampled_from(
            [
                "http", "server", "location /", "location ~ s", "location = /sse", "location ~ (",
                "location", "location @a", "location ^~ /sse", "if ($a)", "types", "a_by_lua_block",
            ]
        ),
        st.lists(inside, max_size=5).map(" ".join),
    ).map(lambda pair: f"{pair[0]} {{ {pair[1]} }}"),
    max_leaves=30,
)  # fmt: skip


def read_or_refuse(text: str) -> Config | None:
    """The config; None if reading it fails with an error of one line that names a line."""
    try:
        return config_from_text(text, "some\x1b\nname")
    except ConfigError as error:
        caught = error
    assert ": " in one_line(caught)
    assert caught.line is not None
    return None


@given(st.binary(max_size=300))
@settings(**deterministic(max_examples=150))
def test_any_bytes(data: bytes) -> None:
    if b"\0" in data:
        with pytest.raises(ConfigError, match="binary"):
            decode_config(data, "x")
    else:
        read_or_refuse(decode_config(data, "x"))


@given(st.text(max_size=100) | RANDOM_WORDS)
@settings(**deterministic(max_examples=400))
def test_random_words(text: str) -> None:
    read_or_refuse(text)


@given(NESTED, st.sampled_from(PATHS), st.sampled_from(HOSTS))
@settings(**deterministic(max_examples=300))
def test_a_request_can_be_resolved_with_any_config(text: str, path: str, host: str | None) -> None:
    resolution = resolve_request(
        config_from_text(text, "x"), Request(path, host), "1." + "9" * 5000
    )
    assert resolution.version is None
    assert (
        resolution.upstream is None
        or resolution.upstream.kind in ("static", "undecided")
        or resolution.location
    )
    assert all(finding.where and finding.text for finding in config_findings(resolution))


@given(
    st.text(alphabet="ab()[]{}^$*+?|\\.:-&~<>=!PhHvzZNQEdw1,aé", max_size=20), st.text(max_size=8)
)
@settings(**deterministic(max_examples=400))
def test_any_pattern(pattern: str, path: str) -> None:
    found = search(pattern, path, ignore_case=True)
    assert not (found.match and found.problem)


@given(st.text(max_size=30) | st.from_regex(r"\A[0-9]{1,5000}(ms|[smhdwMykg]?)\Z"))
@settings(**deterministic(max_examples=200))
def test_any_unit(text: str) -> None:
    for value in (duration_s(text), size_bytes(text)):
        assert value is None or value >= 0


@pytest.mark.parametrize(
    "piece", ["a ", "a;", "{", "}", '"', "a{", "\\", "a {}\n", "# ", "include x;"]
)
def test_many_repetitions(piece: str) -> None:
    read_or_refuse(piece * 20_001)
