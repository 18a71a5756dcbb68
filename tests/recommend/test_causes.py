"""What is recommended for each cause, as far as it can be tested without Nginx."""

from dataclasses import replace

import pytest

from tests.recommend.builders import case_of, diagnosis_of, resolution_of
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.handshake import Handshake
from wizard.model.resolution import Doubt, Request, RequestResolution
from wizard.model.target import Source
from wizard.recommend import recommend
from wizard.recommend.carve import location_path
from wizard.recommend.source import find_statement, read_statements

PROXIED = "server {\n    location / {\n        proxy_pass http://b;\n    }\n}\n"


def _recommended(case: Case, *ids: str) -> Recommendation:
    recommendation = recommend(case, diagnosis_of(*ids))
    assert recommendation
    return recommendation


def _notes(recommendation: Recommendation) -> str:
    return " ".join(recommendation.adapt)


def _posting(
    stream: RequestResolution, message: RequestResolution, endpoint: str = "/message?sessionId=1"
) -> Case:
    handshake = Handshake("direct", "http://b/sse", endpoint=endpoint)
    return replace(case_of(stream), handshakes=(handshake,), message_resolution=message)


def _at(text: str, location: str, path: str) -> RequestResolution:
    return resolution_of(text, location, path)


def test_a_note_says_that_a_correct_config_is_not_loaded() -> None:
    text = PROXIED.replace("proxy_pass", "proxy_buffering off;\n        proxy_pass")
    resolution = resolution_of(text, proxy_buffering="off", proxy_read_timeout="2h")
    recommendation = _recommended(case_of(resolution), "proxy-buffering-hold")
    assert recommendation.diff is None
    assert "nginx -s reload" in _notes(recommendation)
    assert all(
        line.kept or line.text.strip()[:8] in ("location", "}") for line in recommendation.lines
    )


def test_the_note_on_reloading_appears_beside_other_changes() -> None:
    resolution = resolution_of(PROXIED, proxy_buffering="off", proxy_read_timeout="60s")
    recommendation = _recommended(case_of(resolution), "proxy-buffering-hold")
    assert "proxy_buffering" not in recommendation.block
    assert "proxy_read_timeout 3600s;" in recommendation.block
    assert "nginx -s reload" in _notes(recommendation)
    assert "reload" not in _notes(
        _recommended(case_of(resolution_of(PROXIED)), "proxy-buffering-hold")
    )


def test_a_dead_peer_gets_a_short_timeout_and_a_note_to_remove_it() -> None:
    recommendation = _recommended(case_of(resolution_of(PROXIED)), "dead-peer-replay")
    assert "proxy_connect_timeout 3s;" in recommendation.block
    assert "remove the dead server" in _notes(recommendation)
    short = _recommended(
        case_of(resolution_of(PROXIED, proxy_connect_timeout="1s")), "dead-peer-replay"
    )
    assert short.diff is None
    assert "remove the dead server" in _notes(short)


@pytest.mark.parametrize(
    ("passed", "direct", "name"),
    [
        ("https://app.example.com", "https://10.0.0.1/sse", None),
        ("https://app", "https://app.example.com/sse", "app.example.com"),
        ("https://10.0.0.1", "https://10.0.0.1/sse", "$host"),
    ],
)
def test_the_name_for_tls_is_one_that_a_certificate_can_have(
    passed: str, direct: str, name: str | None
) -> None:
    resolution = resolution_of(PROXIED.replace("http://b", passed))
    assert resolution.upstream
    host = passed.partition("://")[2]
    upstream = replace(resolution.upstream, passed=passed, peers=(f"{host}:443",))
    case = case_of(replace(resolution, upstream=upstream))
    case = replace(case, target=replace(case.target, direct=(Source(direct),)))
    recommendation = _recommended(case, "tls-upstream-mismatch")
    assert "proxy_ssl_server_name on;" in recommendation.block
    assert ("proxy_ssl_name" in recommendation.block) == (name is not None)
    assert name is None or f"proxy_ssl_name {name};" in recommendation.block
    assert ("certificate" in _notes(recommendation)) == (name == "$host")


def test_a_slow_post_changes_only_the_timeout_of_its_own_path() -> None:
    text = PROXIED.replace(
        "location /", "location /message { proxy_pass http://b; }\n    location /"
    )
    recommendation = _recommended(
        _posting(_at(text, "/", "/sse"), _at(text, "/message", "/message")), "header-timeout-504"
    )
    assert recommendation.block.count("proxy_read_timeout 3600s;") == 1
    assert "/message" in recommendation.block.partition("{")[0]
    assert "/sse" not in recommendation.block


def test_lines_for_messages_that_the_config_leads_nowhere_certain_are_to_be_set() -> None:
    text = PROXIED.replace(
        "location /", "location /message { proxy_pass http://b; }\n    location /"
    )
    posted = replace(_at(text, "/message", "/message"), doubt=Doubt("condition", "an if"))
    recommendation = _recommended(_posting(_at(text, "/", "/sse"), posted), "header-timeout-504")
    (part,) = recommendation.parts
    assert (part.action, part.block) == ("set", "proxy_read_timeout 3600s;\n")
    assert "/message" in part.where
    assert recommendation.diff is None


def test_one_path_for_both_gets_one_block() -> None:
    resolution = resolution_of(PROXIED, path="/mcp")
    recommendation = _recommended(
        replace(case_of(resolution), message_resolution=resolution),
        "proxy-buffering-hold",
        "header-timeout-504",
    )
    assert recommendation.block.count("location") == 1
    assert recommendation.block.count("proxy_read_timeout") == 1


def test_two_paths_in_one_shared_location_get_each_setting_once() -> None:
    text = (
        "server {\n  rewrite ^/(.*)$ /app/$1;\n"
        "  location /app/ {\n    proxy_pass http://b;\n  }\n}\n"
    )
    case = _posting(_at(text, "/app/", "/sse"), _at(text, "/app/", "/message"))
    recommendation = _recommended(case, "new-default-regression")
    assert recommendation.diff
    assert recommendation.diff.count("proxy_http_version") == 1


def test_an_upstream_with_backup_servers_is_not_in_the_diff() -> None:
    text = "upstream b { server x; server y backup; }\n" + PROXIED
    resolution = resolution_of(text)
    assert resolution.upstream
    recommendation = _recommended(case_of(replace(resolution, upstream=replace(resolution.upstream, passed="http://b"))),
                 "no-affinity")  # fmt: skip
    assert recommendation.diff is None
    assert "backup" in _notes(recommendation)


def test_without_an_upstream_block_the_block_is_a_sketch() -> None:
    recommendation = _recommended(case_of(resolution_of(PROXIED)), "no-affinity")
    assert recommendation.diff is None
    (part,) = recommendation.parts
    assert part.block.startswith("upstream backend {\n    hash $binary_remote_addr consistent;\n")
    assert (part.action, part.at) == ("insert", "nginx.conf:1")
    assert "sessionAffinity" in _notes(recommendation)


def test_an_exact_location_that_exists_is_not_added_again() -> None:
    text = PROXIED.replace("location /", "location = /message { return 404; }\n    location /")
    case = _posting(_at(text, "/", "/sse"), _at(text, "= /message", "/message"))
    assert case.message_resolution
    case = replace(case, message_resolution=replace(case.message_resolution, upstream=None))
    recommendation = _recommended(case, "message-path-unrouted")
    assert recommendation.diff is None
    assert "nginx.conf:2" in _notes(recommendation)
    assert "proxy_pass http://b;" in recommendation.block


def test_a_note_says_that_groups_of_a_pattern_would_be_lost() -> None:
    text = (
        "server {\n location ~ ^/(sse) {\n  proxy_set_header X-G $1;\n"
        "  proxy_pass http://b;\n }\n}\n"
    )
    stream = _at(text, "~ ^/(sse)", "/sse")
    message = replace(stream, request=Request("/message"), location=None, upstream=None)
    recommendation = _recommended(_posting(stream, message), "message-path-unrouted")
    assert recommendation.diff is None
    assert "groups" in _notes(recommendation)


def test_without_a_config_the_messages_path_gets_a_block_too() -> None:
    handshake = Handshake("direct", "http://127.0.0.1:12213/sse", endpoint="/message?sessionId=1")
    case = replace(case_of(url="http://a/mcp/sse"), handshakes=(handshake,))
    recommendation = _recommended(case, "endpoint-prefix-lost")
    (part,) = recommendation.parts
    assert part.block == "location = /message {\n    proxy_pass http://127.0.0.1:12213;\n}\n"
    assert "bypasses your access control" in _notes(recommendation)


def test_a_note_says_that_the_config_has_no_limit() -> None:
    recommendation = _recommended(case_of(resolution_of(PROXIED)), "limits")
    assert "no limit on this path" in _notes(recommendation)
    assert "limit_req_dry_run" not in recommendation.block


def test_credentials_in_a_repeated_set_are_not_shown() -> None:
    text = (
        "server {\n proxy_set_header X-Api-Key abcdef;\n location = /sse {\n"
        "  proxy_set_header X-B b;\n  proxy_pass http://b;\n }\n}\n"
    )
    recommendation = _recommended(case_of(resolution_of(text, "= /sse")), "header-inheritance-lost")
    assert "proxy_set_header X-Api-Key [redacted-1];" in recommendation.block
    assert recommendation.diff is None
    revealed = recommend(
        case_of(resolution_of(text, "= /sse")), diagnosis_of("header-inheritance-lost"), True
    )
    assert revealed
    assert revealed.diff
    assert "+  proxy_set_header X-Api-Key abcdef;" in revealed.diff


def test_slashes_are_merged_unless_merge_slashes_is_off() -> None:
    resolution = resolution_of(PROXIED, path="//a//sse")
    assert location_path(resolution) == "/a/sse"
    kept = resolution_of(
        PROXIED.replace("server {", "server {\n    merge_slashes off;"), path="//a//sse"
    )
    assert location_path(kept) == "//a//sse"
    recommendation = _recommended(case_of(kept), "proxy-buffering-hold")
    assert "location = //a//sse {" in recommendation.block


def test_two_directives_of_one_name_on_one_line_are_distinguished_by_value() -> None:
    text = 'server { location "/a\\"b" {} location "/c" {} }'
    resolution = resolution_of(
        'server { location /x {} location "/a\\"b" { proxy_pass http://b; } }', "/x"
    )
    assert resolution.location
    directive = replace(resolution.location.directive, args=('/a"b',))
    statement = find_statement(read_statements(text), directive)
    assert statement
    assert text[statement.start : statement.end] == 'location "/a\\"b" {}'


def test_every_line_that_a_linter_flags_has_a_reason() -> None:
    recommendation = _recommended(case_of(resolution_of(PROXIED)), "gzip-plus-buffering")
    reasons = {line.text.strip(): line.reason for line in recommendation.lines}
    assert "proxy_buffering_off" in reasons["proxy_buffering off;"]
    assert "Advisors" in reasons["gzip off;"]
    assert "Linters" not in reasons["proxy_read_timeout 3600s;"]
    prefixed = PROXIED.replace("location /", "location /mcp/").replace("http://b", "http://b/")
    moved = _recommended(
        case_of(resolution_of(prefixed, "/mcp/", "/mcp/sse")), "proxy-buffering-hold"
    )
    passing = next(line for line in moved.lines if "proxy_pass" in line.text)
    assert "proxy-pass-with-uri" in passing.reason


def _losing_query(text: str, passed: str) -> RequestResolution:
    """The resolution of a message with a query, which this pattern's location drops."""
    stream = _at(text, "~ ^/(message)$", "/message")
    assert stream.upstream
    request = replace(stream.request, query="sessionId=1")
    return replace(stream, request=request, upstream=replace(stream.upstream, passed=passed))


def test_a_query_is_appended_to_one_that_the_address_has() -> None:
    text = "server {\n location ~ ^/(message)$ {\n  proxy_pass http://b/$1?a=1;\n }\n}\n"
    stream = _losing_query(text, "http://b/$1?a=1")
    recommendation = _recommended(_posting(stream, stream), "query-dropped")
    assert "proxy_pass http://b/$1?a=1&$args;" in recommendation.block


def test_captures_that_a_linter_flags_have_a_reason() -> None:
    text = "server {\n location ~ ^/(message)$ {\n  proxy_pass http://b/$1;\n }\n}\n"
    stream = _losing_query(text, "http://b/$1")
    recommendation = _recommended(_posting(stream, stream), "query-dropped")
    passing = next(line for line in recommendation.lines if "proxy_pass" in line.text)
    assert passing.text.strip() == "proxy_pass http://b/$1$is_args$args;"
    assert "proxy_pass_normalized" in passing.reason
