"""What the keys do, asserted on state; how it looks is in test_looks.py."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.app import Wizard
from screens.steps import StepsScreen
from screens.widgets.pane import Pane
from screens.widgets.prompt import Prompt
from tests.screens import investigations
from wizard.investigation.investigation import Investigation
from wizard.model.case import Case
from wizard.model.steps import STEPS, StepId, StepState
from wizard.model.target import Source, Target
from wizard.text.errors import LabError

SIZE = (80, 24)
UP_TO_FIX = list(STEPS[:-1])


def walk(pilot: "Pilot[None]") -> StepsScreen:
    """The screen with the steps."""
    screen = pilot.app.screen
    assert isinstance(screen, StepsScreen)
    return screen


async def press(pilot: "Pilot[None]", *keys: str) -> None:
    """Press, and wait until what that began has ended."""
    for key in keys:
        await pilot.press(key)
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def fresh(*, live: bool = False) -> investigations.FakeInvestigation:
    """Nothing has run yet; `run` brings each step to what this case shows."""
    return investigations.FakeInvestigation(investigations.case(live=live), {})


async def test_enter_runs_a_step_and_then_moves_on() -> None:
    staged = fresh()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        assert (walk(pilot).step, staged.ran) == ("root", ["root"])
        await press(pilot, "enter")
        assert (walk(pilot).step, staged.ran) == ("proxy", ["root", "proxy"])


async def test_one_key_runs_all_that_is_left_up_to_the_fix() -> None:
    staged = fresh()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "a")
        assert staged.ran == UP_TO_FIX
        assert walk(pilot).step == "fix"


async def test_the_proof_waits_for_the_users_word() -> None:
    staged = fresh()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "a", "enter")
        assert walk(pilot).step == "verify"
        assert "verify" not in staged.ran
        await press(pilot, "enter")
        assert staged.ran[-1] == "verify"


async def test_every_step_can_be_run_again() -> None:
    staged = fresh()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "a")
        for number in range(1, 8):
            await press(pilot, str(number), "r")
        assert staged.ran == UP_TO_FIX * 2


async def test_up_and_down_stay_inside_the_steps() -> None:
    async with Wizard(fresh()).run_test(size=SIZE) as pilot:
        await press(pilot, "up")
        assert walk(pilot).step == "root"
        await press(pilot, *["down"] * 9)
        assert walk(pilot).step == "verify"


async def test_a_step_takes_what_it_misses_right_there() -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "enter")
        assert pilot.app.screen.query_one(Prompt).has_class("-asking")
        await press(pilot, *"nonsense", "enter")
        assert pilot.app.screen.query_one(Prompt).has_class("-asking")
        pilot.app.screen.query_one(Input).value = investigations.DIRECT
        await press(pilot, "enter")
        assert staged.target.direct == (Source(investigations.DIRECT),)
        assert staged.ran == ["direct"]


async def test_an_empty_answer_skips_the_step_and_escape_leaves_it() -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "enter", "escape")
        assert staged.ran == []
        await press(pilot, "enter", "enter")
        assert staged.steps["logs"].state == "skip"


async def test_a_file_that_is_not_there_is_asked_for_again(tmp_path: Path) -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "5", "i")
        pilot.app.screen.query_one(Input).value = str(tmp_path / "none.conf")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one(Prompt).has_class("-asking")
        assert staged.target.conf is None


async def test_t_takes_the_config_that_runs_here() -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "5", "t")
        assert staged.target.conf == Source("")


async def test_c_copies_the_curl_or_the_block() -> None:
    staged = investigations.failing()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "c")
        assert pilot.app.clipboard.startswith("curl -sN")
        await press(pilot, "7", "c")
        assert staged.recommendation is not None
        assert pilot.app.clipboard == staged.recommendation.block


async def test_s_saves_what_patch_takes_and_asks_before_writing_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    staged = investigations.failing()
    saved = tmp_path / "ssewizard-fix.diff"
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "s", "enter")
        assert staged.recommendation is not None
        assert saved.read_text("utf-8").endswith(staged.recommendation.diff or "-")
        saved.write_text("mine", "utf-8")
        await press(pilot, "s", "enter", "escape")
        assert saved.read_text("utf-8") == "mine"
        await press(pilot, "s", "enter", "enter")
        assert saved.read_text("utf-8") != "mine"


async def test_only_the_lab_can_be_patched() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "p")
        assert walk(pilot).step == "fix"


@pytest.mark.parametrize("refused", [True, False])
async def test_p_patches_the_lab_and_goes_to_the_proof(refused: bool) -> None:
    patched: list[str] = []

    async def apply(diff: str) -> str:
        if refused:
            raise LabError("the diff does not apply")
        patched.append(diff)
        return "patched"

    staged = investigations.failing()
    async with Wizard(staged, apply_fix=apply).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "p")
        assert walk(pilot).step == ("fix" if refused else "verify")
        assert staged.recommendation is not None
        assert patched == ([] if refused else [staged.recommendation.diff])
        assert (staged.steps["verify"].state == "todo") is not refused
        await press(pilot, "p")
        assert patched == ([] if refused else [staged.recommendation.diff])


class _Endless(investigations.FakeInvestigation):
    """Its first step never ends by itself."""

    async def run(self, step: StepId) -> StepState:
        """Wait for ever; cancelled, it is to be done again."""
        import asyncio

        self.done[step] = StepState(step, "running")
        try:
            await asyncio.Event().wait()
        finally:
            self.done[step] = StepState(step, "todo", "interrupted")
        return self.done[step]


async def test_escape_stops_what_runs() -> None:
    staged = _Endless(investigations.case(live=False), {})
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert staged.steps["root"].state == "running"
        await pilot.press("a")
        assert walk(pilot).step == "root"
        await press(pilot, "escape")
        assert staged.steps["root"].why == "interrupted"
        assert not walk(pilot).is_busy


async def test_v_shows_one_cell_after_the_other() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "v")
        assert walk(pilot).shown_probe == 0
        await press(pilot, "v")
        assert walk(pilot).shown_probe == 1


async def test_what_is_long_scrolls_and_a_new_room_begins_at_its_top() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "pagedown")
        assert pilot.app.screen.query_one(Pane).scroll_offset.y > 0
        await press(pilot, "6")
        assert pilot.app.screen.query_one(Pane).scroll_offset.y == 0


def kept_files(folder: Path) -> dict[str, str]:
    """What was written there; nobody but its owner may read it."""
    paths = sorted(folder.iterdir())
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}
    return {path.name: path.read_text("utf-8") for path in paths}


async def test_all_that_was_found_is_kept_without_its_secrets(state_home: Path) -> None:
    staged = fresh()
    secret = Target(f"{investigations.URL}?access_token=hunter22", headers=(("X-Key", "hunter22"),))
    staged.known = Case(secret)
    app = Wizard(staged)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "6", "enter")
    app.save_on_exit()
    kept = kept_files(state_home)
    assert list(kept) == ["last-case.json", "last-report.txt"]
    assert json.loads(kept["last-case.json"])["case"]["target"]["url"].startswith(
        investigations.URL
    )
    assert "hunter22" not in "".join(kept.values())


async def test_a_home_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    app = Wizard(fresh())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        assert not app.is_report_saved


async def test_the_form_begins_with_what_it_checked() -> None:
    made: list[Target] = []

    def make(target: Target) -> Investigation:
        made.append(target)
        return investigations.empty()

    async with Wizard(None, make=make).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+s")
        assert made == []
        pilot.app.screen.query_one("#url", Input).value = investigations.URL
        pilot.app.screen.query_one("#conf", Input).value = "nginx -T"
        pilot.app.screen.query_one("#header", Input).value = "Authorization: Bearer x"
        await press(pilot, "ctrl+s")
        assert made == [
            Target(investigations.URL, conf=Source(""), headers=(("Authorization", "Bearer x"),))
        ]
        assert walk(pilot).step == "root"


async def test_the_last_case_fills_the_form() -> None:
    last = Target(investigations.URL, direct=(Source(investigations.DIRECT),))
    async with Wizard(None, last_target=last).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+l")
        assert pilot.app.screen.query_one("#direct", Input).value == investigations.DIRECT


async def test_without_colour_nothing_is_drawn_in_the_colour_of_its_ground(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "2")
        strips = pilot.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        assert styles
        assert not [style for style in styles if style.color and not style.color.is_default]


async def test_escape_leaves_the_form() -> None:
    app = Wizard(None)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("escape")
        await pilot.pause()
    assert app.investigation is None
    assert app.return_code == 0


async def test_help_opens_and_closes() -> None:
    async with Wizard(fresh()).run_test(size=SIZE) as pilot:
        await press(pilot, "question_mark")
        assert not isinstance(pilot.app.screen, StepsScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, StepsScreen)
