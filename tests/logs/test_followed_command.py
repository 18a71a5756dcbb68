"""`FollowedCommand` with a scripted command: the past, new lines, and every way to end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.logs.lines import OURS, THEIRS
from tests.logs.scripted_vantage import ScriptedVantage
from wizard.investigation import step_results
from wizard.logs import sources
from wizard.logs.sources import LOG_LIMIT_BYTES
from wizard.logs.watch import LogWatch
from wizard.model.log_report import LogReport
from wizard.model.target import Source
from wizard.model.vantage import Capabilities

FILE = Source("/var/log/nginx/access.log", "web")
STREAM = Source("kubectl logs -f x", "web", "pod", ("kubectl", "logs", "-f", "x"))
BEGAN = datetime(2026, 11, 23, 15, 23, 40, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted output needs no waiting."""
    monkeypatch.setattr(sources, "FIRST_OUTPUT_TIMEOUT_S", 1.0)
    monkeypatch.setattr(sources, "QUIET_S", 0.05)
    monkeypatch.setattr(sources, "BEGIN_TIMEOUT_S", 3.0)
    monkeypatch.setattr(sources, "FLOOD_PAUSE_S", 0)


@asynccontextmanager
async def following(vantage: ScriptedVantage, source: Source = STREAM) -> AsyncIterator[LogWatch]:
    """Follow a log; check that no command runs at the end."""
    logs = LogWatch([source], {"web": vantage}, now=lambda: BEGAN)
    await logs.begin()
    try:
        yield logs
    finally:
        await logs.close()
        assert vantage.running == 0


def only_report(logs: LogWatch) -> LogReport:
    """The report of the only log."""
    (report,) = logs.collect("beef", "/sse")
    return report


async def test_the_first_output_is_the_past() -> None:
    vantage = ScriptedVantage()
    vantage.prints(THEIRS, THEIRS)
    async with following(vantage) as logs:
        assert only_report(logs).read == 0
        vantage.prints(OURS)
        await vantage.all_read()
        report = only_report(logs)
    assert (report.file, report.read, report.problem) == ("pod", 1, "")
    assert [line.client for line in report.lines] == ["sse-proxy h1 identity"]
    assert report.history is not None
    assert sum(report.history.left) == 2
    assert vantage.commands == [("kubectl", "logs", "-f", "x")]


async def test_sizes_say_how_much_of_a_file_is_past() -> None:
    vantage = ScriptedVantage()
    old = f"{THEIRS}\n{THEIRS}\n".encode()
    vantage.prints(f"{len(old)} {len(old)}", old, OURS)
    async with following(vantage, FILE) as logs:
        await vantage.all_read()
        report = only_report(logs)
    assert report.file == "web=/var/log/nginx/access.log"
    assert [line.ours for line in report.lines] == [True]
    assert report.history is not None
    assert (report.history.lines, report.history.older) == (2, False)


async def test_an_empty_file_has_no_past() -> None:
    vantage = ScriptedVantage()
    vantage.prints("0 0")
    async with following(vantage, FILE) as logs:
        vantage.prints(OURS)
        await vantage.all_read()
        report = only_report(logs)
    assert (report.read, report.history) == (1, None)


async def test_only_the_end_of_a_large_file_is_read() -> None:
    vantage = ScriptedVantage()
    old = f"ut off\n{THEIRS}\n".encode()
    vantage.prints(f"{len(old)} 5000000", old)
    async with following(vantage, FILE) as logs:
        report = only_report(logs)
    assert report.history is not None
    assert (report.history.lines, report.history.older) == (1, True)


async def test_a_late_line_is_recognised_by_its_timestamp() -> None:
    vantage = ScriptedVantage()
    vantage.discovered = Capabilities("web", zone="+0000", skew_s=0.0, skew_within_s=0.1)
    async with following(vantage) as logs:
        early = OURS.replace("15:23:37", "15:20:00").replace("beef", "another")
        vantage.prints(early, OURS.replace("15:23:37", "15:23:41"))
        await vantage.all_read()
        report = only_report(logs)
    assert [line.ours for line in report.lines] == [True]
    assert report.read == 1
    assert report.history is None, "a probe of another run is not counted as cut off"


async def test_an_unmeasured_clock_leaves_half_a_minute_of_slack() -> None:
    vantage = ScriptedVantage()
    async with following(vantage) as logs:
        vantage.prints(OURS, THEIRS.replace("15:23:37", "15:20:00"))
        await vantage.all_read()
        report = only_report(logs)
    assert report.read == 1
    assert report.history is not None
    assert report.history.lines == 1


async def test_zone_and_skew_of_the_host_are_applied() -> None:
    vantage = ScriptedVantage()
    vantage.discovered = Capabilities("web", zone="-0500", skew_s=-7.0, skew_within_s=0.1)
    async with following(vantage) as logs:
        line = "2026/11/23 10:20:00 [error] 7#7: *1 old"
        vantage.prints(line)
        await vantage.all_read()
        report = only_report(logs)
    assert report.history is not None
    assert report.history.since == datetime(2026, 11, 23, 15, 20, 7, tzinfo=UTC).timestamp()
    assert "-0500" in report.history.clock
    assert "7.0 s behind" in report.history.clock


async def test_our_own_line_counts_even_in_the_past() -> None:
    vantage = ScriptedVantage()
    vantage.prints(THEIRS, OURS)
    async with following(vantage) as logs:
        report = only_report(logs)
    assert [line.client for line in report.lines] == ["sse-proxy h1 identity"]


async def test_a_command_that_does_not_follow_may_end() -> None:
    vantage = ScriptedVantage()
    vantage.prints(THEIRS)
    vantage.ends()
    async with following(vantage, replace(STREAM, command=("kubectl", "logs", "x"))) as logs:
        report = only_report(logs)
    assert report.problem == ""
    assert report.history is not None


async def test_a_following_command_that_ends_is_a_problem() -> None:
    vantage = ScriptedVantage()
    vantage.prints(THEIRS)
    async with following(vantage) as logs:
        assert only_report(logs).problem == ""
        vantage.ends()
        await vantage.all_read()
        assert "later lines are missing" in only_report(logs).problem


BAD_ENDS = {
    "status": (1, "error: pod not report\n", "pod: error: pod not report (exit status 1)"),
    "silent": (3, "", "pod: ended with exit status 3"),
    "lost": (None, "", "pod: the connection was lost: broken pipe"),
    "hostile": (1, "\x1b[2Jno\x07\n", "pod: \\e[2Jno\\u{7} (exit status 1)"),
}


@pytest.mark.parametrize("end", list(BAD_ENDS))
async def test_a_failed_command_is_a_problem(end: str) -> None:
    code, stderr, problem = BAD_ENDS[end]
    vantage = ScriptedVantage()
    vantage.ends(code, stderr)
    async with following(vantage) as logs:
        assert only_report(logs).problem == problem


async def test_a_vantage_that_cannot_be_reached_is_tried_again() -> None:
    vantage = ScriptedVantage()
    vantage.refused = "Permission denied (publickey)."
    async with following(vantage) as logs:
        assert only_report(logs).problem == "web: Permission denied (publickey)."
        await logs.begin()
        assert len(vantage.commands) == 1
        assert not logs.is_slow, "no lines will come"
        vantage.refused = ""
        await logs.begin(again=True)
        assert logs.is_slow
        vantage.prints(OURS)
        await vantage.all_read()
        assert (only_report(logs).problem, only_report(logs).read) == ("", 1)


async def test_a_silent_command_is_waited_for_a_limited_time() -> None:
    vantage = ScriptedVantage()
    async with following(vantage, FILE) as logs:
        report = only_report(logs)
    assert (report.read, report.history) == (0, None)


async def test_the_past_ends_if_the_command_is_never_quiet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "QUIET_S", 10)
    vantage = ScriptedVantage()
    vantage.prints(THEIRS)
    async with following(vantage) as logs:
        vantage.prints(OURS)
        await vantage.all_read()
        assert only_report(logs).read == 1


async def test_a_busy_log_is_waited_for_a_limited_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "QUIET_S", 100)
    monkeypatch.setattr(sources, "BEGIN_TIMEOUT_S", 100)
    monkeypatch.setattr(sources, "PAST_TIMEOUT_S", 0.05)
    vantage = ScriptedVantage()
    vantage.prints(THEIRS)
    async with asyncio.timeout(20), following(vantage) as logs:
        vantage.prints(OURS)
        await vantage.all_read()
        assert only_report(logs).read == 1


async def test_a_flood_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIET_S", "BEGIN_TIMEOUT_S", "PAST_TIMEOUT_S"):
        monkeypatch.setattr(sources, name, 100)
    vantage = ScriptedVantage()
    vantage.prints(*[b"x" * 65535 + b"\n"] * (sources.PAST_LIMIT_BYTES >> 16))
    async with asyncio.timeout(20), following(vantage) as logs:
        vantage.prints(OURS)
        await vantage.all_read()
        report = only_report(logs)
    assert (report.read, report.problem) == (1, "")
    assert report.history is not None
    assert report.history.older


async def test_a_log_without_any_lines_is_reported() -> None:
    vantage = ScriptedVantage()
    async with following(vantage) as logs:
        state, why = step_results.rate_logs([only_report(logs)])
        assert (state, why) == ("warn", "pod: it has no line at all, neither old nor new")
        vantage.prints(THEIRS)
        await vantage.all_read()
        assert "is this the log of this Nginx?" in step_results.rate_logs([only_report(logs)])[1]


def test_the_first_bad_log_and_the_number_of_others_are_reported() -> None:
    bad = LogReport("a", problem="a: No such file or directory")
    assert step_results.rate_logs([bad]) == ("fail", "a: No such file or directory")
    assert step_results.rate_logs([bad, LogReport("b"), replace(bad, file="c")]) == (
        "fail",
        "a: No such file or directory (and 1 more)",
    )


async def test_a_flood_of_new_lines_is_bounded() -> None:
    vantage = ScriptedVantage()
    async with following(vantage) as logs:
        for _ in range(50):
            vantage.prints(b"x" * 65535 + b"\n")
            await vantage.all_read()
        vantage.prints(OURS)
        await vantage.all_read()
        report = only_report(logs)
        (log,) = [reader.log for reader in logs._readers.values()]
        assert len(log.new()) == LOG_LIMIT_BYTES
    assert report.lines[-1].ours
    assert "only the end was read" in report.problem


async def test_a_flood_of_the_past_is_bounded() -> None:
    vantage = ScriptedVantage()
    vantage.prints(*[b"x" * 65535 + b"\n"] * 20, THEIRS)
    async with following(vantage) as logs:
        await vantage.all_read()
        report = only_report(logs)
    assert report.history is not None
    assert report.history.older
    assert sum(report.history.left) == 1


async def test_binary_and_an_endless_line() -> None:
    vantage = ScriptedVantage()
    async with following(vantage) as logs:
        vantage.prints(b"\xff\x00\x1b[2J\n", OURS, b"y" * 9000)
        await vantage.all_read()
        report = only_report(logs)
    assert report.read == 3
    assert [line.ours for line in report.lines] == [False, True, False]


async def test_beginning_twice_starts_one_command() -> None:
    vantage = ScriptedVantage()
    vantage.prints(THEIRS)
    async with following(vantage) as logs:
        await asyncio.gather(logs.begin(), logs.begin())
        assert (len(vantage.commands), vantage.running) == (1, 1)


async def test_logs_that_stay_lose_no_lines_and_others_are_closed() -> None:
    vantage = ScriptedVantage()
    async with following(vantage) as first:
        vantage.prints(OURS)
        await vantage.all_read()
        first.change([STREAM, replace(STREAM, name="other")], {"web": vantage})
        assert report_of(first, "pod").read == 1
        first.change([], {"web": vantage})
        await first.begin()
        assert vantage.running == 0


def report_of(logs: LogWatch, name: str) -> LogReport:
    return next(report for report in logs.collect("beef", "/sse") if report.file == name)


async def test_another_vantage_of_the_same_name_is_followed_from_the_start() -> None:
    vantage, elsewhere = ScriptedVantage(), ScriptedVantage()
    async with following(vantage) as first:
        first.change([STREAM], {"web": elsewhere}, vantages_changed=True)
        await first.begin()
        assert (vantage.running, elsewhere.running) == (0, 1)
        await first.close()
        assert elsewhere.running == 0


async def test_interrupted_while_it_begins_it_can_be_closed() -> None:
    vantage = ScriptedVantage()
    logs = LogWatch([FILE], {"web": vantage}, now=lambda: BEGAN)
    beginning = asyncio.create_task(logs.begin())
    await vantage.reached.wait()
    beginning.cancel()
    await asyncio.gather(beginning, return_exceptions=True)
    assert vantage.running == 1
    await logs.close()
    assert vantage.running == 0
