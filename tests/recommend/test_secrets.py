"""Credentials of the config: kept in force, never shown unless asked for."""

import pytest

from tests.recommend.builders import case_of, diagnosis_of, resolution_of
from wizard.model.diagnosis import Recommendation
from wizard.nginx.load import config_from_text
from wizard.nginx.resolve import request_for, resolve_request
from wizard.recommend import recommend
from wizard.recommend.redaction import is_secret
from wizard.recommend.source import read_statements

SECRET = "c2VjcmV0OnNlY3JldA=="


def _recommended(text: str, location: str = "/", reveal: bool = False) -> Recommendation:
    recommendation = recommend(
        case_of(resolution_of(text, location)), diagnosis_of("proxy-buffering-hold"), reveal
    )
    assert recommendation
    return recommendation


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (f'proxy_set_header Authorization "Basic {SECRET}";', True),
        ("proxy_set_header X-Api-Key abc;", True),
        ("fastcgi_param DB_PASSWORD abc;", True),
        ("proxy_pass http://me:pass@b;", True),
        ("if ($x) { set $api_key abc; }", True),
        ("rewrite ^ /x?token=abc break;", True),
        ("proxy_set_header Authorization $http_authorization;", False),
        ('proxy_set_header Authorization "Bearer $token";', False),
        ("proxy_set_header Authorization '';", False),
        ("proxy_set_header Cookie $http_cookie;", False),
        ("proxy_pass http://b/x?token=$cookie_token;", False),
        ("auth_basic_user_file /etc/nginx/users;", False),
        ('secure_link_md5 "$secure_link_expires$uri abc";', True),
        ("secure_link_secret abc;", True),
        ('secure_link_md5 "$secure_link_expires$uri$remote_addr";', False),
        ("if ($cookie_token != abcdef) { return 403; }", True),
        ("if ( $arg_key != abcdef ) { return 403; }", True),
        ('if ($http_authorization = "Bearer abcdef") { set $ok 1; }', True),
        ("if ($cookie_sid = abcdef) { set $ok 1; }", True),
        ("if ($cookie_token = '') { return 403; }", False),
        ("if ($cookie_beta = 1) { set $ok 1; }", False),
        ("if ($http_cookie ~* 'wordpress_logged_in') { set $ok 1; }", False),
        ("if ($http_authorization !~ '^Bearer ') { return 401; }", False),
        ("if ($request_method = OPTIONS) { return 204; }", False),
        ("if ($arg_page != first) { return 403; }", False),
        ("if ($http_x_key_kind = short) { return 403; }", False),
    ],
)
def test_a_literal_credential_is_secret_and_a_variable_is_not(line: str, secret: bool) -> None:
    assert is_secret(read_statements(line)[0], line) == secret


def test_headers_with_a_credential_are_inherited_not_repeated() -> None:
    recommendation = _recommended(f"""server {{
    location / {{
        proxy_set_header Authorization "Basic {SECRET}";
        proxy_set_header X-A a;
        deny all;
        proxy_pass http://b;
    }}
}}
""")
    assert recommendation.diff
    assert SECRET not in recommendation.diff + recommendation.block
    assert "proxy_set_header" not in recommendation.block
    assert "deny all;" in recommendation.block
    assert recommendation.adapt == ()


def test_context_lines_that_hold_a_credential_are_left_out_of_the_diff() -> None:
    recommendation = _recommended(
        f"""server {{
    proxy_set_header X-Api-Key {SECRET};
    location = /sse {{
        proxy_pass http://b;
        add_header X-Token {SECRET};
    }}
}}
""",
        "= /sse",
    )
    assert recommendation.diff
    assert SECRET not in recommendation.diff + recommendation.block
    assert "add_header X-Token [redacted-1];" in recommendation.block
    assert "add_header" in "".join(recommendation.adapt)


def test_there_is_no_diff_if_a_credential_must_be_repeated_unless_revealed() -> None:
    text = "server {\n location / {\n  set $api_key abcdef;\n  proxy_pass http://b;\n }\n}\n"
    recommendation, revealed = _recommended(text), _recommended(text, reveal=True)
    assert recommendation.diff is None
    assert "abcdef" not in recommendation.block
    assert len(recommendation.adapt) == 2
    assert revealed.diff
    assert "set $api_key abcdef;" in revealed.block
    assert "+  set $api_key abcdef;" in revealed.diff
    assert revealed.adapt == ()


GUARDED = """\
server {
    location / {
        if ($cookie_token != abc99def) { return 403; }
        secure_link $arg_md5;
        secure_link_md5 "$uri abc99def";
        proxy_pass http://b;
    }
}
"""


def test_secrets_of_access_control_are_neither_in_the_block_nor_in_the_diff() -> None:
    recommendation = _recommended(GUARDED)
    assert "abc99def" not in f"{recommendation.block}{recommendation.diff}{recommendation.lines}"
    assert "if ($cookie_token != [redacted-1]) { return 403; }" in " ".join(
        recommendation.block.split()
    )
    assert 'secure_link_md5 "$uri [redacted-1]";' in recommendation.block
    assert "abc99def" in _recommended(GUARDED, reveal=True).block


def test_the_doubt_about_an_if_does_not_show_its_secret() -> None:
    guard = "if ($cookie_token = 'abc99 def') { return 403; }"
    text = f"events {{}} http {{ server {{ location / {{ {guard} proxy_pass http://b; }} }} }}"
    resolution = resolve_request(config_from_text(text, "nginx.conf"), request_for("http://h/sse"))
    doubts = " ".join(map(str, resolution.undecided))
    assert "abc99" not in doubts
    assert "$cookie_token = [redacted-1]" in doubts


def test_secrets_of_a_neighbouring_location_are_not_in_the_diff() -> None:
    beside = "    location = /sse {\n        proxy_pass http://b;\n    }\n"
    recommendation = _recommended(GUARDED.replace("server {\n", f"server {{\n{beside}"), "= /sse")
    assert recommendation.diff
    assert "abc99def" not in recommendation.diff


def test_a_comment_that_holds_a_credential_is_not_repeated() -> None:
    recommendation = _recommended(
        "server {\n location / {\n  # old: token=abcdef\n  deny all; # token=ghijkl\n"
        "  proxy_pass http://b;\n\n  # still here\n }\n}\n"
    )
    assert recommendation.diff
    assert "token" not in recommendation.block
    assert "# still here" in recommendation.block
    assert "deny all;" in recommendation.block
