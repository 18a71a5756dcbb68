"""Causes that the lines of other clients show: which lines count, and how much."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of, finding_of
from tests.rules.history import (
    BEGAN,
    error_line,
    ingress_line,
    notice_line,
    with_history,
)
from tests.rules.samples import new_default_regression
from tests.rules.samples.build import make_case, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.logs import is_same_route
from wizard.model.case import Case, FollowUpResult
from wizard.model.resolution import RequestResolution

CONF = """
http { server {
    listen 8081; server_name bot.example.com;
    location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off; proxy_read_timeout 3s; }
}
server { listen 8081; server_name other.example.com; location / { return 404; } }
}
"""
TIMED_OUT = error_line(
    "upstream timed out (110: Connection timed out) while reading response header from upstream"
)


def case(*texts: str, conf: str = CONF, url: str = "http://bot.example.com:8081/sse") -> Case:
    """A case in which all that we asked is well, with these older lines in a log."""
    handshakes = (make_handshake("proxy", url=url), make_handshake("direct"))
    healthy = make_case(proxy="live", direct="live", conf=conf, url=url, handshakes=handshakes)
    return with_history(healthy, *texts)


def test_the_case_is_healthy_without_such_lines() -> None:
    assert diagnose(case(ingress_line(200, 0.01, size=80))).verdict == "healthy"


def without_config(case: Case) -> Case:
    return replace(case, resolution=None, message_resolution=None, predictions=())


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((TIMED_OUT,), "likely"),
        ((TIMED_OUT, ingress_line(504, 3.001)), "likely"),
        ((ingress_line(504, 3.001),), "likely"),
        ((ingress_line(504, 60.0),), None),
        ((TIMED_OUT, ingress_line(504, 60.0)), None),
        ((ingress_line(504, 0.01, sent=4),), None),
        ((ingress_line(504, 3.001, "GET /sse"),), None),
        ((ingress_line(504, 3.001, "POST /other"),), None),
        ((ingress_line(504, 3.001, minutes=3000),), None),
        ((TIMED_OUT, notice_line("reconfiguring", minutes=2)), "possible"),
        ((notice_line("reconfiguring", minutes=20), TIMED_OUT), "likely"),
        ((TIMED_OUT.replace("127.0.0.1:8081", "other.example.com"),), None),
        ((TIMED_OUT.replace("127.0.0.1:8081", "BOT.example.com:8081"),), "likely"),
    ],
)
def test_a_slow_message_of_another_client(lines: tuple[str, ...], expected: str | None) -> None:
    assert confidence_of("header-timeout-504", case(*lines)) == expected


def test_without_a_config_only_the_error_log_tells_a_slow_answer() -> None:
    named = TIMED_OUT.replace("127.0.0.1:8081", "bot.example.com:8081")
    assert confidence_of("header-timeout-504", without_config(case(named))) == "likely"
    assert confidence_of("header-timeout-504", without_config(case(TIMED_OUT))) is None
    slow = without_config(case(ingress_line(504, 60.0)))
    assert confidence_of("header-timeout-504", slow) == "possible"
    combined = ingress_line(504, 60.0).partition(" 211 ")[0]
    assert confidence_of("header-timeout-504", case(combined)) == "possible"


def test_a_longer_timeout_is_not_the_one_that_ended_them() -> None:
    longer = CONF.replace("3s", "1h")
    assert diagnose(case(TIMED_OUT, ingress_line(504, 3.0), conf=longer)).verdict == "healthy"
    assert diagnose(case(TIMED_OUT, conf=longer)).verdict == "healthy"


def test_a_config_that_was_written_since() -> None:
    changed = case(TIMED_OUT)
    resolution = changed.message_resolution
    assert isinstance(resolution, RequestResolution)
    assert changed.resolution is not None
    config = replace(changed.resolution.config, modified=BEGAN.timestamp() - 60)
    changed = replace(changed, resolution=replace(changed.resolution, config=config))
    assert confidence_of("header-timeout-504", changed) == "possible"


def test_the_evidence_says_which_lines_how_many_and_when() -> None:
    finding = finding_of("header-timeout-504", case(TIMED_OUT, TIMED_OUT, ingress_line(504, 3.0)))
    assert finding is not None
    first, second, setting = finding.evidence
    assert first.text.startswith("2 lines about other requests (POST /message): the backend did")
    assert "the last at 2026-11-23 15:50:00 UTC: 2026/11/23 15:50:00 [error]" in first.text
    assert second.text.startswith("1 line about other requests (POST /message): answered 504")
    assert setting.text == "proxy_read_timeout 3s"
    assert "None of ours took that long" in finding.distinguishes


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("/messages/", "/messages", True),
        ("/threads/a1/stream", "/threads/b22/stream", True),
        ("/threads/a1/stream", "/threads/a1/events", False),
        ("/api/v1/sse", "/api/v2/sse", False),
        ("/sse", "", False),
        ("/sse", "/sse/2", False),
    ],
)
def test_paths_that_differ_in_ids_only(first: str, second: str, same: bool) -> None:
    assert is_same_route(first, second) is same


PREMATURE = error_line("upstream prematurely closed connection while reading response header")
REFUSED = error_line("connect() failed (111: Connection refused) while connecting to upstream")


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ((PREMATURE,), "inconclusive"),
        ((PREMATURE, ingress_line(502, 0.0)), "inconclusive"),
        ((ingress_line(502, 0.0),), "inconclusive"),
        ((ingress_line(504, 3.0, "GET /sse"),), "inconclusive"),
        ((REFUSED,), "healthy"),
        ((REFUSED, ingress_line(502, 0.0)), "healthy"),
        ((PREMATURE, notice_line("reconfiguring", minutes=2)), "healthy"),
        ((PREMATURE.replace("/message?", "/report?"),), "healthy"),
        ((ingress_line(502, 0.0, minutes=3000),), "healthy"),
    ],
)
def test_nothing_is_healthy_beside_failures_that_nothing_explains(
    lines: tuple[str, ...], verdict: str
) -> None:
    diagnosis = diagnose(case(*lines))
    assert (diagnosis.verdict, diagnosis.causes) == (verdict, ())
    told = "Our requests are served, but the logs show 1 line about other requests"
    assert diagnosis.summary.startswith(told) is (verdict == "inconclusive")


LIMITED = CONF.replace("proxy_read_timeout 3s;", "client_max_body_size 1k;")
TOO_LARGE = error_line("client intended to send too large body: 2000 bytes")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (TOO_LARGE, "likely"),
        (TOO_LARGE.replace("2000", "900"), None),
        (ingress_line(413, 0.0, upstream_status="-"), "likely"),
        (ingress_line(413, 0.0), "possible"),
        (ingress_line(413, 0.0, "POST /report", upstream_status="-"), None),
    ],
)
def test_a_body_of_another_client_is_too_large(line: str, expected: str | None) -> None:
    assert confidence_of("body-too-large", case(line, conf=LIMITED)) == expected


def test_a_backend_that_answers_the_root_path_can_speak_http_1_1() -> None:
    broken = new_default_regression.untried()
    assert confidence_of("new-default-regression", broken) == "possible"
    tried = FollowUpResult("as-sent", broken.proxy[0].timeline, "asked", likeness="alike")
    assert confidence_of("new-default-regression", replace(broken, follow_ups=(tried,))) is None
    assert broken.root is not None
    answered = replace(broken, root=replace(broken.root, status=404))
    assert confidence_of("new-default-regression", answered) is None


PEERS = CONF.replace(
    "http { server {",
    "http { upstream bots { server 127.0.0.1:12213; server 127.0.0.1:12214; } server {",
    1,
).replace("proxy_pass http://127.0.0.1:12213;", "proxy_pass http://bots;")
DEAD = error_line("upstream timed out (110: Connection timed out) while connecting to upstream")


@pytest.mark.parametrize(
    ("line", "conf", "expected"),
    [
        (DEAD, PEERS, "likely"),
        (DEAD, CONF, None),
        (DEAD.replace("12213/", "12215/"), PEERS, None),
        (DEAD.replace("15:50:00", "11:50:00"), PEERS, None),
        (REFUSED, PEERS, None),
    ],
    ids=["dead", "one-peer", "another-peer", "hours-ago", "refused"],
)
def test_a_peer_that_did_not_answer_other_clients(
    line: str, conf: str, expected: str | None
) -> None:
    assert confidence_of("dead-peer-replay", case(line, conf=conf)) == expected


SILENT = error_line(
    "upstream timed out (110: Operation timed out) while reading upstream", "GET /sse"
)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((SILENT,), "likely"),
        ((SILENT, notice_line("reconfiguring", minutes=2)), "possible"),
        ((SILENT.replace("GET /sse", "GET /other"),), None),
    ],
)
def test_a_stream_of_another_client_that_was_silent(
    lines: tuple[str, ...], expected: str | None
) -> None:
    finding = finding_of("idle-read-timeout", case(*lines))
    is_risk = finding is None or finding.latent
    assert (None if is_risk else finding.confidence) == expected  # type: ignore[union-attr]
