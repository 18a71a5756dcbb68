"""The first screen without a URL: a new investigation, the cases that were cut off, the lab."""

import asyncio
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from screens import __main__ as entry_point
from screens import saved_cases, terminal
from screens.app import Wizard
from screens.loading import Loading
from screens.saved_cases import InterruptedCase, Offers, interrupted_cases
from screens.start_screen import Menu, StartScreen, verdict_so_far
from screens.steps_screen import StepsScreen
from screens.target_form import TargetForm
from tests.screens import investigations
from tests.screens.test_keys import press
from tests.screens.test_opening import until
from tests.screens.test_saved_cases import ended_pid, write_interrupted
from wizard.investigation.casefile import CaseSummary
from wizard.investigation.casefile.record import CaseSubject
from wizard.investigation.saved import record_of
from wizard.model.steps import StepState
from wizard.model.target import Target

if TYPE_CHECKING:
    from textual.pilot import Pilot

__all__ = ["ended_pid"]
SIZES = [(80, 24), (60, 18)]
LAST = Target("https://mcp.example.com/last?token=x")


@pytest.fixture
def cases(ended_pid: int) -> list[InterruptedCase]:
    """Two cases, of which the newer one was cut off before there was a verdict."""
    records = [record_of(investigations.failing()), record_of(investigations.running("proxy"))]
    for number, record in enumerate(records, 1):
        path = write_interrupted(ended_pid, replace(record, saved=1e9 + number), f"{number}")
        os.utime(path, (path.stat().st_mtime + number,) * 2)
    return list(interrupted_cases())


def text(pilot: "Pilot[None]") -> str:
    return pilot.app.screen.query_one(Menu).text


def marked(pilot: "Pilot[None]") -> str:
    return next(row for row in text(pilot).split("\n") if row.startswith("›"))


@pytest.mark.parametrize("size", SIZES)
async def test_each_case_has_its_date_its_stream_and_its_verdict(
    size: tuple[int, int], cases: list[InterruptedCase]
) -> None:
    async with Wizard(None, offers=Offers(cases)).run_test(size=size) as pilot:
        rows = [row for row in text(pilot).split("\n") if "mcp.example.com" in row]
        assert len(rows) == 2
        assert all("09-0" in row.partition("mcp")[0] for row in rows)
        assert "· no verdict yet" in rows[0]
        assert "✗ Nginx buffers" in rows[1]
        assert "last time" not in text(pilot)


async def test_the_arrows_and_enter_open_any_case(cases: list[InterruptedCase]) -> None:
    async with Wizard(None, offers=Offers(cases, last=LAST)).run_test(size=(80, 24)) as pilot:
        assert "New investigation" in marked(pilot)
        await press(pilot, *["down"] * 4)
        assert "✗ Nginx buffers the stream" in marked(pilot)
        await press(pilot, "down", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, StepsScreen)
        assert screen.investigation.steps["verify"].state == "fail"
        assert not cases[1].path.exists()
        assert [case.path for case in interrupted_cases()] == [cases[0].path]


async def test_a_case_that_is_gone_by_then_is_named(cases: list[InterruptedCase]) -> None:
    async with Wizard(None, offers=Offers(cases)).run_test(size=(80, 24)) as pilot:
        cases[0].path.unlink()
        await press(pilot, "down", "down", "enter")
        assert isinstance(pilot.app.screen, StartScreen)
        (notice,) = pilot.app._notifications
        assert "No such file" in notice.message


async def test_a_new_investigation_opens_the_form_and_escape_leads_back() -> None:
    targets: list[Target] = []

    def make(target: Target) -> investigations.FakeInvestigation:
        targets.append(target)
        return investigations.empty()

    async with Wizard(None, offers=Offers(), make=make).run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, TargetForm)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, StartScreen)
        await press(pilot, "enter")
        pilot.app.screen.query_one("#url", Input).value = investigations.URL
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, StepsScreen)
    assert targets == [Target(investigations.URL)]


async def test_the_last_target_fills_the_form() -> None:
    app = Wizard(None, offers=Offers(last=LAST), last_target=LAST)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "mcp.example.com/last" in text(pilot)
        await press(pilot, "down", "enter")
        assert pilot.app.screen.query_one("#url", Input).value == LAST.url


async def test_the_start_is_drawn_before_the_cases_are_read_and_the_mark_stays(
    cases: list[InterruptedCase],
) -> None:
    may_read, threads = threading.Event(), list[threading.Thread]()

    def read() -> Offers:
        threads.append(threading.current_thread())
        may_read.wait(60)
        return Offers(cases, (), LAST)

    async with Wizard(None, read_offers=read).run_test(size=(80, 24)) as pilot:
        await pilot.press("down")
        assert "The lab" in marked(pilot)
        assert "last time" not in text(pilot)
        may_read.set()
        await until(lambda: "last time" in text(pilot))
        assert "The lab" in marked(pilot)
        assert "✗ Nginx buffers" in text(pilot)
        await press(pilot, "up", "enter")
        assert pilot.app.screen.query_one("#url", Input).value == LAST.url
    assert threading.main_thread() not in threads


async def test_an_early_enter_does_not_keep_the_start_from_being_drawn() -> None:
    class Slow(Loading):
        def __init__(self) -> None:
            super().__init__(())
            self.may_end = asyncio.Event()

        async def finish(self, module: str) -> bool:
            await self.may_end.wait()
            return await super().finish(module)

    loading = Slow()
    async with Wizard(None, offers=Offers(), loading=loading).run_test(size=(80, 24)) as pilot:
        start = pilot.app.screen
        assert isinstance(start, StartScreen)
        start.post_message(StartScreen.New())
        start.offer(Offers(last=LAST))
        await until(lambda: "last time" in text(pilot))
        assert pilot.app.screen is start
        loading.may_end.set()
        await until(lambda: isinstance(pilot.app.screen, TargetForm))


async def test_the_lab_ends_the_wizard_and_begins_it(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Wizard(None, offers=Offers())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter")
    assert app.wants_lab
    ran: list[list[str]] = []
    monkeypatch.setattr(terminal, "open_in_terminal", lambda *_: None)
    monkeypatch.setattr(entry_point, "main", ran.append)
    entry_point.open_wizard(None, None)
    assert ran == [["lab"]]


@pytest.mark.parametrize(
    ("tokens", "words"),
    [("a", "a-{host}.json cannot be opened: not a case file: the document: not JSON"),
     ("ab", "2 cases cannot be opened: case-")],
)  # fmt: skip
async def test_cases_that_cannot_be_read_are_named_in_one_line(
    tokens: str, words: str, ended_pid: int
) -> None:
    for token in tokens:
        write_interrupted(ended_pid, token=token).write_text("{", "utf-8")
    problems: list[str] = []
    assert list(interrupted_cases(problems.append)) == []
    async with Wizard(None, offers=Offers((), problems)).run_test(size=(150, 24)) as pilot:
        (row,) = [row for row in text(pilot).split("\n") if "!" in row]
        assert words.format(host=saved_cases._host()) in row
        assert row.count(".json") == len(tokens)


async def test_escape_leaves(tmp_path: Path) -> None:
    app = Wizard(None, offers=Offers())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "escape")
    assert (app.return_code, app.wants_lab) == (0, False)


@pytest.mark.parametrize(
    ("steps", "state", "words"),
    [
        ((), "todo", "no verdict yet, 0 steps done"),
        ((StepState("root", "pass"), StepState("proxy", "running")), "todo", "1 step done"),
        ((StepState("cause", "fail", "Nginx"), StepState("fix", "pass", "x")), "fail", "Nginx"),
        ((StepState("cause", "fail", "a"), StepState("verify", "pass", "fixed")), "pass", "fixed"),
        ((StepState("cause", "fail", "a"), StepState("verify", "fail", "not yet")), "fail", "a"),
        ((StepState("cause", "warn", "\x1b[2J"),), "warn", "\\e[2J"),
    ],
)
def test_the_verdict_so_far(steps: tuple[StepState, ...], state: str, words: str) -> None:
    found, sentence = verdict_so_far(CaseSummary(CaseSubject(LAST), steps))
    assert found == state
    assert words in sentence
