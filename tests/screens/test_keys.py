"""What the keys do, asserted on state; test_looks.py has the snapshots."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.app import Wizard
from screens.hints import step_hint
from screens.steps_screen import StepsScreen
from screens.widgets.panel import Panel
from screens.widgets.prompt import Prompt
from tests.screens import investigations
from wizard.investigation.investigation import Investigation
from wizard.model.case import Case
from wizard.model.events import Ended
from wizard.model.probe import Probe
from wizard.model.steps import STEPS, StepId, StepState
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.text.errors import LabError

SIZE = (80, 24)
UP_TO_FIX = list(STEPS[:-1])


def steps_screen(pilot: "Pilot[None]") -> StepsScreen:
    """Return the screen with the steps."""
    screen = pilot.app.screen
    assert isinstance(screen, StepsScreen)
    return screen


async def press(pilot: "Pilot[None]", *keys: str) -> None:
    """Press the keys, and wait after each until the workers have ended."""
    for key in keys:
        await pilot.press(key)
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def not_started(*, live: bool = False) -> investigations.FakeInvestigation:
    """Return an investigation in which nothing has run yet."""
    return investigations.FakeInvestigation(investigations.case(live=live), {})


async def test_enter_runs_a_step_and_then_the_next() -> None:
    investigation = not_started()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        assert (steps_screen(pilot).step, investigation.ran) == ("root", ["root"])
        await press(pilot, "enter")
        assert (steps_screen(pilot).step, investigation.ran) == ("proxy", ["root", "proxy"])


async def test_a_runs_all_steps_up_to_the_fix() -> None:
    investigation = not_started()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "a")
        assert investigation.ran == UP_TO_FIX
        assert steps_screen(pilot).step == "fix"


async def test_verify_waits_for_the_user() -> None:
    investigation = not_started()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "a", "enter")
        assert steps_screen(pilot).step == "verify"
        assert "verify" not in investigation.ran
        await press(pilot, "enter")
        assert investigation.ran[-1] == "verify"


async def test_every_step_can_be_run_again() -> None:
    investigation = not_started()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "a")
        for number in range(1, 8):
            await press(pilot, str(number), "r")
        assert investigation.ran == UP_TO_FIX * 2


async def test_up_and_down_stay_inside_the_steps() -> None:
    async with Wizard(not_started()).run_test(size=SIZE) as pilot:
        await press(pilot, "up")
        assert steps_screen(pilot).step == "root"
        await press(pilot, *["down"] * 9)
        assert steps_screen(pilot).step == "verify"


async def test_a_step_asks_for_its_missing_input() -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "enter")
        assert pilot.app.screen.query_one(Prompt).has_class("-asking")
        await press(pilot, *"nonsense", "enter")
        assert pilot.app.screen.query_one(Prompt).has_class("-asking")
        pilot.app.screen.query_one(Input).value = investigations.DIRECT
        await press(pilot, "enter")
        assert investigation.target.direct == (Source(investigations.DIRECT),)
        assert investigation.ran == ["direct"]


async def test_an_empty_answer_skips_the_step_and_escape_leaves_it() -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "enter", "escape")
        assert investigation.ran == []
        await press(pilot, "enter", "enter")
        assert investigation.steps["logs"].state == "skip"


async def test_a_missing_file_is_asked_for_again(tmp_path: Path) -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "5", "i")
        pilot.app.screen.query_one(Input).value = str(tmp_path / "none.conf")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one(Prompt).has_class("-asking")
        assert investigation.target.conf is None


async def test_t_takes_the_config_from_a_local_nginx() -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "5", "t")
        assert investigation.target.conf == Source("")


async def test_c_copies_the_curl_or_the_block() -> None:
    investigation = investigations.failing()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "c")
        assert pilot.app.clipboard.startswith("curl -sN")
        await press(pilot, "7", "c")
        assert investigation.recommendation is not None
        assert pilot.app.clipboard == investigation.recommendation.block


async def test_s_saves_a_diff_for_patch_and_asks_before_overwriting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    investigation = investigations.failing()
    saved = tmp_path / "ssewizard-fix.diff"
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "s", "enter")
        assert investigation.recommendation is not None
        assert saved.read_text("utf-8").endswith(investigation.recommendation.diff or "-")
        saved.write_text("mine", "utf-8")
        await press(pilot, "s", "enter", "escape")
        assert saved.read_text("utf-8") == "mine"
        await press(pilot, "s", "enter", "enter")
        assert saved.read_text("utf-8") != "mine"


async def test_only_the_lab_can_be_patched() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "p")
        assert steps_screen(pilot).step == "fix"


@pytest.mark.parametrize("refused", [True, False])
async def test_p_patches_the_lab_and_goes_to_verify(refused: bool) -> None:
    patched: list[str] = []

    async def apply(diff: str) -> str:
        if refused:
            raise LabError("the diff does not apply")
        patched.append(diff)
        return "patched"

    investigation = investigations.failing()
    async with Wizard(investigation, apply_fix=apply).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "p")
        assert steps_screen(pilot).step == ("fix" if refused else "verify")
        assert investigation.recommendation is not None
        assert patched == ([] if refused else [investigation.recommendation.diff])
        assert (investigation.steps["verify"].state == "todo") is not refused
        await press(pilot, "p")
        assert patched == ([] if refused else [investigation.recommendation.diff])


class _Stepwise(investigations.FakeInvestigation):
    """An investigation whose steps wait for a signal of the test."""

    go_on: asyncio.Event

    def __init__(self, sample: Case, states: dict[StepId, StepState]) -> None:
        super().__init__(sample, states)
        self.go_on = asyncio.Event()

    async def run(self, step: StepId, patience_s: float = 0.0) -> StepState:
        await self.go_on.wait()
        return await super().run(step, patience_s)


class _Endless(investigations.FakeInvestigation):
    """An investigation whose steps run until they are cancelled."""

    async def run(self, step: StepId, patience_s: float = 0.0) -> StepState:
        """Wait until cancelled; the step is then interrupted."""
        self.states[step] = StepState(step, "running")
        try:
            await asyncio.Event().wait()
        finally:
            self.states[step] = StepState(step, "todo", "interrupted")
        return self.states[step]


async def test_a_dead_end_stops_the_run_and_says_what_to_do() -> None:
    investigation = not_started()
    refused = Ended(0.1, "refused", "Connection refused")
    root = Timeline(Probe("root-proxy", "http://mcp.example.com/"))
    investigation.sample = replace(investigation.sample, root=root.fold([refused]))
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "a")
        assert investigation.ran == ["root"]
        shown = pilot.app.screen.query_one("#first", Panel).text
        assert "Nothing listens on mcp.example.com:80" in shown


async def test_a_chosen_step_is_not_left_while_steps_run() -> None:
    investigation = _Stepwise(investigations.case(live=False), {})
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await pilot.press("a")
        await pilot.pause()
        await pilot.press("5")
        investigation.go_on.set()
        await pilot.app.workers.wait_for_complete()
        assert investigation.ran == UP_TO_FIX
        assert steps_screen(pilot).step == "config"


async def test_escape_stops_the_running_step() -> None:
    investigation = _Endless(investigations.case(live=False), {})
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert investigation.steps["root"].state == "running"
        await pilot.press("a")
        assert steps_screen(pilot).step == "root"
        await press(pilot, "escape")
        assert investigation.steps["root"].why == "interrupted"
        assert not steps_screen(pilot).is_busy


async def test_v_shows_one_probe_after_the_other() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "v")
        assert steps_screen(pilot).shown_probe == 0
        await press(pilot, "v")
        assert steps_screen(pilot).shown_probe == 1


async def test_a_long_pane_scrolls_and_another_step_starts_at_the_top() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "pagedown")
        assert pilot.app.screen.query_one("#first", Panel).scroll_offset.y > 0
        await press(pilot, "6")
        assert pilot.app.screen.query_one("#first", Panel).scroll_offset.y == 0


def files_in(folder: Path) -> dict[str, str]:
    """Return the files' texts by name; assert that only the owner can read them."""
    paths = sorted(folder.iterdir())
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}
    return {path.name: path.read_text("utf-8") for path in paths}


async def test_case_and_report_are_saved_without_secrets(state_home: Path) -> None:
    investigation = not_started()
    secret = Target(f"{investigations.URL}?access_token=hunter22", headers=(("X-Key", "hunter22"),))
    investigation.sample = Case(secret)
    app = Wizard(investigation)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "6", "enter")
    app.save_on_exit()
    files = files_in(state_home)
    assert list(files) == ["last-case.json", "last-report.txt"]
    assert json.loads(files["last-case.json"])["case"]["target"]["url"].startswith(
        investigations.URL
    )
    assert "hunter22" not in "".join(files.values())


async def test_the_form_starts_with_valid_fields_only() -> None:
    targets: list[Target] = []

    def make(target: Target) -> Investigation:
        targets.append(target)
        return investigations.empty()

    async with Wizard(None, make=make).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+s")
        assert targets == []
        pilot.app.screen.query_one("#url", Input).value = investigations.URL
        pilot.app.screen.query_one("#conf", Input).value = "nginx -T"
        pilot.app.screen.query_one("#header", Input).value = "Authorization: Bearer x"
        await press(pilot, "ctrl+s")
        assert targets == [
            Target(investigations.URL, conf=Source(""), headers=(("Authorization", "Bearer x"),))
        ]
        assert steps_screen(pilot).step == "root"


async def test_the_last_case_fills_the_form() -> None:
    last = Target(investigations.URL, direct=(Source(investigations.DIRECT),))
    async with Wizard(None, last_target=last).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+l")
        assert pilot.app.screen.query_one("#direct", Input).value == investigations.DIRECT


async def test_with_no_color_no_text_has_a_colour(
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
    async with Wizard(not_started()).run_test(size=SIZE) as pilot:
        await press(pilot, "question_mark")
        assert not isinstance(pilot.app.screen, StepsScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, StepsScreen)


async def test_l_watches_a_held_stream_past_the_read_timeout() -> None:
    sample = investigations.case(live=False)
    target = replace(sample.target, direct=(), conf=None)
    alone = replace(sample, target=target, direct=(), resolution=None, predictions=())
    investigation = investigations.FakeInvestigation(alone, {})
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "l", "enter", "enter")
        assert investigation.ran == ["root", "proxy"]
        hint = step_hint(investigation, "proxy", investigations.NOW, in_lab=False)
        assert hint.startswith("l watches the held stream for 65 s")
        await press(pilot, "l")
        assert (investigation.ran[2:], investigation.patience_s) == (["proxy"], 65.0)


async def test_l_does_nothing_where_the_direct_stream_is_live() -> None:
    investigation = not_started()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "enter", "enter", "l")
        assert investigation.ran == ["root", "proxy"]
