"""What a command prints, from a script: the burst of the past, what is new, every bad end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.logs.scripted import Scripted
from tests.logs.test_formats import combined
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
OURS = combined(499, 0)
THEIRS = combined(499, 0, agent="mcp/1")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is scripted has to be waited for."""
    monkeypatch.setattr(sources, "FIRST_OUTPUT_TIMEOUT_S", 1.0)
    monkeypatch.setattr(sources, "QUIET_S", 0.05)
    monkeypatch.setattr(sources, "BEGIN_TIMEOUT_S", 3.0)
    monkeypatch.setattr(sources, "FLOOD_PAUSE_S", 0)


@asynccontextmanager
async def followed(there: Scripted, place: Source = STREAM) -> AsyncIterator[LogWatch]:
    """A watch that has begun; nothing runs once it is left."""
    made = LogWatch([place], {"web": there}, now=lambda: BEGAN)
    await made.begin()
    try:
        yield made
    finally:
        await made.close()
        assert there.running == 0


def report(logs: LogWatch) -> LogReport:
    """What the only log shows by now."""
    (log,) = logs.collect("beef", "/sse")
    return log


async def test_the_first_burst_is_the_past() -> None:
    there = Scripted()
    there.prints(THEIRS, THEIRS)
    async with followed(there) as made:
        assert report(made).read == 0
        there.prints(OURS)
        await there.all_read()
        found = report(made)
    assert (found.file, found.read, found.problem) == ("pod", 1, "")
    assert [line.client for line in found.lines] == ["sse-proxy h1 identity"]
    assert found.history is not None
    assert sum(found.history.left) == 2
    assert there.asked == [("kubectl", "logs", "-f", "x")]


async def test_a_file_says_how_much_of_it_is_past() -> None:
    there = Scripted()
    old = f"{THEIRS}\n{THEIRS}\n".encode()
    there.prints(f"{len(old)} {len(old)}", old, OURS)
    async with followed(there, FILE) as made:
        await there.all_read()
        found = report(made)
    assert found.file == "web=/var/log/nginx/access.log"
    assert [line.ours for line in found.lines] == [True]
    assert found.history is not None
    assert (found.history.lines, found.history.older) == (2, False)


async def test_an_empty_file_has_no_past() -> None:
    there = Scripted()
    there.prints("0 0")
    async with followed(there, FILE) as made:
        there.prints(OURS)
        await there.all_read()
        found = report(made)
    assert (found.read, found.history) == (1, None)


async def test_of_a_large_file_the_end_was_read() -> None:
    there = Scripted()
    old = f"ut off\n{THEIRS}\n".encode()
    there.prints(f"{len(old)} 5000000", old)
    async with followed(there, FILE) as made:
        found = report(made)
    assert found.history is not None
    assert (found.history.lines, found.history.older) == (1, True)


async def test_what_comes_late_is_told_by_its_time() -> None:
    there = Scripted()
    there.discovered = Capabilities("web", zone="+0000", skew_s=0.0, skew_within_s=0.1)
    async with followed(there) as made:
        early = OURS.replace("15:23:37", "15:20:00").replace("beef", "another")
        there.prints(early, OURS.replace("15:23:37", "15:23:41"))
        await there.all_read()
        found = report(made)
    assert [line.ours for line in found.lines] == [True]
    assert found.read == 1
    assert found.history is None, "a probe of another run is nobody who was cut off"


async def test_where_the_clock_is_not_known_a_little_earlier_is_not_before() -> None:
    there = Scripted()
    async with followed(there) as made:
        there.prints(OURS, THEIRS.replace("15:23:37", "15:20:00"))
        await there.all_read()
        found = report(made)
    assert found.read == 1
    assert found.history is not None
    assert found.history.lines == 1


async def test_a_zone_and_a_skew_of_that_host() -> None:
    there = Scripted()
    there.discovered = Capabilities("web", zone="-0500", skew_s=-7.0, skew_within_s=0.1)
    async with followed(there) as made:
        line = "2026/11/23 10:20:00 [error] 7#7: *1 old"
        there.prints(line)
        await there.all_read()
        found = report(made)
    assert found.history is not None
    assert found.history.since == datetime(2026, 11, 23, 15, 20, 7, tzinfo=UTC).timestamp()
    assert "-0500" in found.history.clock
    assert "7.0 s behind" in found.history.clock


async def test_our_own_line_counts_even_in_the_past() -> None:
    there = Scripted()
    there.prints(THEIRS, OURS)
    async with followed(there) as made:
        found = report(made)
    assert [line.client for line in found.lines] == ["sse-proxy h1 identity"]


async def test_a_command_that_simply_ends_was_read() -> None:
    there = Scripted()
    there.prints(THEIRS)
    there.ends()
    async with followed(there, replace(STREAM, command=("kubectl", "logs", "x"))) as made:
        found = report(made)
    assert found.problem == ""
    assert found.history is not None


async def test_a_follower_that_ends_says_so() -> None:
    there = Scripted()
    there.prints(THEIRS)
    async with followed(there) as made:
        assert report(made).problem == ""
        there.ends()
        await there.all_read()
        assert "later lines are missing" in report(made).problem


BAD_ENDS = {
    "status": (1, "error: pod not found\n", "pod: error: pod not found (exit status 1)"),
    "silent": (3, "", "pod: ended with exit status 3"),
    "lost": (None, "", "pod: the way there was lost: broken pipe"),
    "hostile": (1, "\x1b[2Jno\x07\n", "pod: \\e[2Jno\\u{7} (exit status 1)"),
}


@pytest.mark.parametrize("end", list(BAD_ENDS))
async def test_a_bad_end(end: str) -> None:
    code, said, problem = BAD_ENDS[end]
    there = Scripted()
    there.ends(code, said)
    async with followed(there) as made:
        assert report(made).problem == problem


async def test_a_place_that_cannot_be_reached() -> None:
    there = Scripted()
    there.refused = "Permission denied (publickey)."
    async with followed(there) as made:
        assert report(made).problem == "web: Permission denied (publickey)."
        await made.begin()
        assert len(there.asked) == 1
        assert not made.is_slow, "nothing is to be awaited"
        there.refused = ""
        await made.begin(again=True)
        assert made.is_slow
        there.prints(OURS)
        await there.all_read()
        assert (report(made).problem, report(made).read) == ("", 1)


async def test_a_follower_that_hangs_is_waited_for_a_while_only() -> None:
    there = Scripted()
    async with followed(there, FILE) as made:
        found = report(made)
    assert (found.read, found.history) == (0, None)


async def test_what_never_rests_is_no_past_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "QUIET_S", 10)
    there = Scripted()
    there.prints(THEIRS)
    async with followed(there) as made:
        there.prints(OURS)
        await there.all_read()
        assert report(made).read == 1


async def test_a_log_that_is_never_quiet_is_waited_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "QUIET_S", 100)
    monkeypatch.setattr(sources, "BEGIN_TIMEOUT_S", 100)
    monkeypatch.setattr(sources, "PAST_TIMEOUT_S", 0.05)
    there = Scripted()
    there.prints(THEIRS)
    async with asyncio.timeout(20), followed(there) as made:
        there.prints(OURS)
        await there.all_read()
        assert report(made).read == 1


async def test_what_prints_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIET_S", "BEGIN_TIMEOUT_S", "PAST_TIMEOUT_S"):
        monkeypatch.setattr(sources, name, 100)
    there = Scripted()
    there.prints(*[b"x" * 65535 + b"\n"] * (sources.PAST_LIMIT_BYTES >> 16))
    async with asyncio.timeout(20), followed(there) as made:
        there.prints(OURS)
        await there.all_read()
        found = report(made)
    assert (found.read, found.problem) == (1, "")
    assert found.history is not None
    assert found.history.older


async def test_what_prints_nothing_is_said_to_be_silent() -> None:
    there = Scripted()
    async with followed(there) as made:
        state, why = step_results.rate_logs([report(made)])
        assert (state, why) == ("warn", "pod: it gave no line at all, neither old nor new")
        there.prints(THEIRS)
        await there.all_read()
        assert "is this the log of this Nginx?" in step_results.rate_logs([report(made)])[1]


def test_of_several_bad_logs_the_first_is_told_and_how_many_more() -> None:
    bad = LogReport("a", problem="a: No such file or directory")
    assert step_results.rate_logs([bad]) == ("fail", "a: No such file or directory")
    assert step_results.rate_logs([bad, LogReport("b"), replace(bad, file="c")]) == (
        "fail",
        "a: No such file or directory (and 1 more)",
    )


async def test_a_flood_is_bounded() -> None:
    there = Scripted()
    async with followed(there) as made:
        for _ in range(50):
            there.prints(b"x" * 65535 + b"\n")
            await there.all_read()
        there.prints(OURS)
        await there.all_read()
        found = report(made)
        (source,) = [one.log for one in made._readers.values()]
        assert len(source.new()) == LOG_LIMIT_BYTES
    assert found.lines[-1].ours
    assert "only the end was read" in found.problem


async def test_a_flood_of_the_past_is_bounded() -> None:
    there = Scripted()
    there.prints(*[b"x" * 65535 + b"\n"] * 20, THEIRS)
    async with followed(there) as made:
        await there.all_read()
        found = report(made)
    assert found.history is not None
    assert found.history.older
    assert sum(found.history.left) == 1


async def test_binary_and_an_endless_line() -> None:
    there = Scripted()
    async with followed(there) as made:
        there.prints(b"\xff\x00\x1b[2J\n", OURS, b"y" * 9000)
        await there.all_read()
        found = report(made)
    assert found.read == 3
    assert [line.ours for line in found.lines] == [False, True, False]


async def test_whoever_asks_twice_begins_once() -> None:
    there = Scripted()
    there.prints(THEIRS)
    async with followed(there) as made:
        await asyncio.gather(made.begin(), made.begin())
        assert (len(there.asked), there.running) == (1, 1)


async def test_places_that_stay_are_followed_on_and_others_are_left() -> None:
    there = Scripted()
    async with followed(there) as first:
        there.prints(OURS)
        await there.all_read()
        first.change([STREAM, replace(STREAM, name="other")], {"web": there})
        assert report_of(first, "pod").read == 1
        first.change([], {"web": there})
        await first.begin()
        assert there.running == 0


def report_of(made: LogWatch, name: str) -> LogReport:
    return next(one for one in made.collect("beef", "/sse") if one.file == name)


async def test_another_vantage_of_that_name_is_another_place() -> None:
    there, elsewhere = Scripted(), Scripted()
    async with followed(there) as first:
        first.change([STREAM], {"web": elsewhere}, vantages_changed=True)
        await first.begin()
        assert (there.running, elsewhere.running) == (0, 1)
        await first.close()
        assert elsewhere.running == 0


async def test_interrupted_while_it_begins() -> None:
    there = Scripted()
    made = LogWatch([FILE], {"web": there}, now=lambda: BEGAN)
    beginning = asyncio.create_task(made.begin())
    await there.reached.wait()
    beginning.cancel()
    await asyncio.gather(beginning, return_exceptions=True)
    assert there.running == 1
    await made.close()
    assert there.running == 0
