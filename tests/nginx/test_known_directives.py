"""Which directives may answer a request or pass it on without this tool knowing."""

import pytest

from wizard.nginx.known_directives import unknown_directives
from wizard.nginx.load import config_from_text


@pytest.mark.parametrize(
    ("name", "is_unknown"),
    [
        ("proxy_buffering", False), ("tunnel_pass", False), ("add_header", False), ("ssl", False),
        ("brotli_types", False), ("more_set_headers", False), ("header_filter_by_lua_file", False),
        ("js_set", False), ("auth_ldap", False), ("set_md5", False), ("js_body_filter", False),
        ("content_by_lua_file", True), ("access_by_lua_file", True), ("js_content", True),
        ("perl", True), ("echo", True), ("nchan_subscriber", True), ("coraza", True),
        ("proxy_buffring", True), ("set_by_nobody", True),
    ],
)  # fmt: skip
def test_which_directives_may_answer(name: str, is_unknown: bool) -> None:
    (block,) = config_from_text(f"http {{ {name} on; }}", "nginx.conf").root
    assert [each.name for each in unknown_directives([block])] == [name] * is_unknown
