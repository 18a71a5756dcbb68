"""What one line says: each form of log, the telling lines, and lines of no form at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.logs.formats import ParsedLine, parse_line

AGENT = "ssewizard/0.1.0 (run=beef; sse-proxy-h1-identity)"


def combined(status: int, size: object, agent: str = AGENT, request: str = "GET /sse?a=b") -> str:
    when = "[23/Nov/2026:15:23:37 +0000]"
    return f'127.0.0.1 - - {when} "{request} HTTP/1.1" {status} {size} "-" "{agent}"'


def error(rest: str, request: str = "GET /sse?a=b HTTP/1.1") -> str:
    context = f'client: 127.0.0.1, server: _, request: "{request}", upstream: "http://b/sse"'
    return f"2026/11/23 15:23:37 [error] 7#7: *1 {rest}, {context}"


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
def test_an_access_line_in_both_forms(status: int, size: int, tag: str) -> None:
    data = {
        "time_local": "x",
        "request": "GET /sse?a=b HTTP/1.1",
        "status": str(status),
        "body_bytes_sent": size,
        "http_user_agent": AGENT,
    }
    for line in (combined(status, size), json.dumps(data)):
        said = parse_line(line)
        assert (said.kind, said.tag, said.path, said.agent) == ("access", tag, "/sse", AGENT)
        assert bool(said.meaning) == (status != 404)


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
def test_json_by_the_names_that_people_use(data: dict[str, object]) -> None:
    said = parse_line(json.dumps(data))
    assert (said.tag, said.path, said.agent) == ("held-499", "/sse", AGENT)


def test_json_says_whether_the_backend_had_answered() -> None:
    data = {"status": 499, "body_bytes_sent": 0, "upstream_status": "200"}
    assert "the backend had answered 200" in parse_line(json.dumps(data)).meaning


def test_no_bytes_known_is_not_no_bytes() -> None:
    said = parse_line('{"status": 499, "uri": "/sse"}')
    assert said == ParsedLine("access", "", "", "/sse", "", 499)
    assert parse_line('{"status": 200}').meaning == "answered 200"


def test_json_as_nginx_writes_it_without_escape_json() -> None:
    line = r'{"status": 499, "body_bytes_sent": 0, "uri": "/sse", "referer": "a\x22b"}'
    assert parse_line(line).tag == "held-499"


@pytest.mark.parametrize("key", ["log", "message", "msg"])
def test_a_line_inside_json_as_docker_keeps_it(key: str) -> None:
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
def test_relatives_of_the_combined_form(line: str) -> None:
    assert parse_line(line).tag == "held-499"


def test_combined_without_an_agent() -> None:
    line = '::1 - - [23/Nov/2026:15:23:37 +0000] "GET /sse HTTP/1.1" 499 0'
    meaning = parse_line(line).meaning
    assert parse_line(line) == ParsedLine("access", "held-499", meaning, "/sse", "", 499, "::1")


def test_a_request_that_is_garbage() -> None:
    assert parse_line(combined(400, 0, request=r"\x16\x03\x01\"")).path in ("", "HTTP/1.1")


TELLING = {
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
}


@pytest.mark.parametrize(("tag", "rest"), TELLING.items(), ids=TELLING.keys())
def test_the_error_log(tag: str, rest: str) -> None:
    said = parse_line(error(rest))
    assert (said.kind, said.tag, said.path) == ("error", tag, "/sse")
    assert said.meaning


@pytest.mark.parametrize(
    ("rest", "tag"),
    [
        (
            "upstream timed out (110: Connection timed out) while connecting to upstream",
            "connect-failed",
        ),
        ("upstream timed out (60: Operation timed out) while reading upstream", "read-timeout"),
        ("no live upstreams while connecting to upstream", "connect-failed"),
        ("open() failed (2: No such file or directory)", ""),
        ("client prematurely closed connection while reading upstream", ""),
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
def test_relatives_of_the_telling_errors(rest: str, tag: str) -> None:
    assert parse_line(error(rest)).tag == tag


def test_an_error_without_a_request() -> None:
    assert parse_line("2026/11/23 15:23:37 [notice] 7#7: signal process started") == ParsedLine(
        "error"
    )
    reload = parse_line("2026/11/23 15:23:37 [notice] 7#7: gracefully shutting down")
    assert (reload.kind, reload.tag, reload.path) == ("error", "reload", "")


CANCELED = "ModelContextProtocol.Server.McpServer|Server (WebAPI 1.0.0.0)"


def test_a_cancel_is_a_consequence() -> None:
    said = parse_line(f"2026-11-23 15:23:39.0170|INFO|{CANCELED} message processing canceled.")
    assert (said.kind, said.tag) == ("dotnet", "canceled")
    assert "consequence" in said.meaning
    assert "initialize never arrived" in said.meaning


def test_a_cancel_that_names_its_client() -> None:
    said = parse_line(f"{CANCELED}, Client (inspector 0.1) message processing canceled.")
    assert "consequence" in said.meaning
    assert "initialize" not in said.meaning


def test_a_cancel_in_json() -> None:
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
def test_no_line_breaks_it(text: str) -> None:
    assert parse_line(text).kind in ("access", "error", "dotnet", "text")
    assert parse_line('{"status": ' + text).kind in ("access", "dotnet", "text")
    assert parse_line(error(text)).kind in ("error", "dotnet", "text")


GUARDS = [
    ('limiting connections by zone "one"', "limited"),
    ('limiting requests, excess: 1.000 by zone "one"', "limited"),
    ('limiting requests, dry run, excess: 1.000 by zone "one"', ""),
    ('delaying request, excess: 0.997, by zone "one"', "delayed"),
    ("auth request unexpected status: 404 while sending to client", "auth-request"),
]


@pytest.mark.parametrize(("text", "tag"), GUARDS, ids=range(len(GUARDS)))
def test_what_stands_before_the_backend(text: str, tag: str) -> None:
    said = parse_line(error(text))
    assert (said.tag, said.path, bool(said.meaning)) == (tag, "/sse", bool(tag))


@pytest.mark.parametrize("tail", ['"504, 200"', "upstream=504, 200", "502 , 504, 200", "504 : 200"])
def test_a_peer_that_was_tried_before(tail: str) -> None:
    said = parse_line(f"{combined(200, 517)} {tail}")
    assert said.tag == "tried-again"
    assert tail.strip('"').removeprefix("upstream=") in said.meaning


@pytest.mark.parametrize("tail", ['"200"', "upstream=200 0.504", "504"])
def test_no_peer_was_tried_before(tail: str) -> None:
    assert parse_line(f"{combined(200, 517)} {tail}").tag == "live-200"


def test_a_peer_that_was_tried_before_in_json() -> None:
    data = {"status": 200, "bytes_sent": 517, "uri": "/sse", "upstream_status": "504, 200"}
    assert parse_line(json.dumps(data)).tag == "tried-again"


def test_a_worker_that_was_killed() -> None:
    said = parse_line("[2026-11-23 16:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)")
    assert (said.kind, said.tag) == ("text", "worker-timeout")
