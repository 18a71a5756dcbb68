"""Arguments of `proxy_pass` for a location of another name."""

import pytest

from wizard.model.config import Directive, Position
from wizard.model.resolution import LocationRef
from wizard.nginx.proxy_pass import for_exact_path, for_upstream_uri, with_query


def proxy_pass(argument: str) -> Directive:
    return Directive("proxy_pass", (argument,), Position("nginx.conf", 1), 1)


@pytest.mark.parametrize(
    ("argument", "same", "other"),
    [
        ("http://a", "http://a", "http://a/q"), ("http://a:1/x", "http://a:1", "http://a:1/q"),
        ("http://unix:/a.sock", "http://unix:/a.sock", "http://unix:/a.sock:/q"),
        ("http://unix:/a.sock:/x", "http://unix:/a.sock", "http://unix:/a.sock:/q"),
        ("http://$uri_of_a/x", "http://$uri_of_a", "http://$uri_of_a/q$is_args$args"),
    ],
)  # fmt: skip
def test_the_same_backend_gets_another_uri(argument: str, same: str, other: str) -> None:
    directive = proxy_pass(argument)
    assert for_upstream_uri(directive, "/p", "/p") == same
    assert for_upstream_uri(directive, "/p", "/q") == other


def test_the_path_of_a_unix_socket_is_not_a_uri() -> None:
    directive = proxy_pass("http://unix:/a.sock")
    assert for_exact_path(directive, LocationRef("", "/p/", directive), "/p/sse") is None


def test_a_path_that_is_not_utf_8_is_escaped() -> None:
    directive = proxy_pass("http://a/")
    location = LocationRef("", "/p/", directive)
    assert for_exact_path(directive, location, "/p/\udcff") == "http://a/%FF"


@pytest.mark.timeout(5)
def test_a_long_argument_is_read_in_a_short_time() -> None:
    assert with_query(proxy_pass(f"http://{'a' * 5000}{'$b' * 5000}$")) is None
