"""The wizard's case: saved while it runs, offered after an interruption, opened again."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from screens import saved_cases
from screens.app import Wizard
from screens.opening import Opening
from screens.saved_cases import (
    MAX_SAVED_CASES,
    Autosave,
    InterruptedCase,
    Offers,
    interrupted_case,
    last_target,
    read_newest,
)
from screens.state_folder import private_folder, state_folder
from screens.steps_screen import StepsScreen
from screens.target_form import TargetForm
from screens.widgets.panel import Panel
from tests.screens import investigations
from tests.screens.test_keys import SIZE, not_started, press, steps_screen
from tests.screens.test_opening import until
from wizard.diagnose.outcome import classify
from wizard.investigation import casefile
from wizard.investigation.casefile import CaseRecord, CaseSummary
from wizard.investigation.casefile.record import CaseSubject
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.model.steps import STEPS, StepId, StepState
from wizard.model.target import Target
from wizard.text.errors import UsageError


@pytest.fixture
def ended_pid() -> int:
    """Return the id of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def write_interrupted(pid: int, record: CaseRecord | None = None, token: str = "abc") -> Path:
    """Write a case file as the wizard of that process would leave it."""
    private_folder()
    path = state_folder() / f"case-{pid}-{token}-{saved_cases._host()}.json"
    casefile.write(path, record or record_of(investigations.failing()))
    return path


def opened(record: CaseRecord | None = None) -> SavedInvestigation:
    """Return a saved investigation of the incident."""
    text = casefile.dump(record or record_of(investigations.failing()))
    return SavedInvestigation(casefile.load(text, "case.json"))


def screen_text(pane: Panel) -> str:
    return "\n".join(
        "".join(s.text for s in strip) for strip in pane.screen._compositor.render_strips()
    )


async def test_an_opened_case_is_unchanged_and_sends_no_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a socket, with nobody having asked for it")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setattr(socket.socket, "connect", fail)
    monkeypatch.setattr(subprocess, "Popen", fail)
    original, investigation = investigations.failing(), opened()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        for number in range(1, 9):
            await press(pilot, str(number))
        assert investigation.steps == original.steps
        assert investigation.diagnosis is not None
        assert original.diagnosis is not None
        assert investigation.diagnosis.causes == original.diagnosis.causes
        assert investigation.recommendation == original.recommendation
        assert investigation.is_as_recorded
        await press(pilot, "6")
        assert "As recorded 20" in steps_screen(pilot).query_one("#second", Panel).text


async def test_an_interrupted_case_is_offered(ended_pid: int) -> None:
    path = write_interrupted(ended_pid)
    case = interrupted_case()
    assert case is not None
    assert case.path == path
    assert investigations.URL in case.summary
    assert f"{len(STEPS)} steps done" in case.summary
    async with Wizard(None, interrupted=case).run_test(size=SIZE) as pilot:
        assert isinstance(pilot.app.screen, TargetForm)
        await press(pilot, "ctrl+o")
        assert isinstance(pilot.app.screen, StepsScreen)
        assert isinstance(steps_screen(pilot).investigation, SavedInvestigation)
        assert not path.exists()
        assert interrupted_case() is None


async def test_a_wizard_for_the_same_url_gets_the_offer_too(ended_pid: int) -> None:
    write_interrupted(ended_pid)
    for url, offered in ((investigations.URL, True), ("http://other.example/sse", False)):
        investigation = not_started()
        investigation.sample = replace(investigation.sample, target=Target(url))
        async with Wizard(investigation, interrupted=interrupted_case()).run_test(
            size=SIZE
        ) as pilot:
            await pilot.pause()
            assert (
                "Ctrl-O" in screen_text(steps_screen(pilot).query_one("#first", Panel))
            ) == offered
    investigation = not_started()
    async with Wizard(investigation, interrupted=interrupted_case()).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+o")
        assert isinstance(steps_screen(pilot).investigation, SavedInvestigation)
        assert len(pilot.app.screen_stack) == 2


async def test_a_url_is_shown_before_the_case_is_read_that_is_offered_for_it(
    ended_pid: int,
) -> None:
    write_interrupted(ended_pid)
    may_read = threading.Event()

    def read() -> Offers:
        may_read.wait(60)
        return read_newest()

    app = Wizard(Target(investigations.URL), read_offers=read, make=lambda _: not_started())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, Opening)
        may_read.set()
        await until(lambda: isinstance(app.screen, StepsScreen))
        await pilot.pause()
        assert "Ctrl-O" in screen_text(steps_screen(pilot).query_one("#first", Panel))


def test_running_and_unreadable_cases_are_not_offered(ended_pid: int) -> None:
    autosave = Autosave()
    autosave.save(record_of(investigations.failing()))
    assert interrupted_case() is None
    autosave.release()
    case = interrupted_case()
    assert case is not None
    case.path.unlink()
    (state_folder() / f"case-{ended_pid}-dead-{saved_cases._host()}.json").write_text("{", "utf-8")
    (state_folder() / f"case-{ended_pid}-abc-another-host.json").write_text("{}", "utf-8")
    skipped: list[str] = []
    assert interrupted_case(skipped.append) is None
    assert len(skipped) == 1
    assert skipped[0].endswith(
        ".json cannot be opened: not a case file: the document: not JSON: Input data was truncated"
    )


async def test_a_case_that_cannot_be_offered_is_named_once() -> None:
    async with Wizard(None, problems=["a is broken", "b is broken"]).run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert [notice.message for notice in pilot.app._notifications] == ["a is broken"]


def test_a_reused_process_id_does_not_hide_a_case() -> None:
    path = write_interrupted(os.getpid())
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


def test_the_case_of_a_killed_wizard_is_offered_while_it_is_a_zombie(tmp_path: Path) -> None:
    casefile.write(tmp_path / "case.json", record_of(investigations.failing()))
    with subprocess.Popen([sys.executable, "-c", _KILLED, tmp_path / "case.json"]) as killed:
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        case = interrupted_case()
        assert case is not None
        assert f"case-{killed.pid}-" in case.path.name
        Autosave().adopt(case)
    assert not list(state_folder().glob(f"case-{killed.pid}-*"))


def test_a_file_system_without_locks_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.flock", refused)
    autosave = Autosave()
    autosave.save(record_of(investigations.failing()))
    assert interrupted_case() is None
    autosave.release()


@pytest.mark.parametrize("days", [0, 1, 6])
def test_a_case_of_another_day_names_the_day(days: int) -> None:
    at = time.time() - days * 86_400
    record = CaseSummary(CaseSubject(investigations.TARGET), saved=at)
    words = InterruptedCase(Path("x"), record).summary
    day = time.strftime("on %Y-%m-%d at", time.localtime(at))
    assert (day in words) == bool(days)
    assert time.strftime("at %H:%M, ", time.localtime(at)) in words


def test_all_but_the_newest_cases_are_removed(ended_pid: int) -> None:
    for number in range(MAX_SAVED_CASES + 3):
        path = write_interrupted(ended_pid, token=f"{number:x}")
        os.utime(path, (number + 1, number + 1))
    assert interrupted_case() is None  # too old, all of them
    assert len(list(state_folder().iterdir())) == MAX_SAVED_CASES


def test_two_wizards_have_separate_cases() -> None:
    first, second = Autosave(), Autosave()
    first.save(record_of(investigations.failing()))
    second.save(record_of(investigations.healthy()))
    assert len(list(state_folder().glob("*.json"))) == 2
    second.finish()
    assert last_target() == replace(investigations.TARGET)
    assert first.has_case


def test_an_older_record_does_not_replace_a_newer_one() -> None:
    autosave, record = Autosave(), record_of(investigations.failing())
    autosave.save(replace(record, saved=2000.0))
    autosave.save(replace(record, saved=1000.0))
    autosave.finish()
    assert casefile.read(state_folder() / saved_cases.LAST_CASE).saved == 2000.0


async def test_only_a_clean_exit_makes_the_case_the_last_one() -> None:
    for lost in (True, False):
        app = Wizard(not_started())
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, "enter")
            if lost:
                app.end_by(signal.SIGHUP)
        app.save_on_exit()
        names = [path.name for path in state_folder().iterdir() if path.name.startswith("case-")]
        assert len(names) == 1
        assert (state_folder() / saved_cases.LAST_CASE).exists() != lost


async def test_the_evidence_of_a_first_step_that_a_signal_ends_is_saved() -> None:
    app = Wizard(investigations.running("proxy"))
    async with app.run_test(size=SIZE):
        app.end_by(signal.SIGTERM)
    app.save_on_exit()
    assert len(list(state_folder().glob("case-*.json"))) == 1


async def test_the_case_is_saved_while_a_step_runs() -> None:
    app = Wizard(investigations.running("proxy"))
    async with app.run_test(size=SIZE):
        await app._save_while_running()
        (path,) = state_folder().glob("*.json")
        again = SavedInvestigation(casefile.read(path))
    assert again.steps["proxy"] == StepState("proxy", "todo", "interrupted")
    assert again.steps["root"].state == "pass"


async def test_an_interrupted_step_is_shown_and_can_run_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[StepId] = []

    async def run(investigation: SavedInvestigation, step: StepId, patience_s: float) -> StepState:
        ran.append(step)
        return investigation.steps[step]

    monkeypatch.setattr(SavedInvestigation, "run", run)
    investigation = investigations.running("proxy")
    silent = investigations.stream(
        investigation.sample.proxy[0].timeline.probe, live=False, until=1.2, ended=False
    )
    investigation.sample = replace(investigation.sample, proxy=(classify(silent),))
    again = opened(record_of(investigation))
    again.allow(again.unconfirmed)
    async with Wizard(again).run_test(size=SIZE) as pilot:
        await press(pilot, "2")
        text = screen_text(steps_screen(pilot).query_one("#first", Panel))
        assert "interrupted" in text
        assert "running" not in text
        await press(pilot, "r")
    assert ran == ["proxy"]


async def test_w_writes_a_case_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "w", "ctrl+u", *str(path), "enter")
    assert casefile.read(path).case.target.url == investigations.URL
    assert path.stat().st_mode & 0o077 == 0


def test_a_summary_is_read_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    record = record_of(investigations.failing())
    casefile.write(path, record)
    summary = casefile.read_summary(path)
    assert summary.case.target == record.case.target
    assert (summary.steps, summary.saved) == (record.steps, record.saved)
    path.write_text(path.read_text().replace('"configs": [', '"configs": [7,'))
    assert casefile.read_summary(path) == summary
    with pytest.raises(UsageError):
        casefile.read(path)
    with pytest.raises(UsageError):
        casefile.read_summary(tmp_path / "none.json")
