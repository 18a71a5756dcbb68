"""Failed requests of others: which lines count, and how they are summed up."""

import json

import pytest

from tests.logs.lines import AGENT
from tests.logs.test_history import access, history_of
from tests.rules.history import error_line, ingress_line, notice_line
from wizard.logs.failures import MAX_KINDS
from wizard.logs.formats import parse_line
from wizard.report import logs

TIMED_OUT = "upstream timed out (110: Connection timed out) while reading response header"
NPM = (
    '[23/Nov/2026:15:50:00 +0000] %s %s %s - POST https bot.example.com "/message?sessionId=1" '
    '[Client 10.0.0.7] [Length %s] [Gzip -] [Sent-to 10.0.0.5] "mcp/1" "-"'
)


def test_failures_are_summed_up_by_kind_and_path() -> None:
    lines = (ingress_line(504, took, minutes=minutes) for took, minutes in ((3.0, 9), (3.2, 4)))
    other = ingress_line(504, 3.0, "GET /other")
    (last, first) = history_of(*lines, other).failures
    assert (last.request, last.count, last.waits) == ("GET /other", 1, (3.0, 3.0))
    assert (first.request, first.count, first.waits) == ("POST /message", 2, (3.0, 3.2))
    assert first.describe() == (
        "2 lines about other requests (POST /message): answered 504: no valid response from the "
        "backend, after 3 to 3.2 s, the last at 2026-11-23 15:56:00 UTC"
    )


MESSAGES = {
    f"{TIMED_OUT} from upstream": "header-timeout",
    "upstream timed out (110: Operation timed out) while reading upstream": "read-timeout",
    "upstream timed out (110: Connection timed out) while proxying upgraded connection": (
        "read-timeout"
    ),
    "upstream prematurely closed connection while reading response header": "premature-close",
    "recv() failed (104: Connection reset by peer) while reading upstream": "premature-close",
    "connect() failed (111: Connection refused) while connecting to upstream": "connect-failed",
    "no live upstreams while connecting to upstream": "no-live-peer",
    "no resolver defined to resolve bot.internal": "resolver-missing",
    "bot.internal could not be resolved (3: Host not found)": "name-unresolved",
    "bot.internal could not be resolved (110: Operation timed out)": "name-unresolved",
    "upstream sent too big header while reading response header from upstream": (
        "upstream-header-too-big"
    ),
    'client sent too long header line: "Authorization: eyJ..." while reading client request '
    "headers": "request-header-too-large",
    "client intended to send too large body: 2000000 bytes": "body-too-large",
    "upstream timed out (110: Connection timed out) while SSL handshaking to upstream": (
        "upstream-tls"
    ),
}


@pytest.mark.parametrize(("message", "tag"), MESSAGES.items(), ids=range(len(MESSAGES)))
def test_messages_of_the_error_log(message: str, tag: str) -> None:
    (failure,) = history_of(error_line(message, level="info")).failures
    assert (failure.tag, failure.request, failure.host) == (tag, "POST /message", "127.0.0.1")


def test_a_broken_proxy_protocol_header_in_one_line_and_in_several() -> None:
    end = '" while reading PROXY protocol, client: 10.0.0.1, server: 0.0.0.0:8081'
    begin = '2026/11/23 15:50:00 [error] 7#7: *1 broken header: "GET /sse HTTP/1.1'
    for lines in ([begin + end], [begin, "Host: bot", end]):
        (failure,) = history_of(*lines).failures
        assert (failure.tag, failure.count, failure.port) == ("proxy-protocol", 1, 8081)
        assert failure.last is not None


def test_a_proxy_protocol_header_that_nobody_expects() -> None:
    line = ingress_line(400, 0.0, "PROXY TCP4 192.0.2.1 198.51.100.1 5", upstream_status="-")
    (failure,) = history_of(line.replace(" HTTP/1.1", "")).failures
    assert (failure.tag, failure.path) == ("proxy-protocol", "")


def test_an_answer_of_the_backend_is_told_apart_from_nginxs() -> None:
    (own,) = history_of(ingress_line(504, 0.01, sent=4)).failures
    assert (own.tag, own.meaning) == ("backend-error", "the backend itself answered 504")


@pytest.mark.parametrize("cache", ["-", "MISS"])
def test_the_format_of_nginx_proxy_manager(cache: str) -> None:
    history = history_of(NPM % (cache, "504", 504, 167), NPM % (cache, "200", 499, 0))
    (failure,) = history.failures
    assert (failure.tag, failure.host) == ("gateway", "bot.example.com")
    assert (failure.request, failure.status) == ("POST /message", 504)
    assert (sum(history.left), history.clients) == (1, (("10.0.0.7", 1),))


def test_our_own_probe_in_the_format_of_nginx_proxy_manager() -> None:
    line = (NPM % ("-", "200", 200, 80)).replace("mcp/1", AGENT)
    assert (parse_line(line).tag, parse_line(line).agent) == ("live-200", AGENT)


def test_named_values_after_the_combined_format() -> None:
    line = f'{access(5, 504)} rt=60.001 uct="0.000" urt="60.000" us="504"'
    assert history_of(line).failures[0].waits == (60.0, 60.0)


def test_json_with_the_variables_of_nginx() -> None:
    data = {
        "time_iso8601": "2026-11-23T15:50:00+00:00",
        "request": "POST /message?sessionId=1 HTTP/1.1",
        "status": "504",
        "body_bytes_sent": "167",
        "host": "bot.example.com",
        "upstream_response_time": "60.001",
        "upstream_status": "504",
    }
    (failure,) = history_of(json.dumps(data)).failures
    assert (failure.request, failure.host) == ("POST /message", "bot.example.com")
    assert failure.waits == (60.001, 60.001)


HELD_H2 = ("GET /sse", 200, 2.0, 9, "200", "2.0")


@pytest.mark.parametrize(
    ("changed", "held"),
    [
        ({}, True),
        ({"http": "1.1"}, False),
        ({"upstream_status": "504, 200"}, False),
        ({"sent": 0}, False),
        ({"took": 0.004}, False),
        ({"size": 80}, False),
    ],
    ids=["held", "http-1.1", "retried", "silent", "empty", "served"],
)
def test_a_held_client_that_leaves_over_http_2(changed: dict[str, object], held: bool) -> None:
    entry = {"request": "GET /sse", "size": 0, "sent": 9, "upstream_status": "200", "http": "2.0"}
    values = {"took": 2.0} | entry | changed
    history = history_of(access(20, 200), ingress_line(200, **values))  # type: ignore[arg-type]
    assert (sum(history.left), history.left_200) == (int(held), int(held))
    assert ("with 200 and 0 bytes over HTTP/2" in logs.headline(history)) is held


def test_three_504s_are_not_silence() -> None:
    lines = [ingress_line(504, 60.0, minutes=minutes) for minutes in (30, 20, 10)]
    headline, failure, *_ = logs.history_lines(history_of(*lines))
    assert headline.startswith("before the probes, failures of requests: 3 lines, in the 30 min")
    assert failure.startswith("3 lines about other requests (POST /message): answered 504")


def test_only_the_last_kinds_of_failures_are_kept() -> None:
    lines = (ingress_line(502, 0.0, f"GET /{number}") for number in range(3 * MAX_KINDS))
    history = history_of(*lines)
    assert len(history.failures) == MAX_KINDS
    assert history.failures[0].path == f"/{3 * MAX_KINDS - 1}"
    assert logs.failures(history)[-1] == "95 lines of other failures"


def test_secrets_and_control_characters_are_not_kept() -> None:
    line = error_line(f"{TIMED_OUT} from upstream", "POST /message\x1b[2J?token=hunter2hunter2")
    (failure,) = history_of(line).failures
    assert "hunter2" not in repr(failure)
    assert "\x1b" not in repr(failure) + logs.failures(history_of(line))[0]


def test_when_nginx_last_read_its_config() -> None:
    loaded = notice_line("start worker processes", minutes=3)
    history = history_of(notice_line("reconfiguring", minutes=8), loaded, access(1, 200))
    assert history.until is not None
    assert history.started == history.until - 3 * 60


def test_a_held_http_2_client_in_json() -> None:
    data = {
        "time_iso8601": "2026-11-23T15:50:00+00:00",
        "server_protocol": "HTTP/2.0",
        "request_method": "GET",
        "uri": "/sse",
        "status": "200",
        "request_time": "2.000",
        "upstream_status": "200",
        "body_bytes_sent": "0",
    }
    history = history_of(access(20, 200), json.dumps(data))
    assert (sum(history.left), history.left_200) == (1, 1)
