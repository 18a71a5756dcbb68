"""The owner of a cut: the same end with other timeouts, logs and direct probes."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line, make_passed_line
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts import disconnects
from wizard.diagnose.facts.logs import error_log_was_read
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.log_report import LogLine, LogReport
from wizard.model.target import Source

TIMED_OUT = (
    "2026/11/23 16:00:00 [error] 7#7: *1 upstream timed out (110: Connection timed out) while "
    'reading upstream, client: 127.0.0.1, request: "GET /sse HTTP/1.1"'
)
RELOAD = "2026/11/23 16:00:00 [notice] 7#7: gracefully shutting down"
PASSED_LINE = make_passed_line()


def cut_case(
    after: str,
    limit: str = "1h",
    *logs: LogLine,
    direct: str = "live:999",
    main: str = "",
    passed: str = "127.0.0.1:12213",
    port: str = "8081",
) -> Case:
    """Return a case whose stream ended `after` seconds after its only event."""
    conf = (
        f"{main} http {{ server {{ listen {port}; location / {{ proxy_pass http://{passed};"
        f" proxy_buffering off; proxy_read_timeout {limit}; }} }} }}"
    )
    return make_case(proxy=f"cut:{after}", direct=direct, conf=conf, logs=logs)


def causes(case: Case) -> list[tuple[str, str]]:
    return [(cause.id, cause.confidence) for cause in diagnose(case).causes]


KNOWN_TIMEOUTS_S = ["15", "30", "60", "90", "120", "125", "240", "300"]


@pytest.mark.parametrize("after", KNOWN_TIMEOUTS_S)
def test_a_cut_after_a_known_timeout_belongs_to_another_layer(after: str) -> None:
    assert causes(cut_case(after, "1h", PASSED_LINE)) == [("outer-timeout", "likely")]
    assert causes(cut_case(after)) == [("outer-timeout", "possible")]


NOTICE = "2026/11/23 16:00:00 [info] 7#7: *1 client 10.0.0.1 closed keepalive connection"


@pytest.mark.parametrize(
    ("logs", "direct", "expected"),
    [
        ((PASSED_LINE, make_log_line(NOTICE)), "live:999", [("outer-timeout", "likely")]),
        ((PASSED_LINE,), "live:999", []),
        ((make_log_line(NOTICE),), "live:999", []),
        ((PASSED_LINE, make_log_line(NOTICE)), "live:3", []),
    ],
    ids=["both-logs", "access-log", "error-log", "direct-not-as-old"],
)
def test_a_cut_after_any_other_time_is_in_front_by_nginx_logs(
    logs: tuple[LogLine, ...], direct: str, expected: list[tuple[str, str]]
) -> None:
    assert causes(cut_case("7", "1h", *logs, direct=direct)) == expected


STREAM = "stream { proxy_timeout 5m; server { listen %s; proxy_pass 127.0.0.1:8443; %s } }"


@pytest.mark.parametrize(
    ("port", "line", "after", "is_named"),
    [
        ("8081", "proxy_timeout 12s;", "12", True),
        ("8081", "", "300", True),
        ("8081", "proxy_timeout 12s;", "20", False),
        ("8082", "proxy_timeout 12s;", "12", False),
    ],
)
def test_a_stream_block_in_front_is_named_by_its_own_timeout(
    port: str, line: str, after: str, is_named: bool
) -> None:
    case = cut_case(after, "1h", main=STREAM % (port, line), port="8443")
    found = diagnose(case).causes
    named = [each for each in found if each.confidence == "confirmed"]
    assert bool(named) == is_named
    assert all("proxy_timeout in the stream block" in each.fix.summary for each in named)


@pytest.mark.parametrize(
    ("directive", "is_read"),
    [("error_log logs/e.log;", True), ("error_log logs/e.log crit;", False), ("", False)],
)
def test_an_error_log_without_lines_is_known_by_the_config(directive: str, is_read: bool) -> None:
    case = cut_case("7", "1h", PASSED_LINE, main=directive)
    logs = (*case.logs, LogReport("/srv/logs/e.log"))
    target = replace(case.target, logs=(Source("/srv/logs/e.log"),))
    assert error_log_was_read(replace(case, logs=logs, target=target)) == is_read


@pytest.mark.parametrize("after", KNOWN_TIMEOUTS_S)
def test_a_cut_after_nginx_own_timeout_belongs_to_nginx(after: str) -> None:
    assert causes(cut_case(after, after, PASSED_LINE)) == [("idle-read-timeout", "confirmed")]


def test_the_error_log_decides_against_the_config() -> None:
    """Another config may run than the one that was read."""
    case = cut_case("60", "1h", PASSED_LINE, make_log_line(TIMED_OUT))
    assert causes(case) == [("idle-read-timeout", "confirmed")]
    assert "this config sets another timeout for this path" in (
        diagnose(case).causes[0].distinguishes
    )


@pytest.mark.parametrize("after", ["7", "45", "200", "1000"])
def test_a_cut_after_any_other_time_belongs_to_nobody(after: str) -> None:
    direct = f"live:{int(after) + 1}"
    assert causes(cut_case(after, "1h", PASSED_LINE, direct=direct)) == []


CLOSED = make_log_line(
    "2026/11/23 16:00:00 [error] 7#7: *1 upstream prematurely closed connection while reading "
    'upstream, client: 127.0.0.1, request: "GET /sse HTTP/1.1"'
)


@pytest.mark.parametrize(
    ("passed", "logs", "direct", "expected"),
    [
        ("127.0.0.1:8113", (CLOSED,), "live:999", [("outer-timeout", "likely")]),
        ("inner:12213", (CLOSED,), "live:999", [("outer-timeout", "possible")]),
        ("127.0.0.1:12213", (CLOSED,), "live:999", []),
        ("127.0.0.1:8113", (), "live:999", []),
        ("127.0.0.1:8113", (CLOSED,), "live:5", []),
        ("127.0.0.1:8113", (CLOSED, make_log_line(RELOAD, ours=False)), "live:999", []),
    ],
    ids=["elsewhere", "another name", "the same", "no log", "not outlived", "reloaded"],
)
def test_what_nginx_passes_to_may_cut_the_stream(
    passed: str, logs: tuple[LogLine, ...], direct: str, expected: list[tuple[str, str]]
) -> None:
    """Ten seconds are no known timeout: only the log and the address show whose it is."""
    case = cut_case("10", "1h", *logs, direct=direct, passed=passed)
    named = [cause for cause in causes(case) if cause[0] == "outer-timeout"]
    assert named == expected


def test_the_age_of_the_request_counts_as_well() -> None:
    """Pings continued until the end: a limit of the whole request, not of silence."""
    case = cut_case("30", "1h", PASSED_LINE)
    results = [classify(replace(result.timeline, last_byte_s=29.9)) for result in case.proxy]
    assert causes(replace(case, proxy=tuple(results))) == [("outer-timeout", "likely")]


def test_a_cut_that_the_direct_stream_does_not_outlive_has_no_cause() -> None:
    assert causes(cut_case("60", "60", PASSED_LINE, direct="live:5")) == []


@pytest.mark.parametrize(("direct", "expected"), [("60", ["backend-cuts"]), ("50", [])])
def test_a_cut_at_the_same_age_directly_is_the_backends(direct: str, expected: list[str]) -> None:
    found = causes(cut_case("60", "60", PASSED_LINE, direct=f"cut:{direct}"))
    assert [id for id, _ in found] == expected


def test_without_a_direct_stream_only_the_log_confirms() -> None:
    cases = {
        after: replace(cut_case(after, "60", PASSED_LINE), direct=()) for after in ("60", "15")
    }
    assert causes(cases["60"]) == [("idle-read-timeout", "likely")]
    assert causes(cases["15"]) == [("outer-timeout", "possible")]
    logged = replace(cut_case("60", "60", make_log_line(TIMED_OUT)), direct=())
    assert causes(logged) == [("idle-read-timeout", "confirmed")]


def test_a_reload_is_distinguished_from_a_timeout_of_the_same_length() -> None:
    reload = make_log_line(RELOAD, ours=False)
    shutdown = "worker_shutdown_timeout 60s;"
    assert causes(cut_case("60", "60", reload, main=shutdown)) == [("reload-cut", "confirmed")]
    timed_out = make_log_line(TIMED_OUT)
    both = cut_case("60", "60", reload, timed_out, main=shutdown)
    assert causes(both) == [("idle-read-timeout", "confirmed")]


def test_an_old_worker_without_a_limit_cuts_nothing() -> None:
    assert causes(cut_case("7", "1h", make_log_line(RELOAD, ours=False))) == []


@pytest.mark.parametrize(("limit", "distance"), [(1.0, 0.6), (60.0, 2.0), (300.0, 7.0)])
def test_a_time_matches_a_timeout_within_the_tolerance(limit: float, distance: float) -> None:
    assert disconnects.is_near(limit, limit)
    assert disconnects.is_near(limit + 0.3, limit)
    assert not disconnects.is_near(limit - distance, limit)
    assert not disconnects.is_near(limit + distance, limit)


def test_the_evidence_lists_every_timeout() -> None:
    case = cut_case("60", "1h", PASSED_LINE, main="worker_shutdown_timeout 10s;")
    text = disconnects.cut_evidence(case, case.proxy[0]).text
    assert "60.00 s after its last byte" in text
    for limit in ("proxy_read_timeout 1h", "send_timeout 60s", "worker_shutdown_timeout 10s"):
        assert limit in text


@pytest.mark.parametrize(
    ("gap", "silence"), [(0.5, 0.269), (0.5, 0.002), (5.0, 2.0), (2.0, 1.9), (0.703, 0.704)]
)
def test_a_silence_that_the_stream_survived_cut_nothing(gap: float, silence: float) -> None:
    """Whatever the config and the log of other requests say: a longer silence came before."""
    for limit in ("270ms", "2s", "60"):
        for logs in ((), (make_log_line(TIMED_OUT),)):
            case = cut_case(str(gap), limit, *logs)
            assert idle_causes(with_gap(case, gap, silence)) == []
            assert idle_causes(replace(with_gap(case, gap, silence), direct=())) == []
            unread = replace(case, resolution=None, logs=())
            assert idle_causes(with_gap(unread, gap, silence)) == []


def test_a_gap_of_another_stream_counts_as_well() -> None:
    case = cut_case("2", "2s")
    assert causes(case) == [("idle-read-timeout", "confirmed")]
    other = replace(case.proxy[1].timeline, ended="open", waited_s=9.0)
    plain = replace(other, probe=replace(other.probe, http="2", encoding="identity"), http="2")
    longer = replace(case, proxy=(case.proxy[0], classify(plain)))
    assert idle_causes(longer) == []


def test_no_known_timeout_is_shorter_than_a_gap_that_was_survived() -> None:
    case = with_gap(cut_case("15", "1h", PASSED_LINE), 20.0, 15.0)
    assert causes(case) == []


def idle_causes(case: Case) -> list[tuple[str, str]]:
    return [cause for cause in causes(case) if cause[0] == "idle-read-timeout"]


def with_gap(case: Case, gap: float, silence: float) -> Case:
    """Let the stream survive a gap, and then be cut after this silence."""
    results = []
    for result in case.proxy:
        end = gap + silence + 0.006
        timeline = replace(
            result.timeline, longest_gap_s=gap, last_byte_s=end - silence, waited_s=end
        )
        results.append(classify(timeline, [direct.timeline for direct in case.direct]))
    return replace(case, proxy=tuple(results))
