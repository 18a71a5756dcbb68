"""The question before a step does what a case file says, and what is remembered of the answer."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from screens import saved_cases
from screens.allowances import FILE, MAX_DIGESTS, allowed_uses, record_uses
from screens.app import Wizard
from screens.saved_cases import interrupted_case
from screens.state_folder import private_folder, state_folder
from screens.steps_screen import StepsScreen
from screens.widgets.panel import Panel
from screens.widgets.prompt import Prompt
from tests.screens import investigations
from tests.screens.test_keys import SIZE, press, steps_screen
from tests.screens.test_saved_cases import opened, screen_text
from wizard.investigation import casefile
from wizard.investigation.casefile import CaseRecord
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.investigation.uses import Use, uses_of
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage


def record_with(target: Target) -> CaseRecord:
    record = record_of(investigations.failing())
    return replace(record, case=replace(record.case, target=target))


def saved_with(*vantages: Vantage) -> SavedInvestigation:
    """Return a saved investigation with these vantages."""
    return opened(record_with(replace(investigations.TARGET, vantages=vantages)))


def notice(pilot: Pilot[None]) -> str:
    return screen_text(steps_screen(pilot).query_one("#first", Panel))


def question(pilot: Pilot[None]) -> str:
    """Return the question that is asked; empty if none is."""
    prompt = steps_screen(pilot).query_one(Prompt)
    return str(prompt.query_one(Label).content) if prompt.has_class("-asking") else ""


async def test_the_commands_of_a_case_file_need_permission(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    investigation = saved_with(Vantage("web", ("touch", f"{trace} x\x1b[2J")))
    state = await investigation.run("logs")
    assert state.state == "skip"
    assert "not confirmed" in state.why
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "6", "r", "4", "r")
        assert f"here: run touch '{trace} x\\e[2J'" in question(pilot)
        await press(pilot, "escape")
        for answer in ("", "no", "n", "yy", "nyes"):
            await press(pilot, "r", *answer, "enter")
            assert investigation.unconfirmed
            assert "Nothing was run" in notice(pilot)
        await press(pilot, "r", "y", "enter")
        assert not investigation.unconfirmed
    assert not trace.exists()


async def test_every_command_is_shown_before_permission() -> None:
    words = [("env", f"N={number}", "x" * 250) for number in range(5)]
    investigation = saved_with(
        *(Vantage(f"v{number}", prefix) for number, prefix in enumerate(words))
    )
    shown = []
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "r")
        while text := question(pilot):
            assert investigation.unconfirmed
            shown.append(text)
            await press(pilot, *"yes", "enter")
        assert not investigation.unconfirmed
    for use in uses_of(investigation.target):
        assert sum(use.sentence in text for text in shown) == 1


async def test_a_very_long_command_cannot_be_allowed() -> None:
    investigation = saved_with(Vantage("web", ("sh", "-c", f"{'true; ' * 80} touch /x")))
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        for key in ("r", "e"):
            await press(pilot, "4", key)
            assert "this case would use a text" in notice(pilot)
            assert isinstance(pilot.app.screen, StepsScreen)
    assert investigation.unconfirmed
    assert "too long" in (await investigation.run("logs")).why


async def test_a_long_url_is_shown_in_full() -> None:
    url = f"https://h/{'a' * 1000}/{'b' * 600}"
    shown = ""
    async with Wizard(opened(record_with(Target(url)))).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "r")
        for _ in range(3):
            shown += question(pilot).split("\n")[1]
            await press(pilot, "y", "enter")
    assert url in shown


RUNS = Target(
    investigations.URL,
    logs=(Source("touch TRACE", name="bot", command=("touch", "TRACE")),),
)


def forge(path: Path, trace: Path, fields: dict[str, object] | None = None) -> None:
    """Write a case file whose log command leaves a trace, as a stranger would."""
    command = ("touch", str(trace))
    log = Source(f"touch {trace}", name="bot", command=command)
    record = record_with(replace(RUNS, logs=(log,)))
    path.write_text(
        casefile.dump(record).replace(
            "{", "{" + "".join(f'"{name}": {value},' for name, value in (fields or {}).items()), 1
        )
    )


CLAIMS: list[dict[str, object]] = [
    {},
    {"trusted": "true"},
    {"allowed": '["touch"]'},
    {"provenance": '"own"'},
]


@pytest.mark.parametrize("claim", CLAIMS, ids=repr)
async def test_a_strangers_case_stays_one_after_each_save(
    tmp_path: Path, claim: dict[str, object]
) -> None:
    """Opened, a step that gathers nothing, saved, cut off, offered again, run again: it asks."""
    trace, file = tmp_path / "trace", tmp_path / "stranger.json"
    forge(file, trace, claim)
    first = Wizard(SavedInvestigation(casefile.read(file)))
    async with first.run_test(size=SIZE) as pilot:
        await press(pilot, "6", "r", "w", "ctrl+u", *str(tmp_path / "again.json"), "enter")
        first.end_by(signal.SIGHUP)
    first.save_on_exit()
    offered = interrupted_case()
    assert offered is not None
    second = Wizard(None, interrupted=offered)
    async with second.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+o", "4", "r")
        assert f"here: run touch {trace}" in question(pilot)
    third = Wizard(SavedInvestigation(casefile.read(tmp_path / "again.json")))
    async with third.run_test(size=SIZE) as pilot:
        await press(pilot, "4", "r")
        assert f"here: run touch {trace}" in question(pilot)
    assert not trace.exists()


async def test_a_case_that_was_put_into_the_state_folder_is_a_strangers(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    forge(private_folder() / f"case-2147483647-abc-{saved_cases._host()}.json", trace)
    async with Wizard(None, interrupted=interrupted_case()).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+o", "4", "r")
        assert f"here: run touch {trace}" in question(pilot)
    assert not trace.exists()


async def test_the_users_own_commands_are_not_asked_about_again() -> None:
    """What this user's run used is allowed to its case, after a lost connection too."""
    own = investigations.failing()
    own.sample = record_with(RUNS).case
    first = Wizard(own)
    async with first.run_test(size=SIZE) as pilot:
        await press(pilot, "6", "r")
        first.end_by(signal.SIGHUP)
    first.save_on_exit()
    second = Wizard(None, interrupted=interrupted_case())
    async with second.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+o")
        investigation = steps_screen(pilot).investigation
        assert isinstance(investigation, SavedInvestigation)
        assert investigation.unconfirmed == ()


async def test_it_is_asked_once_for_a_case_and_again_for_a_changed_command() -> None:
    record = record_with(replace(RUNS, logs=(Source("/none.log"),)))
    async with Wizard(opened(record)).run_test(size=SIZE) as pilot:
        await press(pilot, "6", "r", "4", "r", "y", "enter")
        await press(pilot, "4", "r")
        assert question(pilot) == ""
    async with Wizard(opened(record)).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "r")
        assert question(pilot) == ""
    changed = replace(record, case=replace(record.case, target=RUNS))
    async with Wizard(opened(changed)).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "r")
        assert "run touch TRACE" in question(pilot)
        assert investigations.URL not in question(pilot)
    other = replace(record, case=replace(record.case, run="fedcba987654"))
    async with Wizard(opened(other)).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "r")
        assert "read /none.log" in question(pilot)


USES = tuple(Use("read", f"/file{number}") for number in range(3))


def test_only_digests_are_kept_and_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.allowances.MAX_DIGESTS", 2)
    for use in (*USES, USES[-1]):
        record_uses("abc", [use])
    assert allowed_uses("abc", USES) == frozenset(USES[1:])
    assert allowed_uses("abd", USES) == frozenset()
    assert allowed_uses("abc", [Use("read", "/file2", "web", ("ssh",))]) == frozenset()
    text = (state_folder() / FILE).read_text("utf-8")
    assert "file" not in text
    assert MAX_DIGESTS > len(text.split()) == 2


def test_a_case_without_a_run_is_never_remembered() -> None:
    record_uses("", USES)
    assert allowed_uses("", USES) == frozenset()


def test_a_use_with_a_secret_is_not_remembered() -> None:
    use = Use("request", "https://h/sse?token=abc12Secret99")
    record_uses("abc", [use])
    assert allowed_uses("abc", [use]) == frozenset()


def test_an_unreadable_list_allows_nothing() -> None:
    record_uses("abc", USES)
    path = state_folder() / FILE
    path.unlink()
    os.mkfifo(path)
    assert allowed_uses("abc", USES) == frozenset()
