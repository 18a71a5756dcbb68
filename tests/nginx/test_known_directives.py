"""Which directives may answer a request or pass it on without this tool knowing."""

import pytest

from tests.nginx.resolving import resolution
from wizard.nginx.known_directives import unknown_directives
from wizard.nginx.load import config_from_text


@pytest.mark.parametrize(
    ("name", "is_unknown"),
    [
        ("proxy_buffering", False), ("tunnel_pass", False), ("add_header", False), ("ssl", False),
        ("brotli_types", False), ("more_set_headers", False), ("header_filter_by_lua_file", False),
        ("js_set", False), ("auth_ldap", False), ("set_md5", False), ("js_body_filter", False),
        ("content_by_lua_file", True), ("access_by_lua_file", True), ("js_content", True),
        ("perl", True), ("echo", True), ("nchan_subscriber", True), ("waf", True),
        ("proxy_buffring", True), ("set_by_nobody", True), ("coraza", False),
    ],
)  # fmt: skip
def test_which_directives_may_answer(name: str, is_unknown: bool) -> None:
    (block,) = config_from_text(f"http {{ {name} on; }}", "nginx.conf").root
    assert [each.name for each in unknown_directives([block])] == [name] * is_unknown


@pytest.mark.parametrize(
    ("directive", "kind", "results"),
    [
        ("access_by_lua_file x;", "proxy", {"undecided"}),
        ("rewrite_by_lua_file x;", "proxy", {"undecided"}),
        ("waf on;", "proxy", {"undecided"}), ("log_by_lua_file x;", "proxy", {"live"}),
        ("content_by_lua_file x;", "undecided", set()), ("js_content m;", "undecided", set()),
        ("perl x;", "undecided", set()), ("echo hi;", "undecided", set()),
        ("nchan_subscriber;", "undecided", set()), ("other_pass x;", "undecided", set()),
    ],
)  # fmt: skip
def test_nothing_is_live_beside_a_directive_that_is_not_known(
    directive: str, kind: str, results: set[str]
) -> None:
    text = f"server {{ location / {{ proxy_pass http://a; proxy_buffering off; {directive} }} }}"
    result = resolution(text, version="1.31.3")
    assert result.upstream is not None
    assert result.upstream.kind == kind
    assert {row.result for row in result.delivery} == results
    named = any(str(doubt).startswith("nginx.conf:1: ") for doubt in result.undecided)
    assert named == (results != {"live"})


@pytest.mark.parametrize(
    "directive", ["content_by_lua_file x;", "waf on;", "lua_need_request_body on;"]
)
def test_files_are_served_only_where_nothing_else_may_answer(directive: str) -> None:
    result = resolution(f"server {{ location / {{ root /srv; {directive} }} }}")
    assert result.is_undecided == (not directive.startswith("lua_"))
