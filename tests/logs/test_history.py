"""The history of a log: since when, how many requests were cut off, whose."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.logs.lines import AGENT, CANCELED
from wizard.logs.history import MAX_BUCKETS, HistoryBuilder, bucket_s
from wizard.logs.timestamps import HostClock
from wizard.model.log_report import History
from wizard.report import logs

BEGAN = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
LOCAL_CLOCK = HostClock(is_local=True, skew_s=0.0)


def access(
    minutes: float, status: int = 499, client: str = "10.0.0.1", agent: str = "mcp/1"
) -> str:
    """A line written this many minutes before the probes began."""
    at = (BEGAN - timedelta(minutes=minutes)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{client} - - [{at}] "GET /sse?token=hunter2 HTTP/1.1" {status} 0 "-" "{agent}"'


def history_of(*texts: str, clock: HostClock = LOCAL_CLOCK, older: bool = False) -> History:
    """The history of a log with these lines."""
    builder = HistoryBuilder(clock, BEGAN.timestamp())
    builder.add(texts)
    history = builder.history(older=older)
    assert history is not None
    return history


def test_an_empty_log_has_no_history() -> None:
    assert HistoryBuilder(LOCAL_CLOCK, BEGAN.timestamp()).history() is None


def test_requests_are_counted_minute_by_minute() -> None:
    history = history_of(access(5, 200), access(4.5), access(4.4), access(0.5), access(0.1, 200))
    assert history.bucket_s == 60
    assert history.left == (2, 0, 0, 0, 1)
    assert history.canceled == (0,) * 5
    assert history.since == (BEGAN - timedelta(minutes=5)).timestamp()
    assert history.until == BEGAN.timestamp()
    assert (history.lines, history.counted) == (5, True)


@pytest.mark.parametrize("hours", [0.01, 0.5, 0.51, 3, 30, 24 * 29, 24 * 31, 24 * 365 * 20])
def test_wider_buckets_for_a_longer_time(hours: float) -> None:
    history = history_of(access(hours * 60), access(hours * 30), access(0))
    assert len(history.left) <= MAX_BUCKETS
    assert sum(history.left) == 3
    assert history.left[0] >= 1
    assert history.left[-1] >= 1
    assert history.bucket_s * len(history.left) >= hours * 3600
    assert history.bucket_s % 60 == 0


def test_a_bucket_is_as_short_as_possible() -> None:
    assert [bucket_s(60 * number) for number in (1, 30, 31, 60, 61)] == [60, 60, 120, 120, 300]


def test_canceled_requests_are_counted_separately() -> None:
    who = "ModelContextProtocol.Server.McpServer|Server (WebAPI 1.0), Client (claude 0.1)"
    history = history_of(
        f"2026-11-23T15:58:30Z INFO {CANCELED} message processing canceled.",
        f"2026-11-23T15:59:30Z INFO {who} message processing canceled.",
    )
    assert history.canceled == (1, 1)
    assert history.left == (0, 0)
    assert history.counts == (1, 1)
    assert history.clients == (("claude 0.1", 1),)


def test_the_three_most_frequent_clients_are_named() -> None:
    lines = [access(1, client=f"10.0.0.{number}") for number in (1, 1, 1, 2, 2, 3, 3, 4)]
    assert history_of(*lines).clients == (("10.0.0.1", 3), ("10.0.0.2", 2), ("10.0.0.3", 2))


def test_without_an_address_the_agent_is_named() -> None:
    assert history_of(access(1, client="unix:", agent="mcp-remote/2")).clients == (
        ("mcp-remote/2", 1),
    )


def test_a_client_that_was_served_is_not_named() -> None:
    assert history_of(access(1, 200)).clients == ()


def test_our_own_probes_are_not_counted() -> None:
    history = history_of(access(2, 200), access(1, agent=AGENT))
    assert (history.lines, sum(history.left)) == (1, 0)


def test_a_line_without_a_time_has_that_of_the_line_before() -> None:
    history = history_of(access(3, 200), '{"status": 499, "remote_addr": "::1"}', access(1, 200))
    assert history.left == (1, 0, 0)


def test_a_log_without_timestamps() -> None:
    history = history_of('{"status": 499, "remote_addr": "::1"}')
    assert (history.since, history.until, history.left) == (None, None, (1,))
    assert "at unknown times" in logs.headline(history)
    assert logs.chart(history) == ""


def test_times_of_an_unknown_zone_are_by_the_logs_own_clock() -> None:
    line = '{"status": 499, "remote_addr": "::1", "time": "2026-11-23 %s"}'
    history = history_of(line % "10:00:00", line % "10:01:30", clock=HostClock())
    assert history.own_clock
    assert history.left == (1, 1)
    assert "by its own clock" in logs.headline(history)
    assert "zone is not known" in history.clock


def test_a_skewed_clock_moves_the_window() -> None:
    fast = HostClock(0, skew_s=120.0)
    history = history_of(access(1), clock=fast)
    assert history.since == (BEGAN - timedelta(minutes=3)).timestamp()
    assert "120.0 s ahead" in history.clock


def test_a_time_in_the_future_stays_in_the_window() -> None:
    history = history_of(access(2), access(-600))
    assert history.left == (1, 1)


def test_an_error_log_does_not_count_cut_off_requests() -> None:
    history = history_of("2026/11/23 15:00:00 [error] 7#7: oh")
    assert not history.counted
    assert "no line that shows who" in logs.headline(history)


def test_credentials_are_not_kept() -> None:
    history = history_of(access(1, client="unix:", agent="Bearer hunter2hunter2"))
    assert "hunter2" not in repr(history)


def test_the_report_of_a_history() -> None:
    history = history_of(access(41, 200), access(20), access(20), access(1), older=True)
    assert "clients were cut off: 3 ended with 499" in logs.headline(history)
    assert "41 min since 2026-11-23 15:19 UTC (the last 4 lines)" in logs.headline(history)
    assert logs.chart(history).endswith("each 2 min, at most 2")
    assert logs.counts(history) == f"oldest first: {' '.join(map(str, history.counts))}"
    assert logs.clients(history) == "most from: 10.0.0.1 (3)"
    assert len(logs.history_lines(history)) == 4


def test_the_report_of_a_history_without_cut_off_requests() -> None:
    assert logs.history_lines(history_of(access(2, 200))) == [
        "before the probes: no line of a request that was cut off or failed, "
        "in the 2 min since 2026-11-23 15:58 UTC (1 line)"
    ]


def test_a_chart_of_bars() -> None:
    assert logs.sparkline([0, 1, 100, 50]) == "▁▂█▅"
    assert logs.sparkline([]) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30, "30 s"), (60, "1 min"), (5400, "1.5 h"), (86400, "1 day"), (1e6, "11.6 days")],
)
def test_durations_are_rounded(seconds: float, text: str) -> None:
    assert logs.duration(seconds) == text
