"""The first frame: light, like the screen that replaces it; no key is lost, quitting works."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.app import Wizard
from screens.loading import Loading
from screens.opening import Opening
from screens.steps_screen import StepsScreen
from screens.widgets.header import Header
from screens.widgets.panel import Panel
from screens.widgets.step_list import StepList
from tests.screens.terminal import Terminal, wizard_env, wizard_words
from wizard.model.target import Target

HEAVY = ("httpx", "httpcore", "h2", "crossplane", "msgspec", "screens.panes",
         "wizard.model.timeline", "wizard.diagnose", "wizard.recommend", "wizard.probe",
         "wizard.nginx")  # fmt: skip
TARGET = Target("http://127.0.0.1:1/sse")


class Gate(Loading):
    """Loads nothing, and ends when the test says so."""

    def __init__(self) -> None:
        super().__init__(())
        self.opened = asyncio.Event()

    async def run(self) -> bool:
        """Wait for the test."""
        await self.opened.wait()
        return await super().run()


def wizard(loading: Loading) -> Wizard:
    """A wizard that shows its first frame until this is loaded."""
    return Wizard(TARGET, loading=loading)


async def until(is_done: Callable[[], bool]) -> None:
    """Let the app go on until this is true."""
    async with asyncio.timeout(60):
        while not is_done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def steps_of(pilot: Pilot[None]) -> StepsScreen:
    """Wait for the steps."""
    await until(lambda: isinstance(pilot.app.screen, StepsScreen))
    await pilot.pause()
    assert isinstance(pilot.app.screen, StepsScreen)
    return pilot.app.screen


def drawn(pilot: Pilot[None]) -> list[str]:
    """What the header, the steps and the first panel show."""
    screen = pilot.app.screen
    panel = screen.query_one("#first", Panel)
    lines = [screen.query_one(Header).text, screen.query_one(StepList).text]
    return [*lines, str(panel.border_title), str(panel.border_subtitle), panel.text.rstrip()]


@pytest.mark.parametrize("module", ["screens.terminal", "screens.start_screen", "wizard.cli.main"])
def test_a_first_frame_imports_nothing_that_runs_a_step(module: str) -> None:
    code = f"import sys, {module}\nprint(*(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.split() == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 18)])
async def test_the_first_frame_is_drawn_as_the_first_step(size: tuple[int, int]) -> None:
    gate = Gate()
    async with wizard(gate).run_test(size=size) as pilot:
        await pilot.pause()
        assert isinstance(pilot.app.screen, Opening)
        first = drawn(pilot)
        gate.opened.set()
        await steps_of(pilot)
        await until(lambda: drawn(pilot) == first)
    assert "127.0.0.1:1" in first[0]
    assert "Enter runs this step" in first[-1]


async def test_keys_pressed_early_have_their_effect_in_order() -> None:
    gate = Gate()
    async with wizard(gate).run_test() as pilot:
        await pilot.press("4", "1", "i", "q", "1")
        assert isinstance(pilot.app.screen, Opening)
        gate.opened.set()
        steps = await steps_of(pilot)
        field = steps.query_one("#prompt-input", Input)
        await until(lambda: field.value == "q1")
        assert steps.step == "root"
        await pilot.press("2")
        assert field.value == "q12"


@pytest.mark.parametrize("keys", [("q",), ("4", "ctrl+c")], ids=" ".join)
async def test_the_first_frame_can_be_left(keys: tuple[str, ...]) -> None:
    app = wizard(Gate())
    async with app.run_test() as pilot:
        await pilot.press(*keys)
    assert app.investigation is None
    assert app.return_code == 0


@pytest.mark.parametrize("turns", [0, 1, 4, 16, 64])
async def test_the_wizard_can_be_left_while_the_steps_open(turns: int) -> None:
    gate = Gate()
    app = wizard(gate)
    async with app.run_test():
        gate.opened.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit()
    assert app.return_code == 0


async def test_what_is_stopped_imports_no_further_module() -> None:
    loading = Loading(("no.such.module",))
    loading.stop()
    assert not await loading.run()


async def test_an_import_that_fails_ends_the_wizard() -> None:
    app = wizard(Loading(("json", "no.such.module")))
    async with app.run_test():
        await until(lambda: app.loading_error is not None)
    assert isinstance(app.loading_error, ModuleNotFoundError)
    assert app.investigation is None


def test_a_broken_installation_is_one_sentence_and_the_terminal_restored(tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise ImportError('not whole')\n")
    env = wizard_env(tmp_path)
    env["PYTHONPATH"] = f"{tmp_path}:{env['PYTHONPATH']}"
    terminal = Terminal()
    try:
        with terminal.start(wizard_words(TARGET.url), env) as program:
            terminal.wait_until(lambda: program.poll() is not None, "no end")
        terminal.assert_restored()
    finally:
        terminal.close()
    shown = terminal.output.rpartition(b"\x1b[?1049l")[2].decode()
    assert program.returncode == 70
    assert "ssewizard: a bug of this tool, please report it: ImportError at httpx.py:1" in shown
    assert "Traceback" not in shown


def test_the_wizard_without_any_word_shows_its_start(tmp_path: Path) -> None:
    terminal = Terminal()
    try:
        with terminal.start(wizard_words(), wizard_env(tmp_path)) as program:
            terminal.wait_for("New investigation")
            terminal.type("q")
            terminal.wait_until(lambda: program.poll() is not None, "no end")
        terminal.assert_restored()
    finally:
        terminal.close()
    assert program.returncode == 0
