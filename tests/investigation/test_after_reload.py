"""What the logs and the process list say beside the proof."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.rules.samples.build import make_case
from wizard.investigation.after_reload import compare_cut_off, count_old_workers, count_workers_at
from wizard.model.attempt import CutOffCount
from wizard.model.case import Case
from wizard.model.log_report import History, LogReport
from wizard.text.errors import VantageError
from wizard.vantage.process import CommandResult
from wizard.vantage.session import VantageSession

HISTORY = History(lines=9, counted=True, since=0.0, until=600.0, left=(3, 17), canceled=(0, 0))
CASE = make_case(proxy="live", direct="live")
SOCKET = "   0: 0100007F:1F91 00000000:0000 {} 00000000:00000000 00:00000000 00000000  0 0 4711 1"


def test_lines_of_customers_are_counted_before_and_since() -> None:
    before = LogReport("access.log", history=HISTORY, left=2)
    now = replace(before, left=3)
    assert compare_cut_off(CASE, [before], [now], 4.0) == (
        CutOffCount("access.log", "499", 20, 600.0, 1, 4.0),
    )


def test_a_log_without_such_lines_and_one_without_a_past_say_nothing() -> None:
    quiet = LogReport("error.log", history=replace(HISTORY, left=(0, 0)))
    unknown = LogReport("backend.log", canceled=3)
    assert not compare_cut_off(CASE, [quiet, unknown], [quiet, replace(unknown, canceled=9)], 4.0)


def test_canceled_lines_may_be_our_own() -> None:
    before = LogReport("backend.log", history=replace(HISTORY, left=(0,), canceled=(5,)))
    (count,) = compare_cut_off(CASE, [before], [replace(before, canceled=2)], 4.0)
    assert (count.kind, count.before, count.now) == ("canceled", 5, 2)
    assert count.own >= len(CASE.proxy) + len(CASE.direct)


def local_case() -> Case:
    results = tuple(
        replace(each, timeline=replace(each.timeline, is_own_address=True)) for each in CASE.proxy
    )
    target = replace(CASE.target, url="http://127.0.0.1:8081/sse")
    return replace(CASE, target=target, proxy=results)


def fake_proc(folder: Path, state: str, *processes: tuple[int, int, str, bool]) -> Path:
    """A `/proc` with one TCP socket on port 8081 and these processes: id, parent, title, has it."""
    (folder / "net").mkdir()
    (folder / "net" / "tcp").write_text(f"  sl ...\n{SOCKET.format(state)}\n", "ascii")
    for pid, parent, title, has_socket in processes:
        (folder / str(pid) / "fd").mkdir(parents=True)
        (folder / str(pid) / "cmdline").write_bytes(title.encode() + b"\0\0")
        (folder / str(pid) / "stat").write_text(f"{pid} (ng) inx) S {parent} 1", "ascii")
        if has_socket:
            (folder / str(pid) / "fd" / "6").symlink_to("socket:[4711]")
    return folder


OLD = "nginx: worker process is shutting down"
PROCESSES = (
    (10, 1, "nginx: master process nginx", True),
    (11, 10, "nginx: worker process", True),
    (12, 10, OLD, False),
    (13, 10, OLD, False),
    (20, 1, "nginx: master process nginx -c other.conf", False),
    (21, 20, OLD, False),
    (30, 1, "sleep 10", True),
)


def test_only_the_workers_of_the_nginx_that_listens_count(tmp_path: Path) -> None:
    assert count_old_workers(local_case(), fake_proc(tmp_path, "0A", *PROCESSES)) == 2


@pytest.mark.parametrize(
    ("state", "processes"), [("01", PROCESSES), ("0A", PROCESSES[2:]), ("0A", ())]
)
def test_what_cannot_be_seen_is_not_counted(
    tmp_path: Path, state: str, processes: tuple[tuple[int, int, str, bool], ...]
) -> None:
    assert count_old_workers(local_case(), fake_proc(tmp_path, state, *processes)) is None


def test_an_nginx_elsewhere_is_not_looked_for(tmp_path: Path) -> None:
    proc = fake_proc(tmp_path, "0A", *PROCESSES)
    assert count_old_workers(CASE, proc) is None
    elsewhere = replace(local_case().target, connect_to=("10.0.0.1", 8081))
    assert count_old_workers(replace(local_case(), target=elsewhere), proc) is None


def test_no_proc_is_no_error(tmp_path: Path) -> None:
    assert count_old_workers(local_case(), tmp_path / "none") is None


class FakeShell:
    """A vantage whose shell sees this `/proc` alone."""

    def __init__(self, proc: Path) -> None:
        self._proc = proc

    async def collect(self, argv: list[str], **_: object) -> CommandResult:
        """Run the command here."""
        words = [word.replace("/proc/", f"{self._proc}/") for word in argv]
        done = subprocess.run(words, capture_output=True, check=False)  # noqa: ASYNC221
        return CommandResult(done.returncode, done.stdout, done.stderr.decode())


async def count_at(proc: Path) -> int | None:
    return await count_workers_at(cast("VantageSession", FakeShell(proc)))


async def test_workers_at_a_vantage_are_those_of_any_nginx_there(tmp_path: Path) -> None:
    assert await count_at(fake_proc(tmp_path, "0A", *PROCESSES)) == 3


@pytest.mark.parametrize("processes", [(), PROCESSES[-1:]])
async def test_a_vantage_that_shows_no_nginx_tells_nothing(
    tmp_path: Path, processes: tuple[tuple[int, int, str, bool], ...]
) -> None:
    assert await count_at(fake_proc(tmp_path, "0A", *processes)) is None


async def test_a_vantage_that_fails_tells_nothing() -> None:
    class Lost:
        async def collect(self, *_: object, **__: object) -> CommandResult:
            raise VantageError("web: lost")

    assert await count_workers_at(cast("VantageSession", Lost())) is None
