"""Parsing of log lines: each format, each tag, and lines of no known format."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.lines import AGENT, CANCELED, combined, error
from wizard.logs.formats import ParsedLine, parse_line

ACCESS = [
    ("held", 499, 0, "held-499"),
    ("left", 499, 517, ""),
    ("live", 200, 517, "live-200"),
    ("bad-gateway", 502, 157, "gateway"),
    ("gateway-timeout", 504, 167, "gateway"),
    ("not-found", 404, 153, ""),
]


@pytest.mark.parametrize(
    ("status", "size", "tag"), [a[1:] for a in ACCESS], ids=[a[0] for a in ACCESS]
)
def test_an_access_line_as_text_and_as_json(status: int, size: int, tag: str) -> None:
    data = {
        "time_local": "x",
        "request": "GET /sse?a=b HTTP/1.1",
        "status": str(status),
        "body_bytes_sent": size,
        "http_user_agent": AGENT,
    }
    for line in (combined(status, size), json.dumps(data)):
        parsed = parse_line(line)
        assert (parsed.kind, parsed.tag, parsed.path, parsed.agent) == (
            "access",
            tag,
            "/sse",
            AGENT,
        )
        assert bool(parsed.meaning) == (status != 404)


JSON_FORMS = {
    "numbers": {"status": 499, "bytes_sent": 0, "uri": "/sse", "user_agent": AGENT},
    "words": {"response_status": "499", "bytes": "0", "path": "/sse", "agent": AGENT},
    "with-query": {
        "http_status": 499,
        "size": 0,
        "request_uri": "/sse?token=x",
        "useragent": AGENT,
    },
}


@pytest.mark.parametrize("data", JSON_FORMS.values(), ids=JSON_FORMS.keys())
def test_json_with_common_key_names(data: dict[str, object]) -> None:
    parsed = parse_line(json.dumps(data))
    assert (parsed.tag, parsed.path, parsed.agent) == ("held-499", "/sse", AGENT)


def test_json_says_whether_the_backend_had_answered() -> None:
    data = {"status": 499, "body_bytes_sent": 0, "upstream_status": "200"}
    assert "the backend had answered 200" in parse_line(json.dumps(data)).meaning


def test_an_unknown_size_is_not_zero() -> None:
    parsed = parse_line('{"status": 499, "uri": "/sse"}')
    assert parsed == ParsedLine("access", "", "", "/sse", "", 499)
    assert parse_line('{"status": 200}').meaning == "answered 200"


def test_json_that_nginx_writes_without_escape_json() -> None:
    line = r'{"status": 499, "body_bytes_sent": 0, "uri": "/sse", "referer": "a\x22b"}'
    assert parse_line(line).tag == "held-499"


@pytest.mark.parametrize("key", ["log", "message", "msg"])
def test_a_line_that_docker_wraps_in_json(key: str) -> None:
    assert (
        parse_line(json.dumps({key: combined(499, 0) + "\n", "stream": "stdout"})).tag == "held-499"
    )
    timed_out = error("upstream timed out (110: Connection timed out) while reading upstream")
    assert parse_line(json.dumps({key: timed_out})).tag == "read-timeout"


@pytest.mark.parametrize(
    "line",
    [
        "Nov 23 15:23:37 web1 nginx: " + combined(499, 0),
        combined(499, 0) + ' "-" rt=2.001 uct="0.000"',
        combined(499, "-"),
        'localhost - Zoë "x" [1] ' + combined(499, 0).partition(" - - ")[2],
    ],
    ids=["syslog", "more-fields", "dash-for-none", "odd-user"],
)
def test_variants_of_the_combined_format(line: str) -> None:
    assert parse_line(line).tag == "held-499"


def test_combined_without_an_agent() -> None:
    line = '::1 - - [23/Nov/2026:15:23:37 +0000] "GET /sse HTTP/1.1" 499 0'
    meaning = parse_line(line).meaning
    assert parse_line(line) == ParsedLine(
        "access", "held-499", meaning, "/sse", "", 499, "::1", method="GET"
    )


def test_an_invalid_request_line() -> None:
    assert parse_line(combined(400, 0, request=r"\x16\x03\x01\"")).path in ("", "HTTP/1.1")


TAGGED_ERRORS = {
    "read-timeout": "upstream timed out (110: Connection timed out) while reading upstream",
    "header-timeout": "upstream timed out (110: Connection timed out) while reading response header"
    " from upstream",
    "connect-failed": "connect() failed (111: Connection refused) while connecting to upstream",
    "premature-close": "upstream prematurely closed connection while reading response header from"
    " upstream",
    "upstream-tls": "SSL_do_handshake() failed (SSL: error:14094410:SSL routines:ssl3_read_bytes:"
    "sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream",
    "invalid-answer": "upstream sent no valid HTTP/1.0 header while reading response header from"
    " upstream",
    "invalid-header": 'upstream sent duplicate header line: "Transfer-Encoding: chunked", previous '
    'value: "Transfer-Encoding: chunked" while reading response header from upstream',
}


@pytest.mark.parametrize(("tag", "rest"), TAGGED_ERRORS.items(), ids=TAGGED_ERRORS.keys())
def test_the_error_log(tag: str, rest: str) -> None:
    parsed = parse_line(error(rest))
    assert (parsed.kind, parsed.tag, parsed.path) == ("error", tag, "/sse")
    assert parsed.meaning


@pytest.mark.parametrize(
    ("rest", "tag"),
    [
        (
            "upstream timed out (110: Connection timed out) while connecting to upstream",
            "connect-failed",
        ),
        ("upstream timed out (60: Operation timed out) while reading upstream", "read-timeout"),
        ("no live upstreams while connecting to upstream", "no-live-peer"),
        ("open() failed (2: No such file or directory)", ""),
        (
            'upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time while '
            "reading response header from upstream",
            "invalid-header",
        ),
        (
            'upstream sent duplicate header line: "Date: b", previous value: "Date: a", ignored '
            "while reading response header from upstream",
            "",
        ),
        ("client prematurely closed connection while reading upstream", ""),
        (
            "epoll_wait() reported that client prematurely closed connection, so upstream "
            "connection is closed too (104: Connection reset by peer) while reading upstream",
            "",
        ),
        ("peer closed connection in SSL handshake while SSL handshaking", ""),
        (
            "peer closed connection in SSL handshake while SSL handshaking to upstream",
            "upstream-tls",
        ),
        (
            "recv() failed (104: Connection reset by peer) while reading response header from "
            "upstream",
            "premature-close",
        ),
    ],
)
def test_variants_of_the_tagged_errors(rest: str, tag: str) -> None:
    assert parse_line(error(rest)).tag == tag


def test_an_error_without_a_request() -> None:
    assert parse_line("2026/11/23 15:23:37 [notice] 7#7: signal process started") == ParsedLine(
        "error"
    )
    reload = parse_line("2026/11/23 15:23:37 [notice] 7#7: gracefully shutting down")
    assert (reload.kind, reload.tag, reload.path) == ("error", "reload", "")


def test_a_canceled_request_is_a_consequence() -> None:
    parsed = parse_line(f"2026-11-23 15:23:39.0170|INFO|{CANCELED} message processing canceled.")
    assert (parsed.kind, parsed.tag) == ("dotnet", "canceled")
    assert "consequence" in parsed.meaning
    assert "initialize never arrived" in parsed.meaning


def test_a_canceled_request_that_names_its_client() -> None:
    parsed = parse_line(f"{CANCELED}, Client (inspector 0.1) message processing canceled.")
    assert "consequence" in parsed.meaning
    assert "initialize" not in parsed.meaning


def test_a_canceled_request_in_json() -> None:
    line = json.dumps({"@mt": f"{CANCELED} message processing canceled.", "message": "plain words"})
    assert parse_line(line).tag == "canceled"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "{",
        "{}",
        "[1]",
        '{"status": "up"}',
        '{"status": 1e999}',
        "{" * 5000,
        "\x00\x01",
    ],
    ids=range(9),
)
def test_anything_else_is_text(line: str) -> None:
    assert parse_line(line) == ParsedLine("text")


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace"))))
def test_no_line_raises(text: str) -> None:
    assert parse_line(text).kind in ("access", "error", "dotnet", "text")
    assert parse_line('{"status": ' + text).kind in ("access", "dotnet", "text")
    assert parse_line(error(text)).kind in ("error", "dotnet", "text")


LIMITS = [
    ('limiting connections by zone "one"', "limited"),
    ('limiting requests, excess: 1.000 by zone "one"', "limited"),
    ('limiting requests, dry run, excess: 1.000 by zone "one"', ""),
    ('delaying request, excess: 0.997, by zone "one"', "delayed"),
    ("auth request unexpected status: 404 while sending to client", "auth-request"),
]


CONNECTING = "while connecting to upstream"
CAPACITY = [
    (f"14 worker_connections are not enough {CONNECTING}", "no-free-connection"),
    (f"socket() failed (24: Too many open files) {CONNECTING}", "no-free-connection"),
    (f"connect() to unix:/app.sock failed (13: Permission denied) {CONNECTING}", "connect-failed"),
    (f"connect() to 10.0.0.5:80 failed (101: No route) {CONNECTING}", "connect-failed"),
    (f"bind(10.9.9.9) failed (99: Cannot assign address) {CONNECTING}", "connect-failed"),
    ("access forbidden by rule", "access-denied"),
]


@pytest.mark.parametrize(("text", "tag"), CAPACITY, ids=range(len(CAPACITY)))
def test_what_nginx_could_not_open(text: str, tag: str) -> None:
    parsed = parse_line(error(text))
    assert (parsed.tag, parsed.path, bool(parsed.meaning)) == (tag, "/sse", True)


@pytest.mark.parametrize(("text", "tag"), LIMITS, ids=range(len(LIMITS)))
def test_limits_and_auth_request(text: str, tag: str) -> None:
    parsed = parse_line(error(text))
    assert (parsed.tag, parsed.path, bool(parsed.meaning)) == (tag, "/sse", bool(tag))


@pytest.mark.parametrize("tail", ['"504, 200"', "upstream=504, 200", "502 , 504, 200", "504 : 200"])
def test_another_peer_was_tried_first(tail: str) -> None:
    parsed = parse_line(f"{combined(200, 517)} {tail}")
    assert parsed.tag == "tried-again"
    assert tail.strip('"').removeprefix("upstream=") in parsed.meaning


@pytest.mark.parametrize("tail", ['"200"', "upstream=200 0.504", "504"])
def test_no_other_peer_was_tried_first(tail: str) -> None:
    assert parse_line(f"{combined(200, 517)} {tail}").tag == "live-200"


def test_another_peer_was_tried_first_in_json() -> None:
    data = {"status": 200, "bytes_sent": 517, "uri": "/sse", "upstream_status": "504, 200"}
    assert parse_line(json.dumps(data)).tag == "tried-again"


def test_a_killed_worker() -> None:
    parsed = parse_line("[2026-11-23 16:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)")
    assert (parsed.kind, parsed.tag) == ("text", "worker-timeout")
