"""Which cut is whose: the same end beside other timeouts, logs and direct probes."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts import disconnects
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.log_report import LogLine

ACCESS = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 200 80 "-" "ssewizard"'
TIMED_OUT = (
    "2026/11/23 16:00:00 [error] 7#7: *1 upstream timed out (110: Connection timed out) while "
    'reading upstream, client: 127.0.0.1, request: "GET /sse HTTP/1.1"'
)
RELOAD = "2026/11/23 16:00:00 [notice] 7#7: gracefully shutting down"
PASSED = make_log_line(ACCESS, client="sse-proxy h1 identity")


def case(
    after: str, limit: str = "1h", *logs: LogLine, direct: str = "live:999", main: str = ""
) -> Case:
    """A stream that ended so many seconds after its only event."""
    conf = (
        f"{main} http {{ server {{ listen 8081; location / {{ proxy_pass http://127.0.0.1:12213;"
        f" proxy_buffering off; proxy_read_timeout {limit}; }} }} }}"
    )
    return make_case(proxy=f"cut:{after}", direct=direct, conf=conf, logs=logs)


def causes(found: Case) -> list[tuple[str, str]]:
    return [(cause.id, cause.confidence) for cause in diagnose(found).causes]


TELLING = ["15", "30", "60", "90", "120", "125", "240", "300"]


@pytest.mark.parametrize("after", TELLING)
def test_a_telling_time_is_another_layers(after: str) -> None:
    assert causes(case(after, "1h", PASSED)) == [("outer-timeout", "likely")]
    assert causes(case(after)) == [("outer-timeout", "possible")]


@pytest.mark.parametrize("after", TELLING)
def test_it_is_this_nginx_where_its_own_timeout_is_that_long(after: str) -> None:
    assert causes(case(after, after, PASSED)) == [("idle-read-timeout", "confirmed")]


def test_the_error_log_decides_against_the_config() -> None:
    """Another config may run than the one that was read."""
    found = case("60", "1h", PASSED, make_log_line(TIMED_OUT))
    assert causes(found) == [("idle-read-timeout", "confirmed")]


@pytest.mark.parametrize("after", ["7", "45", "200", "1000"])
def test_any_other_time_is_nobodys(after: str) -> None:
    direct = f"live:{int(after) + 1}"
    assert causes(case(after, "1h", PASSED, direct=direct)) == []


def test_the_age_tells_too() -> None:
    """Pings went on until the end: a limit of the whole request, not of silence."""
    found = case("30", "1h", PASSED)
    results = [classify(replace(result.timeline, last_byte_s=29.9)) for result in found.proxy]
    assert causes(replace(found, proxy=tuple(results))) == [("outer-timeout", "likely")]


@pytest.mark.parametrize("direct", ["live:5", "cut:60"])
def test_nothing_is_said_where_the_direct_stream_did_not_outlive_it(direct: str) -> None:
    assert causes(case("60", "60", PASSED, direct=direct)) == []


def test_without_a_direct_stream_the_log_alone_confirms() -> None:
    alone = {after: replace(case(after, "60", PASSED), direct=()) for after in ("60", "15")}
    assert causes(alone["60"]) == [("idle-read-timeout", "likely")]
    assert causes(alone["15"]) == [("outer-timeout", "possible")]
    logged = replace(case("60", "60", make_log_line(TIMED_OUT)), direct=())
    assert causes(logged) == [("idle-read-timeout", "confirmed")]


def test_a_reload_is_told_from_a_timeout_of_that_length() -> None:
    reload = make_log_line(RELOAD, ours=False)
    stop = "worker_shutdown_timeout 60s;"
    assert causes(case("60", "60", reload, main=stop)) == [("reload-cut", "confirmed")]
    timed_out = make_log_line(TIMED_OUT)
    both = case("60", "60", reload, timed_out, main=stop)
    assert causes(both) == [("idle-read-timeout", "confirmed")]


def test_an_old_worker_without_a_limit_cuts_nothing() -> None:
    assert causes(case("7", "1h", make_log_line(RELOAD, ours=False))) == []


@pytest.mark.parametrize(("limit", "off"), [(1.0, 0.6), (60.0, 2.0), (300.0, 7.0)])
def test_near_is_near(limit: float, off: float) -> None:
    assert disconnects.is_near(limit, limit)
    assert disconnects.is_near(limit + 0.3, limit)
    assert not disconnects.is_near(limit - off, limit)
    assert not disconnects.is_near(limit + off, limit)


def test_the_evidence_sets_the_end_beside_every_timeout() -> None:
    found = case("60", "1h", PASSED, main="worker_shutdown_timeout 10s;")
    text = disconnects.cut_evidence(found, found.proxy[0]).text
    assert "60.00 s after its last byte" in text
    for limit in ("proxy_read_timeout 1h", "send_timeout 60s", "worker_shutdown_timeout 10s"):
        assert limit in text
