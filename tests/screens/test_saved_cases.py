"""The case of a running wizard: kept, offered after a lost connection, opened again."""

import errno
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from screens import saved_cases
from screens.app import Wizard
from screens.saved_cases import (
    MAX_SAVED_CASES,
    Autosave,
    InterruptedCase,
    interrupted_case,
    last_target,
    state_folder,
)
from screens.steps import StepsScreen
from screens.target_form import TargetForm
from screens.widgets.pane import Pane
from tests.screens import investigations
from tests.screens.test_keys import SIZE, fresh, press, walk
from wizard.diagnose.outcome import classify
from wizard.investigation import casefile
from wizard.investigation.casefile import CaseRecord
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.model.steps import STEPS, StepId, StepState
from wizard.model.target import Target
from wizard.model.vantage import Vantage
from wizard.text.errors import UsageError


@pytest.fixture
def gone() -> int:
    """The id of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def left_behind(pid: int, record: CaseRecord | None = None, token: str = "abc") -> Path:
    """A case file as a wizard of that process leaves it."""
    state_folder().mkdir(parents=True, exist_ok=True)
    path = state_folder() / f"case-{pid}-{token}-{saved_cases._host()}.json"
    casefile.write(path, record or record_of(investigations.failing()))
    return path


def opened(record: CaseRecord | None = None, *, trusted: bool = False) -> SavedInvestigation:
    """A stored investigation of the incident."""
    text = casefile.dump(record or record_of(investigations.failing()))
    return SavedInvestigation(casefile.load(text, "case.json"), trusted=trusted)


def screen_text(room: Pane) -> str:
    return "\n".join(
        "".join(s.text for s in strip) for strip in room.screen._compositor.render_strips()
    )


async def test_an_opened_case_is_as_it_was_and_asks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no(*_: object, **__: object) -> None:
        raise AssertionError("a socket, with nobody having asked for it")

    monkeypatch.setattr(socket, "getaddrinfo", no)
    monkeypatch.setattr(socket.socket, "connect", no)
    monkeypatch.setattr(subprocess, "Popen", no)
    was, known = investigations.failing(), opened()
    async with Wizard(known).run_test(size=SIZE) as pilot:
        for number in range(1, 9):
            await press(pilot, str(number))
        assert known.steps == was.steps
        assert known.diagnosis is not None
        assert was.diagnosis is not None
        assert known.diagnosis.causes == was.diagnosis.causes
        assert known.recommendation == was.recommendation
        assert known.is_as_recorded
        await press(pilot, "6", "pagedown", "pagedown")
        assert "As recorded 20" in screen_text(walk(pilot).query_one(Pane))


async def test_a_wizard_that_is_gone_without_a_word_is_offered(gone: int) -> None:
    path = left_behind(gone)
    cut = interrupted_case()
    assert cut is not None
    assert cut.path == path
    assert investigations.URL in cut.summary
    assert f"{len(STEPS)} steps done" in cut.summary
    async with Wizard(None, interrupted=cut).run_test(size=SIZE) as pilot:
        assert isinstance(pilot.app.screen, TargetForm)
        await press(pilot, "ctrl+o")
        assert isinstance(pilot.app.screen, StepsScreen)
        assert isinstance(walk(pilot).investigation, SavedInvestigation)
        assert not path.exists()
        assert interrupted_case() is None


async def test_the_same_url_gets_the_offer_in_a_line(gone: int) -> None:
    left_behind(gone)
    for url, offered in ((investigations.URL, True), ("http://other.example/sse", False)):
        staged = fresh()
        staged.known = replace(staged.known, target=Target(url))
        async with Wizard(staged, interrupted=interrupted_case()).run_test(size=SIZE) as pilot:
            await pilot.pause()
            assert ("Ctrl-O" in screen_text(walk(pilot).query_one(Pane))) == offered
    staged = fresh()
    async with Wizard(staged, interrupted=interrupted_case()).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+o")
        assert isinstance(walk(pilot).investigation, SavedInvestigation)
        assert len(pilot.app.screen_stack) == 2


def test_what_runs_is_not_offered_and_nothing_unreadable_is(gone: int) -> None:
    kept = Autosave()
    kept.save(record_of(investigations.failing()))
    assert interrupted_case() is None
    kept.release()
    found = interrupted_case()
    assert found is not None
    found.path.unlink()
    (state_folder() / f"case-{gone}-dead-{saved_cases._host()}.json").write_text("{", "utf-8")
    (state_folder() / f"case-{gone}-abc-another-host.json").write_text("{}", "utf-8")
    assert interrupted_case() is None


def test_a_process_id_that_another_has_by_now_keeps_nothing_back() -> None:
    path = left_behind(os.getpid())
    path.with_suffix(".lock").touch()
    assert interrupted_case() is not None


_KILLED = """
import os, signal, sys
from pathlib import Path
from screens.saved_cases import Autosave
from wizard.investigation import casefile
kept = Autosave()
kept.save(casefile.read(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_wizard_that_was_killed_is_offered_while_it_is_a_zombie(tmp_path: Path) -> None:
    casefile.write(tmp_path / "case.json", record_of(investigations.failing()))
    with subprocess.Popen([sys.executable, "-c", _KILLED, tmp_path / "case.json"]) as killed:
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        found = interrupted_case()
        assert found is not None
        assert f"case-{killed.pid}-" in found.path.name
        Autosave().adopt(found)
    assert not list(state_folder().glob(f"case-{killed.pid}-*"))


def test_no_lock_can_be_had_on_every_file_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.flock", refused)
    kept = Autosave()
    kept.save(record_of(investigations.failing()))
    assert interrupted_case() is None
    kept.release()


@pytest.mark.parametrize("days", [0, 1, 6])
def test_a_case_of_another_day_says_of_which(days: int) -> None:
    at = time.time() - days * 86_400
    record = replace(record_of(investigations.failing()), saved=at)
    words = InterruptedCase(Path("x"), record).summary
    day = time.strftime("on %Y-%m-%d at", time.localtime(at))
    assert (day in words) == bool(days)
    assert time.strftime("at %H:%M, ", time.localtime(at)) in words


def test_old_cases_are_removed(gone: int) -> None:
    for number in range(MAX_SAVED_CASES + 3):
        path = left_behind(gone, token=f"{number:x}")
        os.utime(path, (number + 1, number + 1))
    assert interrupted_case() is None  # too old, all of them
    assert len(list(state_folder().iterdir())) == MAX_SAVED_CASES


def test_two_wizards_do_not_touch_each_others_case() -> None:
    first, second = Autosave(), Autosave()
    first.save(record_of(investigations.failing()))
    second.save(record_of(investigations.healthy()))
    assert len(list(state_folder().glob("*.json"))) == 2
    second.finish()
    assert last_target() == replace(investigations.TARGET)
    assert first.has_case


def test_what_is_newer_stays() -> None:
    kept, record = Autosave(), record_of(investigations.failing())
    kept.save(replace(record, saved=2000.0))
    kept.save(replace(record, saved=1000.0))
    kept.finish()
    assert casefile.read(state_folder() / saved_cases.LAST_CASE).saved == 2000.0


async def test_a_lost_connection_leaves_the_case_a_clean_end_makes_it_the_last() -> None:
    for lost in (True, False):
        app = Wizard(fresh())
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, "enter")
            if lost:
                app._interrupt()
        app.save_on_exit()
        names = [path.name for path in state_folder().iterdir() if path.name.startswith("case-")]
        assert len(names) == 1
        assert (state_folder() / saved_cases.LAST_CASE).exists() != lost


async def test_while_a_step_runs_the_case_is_kept() -> None:
    app = Wizard(investigations.running("proxy"))
    async with app.run_test(size=SIZE):
        await app._save_while_running()
        (path,) = state_folder().glob("*.json")
        again = SavedInvestigation(casefile.read(path))
    assert again.steps["proxy"] == StepState("proxy", "todo", "interrupted")
    assert again.steps["root"].state == "pass"


async def test_a_case_that_was_cut_off_says_so_and_runs_that_step_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[StepId] = []

    async def run(known: SavedInvestigation, step: StepId) -> StepState:
        asked.append(step)
        return known.steps[step]

    monkeypatch.setattr(SavedInvestigation, "run", run)
    staged = investigations.running("proxy")
    silent = investigations.stream(
        staged.known.proxy[0].timeline.probe, live=False, until=1.2, ended=False
    )
    staged.known = replace(staged.known, proxy=(classify(silent),))
    async with Wizard(opened(record_of(staged))).run_test(size=SIZE) as pilot:
        await press(pilot, "2")
        shown = screen_text(walk(pilot).query_one(Pane))
        assert "interrupted" in shown
        assert "running" not in shown
        await press(pilot, "r")
    assert asked == ["proxy"]


async def test_a_key_writes_a_case_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "w", "ctrl+u", *str(path), "enter")
    assert casefile.read(path).case.target.url == investigations.URL
    assert path.stat().st_mode & 0o077 == 0


def strange(*vantages: Vantage) -> SavedInvestigation:
    """A case that names these places."""
    record = record_of(investigations.failing())
    target = replace(investigations.TARGET, vantages=vantages)
    return opened(replace(record, case=replace(record.case, target=target)))


async def test_the_commands_of_a_strangers_case_are_confirmed_first(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    known = strange(Vantage("web", ("touch", f"{trace} x\x1b[2J")))
    state = await known.run("logs")
    assert state.state == "skip"
    assert "not confirmed" in state.why
    async with Wizard(known).run_test(size=SIZE) as pilot:
        await press(pilot, "6", "r", "4", "r")
        shown = "".join(screen_text(walk(pilot).query_one(Pane)).split())
        assert f"touch'{trace}x\\e[2J'" in shown
        await press(pilot, "escape")
        for answer in ("", "no", "n", "yy", "nyes"):
            await press(pilot, "r", *answer, "enter")
            assert not known.trusted
            assert "Nothing was run" in screen_text(walk(pilot).query_one(Pane))
        await press(pilot, "r", "y", "enter")
        assert known.trusted
    assert not trace.exists()


async def test_no_command_is_hidden_behind_another() -> None:
    words = [("env", f"N={number}", "x" * 250) for number in range(5)]
    known = strange(*(Vantage(f"v{number}", one) for number, one in enumerate(words)))
    async with Wizard(known).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "r")
        for number in (1, 3, 4):
            assert not known.trusted
            assert f"N={number}" in screen_text(walk(pilot).query_one(Pane))
            await press(pilot, *"yes", "enter")
        assert known.trusted


async def test_a_command_that_nobody_would_read_whole_cannot_be_confirmed() -> None:
    known = strange(Vantage("web", ("sh", "-c", f"{'true; ' * 80} touch /x")))
    async with Wizard(known).run_test(size=SIZE) as pilot:
        for key in ("r", "e"):
            await press(pilot, "4", key)
            assert "this case would run a" in screen_text(walk(pilot).query_one(Pane))
            assert isinstance(pilot.app.screen, StepsScreen)
    assert not known.trusted
    assert "too long" in (await known.run("logs")).why


def test_a_case_without_its_configs_has_no_site(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    casefile.write(path, record_of(investigations.failing()))
    assert casefile.read(path, configs=False).case.resolution is None
    assert casefile.read(path).case.resolution is not None
    with pytest.raises(UsageError):
        casefile.read(tmp_path / "none.json", configs=False)
