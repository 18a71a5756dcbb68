"""What is written for the causes beside holding, where no Nginx is needed to see it."""

from dataclasses import replace

import pytest

from tests.recommend.sites import case, diagnosis, resolution
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.handshake import Handshake
from wizard.model.resolution import Request, RequestResolution
from wizard.model.target import Source
from wizard.recommend import recommend
from wizard.recommend.carve import location_path
from wizard.recommend.source import find_statement, read_statements

PROXIED = "server {\n    location / {\n        proxy_pass http://b;\n    }\n}\n"


def _made(known: Case, *ids: str) -> Recommendation:
    made = recommend(known, diagnosis(*ids))
    assert made
    return made


def _notes(made: Recommendation) -> str:
    return " ".join(made.adapt)


def _posting(
    stream: RequestResolution, message: RequestResolution, endpoint: str = "/message?sessionId=1"
) -> Case:
    shaken = Handshake("direct", "http://b/sse", endpoint=endpoint)
    return replace(case(stream), handshakes=(shaken,), message_resolution=message)


def _at(text: str, location: str, path: str) -> RequestResolution:
    return resolution(text, location, path)


def test_a_config_that_is_right_already_is_said_not_to_be_the_running_one() -> None:
    text = PROXIED.replace("proxy_pass", "proxy_buffering off;\n        proxy_pass")
    known = resolution(text, proxy_buffering="off", proxy_read_timeout="2h")
    made = _made(case(known), "proxy-buffering-hold")
    assert made.diff is None
    assert "nginx -s reload" in _notes(made)
    assert all(line.kept or line.text.strip()[:8] in ("location", "}") for line in made.lines)


def test_the_note_stands_beside_what_is_still_to_be_written() -> None:
    known = resolution(PROXIED, proxy_buffering="off", proxy_read_timeout="60s")
    made = _made(case(known), "proxy-buffering-hold")
    assert "proxy_buffering" not in made.block
    assert "proxy_read_timeout 3600s;" in made.block
    assert "nginx -s reload" in _notes(made)
    assert "reload" not in _notes(_made(case(resolution(PROXIED)), "proxy-buffering-hold"))


def test_a_dead_peer_gets_a_short_wait_and_its_reader_the_rest() -> None:
    made = _made(case(resolution(PROXIED)), "dead-peer-replay")
    assert "proxy_connect_timeout 3s;" in made.block
    assert "remove the dead peer" in _notes(made)
    short = _made(case(resolution(PROXIED, proxy_connect_timeout="1s")), "dead-peer-replay")
    assert short.diff is None
    assert "remove the dead peer" in _notes(short)


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
    known = resolution(PROXIED.replace("http://b", passed))
    assert known.upstream
    host = passed.partition("://")[2]
    upstream = replace(known.upstream, passed=passed, peers=(f"{host}:443",))
    there = case(replace(known, upstream=upstream))
    there = replace(there, target=replace(there.target, direct=(Source(direct),)))
    made = _made(there, "tls-upstream-mismatch")
    assert "proxy_ssl_server_name on;" in made.block
    assert ("proxy_ssl_name" in made.block) == (name is not None)
    assert name is None or f"proxy_ssl_name {name};" in made.block
    assert ("certificate" in _notes(made)) == (name == "$host")


def test_a_slow_post_gets_its_own_timeout_and_the_stream_none() -> None:
    text = PROXIED.replace(
        "location /", "location /message { proxy_pass http://b; }\n    location /"
    )
    made = _made(
        _posting(_at(text, "/", "/sse"), _at(text, "/message", "/message")), "header-timeout-504"
    )
    assert made.block.count("proxy_read_timeout 3600s;") == 1
    assert "/message" in made.block.partition("{")[0]
    assert "/sse" not in made.block


def test_one_path_for_both_gets_one_block() -> None:
    known = resolution(PROXIED, path="/mcp")
    made = _made(
        replace(case(known), message_resolution=known), "proxy-buffering-hold", "header-timeout-504"
    )
    assert made.block.count("location") == 1
    assert made.block.count("proxy_read_timeout") == 1


def test_two_paths_that_cannot_be_carved_out_get_each_setting_once() -> None:
    text = (
        "server {\n  rewrite ^/(.*)$ /app/$1;\n"
        "  location /app/ {\n    proxy_pass http://b;\n  }\n}\n"
    )
    known = _posting(_at(text, "/app/", "/sse"), _at(text, "/app/", "/message"))
    made = _made(known, "new-default-regression")
    assert made.diff
    assert made.diff.count("proxy_http_version") == 1


def test_servers_marked_backup_cost_the_diff_of_their_upstream() -> None:
    text = "upstream b { server x; server y backup; }\n" + PROXIED
    known = resolution(text)
    assert known.upstream
    made = _made(case(replace(known, upstream=replace(known.upstream, passed="http://b"))),
                 "no-affinity")  # fmt: skip
    assert made.diff is None
    assert "backup" in _notes(made)


def test_without_an_upstream_block_one_is_sketched() -> None:
    made = _made(case(resolution(PROXIED)), "no-affinity")
    assert made.diff is None
    assert made.block.startswith("upstream backend {\n    hash $binary_remote_addr consistent;\n")
    assert "sessionAffinity" in _notes(made)


def test_a_location_that_answers_itself_is_not_doubled() -> None:
    text = PROXIED.replace("location /", "location = /message { return 404; }\n    location /")
    known = _posting(_at(text, "/", "/sse"), _at(text, "= /message", "/message"))
    assert known.message_resolution
    known = replace(known, message_resolution=replace(known.message_resolution, upstream=None))
    made = _made(known, "message-path-unrouted")
    assert made.diff is None
    assert "nginx.conf:2" in _notes(made)
    assert "proxy_pass http://b;" in made.block


def test_groups_of_a_pattern_are_not_lost_in_silence() -> None:
    text = (
        "server {\n location ~ ^/(sse) {\n  proxy_set_header X-G $1;\n"
        "  proxy_pass http://b;\n }\n}\n"
    )
    stream = _at(text, "~ ^/(sse)", "/sse")
    message = replace(stream, request=Request("/message"), location=None, upstream=None)
    made = _made(_posting(stream, message), "message-path-unrouted")
    assert made.diff is None
    assert "groups" in _notes(made)


def test_without_a_config_the_messages_path_gets_a_block_too() -> None:
    shaken = Handshake("direct", "http://127.0.0.1:12213/sse", endpoint="/message?sessionId=1")
    known = replace(case(url="http://a/mcp/sse"), handshakes=(shaken,))
    made = _made(known, "endpoint-prefix-lost")
    assert made.block == "location = /message {\n    proxy_pass http://127.0.0.1:12213;\n}\n"


def test_a_limit_that_is_not_in_the_config_is_said() -> None:
    made = _made(case(resolution(PROXIED)), "limits")
    assert "no limit on this path" in _notes(made)
    assert "limit_req_dry_run" not in made.block


def test_credentials_in_a_repeated_set_are_not_shown() -> None:
    text = (
        "server {\n proxy_set_header X-Api-Key abcdef;\n location = /sse {\n"
        "  proxy_set_header X-B b;\n  proxy_pass http://b;\n }\n}\n"
    )
    made = _made(case(resolution(text, "= /sse")), "header-inheritance-lost")
    assert "proxy_set_header X-Api-Key [redacted];" in made.block
    assert made.diff is None
    revealed = recommend(
        case(resolution(text, "= /sse")), diagnosis("header-inheritance-lost"), True
    )
    assert revealed
    assert revealed.diff
    assert "+  proxy_set_header X-Api-Key abcdef;" in revealed.diff


def test_slashes_are_merged_unless_the_server_says_no() -> None:
    known = resolution(PROXIED, path="//a//sse")
    assert location_path(known) == "/a/sse"
    kept = resolution(
        PROXIED.replace("server {", "server {\n    merge_slashes off;"), path="//a//sse"
    )
    assert location_path(kept) == "//a//sse"
    made = _made(case(kept), "proxy-buffering-hold")
    assert "location = //a//sse {" in made.block


def test_two_of_one_name_on_one_line_are_told_apart_by_what_they_mean() -> None:
    text = 'server { location "/a\\"b" {} location "/c" {} }'
    known = resolution('server { location /x {} location "/a\\"b" { proxy_pass http://b; } }', "/x")
    assert known.location
    meant = replace(known.location.directive, args=('/a"b',))
    found = find_statement(read_statements(text), meant)
    assert found
    assert text[found.start : found.end] == 'location "/a\\"b" {}'


def test_every_line_that_a_linter_flags_says_why_it_is_right() -> None:
    made = _made(case(resolution(PROXIED)), "gzip-plus-buffering")
    reasons = {line.text.strip(): line.reason for line in made.lines}
    assert "proxy_buffering_off" in reasons["proxy_buffering off;"]
    assert "Advisors" in reasons["gzip off;"]
    assert "Linters" not in reasons["proxy_read_timeout 3600s;"]
    prefixed = PROXIED.replace("location /", "location /mcp/").replace("http://b", "http://b/")
    moved = _made(case(resolution(prefixed, "/mcp/", "/mcp/sse")), "proxy-buffering-hold")
    passing = next(line for line in moved.lines if "proxy_pass" in line.text)
    assert "proxy-pass-with-uri" in passing.reason


def test_captures_that_a_linter_flags_are_said_to_be_as_they_were() -> None:
    text = "server {\n location ~ ^/(message)$ {\n  proxy_pass http://b/$1;\n }\n}\n"
    stream = _at(text, "~ ^/(message)$", "/message")
    made = _made(_posting(stream, stream), "query-dropped")
    passing = next(line for line in made.lines if "proxy_pass" in line.text)
    assert passing.text.strip() == "proxy_pass http://b/$1$is_args$args;"
    assert "proxy_pass_normalized" in passing.reason
